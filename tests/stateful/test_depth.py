"""Rounds of random calls: the same again by their number, and a broken rule names its round."""

import sys
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.stateful import depth
from tests.stateful.test_checkout import Checkouts


class Broken(RuleBasedStateMachine):
    """Breaks its rule at once."""

    @rule()
    def never(self) -> None:
        raise AssertionError("the rule is broken")


def small(patch: pytest.MonkeyPatch, machine: Any) -> None:
    """One machine alone, with short lives."""
    effort = settings(depth.EFFORT, max_examples=2, stateful_step_count=6)
    patch.setattr(depth, "EFFORT", effort)
    patch.setattr(depth, "MACHINES", (machine,))


def test_a_round_is_the_same_again_and_its_calls_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small(monkeypatch, Checkouts)
    first, again, other = (depth.run(number, 17) for number in (0, 0, 1))
    assert (first.calls, first.refused) == (again.calls, again.refused)
    assert first.calls > first.refused
    assert other.seed == first.seed + 1
    said = depth.summary([first, other], 17)
    assert said["calls"] == said["machines"]["Checkouts"]["calls"] == first.calls + other.calls


def test_a_broken_rule_names_the_round_that_breaks_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small(monkeypatch, Broken)
    monkeypatch.setattr(depth, "prepare", lambda: None)
    monkeypatch.setattr(sys, "argv", ["depth", "--seed", "5", "--round", "3"])
    with pytest.raises(AssertionError, match="the rule is broken"):
        depth.main()
    assert "--seed 5 --round 3" in capsys.readouterr().err
