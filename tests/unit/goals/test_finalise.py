"""A value counts: later sales follow its tranche, and it may open the gate."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core import typed_data
from emc.core.terms import WORDS, Assessment, Gate, Metric, Terms
from emc.core.units import PPM
from tests import authority
from tests.kit import FAR, World, address, deployer, events, received, replace, skip, with_measure
from tests.till import CLOSED, REVERT, payee, send, shares_of, until
from tests.unit.goals.goal import (
    EVIDENCE,
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


def words(
    world: World, emc: VyperContract, terms: Terms, *rows: int, submitter: int = 0
) -> list[authority.Given]:
    """The signed words of nodes that a value is final at once."""
    return [authority.assessment(world, emc, terms, row, submitter) for row in rows]


def submitted(world: World, amount: int = 12, **changes: Any) -> tuple[VyperContract, Terms]:
    """An EMC with a value of the leader in its window."""
    terms = assessed(world, **changes)
    emc = world.make(terms)
    authority.assess(world, emc, terms, amount)
    return emc, terms


def approve(world: World, emc: VyperContract, by: str, until_: int = FAR) -> None:
    """An account agrees on chain to the leader's value."""
    with boa.env.prank(by):
        world.goals.approve(emc.address, world.goals.matter(emc.address, Metric.USERS, 0), until_)


# when


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_a_value_is_final_from_the_end_of_its_window_on(world: World, moment: int) -> None:
    emc, terms = submitted(world)
    at = boa.env.timestamp
    skip(WINDOW + moment)
    if moment < 0:
        with boa.reverts("goals: window is open"):
            authority.finalise(world, emc, terms)
        assert world.goals.value_of(emc.address, Metric.USERS) == (0, 0)
        return
    authority.finalise(world, emc, terms)
    (final,) = events(world.goals, "Finalised")
    assert (final.emc, final.submitter) == (emc.address, 0)
    assert (final.amount, final.measured_at) == (12, at)
    assert world.goals.value_of(emc.address, Metric.USERS) == (12, at)
    assert not world.goals.has_open(emc.address)
    assert world.goals.open_value(emc.address, Metric.USERS, 0)[2] == 0


def test_it_counts_once(world: World) -> None:
    emc, terms = submitted(world)
    skip(WINDOW)
    authority.finalise(world, emc, terms)
    for submitter in (0, 1, 128, 2**256 - 1):
        with boa.reverts("goals: no open value"):
            authority.finalise(world, emc, terms, submitter)


def test_only_in_the_terms_in_force_of_an_active_emc(world: World) -> None:
    emc, terms = submitted(world)
    with boa.reverts("members: not the terms in force"):
        authority.finalise(world, emc, replace(terms, nonce=1))
    authority.disband(world, emc, terms)
    skip(WINDOW)
    with boa.reverts("members: not active"):
        authority.finalise(world, emc, terms)


# at once


def test_with_every_signature_it_is_final_at_once(world: World) -> None:
    emc, terms = submitted(world)
    authority.finalise(world, emc, terms, 0, words(world, emc, terms, 0, 1, 2))
    assert world.goals.value_of(emc.address, Metric.USERS)[0] == 12
    assert emc.is_gate_open()


def test_who_submitted_it_has_agreed(world: World) -> None:
    emc, terms = submitted(world)
    given = words(world, emc, terms, 1, 2)
    for missing in (given[:1], given[1:], []):
        with boa.reverts("goals: window is open"):
            authority.finalise(world, emc, terms, 0, missing)
    authority.finalise(world, emc, terms, 0, given)
    assert emc.is_gate_open()


def test_an_approval_is_of_one_value(world: World) -> None:
    emc, terms = submitted(world)
    for i in (1, 2):
        approve(world, emc, world.nodes[i].account)
    take_back(world, emc, terms)
    authority.assess(world, emc, terms, 13)
    with boa.reverts("goals: window is open"):
        authority.finalise(world, emc, terms)


def test_an_assessors_value_needs_every_node(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR)
    given = words(world, emc, terms, 0, 1, 2, submitter=authority.ASSESSOR)
    with boa.reverts("goals: window is open"):
        authority.finalise(world, emc, terms, authority.ASSESSOR, given[1:])
    authority.finalise(world, emc, terms, authority.ASSESSOR, given)
    assert emc.is_gate_open()


