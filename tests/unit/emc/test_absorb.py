from dataclasses import replace

import boa
import pytest

from emc.core.units import PPM
from tests.kit import World, address, events, received
from tests.till import (
    NO_CUSTOMER,
    Books,
    held_terms,
    payee,
    send,
    shares_of,
    until,
    waterfall_terms,
)


@pytest.mark.parametrize("currency", ["native", "token"])
def test_a_plain_transfer_is_booked_as_a_sale_without_an_order(world: World, currency: str) -> None:
    token = world.token() if currency == "token" else None
    changes = {"currency": token.address} if token else {}
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000]), **changes))
    send(world, emc, 60, token)
    assert emc.total() == 0
    with boa.env.prank(world.stranger):
        emc.absorb()
    (payout,) = events(emc, "Payout")
    assert payout.payer == emc.address
    assert (payout.epoch, payout.number, payout.customer) == (1, 0, NO_CUSTOMER)
    assert (payout.gross, payout.received, payout.total, payout.held) == (60, 60, 60, 0)
    assert [received(payee(i), token) for i in range(3)] == [30, 18, 12]
    assert emc.accounts().received == 60


@pytest.mark.parametrize("currency", ["native", "token"])
def test_a_single_unit_is_absorbed_and_paid(world: World, currency: str) -> None:
    token = world.token() if currency == "token" else None
    changes = {"currency": token.address} if token else {}
    emc = world.make(world.terms(world.rows([PPM, 0, 0]), **changes))
    send(world, emc, 1, token)
    emc.absorb()
    assert (received(payee(0), token), emc.credits(0), emc.total()) == (1, 0, 1)


def test_only_what_is_not_booked_is_absorbed(world: World) -> None:
    emc = world.make(held_terms(world, disburse_at=100))
    world.sell(emc, 300, 1)
    world.sell(emc, 70, 2)
    send(world, emc, 60)
    emc.absorb()
    (payout,) = events(emc, "Payout")
    assert payout.received == 60
    accounts = emc.accounts()
    assert (accounts.received, accounts.held, accounts.pending) == (430, 430, 0)


def test_there_must_be_something_to_absorb(world: World) -> None:
    emc = world.make(held_terms(world))
    with boa.reverts("emc: nothing to absorb"):
        emc.absorb()
    world.sell(emc, 300, 1)
    with boa.reverts("emc: nothing to absorb"):
        emc.absorb()
    send(world, emc, 60)
    emc.absorb()
    with boa.reverts("emc: nothing to absorb"):
        emc.absorb()


def test_credits_and_dust_are_not_absorbed(world: World) -> None:
    refuser = world.token().address
    rows = world.rows([333_333, 333_333, 333_334], [refuser, payee(1), payee(2)])
    emc = world.make(world.terms(rows))
    world.sell(emc, 100, 1)
    accounts = emc.accounts()
    assert (accounts.credited, accounts.paid, accounts.dust) == (33, 66, 1)
    with boa.reverts("emc: nothing to absorb"):
        emc.absorb()


def test_absorbed_money_can_open_the_gate_before_the_end(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 400, 1)
    send(world, emc, 600)
    until(terms.ends_at - 1)
    emc.absorb()
    assert shares_of(emc) == [500, 300, 200]
    assert emc.is_gate_open()


def test_absorbed_money_crosses_boundaries_like_a_sale(world: World) -> None:
    emc = world.make(waterfall_terms(world))
    send(world, emc, 1_000)
    emc.absorb()
    assert shares_of(emc) == [171, 181, 648]


@pytest.mark.parametrize("currency", ["native", "token"])
def test_what_came_before_the_emc_was_made_is_absorbed(world: World, currency: str) -> None:
    token = world.token() if currency == "token" else None
    changes = {"currency": token.address} if token else {}
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), **changes)
    at = world.address_of(terms)
    with boa.env.prank(world.buyer):
        if token:
            token.transfer(at, 60)
        else:
            boa.env.raw_call(at, value=60)
    emc = world.make(terms)
    assert (emc.address, emc.total(), received(at, token)) == (at, 0, 60)
    with boa.env.prank(world.stranger):
        emc.absorb()
    (payout,) = events(emc, "Payout")
    assert (payout.payer, payout.number, payout.customer) == (at, 0, NO_CUSTOMER)
    assert (payout.gross, payout.received, payout.total) == (60, 60, 60)
    assert shares_of(emc) == [30, 18, 12]
    assert [received(payee(i), token) for i in range(3)] == [30, 18, 12]


