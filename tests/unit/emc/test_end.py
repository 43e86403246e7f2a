import boa
import pytest

from emc.core.terms import Gate
from emc.core.units import PPM
from tests.kit import World, address, deployer, events, received, skip
from tests.till import (
    ACCEPT,
    ACTIVE,
    BACKSTOP,
    BOMB,
    BURN,
    CLOSED,
    ENDED,
    REVERT,
    Books,
    held_terms,
    payee,
    send,
    shares_of,
    until,
    waterfall_terms,
)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_an_emc_ends_exactly_from_its_end_date_on(world: World, moment: int) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.ends_at + moment)
    assert emc.stage() == ACTIVE
    if moment < 0:
        with boa.reverts("emc: not over yet"):
            emc.end()
        assert emc.stage() == ACTIVE
    else:
        with boa.env.prank(world.stranger):
            emc.end()
        assert emc.stage() == CLOSED


def test_an_emc_ends_once(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.ends_at)
    emc.end()
    with boa.reverts("emc: already ended"):
        emc.end()


def test_what_was_never_active_does_not_end(world: World) -> None:
    for seconds in (0, 10**9):
        skip(seconds)
        with boa.reverts("emc: not active"):
            world.implementation.end()


@pytest.mark.parametrize("gate", [Gate.NONE, Gate.BENCHMARK])
def test_an_emc_with_an_open_gate_ends_in_success(world: World, gate: Gate) -> None:
    terms = held_terms(world, gate=gate)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    until(terms.ends_at)
    emc.end()
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, ended.total) == (True, 1_000)
    assert events(emc, "Swept") == []
    assert received(address("backstop")) == 0
    assert emc.is_gate_open()


@pytest.mark.parametrize("currency", ["native", "token"])
def test_a_failure_pays_the_backstop_what_the_gate_held(world: World, currency: str) -> None:
    token = world.token() if currency == "token" else None
    changes = {"currency": token.address} if token else {}
    terms = held_terms(world, **changes)
    emc = world.make(terms)
    world.sell(emc, 999, 1, token)
    until(terms.ends_at)
    emc.end()
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, ended.total) == (False, 999)
    (swept,) = events(emc, "Swept")
    assert (swept.backstop, swept.amount, swept.credited) == (address("backstop"), 999, False)
    assert received(address("backstop"), token) == 999
    accounts = emc.accounts()
    assert (accounts.paid, accounts.held, accounts.credited) == (999, 0, 0)
    assert emc.stage() == CLOSED


@pytest.mark.parametrize("way", [REVERT, BOMB, BURN])
def test_a_backstop_that_refuses_is_credited_and_delays_nothing(world: World, way: int) -> None:
    backstop = deployer("mocks/HostilePayee.vy").deploy(way)
    terms = held_terms(world, backstop=backstop.address)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    until(terms.ends_at)
    emc.end()
    (credited,) = events(emc, "Credited")
    assert (credited.row, credited.payee, credited.amount) == (BACKSTOP, backstop.address, 999)
    (swept,) = events(emc, "Swept")
    assert (swept.amount, swept.credited) == (999, True)
    assert emc.credits(BACKSTOP) == 999
    assert emc.stage() == ENDED
    with boa.reverts():
        emc.withdraw(BACKSTOP)
    backstop.behave(ACCEPT)
    send(world, emc, 10)
    emc.absorb()
    (swept,) = events(emc, "Swept")
    assert (swept.amount, swept.credited) == (10, True)
    with boa.env.prank(world.stranger):
        emc.withdraw(BACKSTOP)
    assert received(backstop.address) == 1_009
    assert emc.stage() == CLOSED
    send(world, emc, 10)
    emc.absorb()
    assert received(backstop.address) == 1_019


def test_ending_absorbs_first(world: World) -> None:
    terms = waterfall_terms(world)
    emc = world.make(terms)
    send(world, emc, 1_000)
    until(terms.ends_at)
    emc.end()
    (payout,) = events(emc, "Payout")
    assert (payout.payer, payout.received, payout.total) == (emc.address, 1_000, 1_000)
    assert shares_of(emc) == [171, 181, 648]
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, ended.total) == (True, 1_000)


@pytest.mark.parametrize("late", [0, 1])
def test_what_the_ending_absorbs_can_still_open_the_gate(world: World, late: int) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    send(world, emc, 5_000)
    until(terms.ends_at + late)
    with boa.reverts("emc: to be ended first"):
        emc.absorb()
    emc.end()
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, ended.total) == (True, 5_999)
    assert received(address("backstop")) == 0
    assert emc.accounts().paid + emc.accounts().dust == 5_999


def test_what_comes_in_after_a_failure_cannot_open_the_gate(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    until(terms.ends_at)
    emc.end()
    send(world, emc, 5_000)
    emc.absorb()
    assert received(address("backstop")) == 5_999
    assert [received(payee(i)) for i in range(3)] == [0, 0, 0]
    assert not emc.is_gate_open()


def test_ending_pays_out_what_waits(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=1_000)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    until(terms.ends_at)
    emc.end()
    assert shares_of(emc) == [30, 18, 12]
    assert emc.accounts().pending == 0


def test_what_waits_at_a_failure_pays_costs_and_leaves_the_rest_to_the_backstop(
    world: World,
) -> None:
    terms = waterfall_terms(world, gate=Gate.TARGET, disburse_at=1_000)
    emc = world.make(terms)
    world.sell(emc, 200, 1)
    until(terms.ends_at)
    emc.end()
    assert shares_of(emc) == [90, 20, 0]
    assert received(address("backstop")) == 90


def test_ending_pays_waiting_and_unbooked_money_in_one_run(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=1_000)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    send(world, emc, 40)
    until(terms.ends_at)
    emc.end()
    assert shares_of(emc) == [50, 30, 20]


def test_credits_survive_the_ending(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [refuser.address, payee(1), payee(2)])
    terms = world.terms(rows)
    emc = world.make(terms)
    world.sell(emc, 10, 1)
    until(terms.ends_at)
    emc.end()
    assert emc.stage() == ENDED
    refuser.behave(ACCEPT)
    emc.withdraw(0)
    assert received(refuser.address) == 5
    assert emc.stage() == CLOSED


def test_a_gift_too_large_to_book_cannot_prevent_the_ending(world: World, books: Books) -> None:
    token = world.token()
    token.mint(world.buyer, 2**97)
    terms = held_terms(world, currency=token.address)
    emc = world.make(terms)
    world.sell(emc, 999, 1, token)
    send(world, emc, 2**96, token)
    until(terms.ends_at)
    emc.end()
    accounts = emc.accounts()
    assert accounts.received == 2**95 - 1
    assert accounts.paid + accounts.dust == 2**95 - 1
    books.unabsorbed[emc.address] = 2**96 + 999 - accounts.received


def test_dust_stays_and_delays_no_closing(world: World) -> None:
    terms = world.terms(world.rows([333_333, 333_333, 333_334]))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.ends_at)
    emc.end()
    assert emc.accounts().dust == 1
    assert emc.stage() == CLOSED


def test_an_emc_with_every_share_in_one_row_ends_without_dust(world: World) -> None:
    terms = world.terms(world.rows([PPM, 0, 0]))
    emc = world.make(terms)
    world.sell(emc, 101, 1)
    until(terms.ends_at)
    emc.end()
    assert emc.accounts().paid == 101
