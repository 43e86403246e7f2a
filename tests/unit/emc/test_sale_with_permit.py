from dataclasses import dataclass
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_account.signers.local import LocalAccount

from tests.kit import CUSTOMER, FAR, World, events, received
from tests.till import held_terms, key_of, payee, shares_of

PERMIT = [
    {"name": name, "type": kind}
    for kind, name in (
        ("address", "owner"),
        ("address", "spender"),
        ("uint256", "value"),
        ("uint256", "nonce"),
        ("uint256", "deadline"),
    )
]


@dataclass
class Shop:
    """An EMC in a token with permits, and a buyer with a key."""

    emc: VyperContract
    token: VyperContract
    buyer: LocalAccount

    def permit(self, amount: int, **changes: Any) -> tuple[int, int, bytes, bytes]:
        """Deadline and signature of the buyer's permit for the EMC to take the amount."""
        deadline = changes.pop("deadline", FAR)
        key = changes.pop("key", self.buyer)
        _, name, version, chain_id, contract, *_ = self.token.eip712Domain()
        signed = key.sign_typed_data(
            full_message={
                "types": {
                    "EIP712Domain": [
                        {"name": "name", "type": "string"},
                        {"name": "version", "type": "string"},
                        {"name": "chainId", "type": "uint256"},
                        {"name": "verifyingContract", "type": "address"},
                    ],
                    "Permit": PERMIT,
                },
                "primaryType": "Permit",
                "domain": {
                    "name": name,
                    "version": version,
                    "chainId": chain_id,
                    "verifyingContract": str(contract),
                },
                "message": {
                    "owner": self.buyer.address,
                    "spender": str(self.emc.address),
                    "value": amount,
                    "nonce": self.token.nonces(self.buyer.address),
                    "deadline": deadline,
                    **changes,
                },
            }
        )
        return deadline, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")

    def sell(self, number: int, amount: int, permit: tuple[int, int, bytes, bytes]) -> None:
        with boa.env.prank(self.buyer.address):
            self.emc.sale_with_permit(number, amount, CUSTOMER, *permit)


@pytest.fixture
def shop(world: World) -> Shop:
    token = world.token()
    buyer = key_of("buyer with a key")
    token.mint(buyer.address, 10**9)
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), currency=token.address)
    return Shop(world.make(terms), token, buyer)


def test_a_permit_sale_needs_no_transaction_before_it(shop: Shop) -> None:
    shop.sell(7, 1_000, shop.permit(1_000))
    (payout,) = events(shop.emc, "Payout")
    assert (payout.payer, payout.number, payout.customer) == (shop.buyer.address, 7, CUSTOMER)
    assert payout.gross == payout.received == 1_000
    assert [received(payee(i), shop.token) for i in range(3)] == [500, 300, 200]
    assert shop.token.balanceOf(shop.buyer.address) == 10**9 - 1_000
    assert shop.token.allowance(shop.buyer.address, shop.emc.address) == 0
    assert shop.emc.is_paid(shop.buyer.address, 7)


def test_a_permit_that_a_stranger_submits_first_still_sells(world: World, shop: Shop) -> None:
    permit = shop.permit(1_000)
    with boa.env.prank(world.stranger):
        shop.token.permit(shop.buyer.address, shop.emc.address, 1_000, *permit)
    shop.sell(7, 1_000, permit)
    assert shares_of(shop.emc) == [500, 300, 200]


def test_a_stranger_cannot_sell_with_the_permit_of_a_buyer(world: World, shop: Shop) -> None:
    permit = shop.permit(1_000)
    with boa.env.prank(world.stranger), boa.reverts("erc20: insufficient allowance"):
        shop.emc.sale_with_permit(7, 1_000, CUSTOMER, *permit)
    shop.sell(7, 1_000, permit)


@pytest.mark.parametrize(
    "changes",
    [
        {"value": 999},
        {"nonce": 1},
        {"spender": "0x" + "11" * 20},
        {"deadline": 1},
        {"key": key_of("stranger")},
    ],
    ids=["amount", "nonce", "spender", "expired", "signer"],
)
def test_a_wrong_permit_sells_nothing(shop: Shop, changes: dict[str, Any]) -> None:
    with boa.reverts("erc20: insufficient allowance"):
        shop.sell(7, 1_000, shop.permit(1_000, **changes))
    assert not shop.emc.is_paid(shop.buyer.address, 7)
    assert shop.emc.total() == 0


def test_an_allowance_from_before_is_enough(shop: Shop) -> None:
    with boa.env.prank(shop.buyer.address):
        shop.token.approve(shop.emc.address, 1_000)
    shop.sell(7, 1_000, shop.permit(1_000, nonce=5))
    assert shop.emc.total() == 1_000


def test_a_permit_sale_is_paid_once(shop: Shop) -> None:
    shop.sell(7, 1_000, shop.permit(1_000))
    with boa.reverts("orders: already paid"):
        shop.sell(7, 1_000, shop.permit(1_000))


def test_a_permit_sale_of_nothing_is_refused(shop: Shop) -> None:
    with boa.reverts("currency: nothing paid"):
        shop.sell(7, 0, shop.permit(0))


def test_a_permit_sale_in_native_coin_is_refused(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer), boa.reverts("currency: wrong amount"):
        emc.sale_with_permit(7, 1_000, CUSTOMER, FAR, 27, b"\1" * 32, b"\1" * 32)


def test_a_permit_sale_where_no_terms_are_in_force_is_refused(world: World) -> None:
    emc = world.implementation
    with boa.env.prank(world.buyer), boa.reverts("emc: not active"):
        emc.sale_with_permit(7, 1_000, CUSTOMER, FAR, 27, b"\1" * 32, b"\1" * 32)


def test_a_permit_sale_opens_the_gate(world: World, shop: Shop) -> None:
    shop.emc = world.make(held_terms(world, currency=shop.token.address))
    shop.sell(1, 999, shop.permit(999))
    assert shares_of(shop.emc) == []
    shop.sell(2, 1, shop.permit(1))
    assert shares_of(shop.emc) == [500, 300, 200]
