from dataclasses import replace

import boa
import pytest
from eth_utils import keccak

from emc.core.checkout import OrderState
from emc.core.terms import Gate
from tests.checkout import CUSTOMER, DAY, Shop
from tests.kit import World, address, events
from tests.till import payee


def test_anyone_books_what_is_due_in_one_payment_run(world: World, shop: Shop) -> None:
    orders = [
        shop.paid(amount, customer=keccak(text=f"customer {amount}")) for amount in (100, 200, 700)
    ]
    shop.until_due(orders[-1])
    shop.book(orders)
    (booked,) = events(shop.checkout, "Booked")
    assert (booked.emc, booked.by, booked.first) == (shop.emc.address, world.stranger, 1)
    assert booked.orders == [shop.hash(order) for order in orders]
    (payout,) = events(shop.checkout, "Payout")
    assert (payout.payer, payout.number, payout.gross) == (shop.checkout.address, 1, 1_000)
    (sold,) = events(shop.checkout, "Batch")
    assert [(each.amount, each.customer) for each in sold.orders] == [
        (order.amount, order.customer) for order in orders
    ]
    assert [shop.has(payee(i)) for i in range(3)] == [500, 300, 200]
    assert [shop.standing(order) for order in orders] == [
        (OrderState.BOOKED, order.amount) for order in orders
    ]
    assert shop.checkout.sold(shop.emc.address) == 3
    assert shop.has(shop.checkout.address) == 0


def test_numbers_go_on_across_batches(shop: Shop) -> None:
    shop.paid(10, due_at=0)
    orders = [shop.paid(1) for _ in range(3)]
    shop.until_due(orders[-1])
    shop.book(orders[:2])
    (booked,) = events(shop.checkout, "Booked")
    assert booked.first == 2
    shop.book(orders[2:])
    (booked,) = events(shop.checkout, "Booked")
    assert booked.first == 4
    assert shop.checkout.sold(shop.emc.address) == 4


def test_what_was_given_back_in_part_is_booked_with_the_rest(shop: Shop) -> None:
    order = shop.paid(1_000)
    shop.give_back([order], [999])
    shop.until_due(order)
    shop.book([order])
    assert shop.emc.total() == 1
    assert shop.standing(order) == (OrderState.BOOKED, 1)


def test_what_does_not_wait_or_is_not_due_is_skipped(shop: Shop) -> None:
    released, back, never = shop.paid(1), shop.paid(2), shop.order(4)
    good = shop.paid(8)
    altered = replace(shop.paid(16), amount=17)
    other_reference = replace(good, reference=b"\1" * 32)
    shop.release(released)
    shop.give_back([back])
    shop.until_due(altered)
    later = shop.paid(32, due_at=shop.now + 1)
    shop.book([released, back, never, altered, other_reference, good, later, good])
    (booked,) = events(shop.checkout, "Booked")
    assert (booked.first, booked.orders) == (2, [shop.hash(good)])
    assert shop.emc.total() == 9
    assert shop.standing(later) == (OrderState.WAITING, 32)


def test_nothing_due_is_refused(shop: Shop) -> None:
    order = shop.paid(1_000)
    for orders in ([order], [shop.order()]):
        with boa.reverts("checkout: nothing due"):
            shop.book(orders)
    shop.until_due(order)
    shop.book([order])
    with boa.reverts("checkout: nothing due"):
        shop.book([order])
    with boa.reverts("checkout: nothing due"):
        shop.checkout.book(shop.emc.address, shop.cashier, [])


def test_orders_of_another_cashier_or_emc_are_other_orders(world: World, shop: Shop) -> None:
    order = shop.paid(1_000)
    other = Shop(world, shop.token, nonce=1)
    shop.until_due(order)
    for emc, cashier in (
        (order.emc, address("other")),
        (other.emc.address, order.cashier),
        (address("nobody"), order.cashier),
    ):
        with boa.reverts("checkout: nothing due"):
            shop.checkout.book(emc, cashier, [order.line()])


def test_a_full_batch(shop: Shop) -> None:
    orders = [shop.paid(i + 1) for i in range(128)]
    shop.until_due(orders[-1])
    shop.book(orders)
    (booked,) = events(shop.checkout, "Booked")
    assert (booked.first, len(booked.orders)) == (1, 128)
    assert shop.emc.total() == sum(range(1, 129))
    assert [shop.emc.is_paid(shop.checkout.address, number) for number in (0, 1, 128, 129)] == [
        False,
        True,
        True,
        False,
    ]


def test_after_the_end_the_last_terms_share_it_out(shop: Shop) -> None:
    orders = [shop.paid(100), shop.paid(900)]
    shop.until_end()
    shop.book(orders)
    (booked,) = events(shop.checkout, "Booked")
    assert (booked.first, booked.orders) == (0, [shop.hash(order) for order in orders])
    (payout,) = events(shop.checkout, "Payout")
    assert (payout.payer, payout.gross) == (shop.emc.address, 1_000)
    assert [shop.has(payee(i)) for i in range(3)] == [500, 300, 200]
    assert shop.checkout.sold(shop.emc.address) == 0
    assert shop.standing(orders[0]) == (OrderState.BOOKED, 100)


def test_an_emc_whose_time_is_over_is_ended_first(shop: Shop) -> None:
    order = shop.paid(100)
    boa.env.time_travel(seconds=shop.terms.ends_at - shop.now)
    with boa.reverts("checkout: to be ended first"):
        shop.book([order])
    shop.emc.end()
    shop.book([order])


def test_where_the_gate_stayed_closed_nothing_is_booked(world: World, shop: Shop) -> None:
    failed = Shop(world, shop.token, gate=Gate.BENCHMARK)
    order = failed.paid(100)
    failed.until_end()
    with boa.reverts("checkout: gate stayed closed"):
        failed.book([order])
    failed.give_back([order], sender=world.stranger)


def test_before_the_end_a_closed_gate_is_no_reason(world: World, shop: Shop) -> None:
    held = Shop(world, shop.token, gate=Gate.BENCHMARK, benchmark=1_000, target=2_000)
    order = held.paid(1_000)
    held.until_due(order)
    assert not held.emc.is_gate_open()
    held.book([order])
    assert held.emc.is_gate_open()
    assert [held.has(payee(i)) for i in range(3)] == [500, 300, 200]


@pytest.mark.parametrize("customer", [CUSTOMER, bytes(32)], ids=["reference", "none"])
def test_the_customer_is_never_checkout(shop: Shop, customer: bytes) -> None:
    order = shop.paid(1_000, customer=customer)
    shop.until_due(order)
    shop.book([order])
    (sold,) = events(shop.checkout, "Batch")
    expected = customer if any(customer) else bytes(12) + bytes.fromhex(order.buyer[2:])
    assert sold.orders[0].customer == expected


def test_what_waits_longest_is_booked_after_400_days(world: World, shop: Shop) -> None:
    long = Shop(world, shop.token, ends_at=shop.now + 500 * DAY)
    order = long.paid(1_000, due_at=long.now + 400 * DAY)
    long.until_due(order)
    long.book([order])
    assert long.emc.total() == 1_000
