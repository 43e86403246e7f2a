import boa
import pytest
from eth.exceptions import Revert

from emc.core.checkout import OrderState
from emc.core.limits import MAX_AMOUNT, MAX_WAIT
from tests.checkout import CUSTOMER, DAY, Shop
from tests.kit import World, address, events
from tests.till import payee


def test_what_is_paid_waits_until_it_is_due(shop: Shop) -> None:
    before = shop.has(shop.buyer.address)
    order = shop.paid(1_000)
    (placed,) = events(shop.checkout, "Placed")
    assert (placed.emc, placed.buyer, placed.order) == (
        shop.emc.address,
        shop.buyer.address,
        shop.hash(order),
    )
    assert (placed.reference, placed.amount, placed.customer, placed.cashier, placed.due_at) == (
        order.reference,
        1_000,
        CUSTOMER,
        shop.cashier,
        order.due_at,
    )
    assert events(shop.checkout, "Booked") == []
    assert shop.standing(order) == (OrderState.WAITING, 1_000)
    assert shop.has(shop.checkout.address) == 1_000
    assert shop.has(shop.buyer.address) == before - 1_000
    # it is no proceeds
    assert shop.emc.total() == 0


@pytest.mark.parametrize("early", [0, 1, 10**9])
def test_what_is_due_is_sold_at_once(shop: Shop, early: int) -> None:
    order = shop.paid(1_000, due_at=shop.now - early)
    (booked,) = events(shop.checkout, "Booked")
    assert (booked.emc, booked.by, booked.first, booked.orders) == (
        shop.emc.address,
        shop.buyer.address,
        1,
        [shop.hash(order)],
    )
    (payout,) = events(shop.checkout, "Payout")
    assert (payout.payer, payout.number, payout.customer) == (shop.checkout.address, 1, CUSTOMER)
    assert (payout.gross, payout.received) == (1_000, 1_000)
    assert [shop.has(payee(i)) for i in range(3)] == [500, 300, 200]
    assert shop.standing(order) == (OrderState.BOOKED, 1_000)
    assert shop.has(shop.checkout.address) == 0


