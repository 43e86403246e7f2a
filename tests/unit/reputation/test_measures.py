"""A goal of several measures is met by all of them, each by its last value."""

import boa
import pytest

from emc.core.terms import Assessment, Measure, Metric
from tests import authority
from tests.kit import World, events, skip
from tests.reviews import end, opened, reviewed_terms


@pytest.mark.parametrize(
    ("values", "proceeds", "is_met"),
    [
        ([20], 2_000, True),
        ([20], 1_999, False),
        ([19], 2_000, False),
        ([20, 19], 2_000, False),
        ([19, 20], 2_000, True),
        ([], 10_000, False),
    ],
)
def test_met_by_all(world: World, values: list[int], proceeds: int, is_met: bool) -> None:
    terms = reviewed_terms(
        world,
        measures=(Measure(Metric.USERS, 10, 20), Measure(Metric.PROCEEDS, 1_000, 2_000)),
        assessment=Assessment(window=100, objections=500_001),
    )
    emc = world.make(terms)
    for value in values:
        authority.assess(world, emc, terms, value)
        skip(100)
        authority.finalise(world, emc, terms)
    end(world, emc, terms, amount=proceeds)
    opened(world, emc, terms)
    assert events(world.reputation, "ReviewOpened")[0].is_goal_met is is_met


def test_a_miss_of_one_that_was_recorded_stays_one(world: World) -> None:
    terms = reviewed_terms(
        world,
        measures=(Measure(Metric.USERS, 10, 20), Measure(Metric.PROCEEDS, 1_000, 2_000)),
        assessment=Assessment(window=100, objections=500_001, grace=1_000),
    )
    emc = world.make(terms)
    authority.assess(world, emc, terms, 20)
    skip(100)
    authority.finalise(world, emc, terms)
    boa.env.time_travel(seconds=terms.goal.deadline + 1_001 - boa.env.timestamp)
    world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())
    end(world, emc, terms, amount=2_000)
    opened(world, emc, terms)
    assert events(world.reputation, "ReviewOpened")[0].is_goal_met is False