def test_what_came_early_counts_towards_the_goal(world: World) -> None:
    terms = held_terms(world)
    with boa.env.prank(world.buyer):
        boa.env.raw_call(world.address_of(terms), value=1_000)
    emc = world.make(terms)
    assert not emc.is_gate_open()
    emc.absorb()
    assert shares_of(emc) == [500, 300, 200]
    assert emc.is_gate_open()


def test_money_may_be_absorbed_before_sales_start(world: World) -> None:
    terms = world.terms(
        world.rows([500_000, 300_000, 200_000]), starts_at=boa.env.timestamp + 1_000
    )
    emc = world.make(terms)
    send(world, emc, 10)
    emc.absorb()
    assert shares_of(emc) == [5, 3, 2]


@pytest.mark.parametrize("late", [0, 1])
def test_between_the_end_date_and_the_ending_nothing_is_absorbed(
    world: World, books: Books, late: int
) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    send(world, emc, 1_000)
    until(terms.ends_at + late)
    with boa.reverts("emc: to be ended first"):
        emc.absorb()
    books.unabsorbed[emc.address] = 1_000


def test_after_a_success_money_is_absorbed_under_the_last_terms(world: World) -> None:
    terms = waterfall_terms(world)
    emc = world.make(terms)
    world.sell(emc, 400, 1)
    until(terms.ends_at)
    emc.end()
    send(world, emc, 600)
    emc.absorb()
    assert shares_of(emc) == [0, 60, 540]


def test_after_a_failure_income_goes_to_the_backstop_and_costs_still_flow(world: World) -> None:
    rows = list(world.rows([500_000, 300_000, 200_000], running=[0, 100_000, 0], costs=[500, 0, 0]))
    terms = held_terms(world, rows=tuple(rows))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.ends_at)
    emc.end()
    send(world, emc, 1_000)
    emc.absorb()
    assert shares_of(emc) == [410, 100, 0]
    (swept,) = events(emc, "Swept")
    assert (swept.backstop, swept.amount, swept.credited) == (address("backstop"), 490, False)
    assert received(address("backstop")) == 490
    send(world, emc, 10)
    emc.absorb()
    assert received(address("backstop")) == 499
    assert not emc.is_gate_open()
    assert emc.accounts().held == 0


def test_a_nested_emc_feeds_its_payees(world: World) -> None:
    inner = world.make(world.terms(world.rows([500_000, 300_000, 200_000])))
    rows = list(world.rows([PPM, 0, 0]))
    rows[0] = replace(rows[0], payee=inner.address)
    outer = world.make(world.terms(tuple(rows), nonce=1))
    world.sell(outer, 1_000, 1)
    assert outer.accounts().credited == 0
    inner.absorb()
    assert [received(payee(i)) for i in range(3)] == [500, 300, 200]


def test_emcs_that_pay_each_other_lose_nothing(world: World, books: Books) -> None:
    # the first stays a beneficiary of the second, which must exist first to be a payee
    rows = list(world.rows([500_000, 300_000, 200_000]))
    first_terms = world.terms(tuple(rows))
    first = world.make(first_terms)
    rows[0] = replace(rows[0], payee=first.address)
    second = world.make(world.terms(tuple(rows), nonce=1))
    with boa.env.prank(world.nodes[0].account):
        world.conduct.change_payee(
            first.address, first_terms.head(), first_terms.packed_rows(), 0, second.address
        )
    world.sell(first, 1_000, 1)
    for amount in (500, 250, 125):
        absorber, fed = (second, first) if received(second.address) == amount else (first, second)
        absorber.absorb()
        (payout,) = events(absorber, "Payout")
        assert payout.received == amount
        assert (payout.credited, received(fed.address)) == (0, amount // 2 + fed.accounts().dust)
    last = second if received(second.address) > second.accounts().dust else first
    books.unabsorbed[last.address] = received(last.address) - last.accounts().dust


def test_there_is_nothing_to_absorb_where_no_terms_are_in_force(world: World) -> None:
    emc = world.implementation
    with boa.reverts("emc: not active"):
        emc.absorb()
