"""A value that nobody has counted in time is dropped, so that it delays no end."""

import boa
import pytest

from emc.core.terms import Metric
from tests import authority
from tests.kit import World, address, events, replace, skip
from tests.till import CLOSED, until
from tests.unit.goals.goal import GRACE, WINDOW, assess_as, assessed, with_assessor

LIFE = 30 * 86_400


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_anybody_drops_it_thirty_days_after_it_was_final(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=1)
    skip(WINDOW + LIFE + moment)
    with boa.env.prank(world.stranger):
        if moment < 0:
            with boa.reverts("goals: may still be counted"):
                world.goals.drop(emc.address, Metric.USERS, 1)
            authority.finalise(world, emc, terms, 1)
            assert world.goals.value_of(emc.address, Metric.USERS)[0] == 12
            return
        world.goals.drop(emc.address, Metric.USERS, 1)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.emc, dropped.submitter, dropped.amount) == (emc.address, 1, 12)
    # who relied on it had all this time
    assert dropped.reopened_until == 0
    assert not world.goals.has_open(emc.address)
    with boa.reverts("goals: no open value"):
        authority.finalise(world, emc, terms, 1)
    authority.assess(world, emc, terms, 13, row=1)


def test_until_it_is_dropped_it_can_be_counted(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR)
    skip(WINDOW + LIFE + 1_000)
    authority.finalise(world, emc, terms, authority.ASSESSOR)
    assert emc.is_gate_open()


def test_there_must_be_one(world: World) -> None:
    emc = world.make(assessed(world))
    for submitter in (0, 128, 2**256 - 1):
        with boa.reverts("goals: no open value"):
            world.goals.drop(emc.address, Metric.USERS, submitter)


def test_dropped_it_delays_the_end_no_longer(world: World) -> None:
    terms = assessed(world)
    last = terms.ends_at - 2 * WINDOW
    terms = replace(terms, goal=replace(terms.goal, deadline=last - GRACE))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(last)
    authority.assess(world, emc, terms, 1, measured_at=terms.goal.deadline)
    skip(WINDOW + LIFE)
    with boa.reverts("emc: a value is open"):
        emc.end()
    world.goals.drop(emc.address, Metric.USERS, 0)
    emc.end()
    assert emc.stage() == CLOSED


def test_a_dropped_value_does_not_undo_a_miss(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 50, measured_at=terms.goal.deadline)
    skip(WINDOW + LIFE)
    assert not world.goals.is_missed(emc.address, terms.head())
    world.goals.drop(emc.address, Metric.USERS, 0)
    assert world.goals.is_missed(emc.address, terms.head())
