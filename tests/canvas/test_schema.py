import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import emc.schemas
from emc import schemas
from emc.files import source
from emc.files.compile import compile_terms, placeholder_parties
from emc.files.terms_document import document_of
from tests.canvas.kit import (
    BREAKFAST_BOX,
    CANVASES,
    OVEN_TEAM,
    SMALL,
    SMART_COOKING,
    canvas,
    tree,
    with_,
)
from tests.docs.test_made import script

CALLS = CANVASES / "calls"

FOLDER = Path(emc.schemas.__file__).parent


def plain(value: Any) -> Any:
    """Data as an editor reads it, where decimals are floats."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


def published(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return published("canvas")


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_every_published_schema_is_that_of_its_model() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {
        f"{name}.schema.json" for name in schemas.FILES
    }
    made = script("schemas")
    assert tuple(made.MODELS) == schemas.FILES
    for name in schemas.FILES:
        assert schemas.text(name) == made.made(name), "run `python scripts/schemas.py`"


def an_amendment() -> Any:
    """Terms as a draft of an amendment writes them."""
    made = canvas(SMALL)
    return document_of(compile_terms(made, placeholder_parties(made), now=1_800_000_000))


# a file of each kind that is in order, and changes that no file may have
CASES: dict[str, tuple[Any, list[tuple[tuple[str | int, ...], Any]]]] = {
    "parties": (
        placeholder_parties(canvas(SMALL)).model_dump(mode="json", exclude_none=True),
        [
            (("chain_id",), 0),
            (("currency",), "coin"),
            (("nodes", "baker", "me"), "one"),
            (("nodes", "baker", "payee"), "0x12"),
            (("nodes", "baker", "account"), "0x12"),
        ],
    ),
    "contributions": (
        {"rows": [{"key": "baker", "contribution": "120", "lower": 10}]},
        [(("rows", 0, "contribution"), "lots"), (("rows", 0, "upper"), 101), (("rows",), [])],
    ),
    "call": (
        plain(source.read(CALLS / "roaster.yaml").tree),
        [(("share", "lower"), 101), (("deadline",), "soon"), (("places",), 65)],
    ),
    "bid": (
        plain(source.read(CALLS / "roastery-bid.yaml").tree),
        [(("share", "asked"), "much"), (("payee",), "0x12"), (("obligations",), [])],
    ),
    "ratings": (
        {"ratings": {"2": 5, "3": {"delivery": 4}}},
        [(("ratings", "2"), 6), (("ratings", "3", "delivery"), -1), (("ratings", "3", "luck"), 1)],
    ),
    "terms": (
        an_amendment(),
        [
            (("goal", "gate"), "open"),
            (("canvas",), "0x12"),
            (("leaving", "margin"), "25"),
            (("rows", 0, "luck"), 1),
        ],
    ),
}


def test_every_kind_of_file_but_the_canvas_has_its_cases() -> None:
    assert {*CASES, "canvas"} == set(schemas.FILES)


@pytest.mark.parametrize("name", CASES)
def test_an_editor_takes_a_good_file_of_each_kind_and_marks_what_is_refused(name: str) -> None:
    good, changes = CASES[name]
    Draft202012Validator.check_schema(published(name))
    checks = Draft202012Validator(published(name))
    assert list(checks.iter_errors(good)) == []
    for way, value in changes:
        bad = copy.deepcopy(good)
        at = bad
        for step in way[:-1]:
            at = at[step]
        at[way[-1]] = value
        assert list(checks.iter_errors(bad)), way


@pytest.mark.parametrize("name", [name for name in CASES if name != "terms"])
def test_every_field_of_every_file_is_described(name: str) -> None:
    found = published(name)
    for definition in [found, *found["$defs"].values()]:
        for field, said in definition.get("properties", {}).items():
            assert said.get("description"), field


@pytest.mark.parametrize(
    "path", [SMART_COOKING, BREAKFAST_BOX, OVEN_TEAM], ids=lambda path: path.stem
)
def test_an_editor_finds_no_fault_in_a_shipped_canvas(
    validator: Draft202012Validator, path: Path
) -> None:
    assert list(validator.iter_errors(plain(source.read(path).tree))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Picnic", "titel: Picnic"),
        ("kind: experience", "kind: shop"),
        ("decimals: 2", "decimals: two"),
        ("benchmark: 1000", "benchmark: lots"),
        ("running_cost: 20", "running_cost: 101"),
        ("share: 5\n", "share: {all: 5}\n"),
        ("share: 5\n", "share: {all: 5, lower: 5, upper: 5, base: 5}\n"),
        ("notice: 7d", "notice: 7"),
        ("quorum: 60", "quorum: 0"),
        ("end: 90d", "end: soon"),
        ("start: now", "start: 2027-01-01"),
        ("key: cook", "key: The Cook"),
        ("obligations: [bakes]", "obligations: []"),
    ],
)
def test_an_editor_marks_what_the_check_refuses(
    validator: Draft202012Validator, old: str, new: str
) -> None:
    assert list(validator.iter_errors(plain(tree(SMALL)))) == []
    assert list(validator.iter_errors(plain(tree(with_((old, new))))))


def test_every_field_is_described_and_defaults_are_as_people_write_them(
    schema: dict[str, Any],
) -> None:
    definitions = [schema, *schema["$defs"].values()]
    for definition in definitions:
        for name, field in definition.get("properties", {}).items():
            assert field.get("description"), name
    leaving = schema["$defs"]["Leaving"]["properties"]
    assert (leaving["notice"]["default"], leaving["expulsion"]["default"]) == ("30d", "75")


def test_every_default_of_the_schema_is_in_order_by_itself(
    schema: dict[str, Any],
) -> None:
    for definition in [schema, *schema["$defs"].values()]:
        for field in definition.get("properties", {}).values():
            if "default" in field:
                # the field's own schema, with the definitions it refers to
                alone = {**field, "$defs": schema["$defs"]}
                assert list(Draft202012Validator(alone).iter_errors(field["default"])) == []
