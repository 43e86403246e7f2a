import boa

from emc.core.checkout import OrderState
from emc.core.terms import Gate
from tests.checkout import CUSTOMER, Shop
from tests.kit import World, events
from tests.till import payee


def test_the_buyer_lets_an_order_be_booked_early(shop: Shop) -> None:
    order = shop.paid(1_000)
    shop.release(order)
    (booked,) = events(shop.checkout, "Booked")
    assert (booked.by, booked.first, booked.orders) == (order.buyer, 1, [shop.hash(order)])
    (payout,) = events(shop.checkout, "Payout")
    assert (payout.number, payout.gross, payout.customer) == (1, 1_000, CUSTOMER)
    assert [shop.has(payee(i)) for i in range(3)] == [500, 300, 200]
    assert shop.standing(order) == (OrderState.BOOKED, 1_000)


def test_what_was_given_back_of_it_is_not_sold(shop: Shop) -> None:
    order = shop.paid(1_000)
    shop.give_back([order], [400])
    shop.release(order)
    assert shop.emc.total() == 600
    assert shop.standing(order) == (OrderState.BOOKED, 600)


def test_nobody_else_releases_it(world: World, shop: Shop) -> None:
    order = shop.paid(1_000)
    for sender in (shop.cashier, world.stranger, world.nodes[0].account):
        with boa.reverts("checkout: not the buyer"):
            shop.release(order, sender)


def test_what_does_not_wait_is_not_released(shop: Shop) -> None:
    never = shop.order()
    back = shop.paid(10)
    shop.give_back([back])
    sold = shop.paid(10, due_at=0)
    for order in (never, back, sold):
        with boa.reverts("checkout: does not wait"):
            shop.release(order)


def test_after_an_early_end_it_is_shared_out_by_the_last_terms(shop: Shop) -> None:
    order = shop.paid(1_000, due_at=shop.terms.ends_at - 1)
    shop.until_end()
    shop.release(order)
    (booked,) = events(shop.checkout, "Booked")
    assert booked.first == 0
    assert [shop.has(payee(i)) for i in range(3)] == [500, 300, 200]


def test_of_an_emc_that_failed_nothing_is_released(world: World, shop: Shop) -> None:
    failed = Shop(world, shop.token, gate=Gate.BENCHMARK)
    order = failed.paid(1_000)
    failed.until_end()
    with boa.reverts("checkout: gate stayed closed"):
        failed.release(order)
