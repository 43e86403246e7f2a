"""A goal of several measures: the lowest decides."""

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Assessment, Gate, Measure, Metric, Terms
from emc.core.units import PPM
from tests import authority
from tests.kit import World, events, received, replace, skip
from tests.till import payee, send, shares_of, until
from tests.unit.goals.goal import (
    GRACE,
    WINDOW,
    assessed,
    both,
    count,
    object_to,
    take_back,
)

MEALS = Metric.of("meals")
BASE, LEADING, UPSIDE = [50, 30, 20], [20, 30, 50], [0, 0, 100]


def three(world: World, **changes: object) -> Terms:
    """Users, proceeds, and meals: benchmark 5, target 6."""
    return both(world, Measure(MEALS, 5, 6), **changes)


def is_missed(world: World, emc: VyperContract, terms: Terms) -> bool:
    """What the room says."""
    return bool(world.goals.is_missed(emc.address, terms.head()))


def level(world: World, emc: VyperContract, terms: Terms) -> int:
    """The highest tranche that the assessed measures allow."""
    return int(world.goals.level(emc.address, terms.head()[10]))


def sold(world: World, emc: VyperContract, amount: int, number: int) -> list[int]:
    """How a sale is shared out among the rows, paid or held."""

    def earned() -> list[int]:
        return [sum(emc.earned(row)) for row in range(3)]

    before = earned()
    world.sell(emc, amount, number)
    return [after - was for after, was in zip(earned(), before, strict=True)]


# values


def test_a_node_has_one_open_value_of_each_measure(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, metric=Metric.USERS)
    authority.assess(world, emc, terms, 7, metric=MEALS)
    with boa.reverts("goals: one value at a time"):
        authority.assess(world, emc, terms, 8, metric=MEALS)
    assert world.goals.open_value(emc.address, Metric.USERS, 0).amount == 12
    assert world.goals.open_value(emc.address, MEALS, 0).amount == 7
    take_back(world, emc, terms, metric=MEALS)
    assert world.goals.open_value(emc.address, Metric.USERS, 0).amount == 12
    assert world.goals.has_open(emc.address)
    take_back(world, emc, terms, metric=Metric.USERS)
    assert not world.goals.has_open(emc.address)


def test_only_what_the_goal_counts_is_measured(world: World) -> None:
    terms = both(world)
    emc = world.make(terms)
    for metric in (MEALS, Metric.CONTRACTS, bytes(32)):
        with boa.reverts("goals: no such measure"):
            authority.assess(world, emc, terms, 12, metric=metric or None)
    with boa.reverts("goals: proceeds count themselves"):
        authority.assess(world, emc, terms, 12, metric=Metric.PROCEEDS)


def test_each_value_names_its_measure(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 7, metric=MEALS)
    (submitted,) = events(world.goals, "Assessed")
    assert (submitted.metric, submitted.amount) == (MEALS, 7)
    object_to(world, emc, terms, 1, metric=MEALS)
    (objected,) = events(world.goals, "Objected")
    assert objected.metric == MEALS
    object_to(world, emc, terms, 2, metric=MEALS)
    (dropped,) = events(world.goals, "Dropped")
    assert dropped.metric == MEALS
    count(world, emc, terms, 7, metric=MEALS)
    (final,) = events(world.goals, "Finalised")
    assert (final.metric, final.amount) == (MEALS, 7)
    assert world.goals.value_of(emc.address, MEALS)[0] == 7
    assert world.goals.value_of(emc.address, Metric.USERS) == (0, 0)


