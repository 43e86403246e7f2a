"""Three catalogues with the same keys and the same places to fill in."""

import json
import re
from functools import cache

import pytest

from emc.chain.reasons import REASONS
from scripts.desk_facts import ELSEWHERE
from tests.anvil import ROOT

WORDS = ROOT / "desk" / "src" / "i18n"
LANGUAGES = ("en", "de", "zh")
_LINE = re.compile(r'^  ("(?:[^"\\]|\\.)*"):\s*("(?:[^"\\]|\\.)*"),$', re.MULTILINE)


@cache
def catalogue(name: str) -> dict[str, str]:
    """The texts of a catalogue by key."""
    text = (WORDS / f"{name}.ts").read_text(encoding="utf-8")
    pairs = [(json.loads(key), json.loads(value)) for key, value in _LINE.findall(text)]
    assert len(pairs) == len(dict(pairs)), "a key is there twice"
    return dict(pairs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_the_same_keys_and_none_is_empty(language: str) -> None:
    assert catalogue(language).keys() == catalogue("en").keys()
    assert len(catalogue("en")) > 500
    assert all(value.strip() for value in catalogue(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_the_same_places(language: str) -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    for key, text in catalogue(language).items():
        assert places(text) == places(catalogue("en")[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_the_screens_is_in_it(language: str) -> None:
    """Keys that are put together, such as `task.…`, are left to the type checker."""
    used = {
        key
        for path in (ROOT / "desk" / "src" / "ui").glob("*.ts*")
        for key in re.findall(r'\b(?:say|tell)\(\s*"([\w.]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(used) > 300
    assert used <= catalogue(language).keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_words(language: str) -> None:
    text = (ROOT / "desk" / "src" / "core" / "types.ts").read_text(encoding="utf-8")
    codes = re.findall(r'^  \| "([a-z-]+)"', text.split("export type ErrorCode")[1], re.MULTILINE)
    assert len(codes) > 30
    told = {key.removeprefix("error.") for key in catalogue(language) if key.startswith("error.")}
    assert set(codes) <= told


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_reason_of_a_contract_that_a_person_can_meet_has_words(language: str) -> None:
    wanted = {reason for reason in REASONS if not ELSEWHERE.match(reason)}
    assert catalogue(f"reasons.{language}").keys() == wanted
