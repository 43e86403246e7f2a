"""A submitter takes its value back."""

import boa
import pytest

from emc.core.terms import Metric
from tests import authority
from tests.kit import World, address, events, replace, skip
from tests.till import until
from tests.unit.goals.goal import WINDOW, assess_as, assessed, take_back, with_assessor
from tests.wallets import rotate


def test_then_it_may_submit_another(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    authority.assess(world, emc, terms, 13, row=1)
    take_back(world, emc, terms)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.emc, dropped.submitter, dropped.amount) == (emc.address, 0, 12)
    assert world.goals.open_value(emc.address, Metric.USERS, 0)[2] == 0
    assert world.goals.has_open(emc.address)
    take_back(world, emc, terms, 1)
    assert not world.goals.has_open(emc.address)
    authority.assess(world, emc, terms, 14)
    assert world.goals.open_value(emc.address, Metric.USERS, 0)[0] == 14


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_only_before_it_is_final(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    skip(WINDOW + moment)
    if moment < 0:
        take_back(world, emc, terms)
    else:
        with boa.reverts("goals: final already"):
            take_back(world, emc, terms)
    assert world.goals.has_open(emc.address) == (moment >= 0)


def test_nobody_else_takes_it_back(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    rotate(world, 0, address("new home"))
    for by in (world.nodes[1].account, world.stranger, world.nodes[0].account):
        with boa.reverts("goals: not the submitter"):
            take_back(world, emc, terms, by=by)
    take_back(world, emc, terms, by=address("new home"))


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_only_before_the_deadline(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline - 10)
    authority.assess(world, emc, terms, 12)
    skip(10 + moment)
    if moment < 0:
        take_back(world, emc, terms)
        (dropped,) = events(world.goals, "Dropped")
        # there is more than a window of grace
        assert dropped.reopened_until == 0
        return
    with boa.reverts("goals: deadline is over"):
        take_back(world, emc, terms)


def test_only_under_the_terms_in_force(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    later = replace(terms, goal=replace(terms.goal, deadline=terms.ends_at))
    with boa.reverts("members: not the terms in force"):
        take_back(world, emc, later)


def test_there_must_be_one(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    for submitter in (0, 1, 128, 2**256 - 1):
        with boa.reverts("goals: no open value"):
            take_back(world, emc, terms, submitter, by=world.stranger)


def test_an_assessor_takes_back_its_own(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR)
    with boa.reverts("goals: not the submitter"):
        take_back(world, emc, terms, authority.ASSESSOR, by=world.nodes[0].account)
    take_back(world, emc, terms, authority.ASSESSOR, by=address("assessor"))
    assert not world.goals.has_open(emc.address)


def test_who_left_still_takes_back_its_own(world: World) -> None:
    terms = assessed(world)
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=1)
    terms = authority.leave(world, emc, terms, 1)
    take_back(world, emc, terms, 1)
    assert not world.goals.has_open(emc.address)
