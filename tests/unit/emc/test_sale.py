from dataclasses import replace

import boa
import pytest

from emc.core.limits import MAX_TIME
from emc.core.terms import NATIVE, Gate
from emc.core.units import PPM
from tests.kit import COIN, CUSTOMER, World, address, events, received
from tests.till import (
    NO_CUSTOMER,
    held_terms,
    payee,
    shares_of,
    until,
    waterfall_terms,
)


def paid(rows: int, token: object = None) -> list[int]:
    """What the payees of so many rows have."""
    return [received(payee(i), token) for i in range(rows)]


def test_a_sale_pays_every_node_in_the_same_transaction(world: World) -> None:
    emc = world.make(world.terms(world.rows(shares=[500_000, 300_000, 200_000])))
    world.sell(emc, COIN, 1)
    (payout,) = events(emc, "Payout")
    assert [received(address(f"payee {i}")) for i in range(3)] == [
        5 * 10**17,
        3 * 10**17,
        2 * 10**17,
    ]
    assert payout.total == COIN
    assert emc.accounts().received == COIN


def test_an_order_number_is_paid_once(world: World) -> None:
    emc = world.make()
    world.sell(emc, 300, 7)
    with boa.reverts("orders: already paid"):
        world.sell(emc, 300, 7)


def test_a_stranger_cannot_use_up_the_order_number_of_a_buyer(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.stranger):
        emc.sale(7, 1, NO_CUSTOMER, value=1)
    world.sell(emc, 300, 7)
    assert emc.total() == 301


def test_a_refused_sale_leaves_its_order_number_unused(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer), boa.reverts("currency: wrong amount"):
        emc.sale(7, 300, CUSTOMER, value=299)
    assert not emc.is_paid(world.buyer, 7)
    world.sell(emc, 300, 7)


@pytest.mark.parametrize("number", [0, 255, 256, 2**256 - 1])
def test_every_order_number_can_be_paid(world: World, number: int) -> None:
    emc = world.make()
    world.sell(emc, 300, number)
    assert emc.is_paid(world.buyer, number)
    with boa.reverts("orders: already paid"):
        world.sell(emc, 300, number)


def test_the_payout_event_says_everything_about_a_sale(world: World) -> None:
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000])))
    world.sell(emc, 200, 6)
    world.sell(emc, 1_000, 7)
    (payout,) = events(emc, "Payout")
    assert payout.payer == world.buyer
    assert payout.epoch == 1
    assert payout.number == 7
    assert payout.customer == CUSTOMER
    assert payout.gross == 1_000
    assert payout.received == 1_000
    assert payout.total == 1_200
    assert payout.held == 0
    assert payout.credited == 0
    assert [(each.payee, each.amount) for each in payout.payments] == [
        (payee(0), 500),
        (payee(1), 300),
        (payee(2), 200),
    ]


def test_a_sale_without_a_reference_leaves_the_customer_empty(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer):
        emc.sale(7, 300, NO_CUSTOMER, value=300)
    (payout,) = events(emc, "Payout")
    assert payout.customer == NO_CUSTOMER
    assert payout.payer == world.buyer


# what is refused


def test_a_sale_of_nothing_is_refused(world: World) -> None:
    emc = world.make()
    with boa.reverts("currency: nothing paid"):
        world.sell(emc, 0, 1)


@pytest.mark.parametrize("value", [0, 299, 301])
def test_coin_must_be_exactly_the_amount(world: World, value: int) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer), boa.reverts("currency: wrong amount"):
        emc.sale(1, 300, CUSTOMER, value=value)


def test_coin_is_refused_where_the_currency_is_a_token(world: World) -> None:
    token = world.token()
    emc = world.make(world.terms(currency=token.address))
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 300)
        with boa.reverts("currency: not native"):
            emc.sale(1, 300, CUSTOMER, value=1)


def test_a_token_sale_needs_the_allowance_of_the_caller(world: World) -> None:
    token = world.token()
    emc = world.make(world.terms(currency=token.address))
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 299)
        with boa.reverts("erc20: insufficient allowance"):
            emc.sale(1, 300, CUSTOMER)


