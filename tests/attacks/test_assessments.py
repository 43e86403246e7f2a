"""Attacks with values of a goal that the chain cannot see."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Assessment, Gate, Metric, Terms
from tests import authority
from tests.attacks.reentry import LOCKED, tries
from tests.kit import World, address, deployer, events, received, replace, skip, with_measure
from tests.till import ACTIVE, CLOSED, payee, send, shares_of, until
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


def ending(world: World, **changes: Any) -> Terms:
    """Terms that end as soon as they may after the grace of their goal."""
    terms = assessed(world, **changes)
    return replace(terms, goal=replace(terms.goal, deadline=terms.ends_at - GRACE - 2 * WINDOW))


def disband(world: World, emc: VyperContract, terms: Terms, row: int) -> None:
    """One node alone ends the EMC on a miss."""
    authority.disband(
        world, emc, terms, [authority.disbanding(world, emc, terms, row, world.nodes[row].me)]
    )


# delay


def test_values_opened_again_and_again_delay_the_end_until_grace_and_three_windows_are_over(
    world: World,
) -> None:
    terms = ending(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    deadline = terms.goal.deadline
    until(deadline)
    for _ in range(3):
        authority.assess(world, emc, terms, 1, row=2, measured_at=deadline)
        skip(1)
        # nobody takes back what others rely on
        with boa.reverts("goals: deadline is over"):
            take_back(world, emc, terms, 2)
        for row in (0, 1):
            object_to(world, emc, terms, row, 2)
    until(deadline + GRACE)
    authority.assess(world, emc, terms, 1, row=2, measured_at=deadline)
    skip(1)
    with boa.reverts("goals: too late"):
        authority.assess(world, emc, terms, 1, row=1, measured_at=deadline)
    until(deadline + GRACE + WINDOW - 1)
    # the others drop it in its last second, and have one window themselves
    for row in (0, 1):
        object_to(world, emc, terms, row, 2)
    until(deadline + GRACE + 2 * WINDOW - 1)
    authority.assess(world, emc, terms, 1, row=1, measured_at=deadline)
    until(terms.ends_at)
    with boa.reverts("emc: a value is open"):
        emc.end()
    until(terms.ends_at + WINDOW - 1)
    authority.finalise(world, emc, terms, 1)
    emc.end()
    assert (emc.stage(), received(address("backstop"))) == (CLOSED, 100)


def test_they_delay_a_disbanding_on_a_miss_no_longer(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 1, row=2, measured_at=terms.goal.deadline)
    until(terms.goal.deadline + GRACE + WINDOW - 1)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 1)
    skip(1)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 1)
    authority.finalise(world, emc, terms, 2)
    disband(world, emc, terms, 1)
    assert emc.stage() == CLOSED


def test_a_value_of_every_node_delays_no_longer_than_one(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    for row in range(3):
        authority.assess(world, emc, terms, row, row=row, measured_at=terms.goal.deadline - row)
    skip(WINDOW)
    # the newest counts, the others are dropped
    for row in range(3):
        authority.finalise(world, emc, terms, row)
    assert world.goals.value_of(emc.address, Metric.USERS)[0] == 0
    disband(world, emc, terms, 1)
    assert emc.stage() == CLOSED


def test_the_value_of_a_node_that_left_delays_no_longer(world: World) -> None:
    terms = ending(world)
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 1, row=2, measured_at=terms.goal.deadline)
    terms = authority.leave(world, emc, terms, 2)
    until(terms.ends_at)
    with boa.reverts("emc: a value is open"):
        emc.end()
    authority.finalise(world, emc, terms, 2)
    emc.end()
    assert emc.stage() == CLOSED


def test_a_value_of_a_metric_that_is_gone_delays_no_longer(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline - 10)
    authority.assess(world, emc, terms, 12)
    goal = with_measure(terms.goal, metric=Metric.PROCEEDS, benchmark=1_000, target=2_000)
    terms = authority.amend(world, emc, terms, replace(terms, goal=goal))
    world.sell(emc, 100, 1)
    # proceeds are missed whatever is open
    until(terms.goal.deadline + 1)
    assert world.goals.is_missed(emc.address, terms.head())
    until(terms.ends_at)
    with boa.reverts("emc: a value is open"):
        emc.end()
    authority.finalise(world, emc, terms, metric=Metric.USERS)
    emc.end()
    assert received(address("backstop")) == 100


def test_a_value_in_time_counts_for_the_record_behind_an_open_gate_too(world: World) -> None:
    terms = ending(world)
    emc = world.make(terms)
    count(world, emc, terms, 12)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 1, row=2, measured_at=terms.goal.deadline)
    until(terms.ends_at)
    # a stranger would end it before anybody can have the value counted
    with boa.env.prank(world.stranger), boa.reverts("emc: a value is open"):
        emc.end()
    authority.finalise(world, emc, terms, 2)
    emc.end()
    assert emc.stage() == CLOSED


def test_nobody_keeps_others_from_submitting(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    # as late as it can be measured, again and again
    for _ in range(3):
        authority.assess(world, emc, terms, 1, row=2)
        authority.assess(world, emc, terms, 12, row=0)
        skip(WINDOW)
        authority.finalise(world, emc, terms, 0)
        take_back_is_too_late(world, emc, terms)
        authority.finalise(world, emc, terms, 2)
        assert len(events(world.goals, "Dropped")) == 1
    assert emc.is_gate_open()


def take_back_is_too_late(world: World, emc: VyperContract, terms: Terms) -> None:
    """What is final is not taken back, not even by who regrets it."""
    with boa.reverts("goals: final already"):
        take_back(world, emc, terms, 2)


# a false value


def test_the_others_discard_what_one_node_invents(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    for _ in range(2):
        authority.assess(world, emc, terms, 10**9, row=2)
        for row in (0, 1):
            object_to(world, emc, terms, row, 2)
        with boa.reverts("goals: no open value"):
            authority.finalise(world, emc, terms, 2)
        skip(1)
    assert (emc.is_gate_open(), emc.accounts().held) == (False, 100)


def test_one_node_alone_discards_no_value(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    for i in range(5):
        object_to(world, emc, terms, 2)
        rotate(world, 2, address(f"home {i}"))
    skip(WINDOW)
    authority.finalise(world, emc, terms)
    assert emc.is_gate_open()


def test_a_newer_low_value_whose_window_is_open_does_not_displace_a_final_one(
    world: World,
) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.assess(world, emc, terms, 12)
    skip(1)
    authority.assess(world, emc, terms, 0, row=2)
    skip(WINDOW - 1)
    with boa.reverts("goals: window is open"):
        authority.finalise(world, emc, terms, 2)
    authority.finalise(world, emc, terms, 0)
    skip(1)
    authority.finalise(world, emc, terms, 2)
    # the tranche falls, and the gate stays open
    assert emc.is_gate_open()
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


def test_a_late_value_rescues_nothing(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    count(world, emc, terms, 9)
    until(terms.goal.deadline + GRACE + 1)
    with boa.reverts("goals: too late"):
        authority.assess(world, emc, terms, 50, measured_at=terms.goal.deadline)
    disband(world, emc, terms, 2)
    assert received(address("backstop")) == 100


def test_a_value_in_time_whose_window_ends_late_beats_whoever_wants_the_end(
    world: World,
) -> None:
    terms = ending(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    until(terms.ends_at)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 2)
    with boa.reverts("emc: a value is open"):
        emc.end()
    authority.finalise(world, emc, terms)
    with boa.reverts("conduct: quorum not reached"):
        disband(world, emc, terms, 2)
    emc.end()
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


def test_a_silent_assessor_means_missed_and_blocks_nothing(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + GRACE + 1)
    with boa.reverts("goals: too late"):
        assess_as(world, emc, terms, address("assessor"), 128, 12, terms.goal.deadline)
    disband(world, emc, terms, 1)
    assert emc.stage() == CLOSED


def test_an_assessor_that_was_replaced_submits_nothing_more(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    other = replace(terms.assessment, assessor=address("another assessor"))
    terms = authority.amend(world, emc, terms, replace(terms, assessment=other))
    with boa.reverts("goals: not the assessor"):
        assess_as(world, emc, terms, address("assessor"), 128)
    assess_as(world, emc, terms, address("another assessor"), 128)


# money


def test_a_gate_opens_and_pays_once(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    for amount in (10, 20, 9, 20):
        count(world, emc, terms, amount)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]
    assert (emc.accounts().paid, emc.accounts().held) == (100, 0)


def test_around_a_value_in_one_block_each_sale_follows_its_own_tranche(world: World) -> None:
    terms = assessed(world, gate=Gate.NONE)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 20)
    skip(WINDOW)
    world.sell(emc, 100, 1)
    before = shares_of(emc)
    send(world, emc, 100)
    authority.finalise(world, emc, terms)
    world.sell(emc, 100, 2)
    assert (before, shares_of(emc)) == ([50, 30, 20], [0, 0, 100])
    assert [received(payee(i)) for i in range(3)] == [100, 60, 140]


def test_those_who_left_are_paid_by_a_value_that_counts_later(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    terms = authority.leave(world, emc, terms, 1)
    world.sell(emc, 100, 2)
    count(world, emc, terms, 20)
    emc.withdraw(1)
    assert [received(payee(i)) for i in range(3)] == [50 + 80, 30, 20 + 20]


def test_each_value_costs_a_row_less_than_one_unit_and_makes_none(world: World) -> None:
    rows = world.rows([333_333, 333_333, 333_334])
    terms = assessed(world, rows=rows, assessment=Assessment(window=1, objections=1))
    emc = world.make(terms)
    values = 8
    for number in range(values):
        world.sell(emc, 100, number)
        authority.assess(world, emc, terms, 5 * (number % 5), row=number % 3)
        skip(1)
        authority.finalise(world, emc, terms, number % 3)
    accounts = emc.accounts()
    paid = [received(payee(i)) for i in range(3)]
    assert sum(paid) == accounts.paid
    assert sum(paid) + accounts.dust + accounts.held == accounts.received == 100 * values
    for row in range(3):
        assert abs(paid[row] - 100 * values // 3) < values


@pytest.mark.parametrize("function", ["finalise", "assess", "object", "record_miss"])
def test_a_payee_that_is_being_paid_counts_nothing(world: World, function: str) -> None:
    party = deployer("mocks/ReentrantParty.vy").deploy()
    rows = world.rows([500_000, 300_000, 200_000], [party.address, payee(1), payee(2)])
    terms = assessed(world, rows=rows)
    emc = world.make(terms)
    rotate(world, 0, party.address)
    world.sell(emc, 100, 1)
    for row in (1, 2):
        authority.assess(world, emc, terms, 10 + row, row=row)
    skip(WINDOW)
    last: tuple[Any, ...] = {
        "finalise": (Metric.USERS, 2, []),
        "assess": (0, Metric.USERS, 1, boa.env.timestamp, bytes(32)),
        "object": (0, Metric.USERS, 2),
        "record_miss": (),
    }[function]
    data = getattr(world.goals, function).prepare_calldata(
        emc.address, terms.head(), terms.packed_rows(), *last
    )
    party.aim(world.goals.address, data)
    had = received(party.address)
    authority.finalise(world, emc, terms, 1)
    assert tries(world.goals) == LOCKED
    assert world.goals.value_of(emc.address, Metric.USERS)[0] == 11
    assert (emc.stage(), received(party.address) - had) == (ACTIVE, 50)