def test_a_submitter_with_a_new_account_signs_like_the_others(world: World) -> None:
    emc, terms = submitted(world)
    rotate(world, 0, address("new home"))
    given = words(world, emc, terms, 1, 2)
    with boa.reverts("goals: window is open"):
        authority.finalise(world, emc, terms, 0, given)
    approve(world, emc, address("new home"))
    authority.finalise(world, emc, terms, 0, given)
    assert emc.is_gate_open()


@pytest.mark.parametrize(
    "changes",
    [
        {"emc": "0x" + "11" * 20},
        {"epoch": 2},
        {"metric": Metric.CONTRACTS},
        {"value": 13},
        {"measured": 1},
        {"evidence": b"\x08" * 32},
        {"row": 1},
        {"me": 7},
        {"signer": "0x" + "22" * 20},
        {"nonce": 1},
        {"deadline": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_signature_is_for_exactly_this_value(world: World, changes: dict[str, Any]) -> None:
    emc, terms = submitted(world)
    node = world.nodes[2]
    values = {
        "emc": emc.address,
        "epoch": 1,
        "metric": Metric.USERS,
        "value": 12,
        "measured": boa.env.timestamp,
        "evidence": EVIDENCE,
        "row": 2,
        "me": node.me,
        "signer": node.account,
        "nonce": 0,
        "deadline": FAR,
        **changes,
    }
    data = authority.sign(node, typed_data.assessment(world.domain("Goals"), **values))
    with boa.reverts("signatures: not the signer"):
        authority.finalise(world, emc, terms, 0, [*words(world, emc, terms, 1), (2, FAR, data)])


def test_a_signature_counts_once_and_dies_with_its_epoch(world: World) -> None:
    emc, terms = submitted(world)
    given = words(world, emc, terms, 1, 2)
    with boa.reverts("goals: window is open"):
        authority.finalise(world, emc, terms, 0, [given[0], given[0]])
    new = authority.reshare(terms, [400_000, 300_000, 300_000])
    new = authority.renegotiate(world, emc, terms, new)
    with boa.reverts("signatures: not the signer"):
        authority.finalise(world, emc, new, 0, given)
    authority.finalise(world, emc, new, 0, words(world, emc, new, 1, 2))
    assert emc.is_gate_open()


def test_after_its_window_no_signature_is_looked_at(world: World) -> None:
    emc, terms = submitted(world)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 0, [(2, 0, b"\1" * 65)])
    assert emc.is_gate_open()


# what it does


@pytest.mark.parametrize(
    ("amount", "shares"),
    [
        (0, [50, 30, 20]),
        (9, [50, 30, 20]),
        (10, [20, 30, 50]),
        (19, [20, 30, 50]),
        (20, [0, 0, 100]),
        (2**95 - 1, [0, 0, 100]),
    ],
)
def test_later_sales_follow_its_tranche(world: World, amount: int, shares: list[int]) -> None:
    terms = assessed(world, gate=Gate.NONE)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [50, 30, 20]
    count(world, emc, terms, amount)
    (adopted,) = events(world.goals, "Adopted")
    assert (adopted.epoch, adopted.start, adopted.held) == (1, 100, 0)
    world.sell(emc, 100, 2)
    assert shares_of(emc) == shares
    assert (emc.epoch(), world.consent.terms_of(emc.address)) == (1, terms.hash())


def test_a_falling_value_moves_the_tranche_down(world: World) -> None:
    terms = assessed(world, gate=Gate.NONE)
    emc = world.make(terms)
    for number, (amount, shares) in enumerate(
        ((20, [0, 0, 100]), (12, [20, 30, 50]), (3, [50, 30, 20]), (30, [0, 0, 100]))
    ):
        count(world, emc, terms, amount, row=number % 3)
        world.sell(emc, 100, number)
        assert shares_of(emc) == shares


@pytest.mark.parametrize(
    ("gate", "amount", "opens"),
    [
        (Gate.BENCHMARK, 9, False),
        (Gate.BENCHMARK, 10, True),
        (Gate.TARGET, 19, False),
        (Gate.TARGET, 20, True),
    ],
)
def test_it_opens_the_gate_and_pays_what_was_held(
    world: World, gate: Gate, amount: int, opens: bool
) -> None:
    terms = assessed(world, gate=gate)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.assess(world, emc, terms, amount)
    skip(WINDOW)
    authority.finalise(world, emc, terms)
    payouts = events(world.goals, "Payout")
    if not opens:
        assert payouts == []
        assert (emc.is_gate_open(), emc.accounts().held) == (False, 100)
        return
    (payout,) = payouts
    assert [payment.amount for payment in payout.payments] == [50, 30, 20]
    assert (payout.total, payout.held, payout.received) == (100, 0, 0)
    assert emc.is_gate_open()
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


def test_what_comes_in_before_it_is_shared_under_the_tranche_before(world: World) -> None:
    terms = assessed(world, disburse_at=1_000)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    authority.assess(world, emc, terms, 20)
    skip(WINDOW)
    send(world, emc, 40)
    authority.finalise(world, emc, terms)
    # absorbed and paid in one run
    (payout,) = events(world.goals, "Payout")
    assert (payout.payer, payout.received, payout.held) == (emc.address, 40, 0)
    assert [payment.amount for payment in payout.payments] == [50, 30, 20]
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]
    assert emc.accounts().pending == 0
    world.sell(emc, 1_000, 2)
    assert shares_of(emc) == [0, 0, 1_000]


def test_what_opened_stays_open(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    count(world, emc, terms, 10)
    count(world, emc, terms, 0, row=1)
    assert emc.is_gate_open()
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [50, 30, 20]
    count(world, emc, terms, 10, row=2)
    (adopted,) = events(world.goals, "Adopted")
    assert (adopted.start, adopted.held) == (100, 0)
    assert events(world.goals, "Payout") == []


def test_a_cost_cover_goes_on_where_it_was(world: World) -> None:
    rows = world.rows([500_000, 300_000, 200_000], running=[0, 100_000, 0], costs=[90, 0, 0])
    terms = assessed(world, rows=rows)
    emc = world.make(terms)
    world.sell(emc, 50, 1)
    assert shares_of(emc) == [45, 5, 0]
    count(world, emc, terms, 20)
    world.sell(emc, 150, 2)
    # 45 of cost are open; of 135 net 90 remain, at 50/30/20
    assert shares_of(emc) == [45 + 45, 15 + 27, 18]


def test_a_payee_that_refuses_delays_no_opening(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [refuser.address, payee(1), payee(2)])
    terms = assessed(world, rows=rows)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    count(world, emc, terms, 10)
    assert (emc.credits(0), received(payee(1))) == (50, 30)


# which does not count


def test_an_older_value_is_dropped(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=0)
    skip(1)
    authority.assess(world, emc, terms, 3, row=1)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 1)
    authority.finalise(world, emc, terms, 0)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.emc, dropped.submitter, dropped.amount) == (emc.address, 0, 12)
    assert events(world.goals, "Finalised") == []
    assert world.goals.value_of(emc.address, Metric.USERS)[0] == 3
    assert not world.goals.has_open(emc.address)
    assert not emc.is_gate_open()


