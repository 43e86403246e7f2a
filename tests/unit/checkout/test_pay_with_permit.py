from typing import Any

import boa
import pytest

from emc.core.checkout import OrderState
from tests.checkout import Shop, key_of
from tests.kit import FAR, World, events
from tests.unit.emc.test_sale_with_permit import PERMIT

Permit = tuple[int, int, bytes, bytes]


def permit(shop: Shop, amount: int, **changes: Any) -> Permit:
    """Deadline and signature of the buyer's permit for Checkout to take the amount."""
    assert shop.token is not None
    deadline = changes.pop("deadline", FAR)
    key = changes.pop("key", shop.buyer)
    signed = key.sign_typed_data(
        domain_data={
            "name": "USD Coin",
            "version": "2",
            "chainId": boa.env.evm.patch.chain_id,
            "verifyingContract": str(shop.token.address),
        },
        message_types={"Permit": PERMIT},
        message_data={
            "owner": shop.buyer.address,
            "spender": str(shop.checkout.address),
            "value": amount,
            "nonce": shop.token.nonces(shop.buyer.address),
            "deadline": deadline,
            **changes,
        },
    )
    return deadline, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def test_a_permit_pays_without_a_transaction_before_it(stable: Shop) -> None:
    order = stable.order(1_000)
    with boa.env.prank(order.buyer):
        stable.checkout.pay_with_permit(order.argument(), *permit(stable, 1_000))
    assert len(events(stable.checkout, "Placed")) == 1
    assert stable.standing(order) == (OrderState.WAITING, 1_000)
    assert stable.has(stable.checkout.address) == 1_000
    assert stable.has(stable.buyer.address) == 10**15 - 1_000
    assert stable.token is not None
    assert stable.token.allowance(order.buyer, stable.checkout.address) == 0


def test_a_permit_pays_what_is_due_at_once(stable: Shop) -> None:
    order = stable.order(1_000, due_at=0)
    with boa.env.prank(order.buyer):
        stable.checkout.pay_with_permit(order.argument(), *permit(stable, 1_000))
    assert len(events(stable.checkout, "Booked")) == 1
    assert stable.emc.total() == 1_000


def test_a_permit_that_a_stranger_submits_first_still_pays(world: World, stable: Shop) -> None:
    order, given = stable.order(1_000), permit(stable, 1_000)
    assert stable.token is not None
    with boa.env.prank(world.stranger):
        stable.token.permit(order.buyer, stable.checkout.address, 1_000, *given)
    with boa.env.prank(order.buyer):
        stable.checkout.pay_with_permit(order.argument(), *given)
    assert stable.standing(order) == (OrderState.WAITING, 1_000)


def test_a_stranger_cannot_pay_with_the_permit_of_a_buyer(world: World, stable: Shop) -> None:
    order = stable.order(1_000)
    with boa.env.prank(world.stranger), boa.reverts("checkout: not the buyer"):
        stable.checkout.pay_with_permit(order.argument(), *permit(stable, 1_000))


@pytest.mark.parametrize(
    "changes",
    [{"value": 999}, {"nonce": 1}, {"deadline": 1}, {"key": key_of("stranger")}],
    ids=["amount", "nonce", "expired", "signer"],
)
def test_a_wrong_permit_pays_nothing(stable: Shop, changes: dict[str, Any]) -> None:
    order = stable.order(1_000)
    with boa.env.prank(order.buyer), boa.reverts("token: allowance too small"):
        stable.checkout.pay_with_permit(order.argument(), *permit(stable, 1_000, **changes))
    assert stable.standing(order) == (OrderState.NONE, 0)


def test_native_coin_has_no_permits(world: World) -> None:
    shop = Shop(world)
    order = shop.order(1_000)
    with boa.env.prank(order.buyer), boa.reverts("currency: wrong amount"):
        shop.checkout.pay_with_permit(order.argument(), FAR, 27, b"\1" * 32, b"\1" * 32)