def test_a_sale_where_no_terms_are_in_force_is_refused(world: World) -> None:
    emc = world.implementation
    with boa.reverts("emc: not active"):
        world.sell(emc, 300, 1)


def test_sales_begin_exactly_at_the_start(world: World) -> None:
    start = boa.env.timestamp + 1_000
    emc = world.make(world.terms(starts_at=start))
    until(start - 1)
    with boa.reverts("emc: not started"):
        world.sell(emc, 300, 1)
    until(start)
    world.sell(emc, 300, 1)
    assert emc.total() == 300


def test_sales_stop_exactly_at_the_end(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    until(terms.ends_at - 1)
    world.sell(emc, 300, 1)
    until(terms.ends_at)
    with boa.reverts("emc: over"):
        world.sell(emc, 300, 2)
    until(terms.ends_at + 1)
    with boa.reverts("emc: over"):
        world.sell(emc, 300, 2)


def test_start_and_end_may_be_as_far_as_a_time_can_be(world: World) -> None:
    start, end = 2**39, MAX_TIME
    emc = world.make(world.terms(starts_at=start, deadline=end, ends_at=end))
    until(start - 1)
    with boa.reverts("emc: not started"):
        world.sell(emc, 300, 1)
    for number, moment in enumerate((start, end - 1)):
        until(moment)
        world.sell(emc, 300, number)
    until(end)
    with boa.reverts("emc: over"):
        world.sell(emc, 300, 2)
    assert emc.total() == 600


@pytest.mark.parametrize("first", [1, 2**95 - 2])
def test_proceeds_stay_below_two_to_the_95(world: World, first: int) -> None:
    token = world.token()
    token.mint(world.buyer, 2**97)
    emc = world.make(world.terms(world.rows([PPM - 2, 1, 1]), currency=token.address))
    world.sell(emc, first, 1, token)
    with boa.reverts("emc: proceeds too large"):
        world.sell(emc, 2**95 - first, 2, token)
    world.sell(emc, 2**95 - 1 - first, 3, token)
    assert emc.total() == 2**95 - 1
    with boa.reverts("emc: proceeds too large"):
        world.sell(emc, 1, 4, token)
    total = 2**95 - 1
    assert paid(3, token) == [total * (PPM - 2) // PPM, total // PPM, total // PPM]


@pytest.mark.parametrize("amount", [2**95, 2**95 + 1, 2**96, 2**96 + 2**95])
def test_a_first_sale_too_large_for_the_books_is_refused(world: World, amount: int) -> None:
    token = world.token()
    token.mint(world.buyer, amount)
    emc = world.make(world.terms(currency=token.address))
    with boa.reverts("emc: proceeds too large"):
        world.sell(emc, amount, 1, token)
    assert (emc.total(), token.balanceOf(emc.address)) == (0, 0)


# who gets what


def test_every_band_pays_its_own_shares_when_one_sale_crosses_them_all(world: World) -> None:
    emc = world.make(waterfall_terms(world))
    world.sell(emc, 1_000, 1)
    # of 900 behind the running cost, 90 cover costs, 90 are base, 180 leading, 540 upside
    assert shares_of(emc) == [90 + 45 + 36, 100 + 27 + 54, 18 + 90 + 540]
    assert paid(3) == [171, 181, 648]


def test_many_sales_pay_the_same_as_one(world: World) -> None:
    emc = world.make(waterfall_terms(world))
    for number, amount in enumerate([1, 99, 100, 1, 198, 1, 1, 7, 592]):
        world.sell(emc, amount, number)
    assert paid(3) == [171, 181, 648]


def test_a_sale_is_split_exactly_at_each_boundary(world: World) -> None:
    emc = world.make(waterfall_terms(world))
    # the COST band ends where 90 % of proceeds are 90, the base at 200, leading at 400
    for number, (amount, expected) in enumerate(
        [
            (100, [90, 10, 0]),
            (100, [45, 10 + 27, 18]),
            (200, [36, 20 + 54, 90]),
            (100, [0, 10, 90]),
        ]
    ):
        world.sell(emc, amount, number)
        assert shares_of(emc) == expected


def test_cost_covers_are_paid_pro_rata_before_any_income(world: World) -> None:
    rows = world.rows([0, 0, PPM], costs=[100, 200, 0])
    emc = world.make(world.terms(rows))
    world.sell(emc, 30, 1)
    assert shares_of(emc) == [10, 20, 0]
    world.sell(emc, 275, 2)
    assert shares_of(emc) == [90, 180, 5]
    world.sell(emc, 100, 3)
    assert shares_of(emc) == [0, 0, 100]


def test_a_part_of_a_cost_cover_is_rounded_down(world: World) -> None:
    emc = world.make(world.terms(world.rows([0, 0, PPM], costs=[100, 100, 100])))
    world.sell(emc, 100, 1)
    assert shares_of(emc) == [33, 33, 33]
    assert emc.accounts().dust == 1
    world.sell(emc, 200, 2)
    assert shares_of(emc) == [67, 67, 67]


@pytest.mark.parametrize("count", [2, 3, 4, 63, 64])
def test_costs_are_covered_whatever_the_number_of_rows(world: World, count: int) -> None:
    shares = [PPM // count] * count
    shares[0] += PPM - sum(shares)
    emc = world.make(world.terms(world.rows(shares, costs=list(range(1, count + 1)))))
    world.sell(emc, sum(range(1, count + 1)), 1)
    assert shares_of(emc) == list(range(1, count + 1))


def test_running_cost_flows_while_the_gate_holds_the_income(world: World) -> None:
    emc = world.make(waterfall_terms(world, gate=Gate.TARGET))
    world.sell(emc, 300, 1)
    (payout,) = events(emc, "Payout")
    assert [each.amount for each in payout.payments] == [90, 30, 0]
    assert payout.held == 180
    assert emc.accounts().held == 180


def test_a_closed_gate_holds_and_pays_nobody(world: World) -> None:
    emc = world.make(held_terms(world))
    world.sell(emc, 999, 1)
    (payout,) = events(emc, "Payout")
    assert payout.payments == []
    assert payout.held == 999
    assert payout.total == 999
    assert paid(3) == [0, 0, 0]
    assert not emc.is_gate_open()


@pytest.mark.parametrize(("gate", "at"), [(Gate.BENCHMARK, 1_000), (Gate.TARGET, 2_000)])
def test_the_sale_that_opens_the_gate_pays_what_was_held(world: World, gate: Gate, at: int) -> None:
    emc = world.make(held_terms(world, gate=gate))
    world.sell(emc, at - 1, 1)
    assert paid(3) == [0, 0, 0]
    world.sell(emc, 1, 2)
    assert shares_of(emc) == [at // 2, at * 3 // 10, at // 5]
    assert emc.is_gate_open()
    assert emc.accounts().held == 0


def test_an_open_gate_stays_open(world: World) -> None:
    emc = world.make(held_terms(world))
    world.sell(emc, 1_500, 1)
    world.sell(emc, 10, 2)
    (payout,) = events(emc, "Payout")
    assert [each.amount for each in payout.payments] == [5, 3, 2]
    assert payout.held == 0


def test_without_a_gate_income_flows_from_the_first_unit(world: World) -> None:
    emc = world.make(held_terms(world, gate=Gate.NONE))
    world.sell(emc, 10, 1)
    assert shares_of(emc) == [5, 3, 2]


def test_rounding_is_on_the_running_total(world: World) -> None:
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000])))
    for number in range(10):
        world.sell(emc, 1, number)
    assert paid(3) == [5, 3, 2]
    assert emc.accounts().dust == 0