def test_of_two_values_as_of_the_same_second_the_first_counts(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=0)
    authority.assess(world, emc, terms, 3, row=1)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 0)
    authority.finalise(world, emc, terms, 1)
    assert len(events(world.goals, "Dropped")) == 1
    assert world.goals.value_of(emc.address, Metric.USERS)[0] == 12


def test_a_value_of_another_metric_is_dropped(world: World) -> None:
    emc, terms = submitted(world)
    world.sell(emc, 100, 1)
    goal = with_measure(terms.goal, metric=Metric.CONTRACTS)
    terms = authority.amend(world, emc, terms, replace(terms, goal=goal))
    assert world.goals.has_open(emc.address)
    skip(WINDOW)
    authority.finalise(world, emc, terms, metric=Metric.USERS)
    assert len(events(world.goals, "Dropped")) == 1
    for metric in map(Metric.of, WORDS):
        assert world.goals.value_of(emc.address, metric) == (0, 0)
    assert (emc.is_gate_open(), world.goals.has_open(emc.address)) == (False, False)


@pytest.mark.parametrize("measured", [0, -1])
def test_dropped_late_beside_a_newer_one_it_gives_nobody_more_time(
    world: World, measured: int
) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(last := terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, row=0, measured_at=terms.goal.deadline)
    authority.assess(world, emc, terms, 3, row=1, measured_at=terms.goal.deadline + measured)
    until(last + WINDOW)
    for submitter in (0, 1):
        authority.finalise(world, emc, terms, submitter)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.submitter, dropped.reopened_until) == (1, 0)
    assert not world.goals.has_open(emc.address)


