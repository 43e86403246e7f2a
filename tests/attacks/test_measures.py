"""Attacks on goals of several measures."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Measure, Metric, Terms
from tests import authority
from tests.kit import World, address, events, received, replace, skip
from tests.till import CLOSED, payee, send, until
from tests.unit.goals.goal import GRACE, WINDOW, assess_as, both, count, object_to, with_assessor

MEALS = Metric.of("meals")


def three(world: World, **changes: Any) -> Terms:
    """Users, meals and proceeds, ending as soon as it may."""
    terms = both(world, Measure(MEALS, 5, 6), **changes)
    return replace(terms, goal=replace(terms.goal, deadline=terms.ends_at - GRACE - 2 * WINDOW))


def disband(world: World, emc: VyperContract, terms: Terms, row: int) -> None:
    """One node alone ends the EMC on a miss."""
    authority.disband(
        world, emc, terms, [authority.disbanding(world, emc, terms, row, world.nodes[row].me)]
    )


def test_one_measure_after_the_other_delays_the_end_no_longer_than_one(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    deadline = terms.goal.deadline
    until(deadline + GRACE)
    for metric in (Metric.USERS, MEALS):
        authority.assess(world, emc, terms, 1, row=2, measured_at=deadline, metric=metric)
    until(deadline + GRACE + WINDOW - 1)
    # both are dropped in their last second, and each comes once more in its last
    for metric in (Metric.USERS, MEALS):
        for row in (0, 1):
            object_to(world, emc, terms, row, 2, metric=metric)
    until(deadline + GRACE + 2 * WINDOW - 1)
    for metric in (Metric.USERS, MEALS):
        authority.assess(world, emc, terms, 1, row=1, measured_at=deadline, metric=metric)
        with boa.reverts("goals: for others only"):
            authority.assess(world, emc, terms, 1, row=2, measured_at=deadline, metric=metric)
    until(terms.ends_at + WINDOW - 1)
    authority.finalise(world, emc, terms, 1, metric=Metric.USERS)
    with boa.reverts("emc: a value is open"):
        emc.end()
    authority.finalise(world, emc, terms, 1, metric=MEALS)
    emc.end()
    assert (emc.stage(), received(address("backstop"))) == (CLOSED, 100)


def test_a_value_of_one_measure_does_not_reopen_another(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 1, row=2, measured_at=terms.goal.deadline, metric=MEALS)
    skip(WINDOW - 1)
    for row in (0, 1):
        object_to(world, emc, terms, row, 2, metric=MEALS)
    for row in range(3):
        with boa.reverts("goals: too late"):
            authority.assess(
                world, emc, terms, 99, row, measured_at=terms.goal.deadline, metric=Metric.USERS
            )


def test_nobody_ends_it_on_proceeds_while_users_may_still_be_told(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + 1)
    # the goal closes with its grace, also for proceeds that came nowhere near
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 1)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 99, measured_at=terms.goal.deadline, metric=Metric.USERS)
    skip(WINDOW - 1)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 1)
    skip(1)
    authority.finalise(world, emc, terms, metric=Metric.USERS)
    disband(world, emc, terms, 1)
    assert received(address("backstop")) == 100


def test_the_value_of_a_measure_that_is_gone_delays_no_longer(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    until(terms.goal.deadline)
    authority.assess(world, emc, terms, 7, metric=MEALS)
    goal = replace(terms.goal, measures=both(world).goal.measures)
    terms = authority.amend(world, emc, terms, replace(terms, goal=goal))
    skip(GRACE + 1)
    assert not world.goals.is_missed(emc.address, terms.head())
    # anybody has it dropped at once, and nobody has a window for it
    with boa.env.prank(world.stranger):
        world.goals.finalise(emc.address, terms.head(), terms.packed_rows(), MEALS, 0, [])
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.metric, dropped.reopened_until) == (MEALS, 0)
    assert world.goals.is_missed(emc.address, terms.head())


def test_a_value_counts_for_no_other_measure(world: World) -> None:
    terms = three(world, gate=Gate.NONE)
    emc = world.make(terms)
    world.sell(emc, 2_000, 1)
    authority.assess(world, emc, terms, 10**6, row=2, metric=MEALS)
    skip(WINDOW)
    with boa.reverts("goals: no open value"):
        authority.finalise(world, emc, terms, 2, metric=Metric.USERS)
    authority.finalise(world, emc, terms, 2, metric=MEALS)
    assert world.goals.level(emc.address, terms.head()[10]) == 1
    for metric in (Metric.PROCEEDS, bytes(32)):
        assert world.goals.value_of(emc.address, metric) == (0, 0)


def test_selling_at_a_loss_opens_no_gate_that_waits_for_users(world: World) -> None:
    terms = both(world)
    emc = world.make(terms)
    world.sell(emc, 10**9, 1)
    assert (emc.is_gate_open(), emc.accounts().held) == (False, 10**9)
    count(world, emc, terms, 9)
    until(terms.ends_at)
    emc.end()
    assert received(address("backstop")) == 10**9


def test_a_value_that_falls_takes_nothing_back(world: World) -> None:
    terms = both(world)
    emc = world.make(terms)
    count(world, emc, terms, 20)
    world.sell(emc, 2_500, 1)
    had = [received(payee(row)) for row in range(3)]
    # 1,000 of BASE, 1,000 of LEADING, 500 of UPSIDE
    assert had == [700, 600, 1_200]
    count(world, emc, terms, 0, row=1)
    count(world, emc, terms, 20, row=2)
    assert [received(payee(row)) for row in range(3)] == had
    assert emc.accounts().dust == 0


def test_around_a_value_each_coin_keeps_the_tranche_it_came_into(world: World) -> None:
    terms = both(world, gate=Gate.NONE)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 20)
    skip(WINDOW)
    world.sell(emc, 1_500, 1)
    send(world, emc, 700)
    # all 2,200 are BASE: they came while users were below
    authority.finalise(world, emc, terms)
    world.sell(emc, 100, 2)
    assert [received(payee(row)) for row in range(3)] == [1_100, 660, 440 + 100]


def test_an_assessor_measures_all_and_nobody_else_any(world: World) -> None:
    terms = replace(with_assessor(world), goal=three(world).goal)
    emc = world.make(terms)
    for metric in (Metric.USERS, MEALS):
        with boa.reverts("goals: not the assessor"):
            authority.assess(world, emc, terms, 99, metric=metric)
        assess_as(world, emc, terms, address("assessor"), 128, 99, metric=metric)
    skip(WINDOW)
    for metric in (Metric.USERS, MEALS):
        authority.finalise(world, emc, terms, 128, metric=metric)
    assert world.goals.level(emc.address, terms.head()[10]) == 3


@pytest.mark.parametrize("word", ["users", "meals"])
def test_who_disputes_one_measure_between_two_ends_it_on_none_but_another(
    world: World, word: str
) -> None:
    rows = world.rows([500_000, 500_000])
    terms = three(world, rows=rows)
    terms = replace(terms, goal=replace(terms.goal, deadline=terms.ends_at - 90 * 86_400))
    emc = world.make(terms)
    world.sell(emc, 2_000, 1)
    disputed = Metric.of(word)
    (other,) = {Metric.USERS, MEALS} - {disputed}
    authority.assess(world, emc, terms, 99, metric=disputed)
    object_to(world, emc, terms, 1, metric=disputed)
    count(world, emc, terms, 99, metric=other)
    until(terms.goal.deadline + GRACE + 1)
    with boa.reverts("conduct: signature missing"):
        disband(world, emc, terms, 1)
    until(terms.ends_at)
    disband(world, emc, terms, 1)
    assert received(address("backstop")) == 2_000
