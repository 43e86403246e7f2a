from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.core.checkout import OrderState
from tests.checkout import Shop, key_of
from tests.kit import World, address, deployer, events
from tests.till import payee


def test_a_stranger_relays_what_the_buyer_signed(stable: Shop) -> None:
    order = stable.order(1_000)
    boa.env.set_balance(order.buyer, 0)
    stable.relay(order)
    (placed,) = events(stable.checkout, "Placed")
    assert (placed.buyer, placed.order) == (order.buyer, stable.hash(order))
    assert stable.standing(order) == (OrderState.WAITING, 1_000)
    assert stable.has(stable.checkout.address) == 1_000
    assert stable.has(order.buyer) == 10**15 - 1_000
    assert stable.token is not None
    assert stable.token.authorizationState(order.buyer, stable.hash(order))


def test_what_is_due_is_the_final_sale_without_gas(world: World, stable: Shop) -> None:
    order = stable.order(1_000, due_at=stable.now)
    boa.env.set_balance(order.buyer, 0)
    stable.relay(order)
    (booked,) = events(stable.checkout, "Booked")
    assert (booked.by, booked.first, booked.orders) == (
        world.stranger,
        1,
        [stable.hash(order)],
    )
    assert [stable.has(payee(i)) for i in range(3)] == [500, 300, 200]
    assert stable.standing(order) == (OrderState.BOOKED, 1_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": b"\1" * 32},
        {"amount": 999},
        {"customer": b"\1" * 32},
        {"cashier": address("thief")},
        {"due_at": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_nothing_of_the_order_can_be_altered_by_who_sends_it(
    stable: Shop, changes: dict[str, Any]
) -> None:
    order = stable.order(1_000)
    given = stable.authorization(order)
    altered = replace(order, **changes)
    with boa.reverts("token: invalid signature"):
        stable.relay(altered, *given)
    assert stable.standing(order) == (OrderState.NONE, 0)
    stable.relay(order, *given)


def test_an_authorization_pays_once(stable: Shop) -> None:
    order = stable.order(1_000)
    given = stable.authorization(order)
    stable.relay(order, *given)
    with boa.reverts("checkout: order exists"):
        stable.relay(order, *given)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_before": 1}, "token: expired"),
        ({"valid_after": 2**39}, "token: not yet valid"),
        ({"key": key_of("stranger")}, "token: invalid signature"),
        ({"value": 999}, "token: invalid signature"),
        ({"nonce": b"\1" * 32}, "token: invalid signature"),
        ({"to": address("thief")}, "token: invalid signature"),
    ],
    ids=["expired", "too early", "signer", "amount", "nonce", "payee"],
)
def test_a_wrong_authorization_pays_nothing(
    stable: Shop, changes: dict[str, Any], reason: str
) -> None:
    order = stable.order(1_000)
    with boa.reverts(reason):
        stable.relay(order, *stable.authorization(order, **changes))
    assert stable.standing(order) == (OrderState.NONE, 0)


@pytest.mark.parametrize("length", [0, 64, 66, 325])
def test_a_signature_of_a_key_has_65_bytes(stable: Shop, length: int) -> None:
    order = stable.order(1_000)
    after, before, signature = stable.authorization(order)
    with boa.reverts("authorizations: refused"):
        stable.relay(order, after, before, signature.ljust(length, b"\0")[:length])


def test_a_contract_wallet_pays_by_the_variant_with_bytes(stable: Shop) -> None:
    wallet = deployer("mocks/Wallet1271.vy").deploy(stable.buyer.address)
    assert stable.token is not None
    stable.token.mint(wallet.address, 1_000)
    order = stable.order(1_000, buyer=str(wallet.address))
    with boa.reverts("token: invalid signature"):
        stable.relay(order, *stable.authorization(order, key=key_of("stranger")))
    stable.relay(order)
    assert stable.standing(order) == (OrderState.WAITING, 1_000)
    assert stable.has(wallet.address) == 0


def test_an_authorization_over_nothing_is_refused(stable: Shop) -> None:
    with boa.reverts("checkout: nothing paid"):
        stable.relay(stable.order(0))


def test_native_coin_has_no_authorizations(world: World) -> None:
    shop = Shop(world)
    with boa.reverts("authorizations: not a token"):
        shop.relay(shop.order(1_000), 0, 2**39, b"\1" * 65)


def test_the_rules_of_orders_hold(stable: Shop) -> None:
    with boa.reverts("checkout: due after the end"):
        stable.relay(stable.order(due_at=stable.terms.ends_at))
    with boa.reverts("checkout: not an EMC"):
        stable.relay(stable.order(emc=address("nobody")))
