import boa

from emc.core.checkout import OrderState
from tests.checkout import Shop
from tests.kit import World, events


def test_anyone_sends_the_buyer_money_of_its_own(world: World, shop: Shop) -> None:
    order = shop.paid(1_000, due_at=0)
    before, total = shop.has(order.buyer), shop.emc.total()
    shop.refund(order, 400)
    (refunded,) = events(shop.checkout, "Refunded")
    assert (refunded.emc, refunded.payer, refunded.order) == (
        shop.emc.address,
        world.buyer,
        shop.hash(order),
    )
    assert (refunded.amount, refunded.is_credited) == (400, False)
    assert shop.has(order.buyer) == before + 400
    assert shop.has(shop.checkout.address) == 0
    assert shop.standing(order) == (OrderState.BOOKED, 600)
    # the sale stays a sale
    assert shop.emc.total() == total


def test_in_parts_and_never_more_than_was_booked(shop: Shop) -> None:
    order = shop.paid(1_000)
    shop.give_back([order], [300])
    shop.until_due(order)
    shop.book([order])
    with boa.reverts("checkout: more than was booked"):
        shop.refund(order, 701)
    shop.refund(order, 300)
    with boa.reverts("checkout: more than was booked"):
        shop.refund(order, 401)
    shop.refund(order, 400)
    assert shop.standing(order) == (OrderState.BOOKED, 0)
    with boa.reverts("checkout: more than was booked"):
        shop.refund(order, 1)


def test_only_what_is_booked_is_refunded(shop: Shop) -> None:
    waiting, never = shop.paid(1_000), shop.order(1_000)
    back = shop.paid(1_000)
    shop.give_back([back])
    for order in (waiting, never, back):
        with boa.reverts("checkout: not booked"):
            shop.refund(order, 1)


def test_a_refund_of_nothing_is_refused(shop: Shop) -> None:
    order = shop.paid(1_000, due_at=0)
    with boa.reverts("currency: nothing paid"):
        shop.refund(order, 0)


def test_coin_must_be_exactly_the_refund(world: World) -> None:
    shop = Shop(world)
    order = shop.paid(1_000, due_at=0)
    for value in (0, 9, 11):
        with boa.reverts("currency: wrong amount"):
            shop.refund(order, 10, value=value)


def test_coin_does_not_refund_a_token(stable: Shop) -> None:
    order = stable.paid(1_000, due_at=0)
    with boa.reverts("currency: not native"):
        stable.refund(order, 10, value=10)


def test_also_after_the_end(shop: Shop) -> None:
    order = shop.paid(1_000)
    shop.until_end()
    shop.book([order])
    before = shop.has(order.buyer)
    shop.refund(order, 1_000)
    assert shop.has(order.buyer) == before + 1_000