def test_dropped_late_for_a_measure_that_is_gone_it_gives_nobody_more_time(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    goal = with_measure(terms.goal, metric=Metric.CONTRACTS)
    terms = authority.amend(world, emc, terms, replace(terms, goal=goal))
    authority.finalise(world, emc, terms, metric=Metric.USERS)
    (dropped,) = events(world.goals, "Dropped")
    assert (dropped.metric, dropped.reopened_until) == (Metric.USERS, 0)
    assert not world.goals.has_open(emc.address)


def test_a_value_that_counts_ends_the_dispute_about_the_one_before(world: World) -> None:
    rules = Assessment(window=WINDOW, objections=1, grace=GRACE)
    terms = assessed(world, rows=world.rows([500_000, 500_000]), assessment=rules)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12)
    object_to(world, emc, terms, 1)
    assert world.goals.is_disputed(emc.address, terms.head(), Metric.USERS)
    count(world, emc, terms, 5)
    assert not world.goals.is_disputed(emc.address, terms.head(), Metric.USERS)
    until(terms.goal.deadline + GRACE + 1)
    assert world.goals.is_missed(emc.address, terms.head())


def test_changed_to_proceeds_the_goal_is_not_assessed_any_more(world: World) -> None:
    emc, terms = submitted(world)
    goal = with_measure(terms.goal, metric=Metric.PROCEEDS, benchmark=1_000, target=2_000)
    terms = authority.amend(world, emc, terms, replace(terms, goal=goal))
    skip(WINDOW)
    authority.finalise(world, emc, terms, metric=Metric.USERS)
    assert len(events(world.goals, "Dropped")) == 1
    assert not emc.is_gate_open()
    world.sell(emc, 1_000, 1)
    assert emc.is_gate_open()


# what it outlives


def test_it_survives_a_renegotiation(world: World) -> None:
    emc, terms = submitted(world)
    new = authority.reshare(terms, [100_000, 300_000, 600_000])
    terms = authority.renegotiate(world, emc, terms, new)
    object_to(world, emc, terms, 1)
    skip(WINDOW)
    authority.finalise(world, emc, terms)
    assert emc.is_gate_open()
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [10, 30, 60]
    # and what was final stays so in the next epoch
    terms = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, [0, (0, 5, 0), (PPM, 999_995, PPM)])
    )
    world.sell(emc, 200_000, 2)
    assert shares_of(emc) == [0, 1, 199_999]


def test_it_survives_the_exit_of_its_submitter(world: World) -> None:
    terms = assessed(world)
    terms = replace(terms, leaving=replace(terms.leaving, notice=0))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    authority.assess(world, emc, terms, 12, row=1)
    terms = authority.leave(world, emc, terms, 1)
    skip(WINDOW)
    authority.finalise(world, emc, terms, 1)
    assert emc.is_gate_open()
    emc.withdraw(1)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


def test_after_the_end_date_a_value_in_time_still_counts(world: World) -> None:
    terms = assessed(world)
    last = terms.ends_at - 2 * WINDOW
    terms = replace(terms, goal=replace(terms.goal, deadline=last - GRACE))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(last)
    authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    until(terms.ends_at)
    with boa.reverts("emc: a value is open"):
        emc.end()
    authority.finalise(world, emc, terms)
    emc.end()
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, emc.stage()) == (True, CLOSED)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


# the end


@pytest.mark.parametrize("amount", [19, 20])
def test_the_target_reached_lets_anybody_end_the_emc_if_the_terms_say_so(
    world: World, amount: int
) -> None:
    terms = assessed(world, gate=Gate.TARGET, ends_emc=True)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    count(world, emc, terms, amount)
    if amount < 20:
        with boa.reverts("emc: not over yet"):
            emc.end()
        return
    with boa.env.prank(world.stranger):
        emc.end()
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, ended.total, emc.stage()) == (True, 100, CLOSED)


def test_a_target_that_is_lost_again_ends_nothing(world: World) -> None:
    terms = assessed(world, ends_emc=True)
    emc = world.make(terms)
    count(world, emc, terms, 20)
    count(world, emc, terms, 19)
    with boa.reverts("emc: not over yet"):
        emc.end()


def test_without_the_terms_saying_so_the_target_ends_nothing(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    count(world, emc, terms, 20)
    with boa.reverts("emc: not over yet"):
        emc.end()


def test_an_assessors_value_without_a_window_is_final_at_once(world: World) -> None:
    terms = assessed(world, assessment=Assessment(assessor=address("assessor")))
    emc = world.make(terms)
    assess_as(world, emc, terms, address("assessor"), authority.ASSESSOR)
    with boa.reverts("goals: final already"):
        object_to(world, emc, terms, 1, authority.ASSESSOR)
    authority.finalise(world, emc, terms, authority.ASSESSOR)
    assert emc.is_gate_open()
