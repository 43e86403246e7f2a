"""Nodes object to a value; enough of them discard it."""

import boa
import pytest

from emc.core.terms import Assessment, Metric
from tests import authority
from tests.kit import World, address, events, replace, skip
from tests.till import until
from tests.unit.goals.goal import (
    GRACE,
    WINDOW,
    assess_as,
    assessed,
    dropped_at,
    fund,
    object_to,
    take_back,
    with_assessor,
)
from tests.wallets import rotate


def test_the_objection_quorum_discards_it(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    object_to(world, emc, terms, 1)
    (objected,) = events(world.goals, "Objected")
    assert (objected.emc, objected.submitter, objected.row) == (emc.address, 0, 1)
    assert events(world.goals, "Dropped") == []
    assert world.goals.has_open(emc.address)
    object_to(world, emc, terms, 2)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.emc, dropped.submitter, dropped.amount) == (emc.address, 0, 12)
    assert world.goals.open_value(emc.address, Metric.USERS, 0)[2] == 0
    assert not world.goals.has_open(emc.address)
    # more than one said so
    assert not world.goals.is_disputed(emc.address, terms.head(), Metric.USERS)
    with boa.reverts("goals: no open value"):
        authority.finalise(world, emc, terms)


@pytest.mark.parametrize(("quorum", "needed"), [(1, 2), (333_334, 2), (666_666, 2), (666_667, 3)])
def test_the_quorum_is_rounded_up_and_at_least_two(world: World, quorum: int, needed: int) -> None:
    assessment = Assessment(window=WINDOW, objections=quorum, grace=0)
    terms = assessed(world, rows=world.rows([250_000] * 4), assessment=assessment)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    for row in range(1, needed):
        object_to(world, emc, terms, row)
        assert events(world.goals, "Dropped") == []
    object_to(world, emc, terms, needed)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.emc, dropped.submitter, dropped.amount) == (emc.address, 0, 12)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_only_before_it_is_final(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    skip(WINDOW + moment)
    if moment < 0:
        for row in (1, 2):
            object_to(world, emc, terms, row)
        assert not world.goals.has_open(emc.address)
        return
    with boa.reverts("goals: final already"):
        object_to(world, emc, terms, 1)
    authority.finalise(world, emc, terms)
    assert emc.is_gate_open()


def test_nobody_objects_to_its_own_value(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=1)
    with boa.reverts("goals: own value"):
        object_to(world, emc, terms, 1, 1)


def test_there_must_be_one(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    for submitter in (1, 128, 2**256 - 1):
        with boa.reverts("goals: no open value"):
            object_to(world, emc, terms, 2, submitter)


def test_to_an_assessors_value_every_node_may_object(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR)
    object_to(world, emc, terms, 0, authority.ASSESSOR)
    object_to(world, emc, terms, 1, authority.ASSESSOR)
    assert not world.goals.has_open(emc.address)


def test_only_nodes_object(world: World) -> None:
    terms = assessed(world, rows=(*assessed(world).rows, fund(3)))
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    arguments = (emc.address, terms.head(), terms.packed_rows())
    for by, index, reason in (
        (world.stranger, 1, "members: not the controller"),
        (address("controller"), 3, "members: not a node"),
        (world.nodes[1].account, 4, "members: no such row"),
    ):
        with boa.env.prank(by), boa.reverts(reason):
            world.goals.object(*arguments, index, Metric.USERS, 0)
    with boa.reverts("members: not the terms in force"):
        object_to(world, emc, replace(terms, nonce=1), 1)


def test_an_objection_counts_once(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    for _ in range(3):
        object_to(world, emc, terms, 1)
    # also after its account has changed
    rotate(world, 1, address("new home"))
    object_to(world, emc, terms, 1)
    assert world.goals.has_open(emc.address)


def test_an_objection_is_to_one_value(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    object_to(world, emc, terms, 1)
    take_back(world, emc, terms)
    skip(1)
    authority.assess(world, emc, terms, 12, measured_at=boa.env.timestamp - 1)
    object_to(world, emc, terms, 2)
    assert world.goals.has_open(emc.address)


def test_objections_of_those_that_left_do_not_count(world: World) -> None:
    assessment = Assessment(window=WINDOW, objections=500_001, grace=0)
    terms = assessed(world, rows=world.rows([200_000] * 5), assessment=assessment)
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    for row in (1, 2):
        object_to(world, emc, terms, row)
    assert world.goals.has_open(emc.address)
    terms = authority.leave(world, emc, terms, 1)
    # now two of the three others are needed: the second is row 2 again, or row 3
    with boa.env.anchor():
        object_to(world, emc, terms, 2)
        assert world.goals.has_open(emc.address)
    object_to(world, emc, terms, 3)
    assert not world.goals.has_open(emc.address)


# what it opens for others


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_others_have_a_window_again_if_less_than_one_was_left(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    dropped_at(world, emc, terms, terms.goal.deadline + GRACE - WINDOW + moment)
    (dropped,) = events(world.goals, "Dropped")
    reopened = (boa.env.timestamp + WINDOW, 0b001) if moment > 0 else (0, 0)
    assert dropped.reopened_until == reopened[0]
    assert world.goals.reopened(emc.address, terms.head(), Metric.USERS) == reopened
    assert world.goals.has_open(emc.address) == (moment > 0)


def test_what_came_in_such_a_window_opens_no_other(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    dropped_at(world, emc, terms, terms.goal.deadline + GRACE)
    reopened = (boa.env.timestamp + WINDOW, 0b001)
    skip(WINDOW)
    authority.assess(world, emc, terms, 13, row=1, measured_at=terms.goal.deadline)
    for row in (0, 2):
        object_to(world, emc, terms, row, 1)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.submitter, dropped.amount, dropped.reopened_until) == (1, 13, 0)
    assert world.goals.reopened(emc.address, terms.head(), Metric.USERS) == reopened
    skip(1)
    assert not world.goals.has_open(emc.address)


def test_a_window_is_closed_to_all_whose_value_was_dropped_late(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    for row in (0, 1):
        authority.assess(world, emc, terms, 12, row=row, measured_at=terms.goal.deadline)
    for submitter, others in ((0, (1, 2)), (1, (0, 2))):
        for row in others:
            object_to(world, emc, terms, row, submitter)
    reopened = (boa.env.timestamp + WINDOW, 0b011)
    assert world.goals.reopened(emc.address, terms.head(), Metric.USERS) == reopened
    skip(1)
    for row in (0, 1):
        with boa.reverts("goals: for others only"):
            authority.assess(world, emc, terms, 13, row=row, measured_at=terms.goal.deadline)
    authority.assess(world, emc, terms, 13, row=2, measured_at=terms.goal.deadline)


def test_an_assessor_whose_value_was_dropped_late_submits_another(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    place, by, at = authority.ASSESSOR, address("assessor"), terms.goal.deadline
    until(at + GRACE)
    assess_as(world, emc, terms, by, place, measured_at=at)
    for row in (0, 1):
        object_to(world, emc, terms, row, place)
    reopened = (boa.env.timestamp + WINDOW, 0)
    assert world.goals.reopened(emc.address, terms.head(), Metric.USERS) == reopened
    skip(1)
    assess_as(world, emc, terms, by, place, 13, measured_at=at)
    assert world.goals.open_value(emc.address, Metric.USERS, place).is_late
