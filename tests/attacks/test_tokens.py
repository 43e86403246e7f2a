"""What tokens and those who hold them can do to an EMC: nothing is lost, nobody delayed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Row, Terms
from emc.core.units import PPM
from tests.attacks.reentry import FUNCTIONS, LOCKED, assert_locked, call_of, tries
from tests.kit import CUSTOMER, FAR, World, address, deployer, events, received
from tests.profiles import long
from tests.till import (
    BACKSTOP,
    BOMB,
    BURN,
    CLOSED,
    NO_CUSTOMER,
    REVERT,
    Books,
    cool,
    held_terms,
    payee,
    send,
    shares_of,
    until,
    weird_token,
)

MAX_GAS = 16_000_000
TRUE, FALSE, TWO = (n.to_bytes(32, "big") for n in (1, 0, 2))


def mock(name: str, *args: Any) -> VyperContract:
    return deployer(f"mocks/{name}.vy").deploy(*args)


def terms_in(world: World, token: VyperContract, guest: str | None = None, **changes: Any) -> Terms:
    """Terms at 50, 30 and 20 percent in the token, with the guest as payee of the middle row."""
    payees = [payee(0), guest or payee(1), payee(2)]
    rows = world.rows([500_000, 300_000, 200_000], payees)
    return world.terms(rows, currency=token.address, **changes)


def rows_of(world: World, party: VyperContract) -> tuple[Row, ...]:
    """Rows at 50, 30 and 20 percent, the middle one paid at the party."""
    return world.rows([500_000, 300_000, 200_000], [payee(0), party.address, payee(2)])


def paid(token: VyperContract, rows: int = 3) -> list[int]:
    """What the payees of so many rows have."""
    return [received(payee(i), token) for i in range(rows)]


# what a token answers


def test_a_token_that_returns_nothing_is_used_like_any_other(world: World) -> None:
    token = weird_token(world, "SilentToken")
    terms = terms_in(world, token)
    at = world.address_of(terms)
    with boa.env.prank(world.buyer):
        boa.env.raw_call(token.address, data=token.transfer.prepare_calldata(at, 40))
    emc = world.make(terms)
    emc.absorb()
    world.sell(emc, 60, 1, token)
    assert paid(token) == [50, 30, 20]
    until(terms.ends_at)
    emc.end()
    assert emc.stage() == CLOSED


@pytest.mark.parametrize("answer", [FALSE, TWO, b"\0", b"\2", b"\xff" * 32])
def test_a_transfer_that_is_answered_with_no_and_moves_nothing_becomes_a_credit(
    world: World, answer: bytes
) -> None:
    token = weird_token(world, "AnsweringToken")
    emc = world.make(terms_in(world, token))
    token.answer_to(payee(1), answer, False)
    world.sell(emc, 100, 1, token)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0b010
    assert paid(token) == [50, 0, 20]
    with boa.reverts("currency: refused"):
        emc.withdraw(1)
    token.answer_to(payee(1), TRUE, True)
    emc.withdraw(1)
    assert paid(token) == [50, 30, 20]


@pytest.mark.parametrize("answer", [b"", TRUE, b"\1"])
def test_a_transfer_that_is_answered_with_yes_is_paid(world: World, answer: bytes) -> None:
    token = weird_token(world, "AnsweringToken")
    emc = world.make(terms_in(world, token))
    token.answer_to(payee(1), answer, True)
    world.sell(emc, 100, 1, token)
    assert paid(token) == [50, 30, 20]


@pytest.mark.parametrize("answer", [FALSE, TWO])
def test_a_token_that_moves_and_denies_it_is_believed_by_the_balance(
    world: World, answer: bytes
) -> None:
    token = weird_token(world, "AnsweringToken")
    emc = world.make(terms_in(world, token))
    token.answer_to(payee(1), answer, True)
    world.sell(emc, 100, 1, token)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 200)
        emc.sales(2, [(50, CUSTOMER), (50, CUSTOMER)])
        emc.sale_with_permit(4, 100, CUSTOMER, FAR, 27, b"\1" * 32, b"\1" * 32)
    assert paid(token) == [150, 90, 60]
    assert emc.accounts().credited == 0


@pytest.mark.parametrize(("back", "credit"), [(10, 0), (29, 0), (30, 30), (31, 30)])
def test_a_payee_gains_nothing_by_sending_back_what_its_token_denies(
    world: World, books: Books, back: int, credit: int
) -> None:
    token, party = hooked(world)
    token.deny(True)
    friend = mock("ReentrantParty")
    token.mint(friend.address, 1_000)
    emc = world.make(held_terms(world, rows=rows_of(world, party), currency=token.address))
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 2_000)
        emc.sale(1, 900, CUSTOMER)
    # 30 of the 100 that are sold, and of the 900 that were held
    gift = token.transfer.prepare_calldata(emc.address, 270 + back)
    party.aim(friend.address, friend.act.prepare_calldata(token.address, gift))
    with boa.env.prank(world.buyer):
        emc.sale(2, 100, CUSTOMER)
    assert emc.credits(1) == (300 if credit else 0)
    accounts = emc.accounts()
    unbooked = token.balanceOf(emc.address) - accounts.credited - accounts.dust
    # what it is credited with lies there, so nobody else pays for it
    assert unbooked == 270 + back - accounts.credited >= 0
    books.unabsorbed[emc.address] = unbooked


def test_a_token_that_moves_and_denies_it_stops_no_row_with_a_credit(world: World) -> None:
    token = weird_token(world, "AnsweringToken")
    emc = world.make(terms_in(world, token))
    token.answer_to(payee(1), FALSE, False)
    world.sell(emc, 100, 1, token)
    token.answer_to(payee(1), FALSE, True)
    world.sell(emc, 100, 2, token)
    assert emc.credits(1) == 60
    # the balance is believed, not the denial
    emc.withdraw(1)
    assert emc.credits(1) == 0
    assert received(payee(1), token) == 60


def test_what_is_absorbed_or_disbursed_is_paid_by_a_token_that_denies_it(world: World) -> None:
    token = weird_token(world, "AnsweringToken")
    emc = world.make(terms_in(world, token, disburse_at=1_000))
    world.sell(emc, 100, 1, token)
    token.answer_to(payee(1), FALSE, True)
    emc.disburse()
    assert paid(token) == [50, 30, 20]
    send(world, emc, 900, token)
    emc.absorb()
    assert paid(token) == [500, 300, 200]


def test_a_denial_costs_nobody_what_lies_unbooked(world: World, books: Books) -> None:
    token = weird_token(world, "AnsweringToken")
    emc = world.make(terms_in(world, token))
    send(world, emc, 1_000, token)
    token.answer_to(payee(1), FALSE, True)
    world.sell(emc, 100, 1, token)
    assert paid(token) == [50, 30, 20]
    assert emc.credits(1) == 0
    books.unabsorbed[emc.address] = 1_000


def test_a_lie_about_the_payout_of_the_backstop_leaves_no_credit_without_money(
    world: World,
) -> None:
    token = weird_token(world, "AnsweringToken")
    terms = held_terms(world, currency=token.address)
    emc = world.make(terms)
    world.sell(emc, 999, 1, token)
    token.answer_to(address("backstop"), FALSE, True)
    until(terms.ends_at)
    emc.end()
    assert received(address("backstop"), token) == 999
    assert emc.accounts().credited == 0
    assert emc.stage() == CLOSED


def test_a_denial_stops_no_ending(world: World) -> None:
    token = weird_token(world, "AnsweringToken")
    rows = world.rows([500_000, 300_000, 200_000], running=[0, 100_000, 0])
    terms = held_terms(world, rows=rows, currency=token.address, disburse_at=500)
    emc = world.make(terms)
    world.sell(emc, 400, 1, token)
    token.answer_to(payee(1), FALSE, True)
    until(terms.ends_at)
    emc.end()
    assert paid(token) == [0, 40, 0]
    assert received(address("backstop"), token) == 360


def test_an_answer_of_64_kb_is_cut_off(world: World) -> None:
    token = weird_token(world, "AnsweringToken")
    emc = world.make(terms_in(world, token))
    token.bomb(payee(1))
    world.sell(emc, 100, 1, token)
    (payout,) = events(emc, "Payout")
    assert paid(token) == [50, 0 if payout.credited else 30, 20]
    emc.accounts()


def test_the_currency_of_terms_has_code(world: World) -> None:
    terms = world.terms(currency=address("no token"))
    with boa.reverts("terms: currency has no code"):
        world.make(terms)


def test_a_token_that_loses_its_code_sells_nothing(world: World) -> None:
    token = weird_token(world, "SilentToken")
    emc = world.make(held_terms(world, currency=token.address))
    world.sell(emc, 100, 1, token)
    code = boa.env.get_code(token.address)
    boa.env.set_code(token.address, b"")
    with boa.env.prank(world.buyer), boa.reverts():
        emc.sale(2, 100, CUSTOMER)
    with boa.reverts():
        emc.absorb()
    boa.env.set_code(token.address, code)
    assert emc.total() == 100


# a token that refuses


@pytest.mark.parametrize("way", [REVERT, BOMB, BURN])
def test_a_refused_payee_delays_nobody(world: World, way: int) -> None:
    token = weird_token(world, "RefusingToken")
    emc = world.make(terms_in(world, token))
    token.refuse(payee(1), way)
    world.sell(emc, 100, 1, token)
    assert emc._computation.get_gas_used() < 500_000
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0b010
    assert paid(token) == [50, 0, 20]
    token.refuse(payee(1), 0)
    world.sell(emc, 100, 2, token)
    assert emc.credits(1) == 60
    emc.withdraw(1)
    assert paid(token) == [100, 60, 40]


@pytest.mark.parametrize("way", [REVERT, BOMB, BURN])
def test_a_refused_backstop_delays_no_ending(world: World, way: int) -> None:
    token = weird_token(world, "RefusingToken")
    terms = held_terms(world, currency=token.address)
    emc = world.make(terms)
    world.sell(emc, 999, 1, token)
    token.refuse(address("backstop"), way)
    until(terms.ends_at)
    emc.end()
    assert emc.credits(BACKSTOP) == 999
    token.refuse(address("backstop"), 0)
    emc.withdraw(BACKSTOP)
    assert received(address("backstop"), token) == 999


@pytest.mark.parametrize("way", [long(REVERT), long(BOMB), BURN])
def test_a_token_that_refuses_all_64_payees_makes_no_sale_impossible(
    world: World, way: int
) -> None:
    token = weird_token(world, "RefusingToken")
    rows = world.rows([15_625] * 64)
    emc = world.make(world.terms(rows, currency=token.address))
    for i in range(64):
        token.refuse(payee(i), way)
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 6_400)
    cool()
    with boa.env.prank(world.buyer):
        emc.sale(1, 6_400, CUSTOMER)
    assert emc._computation.get_gas_used() + 21_000 + 100 * 16 < MAX_GAS
    (payout,) = events(emc, "Payout")
    assert payout.credited == 2**64 - 1
    for i in range(64):
        token.refuse(payee(i), 0)
    emc.withdraw(63)
    assert received(payee(63), token) == 100


def test_a_paused_token_stops_sales_and_loses_nothing(world: World) -> None:
    token = weird_token(world, "RefusingToken")
    terms = held_terms(world, currency=token.address, disburse_at=500)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1, token)
    world.sell(emc, 100, 2, token)
    token.pause(True)
    with boa.reverts("token: paused"):
        world.sell(emc, 100, 3, token)
    emc.disburse()
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0b111
    with boa.reverts("token: paused"):
        emc.withdraw(0)
    until(terms.ends_at)
    emc.end()
    token.pause(False)
    for row in range(3):
        emc.withdraw(row)
    assert paid(token) == [550, 330, 220]
    assert emc.stage() == CLOSED


def test_a_token_paused_at_a_failure_leaves_the_backstop_a_credit(world: World) -> None:
    token = weird_token(world, "RefusingToken")
    terms = held_terms(world, currency=token.address)
    emc = world.make(terms)
    world.sell(emc, 999, 1, token)
    until(terms.ends_at)
    token.pause(True)
    emc.end()
    assert emc.credits(BACKSTOP) == 999
    token.pause(False)
    emc.withdraw(BACKSTOP)
    assert received(address("backstop"), token) == 999


# a token that counts otherwise


def test_a_fee_on_transfer_is_booked_as_received(world: World) -> None:
    token = weird_token(world, "FeeToken", 100_000)
    emc = world.make(terms_in(world, token))
    world.sell(emc, 1_000, 1, token)
    (payout,) = events(emc, "Payout")
    assert (payout.gross, payout.received, payout.total) == (1_000, 900, 900)
    assert shares_of_run(payout) == [450, 270, 180]
    # the payee bears the fee of its own payment
    assert paid(token) == [405, 243, 162]
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 1_000)
        emc.sales(2, [(500, CUSTOMER), (500, CUSTOMER)])
    (payout,) = events(emc, "Payout")
    assert (payout.gross, payout.received, payout.total) == (1_000, 900, 1_800)


def shares_of_run(payout: Any) -> list[int]:
    """The amounts of a payment run."""
    return [each.amount for each in payout.payments]


def test_a_gate_counts_what_came_in_after_the_fee(world: World) -> None:
    token = weird_token(world, "FeeToken", 100_000)
    emc = world.make(held_terms(world, currency=token.address))
    world.sell(emc, 1_000, 1, token)
    assert not emc.is_gate_open()
    assert emc.accounts().held == 900
    world.sell(emc, 112, 2, token)
    assert emc.is_gate_open()


def test_what_came_early_counts_as_it_arrived_after_the_fee(world: World) -> None:
    token = weird_token(world, "FeeToken", 100_000)
    terms = terms_in(world, token)
    with boa.env.prank(world.buyer):
        token.transfer(world.address_of(terms), 1_000)
    emc = world.make(terms)
    emc.absorb()
    assert emc.total() == 900


def test_a_token_that_keeps_everything_sells_nothing(world: World) -> None:
    token = weird_token(world, "FeeToken", PPM)
    emc = world.make(terms_in(world, token))
    with boa.reverts("currency: nothing received"):
        world.sell(emc, 1_000, 1, token)
    assert not emc.is_paid(world.buyer, 1)


def test_what_a_token_gives_by_growing_is_absorbed(world: World) -> None:
    token = weird_token(world, "RebasingToken")
    emc = world.make(held_terms(world, currency=token.address))
    world.sell(emc, 400, 1, token)
    token.rebase(2 * PPM)
    assert emc.accounts().held == 400
    emc.absorb()
    assert emc.accounts().held == 800


def test_what_a_token_takes_by_shrinking_is_nobodys_to_withdraw(world: World, books: Books) -> None:
    token = weird_token(world, "RebasingToken")
    terms = held_terms(world, currency=token.address)
    emc = world.make(terms)
    world.sell(emc, 800, 1, token)
    token.rebase(PPM // 2)
    assert received(emc.address, token) == 400
    with boa.reverts("emc: nothing to absorb"):
        emc.absorb()
    until(terms.ends_at)
    emc.end()
    assert emc.credits(BACKSTOP) == 800
    with boa.reverts("token: balance too small"):
        emc.withdraw(BACKSTOP)
    send(world, emc, 300, token)
    with boa.reverts("emc: nothing to absorb"):
        emc.absorb()
    books.unabsorbed[emc.address] = -100
    books.check()
    send(world, emc, 100, token)
    emc.withdraw(BACKSTOP)
    assert received(address("backstop"), token) == 800
    books.unabsorbed[emc.address] = 0


def test_after_a_shrinking_the_rows_are_paid_in_their_order_while_there_is_money(
    world: World, books: Books
) -> None:
    token = weird_token(world, "RebasingToken")
    emc = world.make(held_terms(world, currency=token.address))
    world.sell(emc, 800, 1, token)
    token.rebase(PPM // 2)
    world.sell(emc, 200, 2, token)
    (payout,) = events(emc, "Payout")
    # 600 are left of 1000: the first row is paid 500, the second finds too little, the third too
    assert payout.credited == 0b110
    assert paid(token) == [500, 0, 0]
    assert (emc.credits(1), emc.credits(2)) == (300, 200)
    with boa.reverts("token: balance too small"):
        emc.withdraw(1)
    books.unabsorbed[emc.address] = -400


@pytest.mark.parametrize("decimals", [0, 2, 6, 18])
def test_a_whole_life_adds_up_at_any_decimals(world: World, decimals: int) -> None:
    token = world.token(decimals)
    one = 10**decimals
    terms = held_terms(world, currency=token.address, benchmark=100 * one, target=300 * one)
    emc = world.make(terms)
    world.sell(emc, 99 * one, 1, token)
    assert paid(token) == [0, 0, 0]
    world.sell(emc, one, 2, token)
    assert paid(token) == [50 * one, 30 * one, 20 * one]
    send(world, emc, 300 * one, token)
    until(terms.ends_at)
    emc.end()
    assert paid(token) == [200 * one, 120 * one, 80 * one]
    assert emc.stage() == CLOSED


# allowances


def test_nobody_sells_with_the_allowance_of_another(world: World) -> None:
    token = world.token()
    emc = world.make(terms_in(world, token))
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 1_000)
    for caller in (world.stranger, world.stranger, world.nodes[0].account):
        with boa.env.prank(caller), boa.reverts("erc20: insufficient allowance"):
            emc.sale(1, 1_000, NO_CUSTOMER)
    assert token.allowance(world.buyer, emc.address) == 1_000


def test_changing_an_allowance_lets_nobody_take_the_old_and_the_new(world: World) -> None:
    token = world.token()
    emc = world.make(terms_in(world, token))
    before = token.balanceOf(world.buyer)
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 300)
        emc.sale(1, 300, CUSTOMER)
        token.approve(emc.address, 200)
    for call in (emc.absorb, emc.disburse, emc.end):
        with boa.env.prank(world.stranger):
            try:
                call()
            except boa.BoaError:
                continue
    assert token.balanceOf(world.buyer) == before - 300
    assert token.allowance(world.buyer, emc.address) == 200


def test_a_sale_takes_exactly_its_amount_from_a_larger_allowance(world: World) -> None:
    token = world.token()
    emc = world.make(terms_in(world, token))
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 2**256 - 1)
        before = token.balanceOf(world.buyer)
        emc.sale(1, 300, CUSTOMER)
    assert token.balanceOf(world.buyer) == before - 300


# hooks


def hooked(world: World) -> tuple[VyperContract, VyperContract]:
    """A token with hooks, and a party that is called when it comes or goes."""
    token, party = weird_token(world, "HookToken"), mock("ReentrantParty")
    with boa.env.prank(party.address):
        token.hook(True)
    return token, party


def sell_as(
    party: VyperContract, token: VyperContract, emc: VyperContract, number: int = 1
) -> None:
    """The party pays 100 for one order."""
    with boa.env.prank(party.address):
        token.approve(emc.address, 100)
        emc.sale(number, 100, CUSTOMER)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_payee_told_of_its_payment_cannot_call_back(world: World, function: str) -> None:
    token, party = hooked(world)
    emc = world.make(terms_in(world, token, party.address))
    assert_locked(emc, party, function, lambda: world.sell(emc, 100, 1, token))
    assert received(party.address, token) == 30
    assert emc.accounts().credited == 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_payer_told_of_its_charge_cannot_call_back(world: World, function: str) -> None:
    token, party = hooked(world)
    token.mint(party.address, 1_000)
    emc = world.make(terms_in(world, token))
    assert_locked(emc, party, function, lambda: sell_as(party, token, emc))
    assert received(party.address, token) == 900
    assert paid(token) == [50, 30, 20]


def test_a_payer_that_sends_more_while_it_is_charged_gains_nothing(world: World) -> None:
    token, party = hooked(world)
    token.mint(party.address, 1_000)
    emc = world.make(terms_in(world, token))
    with boa.env.prank(party.address):
        token.hook(False)
        token.approve(emc.address, 100)
    helper = mock("ReentrantParty")
    token.mint(helper.address, 1_000)
    with boa.env.prank(party.address):
        token.hook(True)
    # while the party is charged, the helper's tokens come by plain transfer: they are no part of it
    party.aim(
        helper.address,
        helper.act.prepare_calldata(
            token.address, token.transfer.prepare_calldata(emc.address, 40)
        ),
    )
    with boa.env.prank(party.address):
        emc.sale(1, 100, CUSTOMER)
    (payout,) = events(emc, "Payout")
    assert (payout.gross, payout.received) == (100, 100)
    assert paid(token) == [50, 30, 20]
    emc.absorb()
    assert paid(token) == [70, 42, 28]


def test_a_payer_cannot_turn_a_payee_elsewhere_while_it_is_charged(world: World) -> None:
    token, party = hooked(world)
    token.mint(party.address, 1_000)
    rows = list(world.rows([500_000, 300_000, 200_000]))
    rows[2] = replace(rows[2], party=party.address)
    terms = world.terms(tuple(rows), currency=token.address)
    emc = world.make(terms)
    change = world.conduct.change_payee.prepare_calldata(
        emc.address, terms.head(), terms.packed_rows(), 2, address("new payee")
    )
    party.aim(world.conduct.address, change)
    sell_as(party, token, emc)
    assert tries(emc) == LOCKED
    assert paid(token) == [50, 30, 20]
    party.tokens_received()
    assert emc.payee_of(2) == address("new payee")


TRIGGERS = ["sales", "disburse", "absorb", "end", "withdraw", "rescue"]


@pytest.mark.parametrize("function", ["same", "sale", "withdraw", "accounts"])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_nobody_calls_back_from_a_hook(world: World, trigger: str, function: str) -> None:
    token, party = hooked(world)
    token.mint(party.address, 1_000)
    call: Callable[[], Any]
    if trigger == "end":
        terms = held_terms(world, currency=token.address, backstop=party.address)
        emc = world.make(terms)
        world.sell(emc, 999, 1, token)
        until(terms.ends_at)
        call = emc.end
    elif trigger == "rescue":
        emc = world.make(held_terms(world, backstop=party.address))
        token.mint(emc.address, 70)

        def call() -> None:
            emc.rescue(token.address)

    elif trigger == "withdraw":
        terms = terms_in(world, token, mock("HostilePayee", BURN).address)
        emc = world.make(terms)
        refuser = deployer("mocks/HostilePayee.vy").at(payee_of_row(terms, 1))
        with boa.env.prank(refuser.address):
            token.hook(True)
        world.sell(emc, 100, 1, token)
        assert emc.credits(1) == 30
        with boa.env.prank(world.nodes[1].account):
            world.conduct.change_payee(
                emc.address, terms.head(), terms.packed_rows(), 1, party.address
            )

        def call() -> None:
            emc.withdraw(1)

    else:
        emc = world.make(terms_in(world, token, party.address, disburse_at=1_000))
        if trigger == "sales":
            with boa.env.prank(world.buyer):
                token.approve(emc.address, 1_000)

            def call() -> None:
                with boa.env.prank(world.buyer):
                    emc.sales(1, [(500, CUSTOMER), (500, CUSTOMER)])

        elif trigger == "disburse":
            world.sell(emc, 100, 1, token)
            call = emc.disburse
        else:
            send(world, emc, 1_000, token)
            call = emc.absorb
    party.aim(emc.address, call_of(emc, trigger if function == "same" else function))
    call()
    assert tries(emc) == LOCKED


def payee_of_row(terms: Terms, index: int) -> str:
    """The payee that the terms give a row."""
    return terms.rows[index].payee


def test_the_hooks_of_a_working_payee_cost_no_credit_at_any_gas_limit(world: World) -> None:
    token, working = weird_token(world, "HookToken"), mock("WorkingPayee")
    working.watch(token.address)
    # of the cap, the token itself uses the rest
    working.set_need(50_000)
    emc = world.make(terms_in(world, token, working.address))
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 100)
    data = emc.sale.prepare_calldata(1, 100, CUSTOMER)
    outcomes = set()
    for limit in range(60_000, 500_000, 1_499):
        with boa.env.anchor():
            cool()
            done = boa.env.execute_code(emc.address, world.buyer, limit, data=data)
            if done.is_error:
                outcomes.add("reverted")
                continue
            assert emc.accounts().credited == 0, f"a gas limit of {limit} made a credit"
            outcomes.add("paid")
    assert outcomes == {"reverted", "paid"}
    assert received(working.address, token) == 0


def test_a_gate_opens_once_whatever_a_hook_tries(world: World) -> None:
    token, party = hooked(world)
    payees = [payee(0), party.address, payee(2)]
    terms = held_terms(
        world,
        rows=world.rows([500_000, 300_000, 200_000], payees),
        currency=token.address,
        gate=Gate.BENCHMARK,
    )
    emc = world.make(terms)
    world.sell(emc, 999, 1, token)
    party.aim(emc.address, emc.disburse.prepare_calldata())
    world.sell(emc, 1, 2, token)
    assert tries(emc) == LOCKED
    emc.disburse()
    assert shares_of(emc) == []
    assert received(party.address, token) == 300