def test_equal_values_of_two_measures_are_agreed_to_one_by_one(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    for metric in (Metric.USERS, MEALS):
        authority.assess(world, emc, terms, 12, metric=metric)
    names = {world.goals.matter(emc.address, metric, 0) for metric in (Metric.USERS, MEALS)}
    assert len(names) == 2
    given = [authority.assessment(world, emc, terms, row, metric=MEALS) for row in (1, 2)]
    with boa.reverts("signatures: not the signer"):
        authority.finalise(world, emc, terms, given=given, metric=Metric.USERS)
    authority.finalise(world, emc, terms, given=given, metric=MEALS)
    for node in world.nodes[1:3]:
        with boa.env.prank(node.account):
            world.goals.approve(
                emc.address, world.goals.matter(emc.address, Metric.USERS, 0), 2**40
            )
    authority.finalise(world, emc, terms, metric=Metric.USERS)
    assert [world.goals.value_of(emc.address, each)[0] for each in (Metric.USERS, MEALS)] == [
        12,
        12,
    ]


def test_objections_to_one_measure_leave_the_other_open(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    for metric in (Metric.USERS, MEALS):
        authority.assess(world, emc, terms, 12, metric=metric)
    object_to(world, emc, terms, 1, metric=Metric.USERS)
    object_to(world, emc, terms, 2, metric=MEALS)
    assert events(world.goals, "Dropped") == []
    object_to(world, emc, terms, 2, metric=Metric.USERS)
    assert world.goals.open_value(emc.address, Metric.USERS, 0).final_at == 0
    assert world.goals.open_value(emc.address, MEALS, 0).amount == 12


def test_of_each_measure_the_last_value_counts(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    count(world, emc, terms, 20, metric=Metric.USERS)
    # measured before that of users, and the first of its kind
    authority.assess(world, emc, terms, 6, measured_at=1, metric=MEALS)
    skip(WINDOW)
    authority.finalise(world, emc, terms, metric=MEALS)
    assert level(world, emc, terms) == 3
    count(world, emc, terms, 9, row=1, metric=Metric.USERS)
    assert level(world, emc, terms) == 1
    count(world, emc, terms, 19, row=2, metric=Metric.USERS)
    assert level(world, emc, terms) == 2


# tranches


@pytest.mark.parametrize(
    ("users", "proceeds", "shares"),
    [
        (9, 0, BASE),
        (9, 2_000, BASE),
        (10, 999, None),
        (10, 1_000, LEADING),
        (19, 2_000, LEADING),
        (20, 900, BASE),
        (20, 1_000, LEADING),
        (20, 2_000, UPSIDE),
        (2**95 - 1, 0, BASE),
    ],
)
def test_the_tranche_is_the_lowest_that_all_allow(
    world: World, users: int, proceeds: int, shares: list[int] | None
) -> None:
    terms = both(world, gate=Gate.NONE)
    emc = world.make(terms)
    count(world, emc, terms, users)
    if proceeds:
        world.sell(emc, proceeds, 1)
    # one unit of BASE is left where there are 999
    assert sold(world, emc, 100, 2) == (shares or [20, 30, 50])


def test_with_three_the_lowest_of_three(world: World) -> None:
    terms = three(world, gate=Gate.NONE)
    emc = world.make(terms)
    world.sell(emc, 2_000, 1)
    count(world, emc, terms, 20, metric=Metric.USERS)
    assert sold(world, emc, 100, 2) == BASE
    count(world, emc, terms, 5, metric=MEALS)
    assert sold(world, emc, 100, 3) == LEADING
    count(world, emc, terms, 6, metric=MEALS)
    assert sold(world, emc, 100, 4) == UPSIDE
    count(world, emc, terms, 11, metric=Metric.USERS)
    assert sold(world, emc, 100, 5) == LEADING


def test_what_came_in_while_one_was_below_stays_in_its_tranche(world: World) -> None:
    terms = both(world, gate=Gate.NONE)
    emc = world.make(terms)
    assert sold(world, emc, 3_000, 1) == [1_500, 900, 600]
    count(world, emc, terms, 20)
    (adopted,) = events(world.goals, "Adopted")
    assert (adopted.start, adopted.dust) == (3_000, 0)
    assert [sum(emc.earned(row)) for row in range(3)] == [0, 0, 0]
    assert [received(payee(row)) for row in range(3)] == [1_500, 900, 600]
    assert sold(world, emc, 100, 2) == UPSIDE


def test_one_sale_is_split_at_a_boundary_of_proceeds(world: World) -> None:
    terms = both(world, gate=Gate.NONE)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    count(world, emc, terms, 20)
    # 400 of BASE, 1,000 of LEADING, 100 of UPSIDE
    assert sold(world, emc, 1_500, 2) == [200 + 200, 120 + 300, 80 + 500 + 100]


def test_costs_come_first_whatever_the_measures_are(world: World) -> None:
    rows = world.rows([500_000, 300_000, 200_000], costs=[900, 0, 0])
    terms = both(world, rows=rows)
    emc = world.make(terms)
    count(world, emc, terms, 20)
    world.sell(emc, 800, 1)
    assert shares_of(emc) == [800, 0, 0]
    world.sell(emc, 200, 2)
    # the benchmark opens the gate
    assert shares_of(emc) == [100 + 50, 30, 20]


# the gate


@pytest.mark.parametrize(("gate", "users"), [(Gate.BENCHMARK, 10), (Gate.TARGET, 20)])
def test_the_gate_opens_by_the_later_of_the_two(world: World, gate: Gate, users: int) -> None:
    terms = both(world, gate=gate)
    emc = world.make(terms)
    point = 100 * users
    with boa.env.anchor():
        world.sell(emc, point, 1)
        assert not emc.is_gate_open()
        count(world, emc, terms, users - 1)
        assert (emc.is_gate_open(), emc.accounts().held) == (False, point)
        count(world, emc, terms, users)
        (payout,) = events(world.goals, "Payout")
        assert [each.amount for each in payout.payments] == [
            point // 2,
            point * 3 // 10,
            point // 5,
        ]
        assert (emc.is_gate_open(), emc.accounts().held) == (True, 0)
    count(world, emc, terms, users)
    assert not emc.is_gate_open()
    world.sell(emc, point - 1, 1)
    assert not emc.is_gate_open()
    world.sell(emc, 1, 2)
    assert (emc.is_gate_open(), emc.accounts().held) == (True, 0)


def test_of_three_the_last_opens_it(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    count(world, emc, terms, 5, metric=MEALS)
    count(world, emc, terms, 10, metric=Metric.USERS)
    count(world, emc, terms, 4, metric=MEALS)
    world.sell(emc, 1_000, 1)
    assert not emc.is_gate_open()
    count(world, emc, terms, 5, metric=MEALS)
    assert emc.is_gate_open()


def test_proceeds_that_lie_unbooked_open_it_with_the_value(world: World) -> None:
    terms = both(world, disburse_at=10_000)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    send(world, emc, 400)
    count(world, emc, terms, 10)
    (payout,) = events(world.goals, "Payout")
    assert (payout.received, payout.total, payout.held) == (400, 1_000, 0)
    assert [each.amount for each in payout.payments] == [500, 300, 200]


def test_open_it_stays_open(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    count(world, emc, terms, 10, metric=Metric.USERS)
    count(world, emc, terms, 5, metric=MEALS)
    count(world, emc, terms, 0, metric=Metric.USERS)
    count(world, emc, terms, 0, metric=MEALS)
    assert emc.is_gate_open()
    world.sell(emc, 100, 2)
    assert shares_of(emc) == BASE


def test_a_change_of_shares_keeps_level_and_gate(world: World) -> None:
    terms = both(world)
    emc = world.make(terms)
    count(world, emc, terms, 20)
    world.sell(emc, 900, 1)
    new = authority.reshare(
        terms, [(200_000, 200_000, PPM), (300_000,) * 2 + (0,), (500_000,) * 2 + (0,)]
    )
    authority.renegotiate(world, emc, terms, new)
    assert not emc.is_gate_open()
    world.sell(emc, 100, 2)
    assert emc.is_gate_open()
    world.sell(emc, 1_100, 3)
    # 1,000 of LEADING, 100 of UPSIDE
    assert shares_of(emc) == [200 + 100, 300, 500]


def test_a_measure_that_is_added_closes_nothing_that_is_open(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    count(world, emc, terms, 20)
    world.sell(emc, 100, 1)
    assert shares_of(emc) == UPSIDE
    terms = authority.amend(world, emc, terms, replace(terms, goal=both(world).goal))
    assert (emc.is_gate_open(), level(world, emc, terms)) == (True, 3)
    world.sell(emc, 900, 2)
    assert shares_of(emc) == [450, 270, 180]


def test_a_measure_that_is_removed_waits_no_longer(world: World) -> None:
    terms = both(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    goal = replace(terms.goal, measures=(Measure(Metric.PROCEEDS, 1_000, 2_000),))
    authority.amend(world, emc, terms, replace(terms, goal=goal))
    assert (emc.is_gate_open(), emc.accounts().held) == (True, 0)


# the end


@pytest.mark.parametrize(("users", "proceeds"), [(19, 2_000), (20, 1_999), (20, 2_000)])
def test_only_all_targets_end_it_early(world: World, users: int, proceeds: int) -> None:
    terms = both(world, ends_emc=True)
    emc = world.make(terms)
    count(world, emc, terms, users)
    world.sell(emc, proceeds, 1)
    if (users, proceeds) != (20, 2_000):
        with boa.reverts("emc: not over yet"):
            emc.end()
        return
    with boa.env.anchor():
        # the last value counts
        count(world, emc, terms, 19, row=1)
        with boa.reverts("emc: not over yet"):
            emc.end()
    emc.end()
    (ended,) = events(emc, "Ended")
    assert ended.succeeded


# the miss


@pytest.mark.parametrize(
    ("users", "proceeds", "missed"),
    [(20, 2_000, False), (19, 2_000, True), (20, 1_999, True), (0, 0, True)],
)
def test_one_that_is_missed_is_missed(
    world: World, users: int, proceeds: int, missed: bool
) -> None:
    terms = both(world)
    emc = world.make(terms)
    if users:
        count(world, emc, terms, users)
    if proceeds:
        world.sell(emc, proceeds, 1)
    until(terms.goal.deadline + GRACE)
    assert not is_missed(world, emc, terms)
    skip(1)
    assert is_missed(world, emc, terms) == missed


def test_the_margin_is_of_each_measure(world: World) -> None:
    terms = both(world)
    terms = replace(terms, leaving=replace(terms.leaving, margin=100_000))
    emc = world.make(terms)
    count(world, emc, terms, 18)
    world.sell(emc, 1_799, 1)
    until(terms.goal.deadline + GRACE + 1)
    assert is_missed(world, emc, terms)
    send(world, emc, 1)
    assert not is_missed(world, emc, terms)
    emc.absorb()


def test_an_open_value_of_any_measure_defers_it(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 7, measured_at=terms.goal.deadline, metric=MEALS)
    skip(WINDOW)
    # neither users nor proceeds were ever reached
    assert not is_missed(world, emc, terms)
    authority.finalise(world, emc, terms, metric=MEALS)
    assert is_missed(world, emc, terms)


def test_the_record_of_a_miss_says_how_far_each_came(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    count(world, emc, terms, 19, metric=Metric.USERS)
    count(world, emc, terms, 4, metric=MEALS)
    world.sell(emc, 300, 1)
    send(world, emc, 5)
    until(terms.goal.deadline + GRACE + 1)
    world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())
    (missed,) = events(world.goals, "Missed")
    came = {Metric.USERS: 19, MEALS: 4, Metric.PROCEEDS: 305}
    assert list(missed.reached) == [came[each.metric] for each in terms.goal.measures]
    emc.absorb()


def test_after_a_late_drop_only_its_measure_is_open_again(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    last = terms.goal.deadline + GRACE
    until(last)
    authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline, metric=MEALS)
    skip(1)
    for row in (1, 2):
        object_to(world, emc, terms, row, metric=MEALS)
    assert world.goals.reopened(emc.address, terms.head(), MEALS) == (last + 1 + WINDOW, 1)
    assert world.goals.reopened(emc.address, terms.head(), Metric.USERS) == (0, 0)
    assert not is_missed(world, emc, terms)
    with boa.reverts("goals: too late"):
        authority.assess(
            world, emc, terms, 12, 1, measured_at=terms.goal.deadline, metric=Metric.USERS
        )
    authority.assess(world, emc, terms, 12, 1, measured_at=terms.goal.deadline, metric=MEALS)


def test_a_dispute_about_one_measure_blocks_no_miss_of_another(world: World) -> None:
    rows = world.rows([500_000, 500_000])
    rules = Assessment(window=WINDOW, objections=1, grace=GRACE)
    terms = three(world, rows=rows, assessment=rules)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 7, metric=MEALS)
    object_to(world, emc, terms, 1, metric=MEALS)
    assert world.goals.is_disputed(emc.address, terms.head(), MEALS)
    assert not world.goals.is_disputed(emc.address, terms.head(), Metric.USERS)
    world.sell(emc, 2_000, 1)
    with boa.env.anchor():
        count(world, emc, terms, 20, metric=Metric.USERS)
        until(terms.goal.deadline + GRACE + 1)
        assert not is_missed(world, emc, terms)
        until(terms.ends_at)
        assert is_missed(world, emc, terms)
    count(world, emc, terms, 19, metric=Metric.USERS)
    until(terms.goal.deadline + GRACE + 1)
    assert is_missed(world, emc, terms)
