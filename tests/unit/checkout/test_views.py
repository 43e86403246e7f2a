from dataclasses import replace

import boa

from emc.core.checkout import OrderState
from emc.core.terms import NATIVE
from tests.checkout import Shop
from tests.kit import World, address, deployer


def test_the_hash_binds_every_field_chain_and_contract(shop: Shop) -> None:
    order = shop.order()
    assert shop.checkout.hash_of(order.argument()) == shop.hash(order)
    chain_id, at = boa.env.evm.patch.chain_id, str(shop.checkout.address)
    others = [
        replace(order, emc=address("x")),
        replace(order, buyer=address("x")),
        replace(order, reference=bytes(32)),
        replace(order, amount=1),
        replace(order, customer=bytes(32)),
        replace(order, cashier=address("x")),
        replace(order, due_at=1),
    ]
    hashes = {each.hash(chain_id, at) for each in (order, *others)}
    hashes |= {order.hash(chain_id + 1, at), order.hash(chain_id, address("x"))}
    assert len(hashes) == 10


def test_another_checkout_has_other_hashes(world: World, shop: Shop) -> None:
    order = shop.order()
    other = deployer("Checkout.vy").deploy(world.consent.address)
    assert other.hash_of(order.argument()) != shop.checkout.hash_of(order.argument())


def test_the_standing_is_that_of_exactly_this_order(shop: Shop) -> None:
    order = shop.order(1_000)
    assert shop.standing(order) == (OrderState.NONE, 0)
    assert not shop.checkout.is_placed(order.emc, order.buyer, order.reference)
    shop.pay(order)
    assert shop.standing(order) == (OrderState.WAITING, 1_000)
    for changes in (
        {"amount": 1},
        {"cashier": order.buyer},
        {"due_at": 1},
        {"customer": b"\1" * 32},
    ):
        assert shop.standing(replace(order, **changes)) == (OrderState.NONE, 0)
    assert shop.checkout.is_placed(order.emc, order.buyer, order.reference)
    assert not shop.checkout.is_placed(order.emc, order.buyer, b"\1" * 32)
    assert not shop.checkout.is_placed(address("x"), order.buyer, order.reference)
    assert not shop.checkout.is_placed(order.emc, address("x"), order.reference)


def test_nothing_is_sold_or_credited_at_first(shop: Shop) -> None:
    assert shop.checkout.sold(shop.emc.address) == 0
    assert shop.checkout.credits(NATIVE, shop.buyer.address) == 0


def test_it_names_consent(world: World) -> None:
    assert world.checkout.consent() == world.consent.address
