"""The leading goal, plan against actual.

The rule: a level is ACHIEVED once the actual reaches it, for good; MISSED once its deadline has
passed without that (with an assessed measure in the goal: deadline and grace). Before the start it
is UPCOMING. In between the plan is a straight line from the start to the deadline: ON_TRACK at or
above the line, BEHIND below it. An assessed measure is compared with the line at the time of its
last final value, and with the line now as long as there is none.
"""

from dataclasses import dataclass
from enum import Enum

from emc.core.terms import Measure, Terms


class Verdict(Enum):
    """The state of a level of a measure."""

    ACHIEVED = "ACHIEVED"
    MISSED = "MISSED"
    ON_TRACK = "ON_TRACK"
    BEHIND = "BEHIND"
    UPCOMING = "UPCOMING"


@dataclass(frozen=True)
class Level:
    """The benchmark or the target.

    Args:
        planned: Where the line of the plan is, in the metric's unit, rounded up.
        as_of: The time for which that is.
    """

    name: str
    amount: int
    actual: int
    planned: int
    as_of: int
    verdict: Verdict


def levels(
    terms: Terms,
    measure: Measure,
    actual: int,
    now: int,
    *,
    began_at: int = 0,
    measured_at: int = 0,
) -> tuple[Level, Level]:
    """The state of a measure's benchmark and target.

    Args:
        began_at: When the EMC became active; the plan starts then or with the terms.
        measured_at: As of when the actual was measured, where the measure is assessed.
    """
    start = max(terms.starts_at, began_at)
    as_of = (measured_at or now) if measure.metric.is_assessed else now
    span = max(terms.goal.deadline - start, 1)
    passed = min(max(as_of - start, 0), span)

    def level(name: str, amount: int) -> Level:
        if actual >= amount:
            verdict = Verdict.ACHIEVED
        elif now > terms.closes_at:
            verdict = Verdict.MISSED
        elif now < start:
            verdict = Verdict.UPCOMING
        elif actual * span >= amount * passed:
            verdict = Verdict.ON_TRACK
        else:
            verdict = Verdict.BEHIND
        return Level(name, amount, actual, -(-amount * passed // span), as_of, verdict)

    return level("benchmark", measure.benchmark), level("target", measure.target)
