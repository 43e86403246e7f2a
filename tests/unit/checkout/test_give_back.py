import boa
import pytest

from emc.core.checkout import OrderState
from emc.core.terms import Gate
from tests.checkout import Shop
from tests.kit import World, events


def test_the_cashier_gives_an_order_back(shop: Shop) -> None:
    before = shop.has(shop.buyer.address)
    order = shop.paid(1_000)
    shop.give_back([order])
    (given,) = events(shop.checkout, "GivenBack")
    assert (given.emc, given.by, given.orders, given.amounts, given.credited) == (
        shop.emc.address,
        shop.cashier,
        [shop.hash(order)],
        [1_000],
        0,
    )
    assert shop.standing(order) == (OrderState.RETURNED, 0)
    assert shop.has(shop.buyer.address) == before
    assert shop.emc.total() == 0


def test_in_parts(shop: Shop) -> None:
    order = shop.paid(1_000)
    shop.give_back([order], [300])
    assert shop.standing(order) == (OrderState.WAITING, 700)
    shop.give_back([order], [1])
    assert shop.standing(order) == (OrderState.WAITING, 699)
    shop.give_back([order], [698])
    shop.give_back([order])
    (given,) = events(shop.checkout, "GivenBack")
    assert given.amounts == [1]
    assert shop.standing(order) == (OrderState.RETURNED, 0)
    assert shop.has(shop.checkout.address) == 0


@pytest.mark.parametrize("amount", [0, 1_001, 2**256 - 1])
def test_never_nothing_and_never_more_than_waits(shop: Shop, amount: int) -> None:
    order = shop.paid(1_000)
    with boa.reverts("checkout: not part of what waits"):
        shop.give_back([order], [amount])


def test_many_at_once_and_what_does_not_wait_is_skipped(world: World, shop: Shop) -> None:
    if shop.token:
        shop.token.mint(world.stranger, 100)
    released, back, theirs, never, due = (
        shop.paid(10),
        shop.paid(20),
        shop.paid(30, buyer=world.stranger),
        shop.order(40),
        shop.paid(50, due_at=shop.now + 10),
    )
    good = shop.paid(60)
    shop.release(released)
    shop.give_back([back])
    shop.until_due(due)
    before = shop.has(shop.buyer.address), shop.has(world.stranger)
    shop.give_back([released, back, theirs, never, due, good, good], [1, 2, 3, 4, 5, 6, 7])
    (given,) = events(shop.checkout, "GivenBack")
    assert given.orders == [shop.hash(each) for each in (theirs, good, good)]
    assert given.amounts == [3, 6, 7]
    assert shop.has(shop.buyer.address) == before[0] + 13
    assert shop.has(world.stranger) == before[1] + 3


def test_only_the_cashier_of_the_order(world: World, shop: Shop) -> None:
    order = shop.paid(1_000)
    for sender in (order.buyer, world.stranger, world.nodes[0].account):
        with boa.reverts("checkout: not the cashier"):
            shop.give_back([order], sender=sender)
    # who names itself cashier names another order
    with boa.env.prank(world.stranger), boa.reverts("checkout: nothing to give back"):
        shop.checkout.give_back(order.emc, world.stranger, [order.line()], [])


def test_from_the_due_time_on_nothing_goes_back(shop: Shop) -> None:
    order = shop.paid(1_000)
    boa.env.time_travel(seconds=order.due_at - shop.now - 1)
    shop.give_back([order], [1])
    boa.env.time_travel(seconds=1)
    with boa.reverts("checkout: nothing to give back"):
        shop.give_back([order])


def test_without_a_cashier_nobody_gives_it_back(world: World, shop: Shop) -> None:
    order = shop.paid(1_000, cashier="0x" + "00" * 20)
    with boa.reverts("checkout: not the cashier"):
        shop.give_back([order], sender=world.stranger)


def test_amounts_are_one_for_each_order(shop: Shop) -> None:
    orders = [shop.paid(10), shop.paid(10)]
    for amounts in ([1], [1, 2, 3]):
        with boa.reverts("checkout: not an amount each"):
            shop.give_back(orders, amounts)


def test_nothing_at_all_is_refused(shop: Shop) -> None:
    with boa.env.prank(shop.cashier), boa.reverts("checkout: nothing to give back"):
        shop.checkout.give_back(shop.emc.address, shop.cashier, [], [])


def test_of_an_emc_that_failed_anyone_has_all_of_it_go_back(world: World, shop: Shop) -> None:
    failed = Shop(world, shop.token, gate=Gate.BENCHMARK)
    before = failed.has(failed.buyer.address)
    due, later = failed.paid(100), failed.paid(200, due_at=failed.terms.ends_at - 1)
    failed.give_back([later], [50])
    failed.until_end()
    with boa.reverts("checkout: not the cashier"):
        failed.give_back([due], [1], sender=world.stranger)
    failed.give_back([due, later], sender=world.stranger)
    (given,) = events(failed.checkout, "GivenBack")
    assert (given.by, given.amounts) == (world.stranger, [100, 150])
    assert failed.has(failed.buyer.address) == before
    assert failed.standing(due) == failed.standing(later) == (OrderState.RETURNED, 0)


def test_a_time_that_has_come_is_not_an_end(world: World, shop: Shop) -> None:
    failed = Shop(world, shop.token, gate=Gate.BENCHMARK)
    order = failed.paid(100)
    boa.env.time_travel(seconds=failed.terms.ends_at - failed.now)
    with boa.reverts("checkout: not the cashier"):
        failed.give_back([order], sender=world.stranger)


def test_of_an_emc_that_succeeded_nothing_goes_back(world: World, shop: Shop) -> None:
    order = shop.paid(100)
    shop.until_end()
    with boa.reverts("checkout: not the cashier"):
        shop.give_back([order], sender=world.stranger)
    with boa.reverts("checkout: nothing to give back"):
        shop.give_back([order])
