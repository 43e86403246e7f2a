"""Plan against actual: what each verdict means, at its edges."""

from dataclasses import replace

import pytest

from emc.core import plan
from emc.core.plan import Verdict
from emc.core.terms import Assessment, Measure, Metric, Terms
from tests.signing import kit

DAY = 86_400


def terms(metric: Metric = Metric.PROCEEDS) -> Terms:
    """Ten days from start to deadline; benchmark 1000, target 2000; five days of grace."""
    whole = kit.agreement().terms
    measures = (Measure(metric, 1_000, 2_000),)
    goal = replace(whole.goal, measures=measures, deadline=kit.NOW + 10 * DAY)
    return replace(whole, goal=goal, starts_at=kit.NOW, assessment=Assessment(grace=5 * DAY))


def verdicts(actual: int, days: float, **more: int) -> tuple[str, str]:
    now = kit.NOW + int(days * DAY)
    low, high = plan.levels(terms(), terms().goal.measures[0], actual, now, **more)
    return low.verdict.value, high.verdict.value


@pytest.mark.parametrize(
    ("actual", "days", "says"),
    [
        (0, -1, ("UPCOMING", "UPCOMING")),
        (0, 0, ("ON_TRACK", "ON_TRACK")),
        (0, 0.1, ("BEHIND", "BEHIND")),
        (499, 5, ("BEHIND", "BEHIND")),
        (500, 5, ("ON_TRACK", "BEHIND")),
        (999, 5, ("ON_TRACK", "BEHIND")),
        (1_000, 5, ("ACHIEVED", "ON_TRACK")),
        (2_000, 5, ("ACHIEVED", "ACHIEVED")),
        (999, 10, ("BEHIND", "BEHIND")),
        (999, 10.001, ("MISSED", "MISSED")),
        (1_000, 11, ("ACHIEVED", "MISSED")),
        (2_000, 11, ("ACHIEVED", "ACHIEVED")),
    ],
)
def test_a_verdict_follows_a_straight_line(actual: int, days: float, says: tuple[str, str]) -> None:
    assert verdicts(actual, days) == says


def test_the_line_starts_when_the_emc_became_active() -> None:
    assert verdicts(0, 1, began_at=kit.NOW + 2 * DAY) == ("UPCOMING", "UPCOMING")
    # two of eight days
    assert verdicts(250, 4, began_at=kit.NOW + 2 * DAY) == ("ON_TRACK", "BEHIND")
    assert verdicts(249, 4, began_at=kit.NOW + 2 * DAY) == ("BEHIND", "BEHIND")


def test_a_value_is_compared_with_the_line_of_its_day() -> None:
    users = terms(Metric.USERS)

    def verdict(actual: int, days: int, measured: int) -> Verdict:
        at = kit.NOW + measured * DAY if measured else 0
        now, (measure,) = kit.NOW + days * DAY, users.goal.measures
        return plan.levels(users, measure, actual, now, measured_at=at)[0].verdict

    assert verdict(300, 9, 3) is Verdict.ON_TRACK
    assert verdict(299, 9, 3) is Verdict.BEHIND
    assert verdict(0, 9, 0) is Verdict.BEHIND
    assert verdict(0, 15, 0) is Verdict.BEHIND
    assert verdict(0, 16, 0) is Verdict.MISSED


def test_the_plan_is_rounded_up_and_never_beyond_the_level() -> None:
    low, high = plan.levels(terms(), terms().goal.measures[0], 0, kit.NOW + DAY + 1)
    assert (low.planned, high.planned) == (101, 201)
    assert plan.levels(terms(), terms().goal.measures[0], 0, kit.NOW + 99 * DAY)[1].planned == 2_000
    assert low.as_of == kit.NOW + DAY + 1