def test_a_row_without_shares_is_listed_and_not_paid(world: World) -> None:
    emc = world.make(world.terms(world.rows([PPM, 0, 0])))
    world.sell(emc, 10, 1)
    (payout,) = events(emc, "Payout")
    assert [each.amount for each in payout.payments] == [10, 0, 0]
    assert payout.credited == 0


@pytest.mark.parametrize("difference", [-1, 0, 1])
def test_a_payee_is_given_100_000_gas(world: World, difference: int) -> None:
    till = address("till that counts its gas")
    emc = world.make(world.terms(world.rows([PPM, 0, 0], [till, payee(1), payee(2)])))
    # with coin come 2,300 more; what is left behind its first instruction, which costs 2
    left = 100_000 + 2_300 - 2 + difference
    # gas, push3 left, eq, push1 12, jumpi, push0, push0, revert, jumpdest, stop
    boa.env.set_code(till, bytes.fromhex(f"5a 62 {left:06x} 14 60 0c 57 5f 5f fd 5b 00"))
    world.sell(emc, 100, 1)
    assert received(till) == (0 if difference else 100)
    assert emc.credits(0) == (100 if difference else 0)


def test_one_payee_may_stand_in_two_rows(world: World) -> None:
    till, other = payee(0), payee(1)
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000], [till, other, till])))
    world.sell(emc, 10, 1)
    assert shares_of(emc) == [5, 3, 2]
    assert (received(till), received(other)) == (7, 3)


