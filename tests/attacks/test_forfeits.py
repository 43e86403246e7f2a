"""Attacks by which one node would forfeit what all have earned behind a closed gate."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import NATIVE, Assessment, Gate, Metric, Terms
from emc.core.units import PPM
from tests import authority
from tests.kit import World, address, events, received, replace, skip
from tests.till import CLOSED, held_terms, payee, send, until
from tests.unit.goals.goal import (
    GRACE,
    WINDOW,
    assess_as,
    assessed,
    count,
    object_to,
    take_back,
    with_assessor,
)
from tests.wallets import rotate


def disband(world: World, emc: VyperContract, terms: Terms, row: int) -> None:
    """One node alone ends the EMC on a miss."""
    authority.disband(
        world, emc, terms, [authority.disbanding(world, emc, terms, row, world.nodes[row].me)]
    )


def is_missed(world: World, emc: VyperContract, terms: Terms) -> bool:
    """What the room says."""
    return bool(world.goals.is_missed(emc.address, terms.head()))


def pair(world: World, **changes: Any) -> Terms:
    """Two nodes, and any quorum of objections is the other one."""
    return assessed(world, rows=world.rows([600_000, 400_000]), **changes)


# taking back


def test_who_alone_submitted_takes_it_back_no_more_when_nobody_else_can_submit(
    world: World,
) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=2, measured_at=terms.goal.deadline)
    skip(1)
    with boa.reverts("goals: deadline is over"):
        take_back(world, emc, terms, 2)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 2)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 2)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


def test_neither_does_who_has_left(world: World) -> None:
    terms = assessed(world)
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=2, measured_at=terms.goal.deadline)
    terms = authority.leave(world, emc, terms, 2)
    skip(1)
    with boa.reverts("goals: deadline is over"):
        take_back(world, emc, terms, 2)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 2)
    assert emc.is_gate_open()


@pytest.mark.parametrize("grace", [0, WINDOW // 2])
def test_taken_back_at_the_last_moment_it_gives_the_others_a_window(
    world: World, grace: int
) -> None:
    how = Assessment(window=WINDOW, objections=600_000, grace=grace)
    terms = assessed(world, assessment=how)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline - 1)
    at = boa.env.timestamp
    authority.assess(world, emc, terms, 12, row=2, measured_at=at)
    take_back(world, emc, terms, 2)
    (dropped,) = events(world.goals, "Dropped")
    assert dropped.reopened_until == at + WINDOW
    until(at + WINDOW)
    with boa.reverts("goals: for others only"):
        authority.assess(world, emc, terms, 12, row=2, measured_at=at)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 2)
    authority.assess(world, emc, terms, 12, row=1, measured_at=at)
    skip(WINDOW)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 2)
    authority.finalise(world, emc, terms, 1)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


@pytest.mark.parametrize("moment", [0, 1])
def test_the_window_is_given_where_less_than_one_is_left(world: World, moment: int) -> None:
    terms = assessed(world, assessment=Assessment(window=WINDOW, objections=PPM, grace=1))
    emc = world.make(terms)
    until(terms.goal.deadline + 1 - WINDOW + moment)
    at = boa.env.timestamp
    authority.assess(world, emc, terms, 12, row=2)
    take_back(world, emc, terms, 2)
    (dropped,) = events(world.goals, "Dropped")
    # what is left of the time to submit is as much as a window, or it is made so
    assert dropped.reopened_until == moment * (at + WINDOW)
    until(at + WINDOW)
    authority.assess(world, emc, terms, 12, row=1, measured_at=terms.goal.deadline)
    skip(1)
    with boa.reverts("goals: too late"):
        authority.assess(world, emc, terms, 12, row=0, measured_at=terms.goal.deadline)


def test_a_window_that_was_given_before_is_not_used_up(world: World) -> None:
    # the node makes the others' window begin early, and takes the true value back at the end
    terms = assessed(world, assessment=Assessment(window=WINDOW, objections=PPM))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline - WINDOW + 1)
    authority.assess(world, emc, terms, 3, row=2)
    take_back(world, emc, terms, 2)
    until(terms.goal.deadline - 1)
    authority.assess(world, emc, terms, 12, row=2)
    take_back(world, emc, terms, 2)
    skip(WINDOW)
    authority.assess(world, emc, terms, 12, row=0, measured_at=terms.goal.deadline)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 0)
    assert emc.is_gate_open()


def test_a_key_that_was_rotated_away_takes_nothing_back_and_the_new_one_does(
    world: World,
) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    rotate(world, 0, address("new home"))
    with boa.reverts("goals: not the submitter"):
        take_back(world, emc, terms, 0, by=world.nodes[0].account)
    take_back(world, emc, terms, 0, by=address("new home"))
    assert not world.goals.has_open(emc.address)


# objecting


def test_of_three_nodes_one_drops_no_value_even_if_the_terms_ask_for_half(world: World) -> None:
    how = Assessment(window=WINDOW, objections=500_000, grace=GRACE)
    terms = assessed(world, assessment=how)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=2, measured_at=terms.goal.deadline)
    skip(1)
    object_to(world, emc, terms, 1, 2)
    assert events(world.goals, "Dropped") == []
    skip(WINDOW)
    authority.finalise(world, emc, terms, 2)
    assert emc.is_gate_open()


def test_a_value_that_is_dropped_late_can_be_replaced_by_others(world: World) -> None:
    terms = assessed(world, rows=world.rows([250_000] * 4))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    last = terms.goal.deadline + GRACE
    until(last)
    authority.assess(world, emc, terms, 10**9, row=0, measured_at=terms.goal.deadline)
    skip(WINDOW - 1)
    for row in (1, 2):
        object_to(world, emc, terms, row, 0)
    (dropped,) = events(world.goals, "Dropped")
    assert dropped.reopened_until == last + 2 * WINDOW - 1
    assert dropped.reopened_until < terms.ends_at
    until(last + 2 * WINDOW - 1)
    assert not is_missed(world, emc, terms)
    with boa.reverts("goals: for others only"):
        authority.assess(world, emc, terms, 12, row=0, measured_at=terms.goal.deadline)
    authority.assess(world, emc, terms, 12, row=3, measured_at=terms.goal.deadline)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 3)
    assert emc.is_gate_open()


def test_a_value_that_came_in_the_window_of_others_gives_no_other_window(world: World) -> None:
    terms = assessed(world, rows=world.rows([250_000] * 4))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=0, measured_at=terms.goal.deadline)
    skip(1)
    for row in (1, 2):
        object_to(world, emc, terms, row, 0)
    authority.assess(world, emc, terms, 12, row=3, measured_at=terms.goal.deadline)
    for row in (1, 2):
        object_to(world, emc, terms, row, 3)
    (dropped,) = events(world.goals, "Dropped")
    assert dropped.reopened_until == 0
    assert not is_missed(world, emc, terms)
    skip(WINDOW + 1)
    for row in range(4):
        with boa.reverts("goals: too late"):
            authority.assess(world, emc, terms, 12, row=row, measured_at=terms.goal.deadline)
    disband(world, emc, terms, 1)
    assert received(address("backstop")) == 100


def test_the_end_waits_while_others_may_submit(world: World) -> None:
    # everybody agrees to an assessor after the time to submit, which drops what was open
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=2, measured_at=terms.goal.deadline)
    named = replace(terms.assessment, assessor=address("assessor"))
    terms = authority.amend(world, emc, terms, replace(terms, assessment=named))
    until(terms.ends_at - 1)
    authority.finalise(world, emc, terms, 2)
    (dropped,) = events(world.goals, "Dropped")
    assert dropped.reopened_until == terms.ends_at - 1 + WINDOW
    until(dropped.reopened_until)
    with boa.reverts("emc: a value is open"):
        emc.end()
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR, 12, terms.goal.deadline)
    skip(WINDOW)
    with boa.reverts("emc: a value is open"):
        emc.end()
    authority.finalise(world, emc, terms, authority.ASSESSOR)
    emc.end()
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


# two nodes


def test_of_two_nodes_who_drops_the_others_value_ends_nothing_alone(world: World) -> None:
    terms = pair(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=0, measured_at=terms.goal.deadline)
    skip(1)
    object_to(world, emc, terms, 1, 0)
    assert not world.goals.open_value(emc.address, Metric.USERS, 0).final_at
    for moment in (WINDOW + 1, terms.ends_at - 1 - boa.env.timestamp - WINDOW - 1):
        skip(moment)
        assert world.goals.is_disputed(emc.address, terms.head(), Metric.USERS)
        with boa.reverts("conduct: signature missing"):
            disband(world, emc, terms, 1)
        with boa.env.prank(world.stranger), boa.reverts("goals: not missed"):
            world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())
    # from the end date on it is over anyway
    skip(1)
    assert is_missed(world, emc, terms)
    emc.end()
    assert emc.stage() == CLOSED


def test_a_value_that_both_let_pass_settles_it(world: World) -> None:
    terms = pair(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=0)
    object_to(world, emc, terms, 1, 0)
    skip(1)
    count(world, emc, terms, 3, row=0)
    until(terms.goal.deadline + GRACE + 1)
    assert not world.goals.is_disputed(emc.address, terms.head(), Metric.USERS)
    disband(world, emc, terms, 1)
    assert emc.stage() == CLOSED


def test_both_together_end_it_although_they_differ(world: World) -> None:
    terms = pair(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=0)
    object_to(world, emc, terms, 1, 0)
    authority.disband(world, emc, terms)
    assert emc.stage() == CLOSED


def test_the_one_who_is_left_with_a_value_of_who_left_ends_nothing_alone(world: World) -> None:
    terms = pair(world)
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=1, measured_at=terms.goal.deadline)
    terms = authority.leave(world, emc, terms, 1)
    object_to(world, emc, terms, 0, 1)
    skip(WINDOW + 1)
    assert not is_missed(world, emc, terms)


# a miss that is none


@pytest.mark.parametrize("is_native", [True, False])
def test_proceeds_that_lie_unbooked_count_when_a_miss_is_asked_about(
    world: World, is_native: bool
) -> None:
    token = None if is_native else world.token()
    terms = held_terms(world, currency=token.address if token else NATIVE)
    emc = world.make(terms)
    world.sell(emc, 500, 1, token)
    send(world, emc, 1_500, token)
    until(terms.goal.deadline + 1)
    with boa.env.prank(world.stranger), boa.reverts("goals: not missed"):
        world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 2)
    emc.absorb()
    assert emc.is_gate_open()
    assert [received(payee(i), token) for i in range(3)] == [1_000, 600, 400]


def test_one_unit_less_is_a_miss(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 500, 1)
    send(world, emc, 1_499)
    until(terms.goal.deadline + 1)
    with boa.env.prank(world.stranger):
        world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())
    (missed,) = events(world.goals, "Missed")
    assert missed.reached[0] == 1_999
    emc.absorb()


# whose value counts no more


@pytest.mark.parametrize("then", ["another", "nobody"])
def test_the_value_of_an_assessor_that_was_signed_away_does_not_count(
    world: World, then: str
) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR, 50)
    now = address("another assessor") if then == "another" else "0x" + "00" * 20
    other = replace(terms.assessment, assessor=now)
    terms = authority.amend(world, emc, terms, replace(terms, assessment=other))
    # at once, since there is nothing to wait for
    authority.finalise(world, emc, terms, authority.ASSESSOR)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.submitter, dropped.amount) == (authority.ASSESSOR, 50)
    assert world.goals.value_of(emc.address, Metric.USERS) == (0, 0)
    assert not emc.is_gate_open()


def test_its_seat_is_the_new_assessors_at_once(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR, 50)
    other = replace(terms.assessment, assessor=address("another assessor"))
    terms = authority.amend(world, emc, terms, replace(terms, assessment=other))
    assess_as(world, emc, terms, address("another assessor"), authority.ASSESSOR, 3)
    assert [each.amount for each in events(world.goals, "Dropped")] == [50]
    with boa.reverts("goals: one value at a time"):
        assess_as(world, emc, terms, address("another assessor"), authority.ASSESSOR, 4)
    skip(WINDOW)
    authority.finalise(world, emc, terms, authority.ASSESSOR)
    assert world.goals.value_of(emc.address, Metric.USERS)[0] == 3
    assert not world.goals.has_open(emc.address)


def test_the_value_of_a_node_does_not_count_once_an_assessor_is_named(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 50, row=2)
    named = replace(terms.assessment, assessor=address("assessor"))
    terms = authority.amend(world, emc, terms, replace(terms, assessment=named))
    skip(WINDOW)
    authority.finalise(world, emc, terms, 2)
    assert len(events(world.goals, "Dropped")) == 1
    assert not emc.is_gate_open()


# never is not an amount


def test_a_gate_that_waits_for_a_value_opens_by_no_proceeds(world: World) -> None:
    most = 2**95 - 100
    rows = world.rows([500_000, 300_000, 200_000], running=[900_000, 0, 0])
    terms = assessed(world, rows=rows, gate=Gate.BENCHMARK)
    emc = world.make(terms)
    boa.env.set_balance(world.buyer, 4 * most)
    for number in range(3):
        world.sell(emc, most, number)
        # each value that counts begins a page
        count(world, emc, terms, number, row=number)
        assert not emc.is_gate_open()
    assert emc.total() > 2**96
    count(world, emc, terms, 10)
    assert emc.is_gate_open()