def test_sales_have_consecutive_numbers(shop: Shop) -> None:
    for number in (1, 2, 3):
        shop.paid(10, due_at=0)
        (booked,) = events(shop.checkout, "Booked")
        assert booked.first == number
    assert shop.checkout.sold(shop.emc.address) == 3
    assert [shop.emc.is_paid(shop.checkout.address, number) for number in range(5)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_without_a_reference_the_buyer_is_the_customer_and_never_checkout(shop: Shop) -> None:
    shop.paid(10, due_at=0, customer=bytes(32))
    (payout,) = events(shop.checkout, "Payout")
    assert payout.customer == bytes.fromhex(shop.buyer.address[2:]).rjust(32, b"\0")


def test_a_reference_is_paid_once_whatever_else_the_order_says(shop: Shop) -> None:
    order = shop.paid(1_000)
    with boa.reverts("checkout: order exists"):
        shop.pay(order)
    for changes in ({"amount": 5}, {"cashier": address("other")}, {"due_at": 0}):
        other = shop.order(**{"reference": order.reference, **changes})
        with boa.reverts("checkout: order exists"):
            shop.pay(other)
        assert shop.standing(other) == (OrderState.NONE, 0)


@pytest.mark.parametrize("how", ["given back", "released", "booked"])
def test_a_retry_pays_once_also_when_it_is_over(shop: Shop, how: str) -> None:
    order = shop.paid(1_000)
    if how == "given back":
        shop.give_back([order])
    elif how == "released":
        shop.release(order)
    else:
        shop.until_due(order)
        shop.book([order])
    with boa.reverts("checkout: order exists"):
        shop.pay(order)


def test_each_buyer_has_references_of_its_own(world: World, shop: Shop) -> None:
    if shop.token:
        shop.token.mint(world.stranger, 10)
    theirs = shop.paid(10, buyer=world.stranger)
    ours = shop.paid(20, reference=theirs.reference)
    assert shop.standing(theirs) == (OrderState.WAITING, 10)
    assert shop.standing(ours) == (OrderState.WAITING, 20)


def test_only_the_buyer_pays(world: World, shop: Shop) -> None:
    with boa.reverts("checkout: not the buyer"):
        shop.pay(shop.order(), sender=world.stranger)


def test_it_waits_400_days_at_most(shop: Shop, world: World) -> None:
    long = Shop(world, shop.token, ends_at=shop.now + 500 * DAY)
    with boa.reverts("checkout: due too late"):
        long.pay(long.order(due_at=long.now + MAX_WAIT + 1))
    long.paid(due_at=long.now + MAX_WAIT)


def test_it_is_due_before_the_end(shop: Shop) -> None:
    with boa.reverts("checkout: due after the end"):
        shop.pay(shop.order(due_at=shop.terms.ends_at))
    shop.paid(due_at=shop.terms.ends_at - 1)


@pytest.mark.parametrize("wait", [-1, 1])
def test_nothing_is_paid_after_the_end(shop: Shop, wait: int) -> None:
    boa.env.time_travel(seconds=shop.terms.ends_at - shop.now)
    with boa.reverts("checkout: EMC is over"):
        shop.pay(shop.order(due_at=shop.now + wait))


def test_a_sale_before_the_start_is_refused_and_an_order_for_later_is_not(
    shop: Shop, world: World
) -> None:
    start = shop.now + 10 * DAY
    early = Shop(world, shop.token, starts_at=start)
    with boa.reverts("emc: not started"):
        early.pay(early.order(due_at=early.now))
    order = early.paid(due_at=start)
    early.until_due(order)
    early.book([order])
    assert early.emc.total() == 1_000


def test_only_emcs_that_consent_has_made_are_paid(shop: Shop, world: World) -> None:
    with boa.reverts("checkout: not an EMC"):
        shop.pay(shop.order(emc=address("nobody")))
    consent, _ = world.other_consent()
    assert consent.terms_of(shop.emc.address) == bytes(32)
    implementation = str(world.implementation.address)
    with boa.reverts("checkout: not an EMC"):
        shop.pay(shop.order(emc=implementation))


def test_nothing_is_refused(shop: Shop) -> None:
    with boa.reverts("currency: nothing paid"):
        shop.pay(shop.order(0))


def test_an_amount_that_no_emc_can_book_is_refused(shop: Shop) -> None:
    with boa.reverts("checkout: amount too large"):
        shop.pay(shop.order(MAX_AMOUNT + 1), value=0)


def test_the_largest_amount_that_an_emc_can_book_waits_and_is_booked(shop: Shop) -> None:
    if shop.token:
        shop.token.mint(shop.buyer.address, MAX_AMOUNT)
    else:
        boa.env.set_balance(shop.buyer.address, MAX_AMOUNT)
    order = shop.paid(MAX_AMOUNT)
    assert shop.standing(order) == (OrderState.WAITING, MAX_AMOUNT)
    shop.until_due(order)
    shop.book([order])
    assert shop.standing(order) == (OrderState.BOOKED, MAX_AMOUNT)
    assert shop.emc.total() == MAX_AMOUNT


def test_coin_must_be_exactly_the_amount(world: World) -> None:
    shop = Shop(world)
    for value in (0, 999, 1_001):
        with boa.reverts("currency: wrong amount"):
            shop.pay(shop.order(1_000), value=value)


def test_coin_with_a_token_is_refused(stable: Shop) -> None:
    with boa.reverts("currency: not native"):
        stable.pay(stable.order(1_000), value=1)


def test_a_refused_payment_leaves_the_reference_free(stable: Shop) -> None:
    order = stable.order(10**16)
    with boa.reverts("token: balance too small"):
        stable.pay(order)
    assert not stable.checkout.is_placed(order.emc, order.buyer, order.reference)


def test_coin_that_is_just_sent_is_refused(world: World, shop: Shop) -> None:
    with boa.env.prank(world.stranger), pytest.raises(Revert):
        boa.env.raw_call(shop.checkout.address, value=1)
