"""An honest EMC is never accused, whatever happens in its life."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.audit.histories import (
    Audited,
    MisreadNativeLives,
    MisreadTokenLives,
    NativeLives,
    TokenLives,
    recorded,
)
from tests.profiles import IS_DEEP, effort

# in each of two currencies, and behind a bad node: 500 in the deep profile
LIVES = effort(0.5) if IS_DEEP else 10
MISREAD = effort(0.5) if IS_DEEP else 4


@pytest.fixture(scope="module", autouse=True)
def _recorded() -> Iterator[None]:
    with recorded():
        yield


@pytest.mark.parametrize("lives", [NativeLives, TokenLives])
def test_no_random_life_is_accused(
    lives: type[Audited], capsys: pytest.CaptureFixture[str]
) -> None:
    Audited.verdicts.clear()
    effort_of = settings(max_examples=LIVES, stateful_step_count=12)
    try:
        run_state_machine_as_test(lives, settings=effort_of)
    finally:
        with capsys.disabled():
            stages = ", ".join(f"{n} {stage}" for stage, n in Counter(Audited.verdicts).items())
            print(f"\n{lives.__name__}: {len(Audited.verdicts)} lives not accused: {stages}")
    assert len(Audited.verdicts) >= LIVES


@pytest.mark.parametrize("lives", [MisreadNativeLives, MisreadTokenLives])
def test_no_random_life_is_accused_by_a_bad_node(
    lives: type[Audited], capsys: pytest.CaptureFixture[str]
) -> None:
    Audited.verdicts.clear()
    effort_of = settings(max_examples=MISREAD, stateful_step_count=12)
    try:
        run_state_machine_as_test(lives, settings=effort_of)
    finally:
        with capsys.disabled():
            words = ", ".join(f"{n} {word}" for word, n in Counter(Audited.verdicts).items())
            print(f"\n{lives.__name__}: {len(Audited.verdicts)} lives misread: {words}")
    assert len(Audited.verdicts) >= MISREAD
    # some faults do no harm, others do
    assert len(set(Audited.verdicts)) == 2