def test_a_beneficiary_without_vote_is_paid_like_a_node(world: World) -> None:
    rows = list(world.rows([500_000, 300_000, 200_000]))
    rows[2] = replace(rows[2], party=world.stranger)
    emc = world.make(world.terms(tuple(rows)))
    world.sell(emc, 10, 1)
    assert paid(3) == [5, 3, 2]


def test_sixty_four_rows_are_paid(world: World) -> None:
    emc = world.make(world.terms(world.rows([PPM // 64] * 64)))
    world.sell(emc, 6_400, 1)
    assert paid(64) == [100] * 64


@pytest.mark.parametrize("decimals", [0, 2, 6, 18])
def test_a_token_sale_pulls_the_amount_and_pays_on(world: World, decimals: int) -> None:
    token = world.token(decimals)
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000]), currency=token.address))
    before = token.balanceOf(world.buyer)
    amount = 25 * 10**decimals
    world.sell(emc, amount, 1, token)
    (payout,) = events(emc, "Payout")
    assert payout.gross == payout.received == payout.total == amount
    assert token.balanceOf(world.buyer) == before - amount
    assert paid(3, token) == [amount * part // 10 for part in (5, 3, 2)]
    assert token.allowance(world.buyer, emc.address) == 0


# small sales that wait


@pytest.mark.parametrize("currency", ["native", "token"])
def test_small_sales_wait_until_they_are_worth_a_payment(world: World, currency: str) -> None:
    token = world.token() if currency == "token" else None
    at = token.address if token else NATIVE
    emc = world.make(held_terms(world, gate=Gate.NONE, disburse_at=100, currency=at))
    world.sell(emc, 60, 1, token)
    (payout,) = events(emc, "Payout")
    assert payout.payments == []
    assert (payout.total, payout.held, payout.received) == (60, 0, 60)
    assert emc.accounts().pending == 60
    world.sell(emc, 39, 2, token)
    assert emc.accounts().pending == 99
    world.sell(emc, 1, 3, token)
    assert shares_of(emc) == [50, 30, 20]
    assert emc.accounts().pending == 0
    world.sell(emc, 99, 4, token)
    assert emc.accounts().pending == 99


def test_crossing_the_gate_always_pays(world: World) -> None:
    emc = world.make(held_terms(world, disburse_at=10_000))
    world.sell(emc, 999, 1)
    assert emc.accounts().pending == 999
    assert not emc.is_gate_open()
    world.sell(emc, 1, 2)
    assert shares_of(emc) == [500, 300, 200]
    assert emc.is_gate_open()
    world.sell(emc, 5, 3)
    assert shares_of(emc) == []
    assert emc.accounts().pending == 5


def test_what_waited_behind_a_closed_gate_is_held_once_it_is_shared_out(world: World) -> None:
    emc = world.make(held_terms(world, disburse_at=100))
    world.sell(emc, 60, 1)
    assert (emc.accounts().pending, emc.accounts().held) == (60, 0)
    world.sell(emc, 60, 2)
    (payout,) = events(emc, "Payout")
    assert payout.held == 120
    assert (emc.accounts().pending, emc.accounts().held) == (0, 120)
