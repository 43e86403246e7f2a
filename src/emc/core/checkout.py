"""What a buyer pays at Checkout: an order, its hash, and the signature that pays for it.

Mirrors ``contracts/interfaces/ICheckout.vyi``. Amounts are base units, times Unix seconds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.core import typed_data
from emc.core.terms import NATIVE

NO_CUSTOMER = b"\0" * 32

_ORDER_TYPE = "(address,address,bytes32,uint256,bytes32,address,uint256)"
_RECEIVE = (
    "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
)


class OrderState(IntFlag):
    """The state of an order; none: it was never paid."""

    NONE = 0
    WAITING = 1
    BOOKED = 2
    RETURNED = 4


@dataclass(frozen=True)
class CheckoutOrder:
    """What a buyer agrees to; only one ever exists per EMC, buyer and reference.

    Args:
        reference: The merchant's name for it, 32 bytes.
        amount: Base units of the EMC's currency.
        customer: An opaque reference; 32 zero bytes: the buyer's address.
        cashier: Who may give it back before it is due; the zero address: nobody.
        due_at: From then on it belongs to the EMC; now or earlier: sold at once.
    """

    emc: str
    buyer: str
    reference: bytes
    amount: int
    customer: bytes = NO_CUSTOMER
    cashier: str = NATIVE
    due_at: int = 0

    def argument(self) -> tuple[str, str, bytes, int, bytes, str, int]:
        """The order as the contract takes it."""
        emc, cashier, line = self.emc, self.cashier, self.line()
        return emc, *line[:4], cashier, line[4]

    def line(self) -> tuple[str, bytes, int, bytes, int]:
        """The order without its EMC and cashier."""
        return self.buyer, self.reference, self.amount, self.customer, self.due_at

    def hash(self, chain_id: int, checkout: str) -> bytes:
        """What binds a payment to this order: also the nonce of its authorization."""
        return bytes(
            keccak(
                encode(["uint256", "address", _ORDER_TYPE], [chain_id, checkout, self.argument()])
            )
        )


@dataclass(frozen=True)
class TokenDomain:
    """What an EIP-712 signature for a token is bound to."""

    name: str
    version: str
    chain_id: int
    token: str

    def typed(self, kind: str, fields: str, values: dict[str, Any]) -> dict[str, Any]:
        """Typed data for the token; see `emc.core.typed_data.typed`."""
        bound = typed_data.bound_to(self.name, self.version, self.chain_id, self.token)
        return typed_data.typed(bound, kind, fields, values)


def batches(
    orders: Iterable[CheckoutOrder], size: int = 100
) -> Iterator[tuple[CheckoutOrder, ...]]:
    """Split orders into batches with the same EMC and cashier."""
    parts: dict[tuple[str, str], list[CheckoutOrder]] = {}
    for order in orders:
        part = parts.setdefault((order.emc, order.cashier), [])
        part.append(order)
        if len(part) == size:
            yield tuple(part)
            part.clear()
    yield from (tuple(part) for part in parts.values() if part)


def authorization(
    domain: TokenDomain,
    order: CheckoutOrder,
    checkout: str,
    *,
    valid_after: int = 0,
    valid_before: int,
) -> dict[str, Any]:
    """The EIP-3009 message by which a buyer lets Checkout, and nobody else, take an order's amount.

    Args:
        valid_after: Valid only after this second.
        valid_before: Valid only before this second.
    """
    values = {
        "from": order.buyer,
        "to": checkout,
        "value": order.amount,
        "validAfter": valid_after,
        "validBefore": valid_before,
        "nonce": order.hash(domain.chain_id, checkout),
    }
    return domain.typed("ReceiveWithAuthorization", _RECEIVE, values)
