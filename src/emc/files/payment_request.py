"""A request to pay one order, as the URI that wallets take (ERC-681) and as a QR code.

The URI calls ``EMC.sale``. In a token the wallet must have let the EMC pull the amount before;
`emc pay` takes the same URI and sees to that.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import BytesIO, StringIO
from typing import Any

from eth_utils.address import is_checksum_address, to_checksum_address

from emc.core.limits import MAX_AMOUNT
from emc.core.orders import NO_CUSTOMER
from emc.core.text import shown
from emc.core.units import EXACT
from emc.errors import EMCError

MAX_LENGTH = 400
# what a file of a QR code may be named after
KINDS = ("svg", "png")
_SCHEME = "ethereum:"
_URI = re.compile(r"ethereum:(?:pay-)?(0x[0-9a-fA-F]{40})(?:@([0-9]{1,19}))?/sale\?([^#\s]*)")
_NUMBER = re.compile(r"[0-9]{1,78}(\.[0-9]{1,78})?([eE][0-9]{1,3})?")


@dataclass(frozen=True)
class PaymentRequest:
    """One order to be paid.

    Args:
        amount: Base units.
        customer: 32 opaque bytes; zeros: the payer is the customer.
        is_native: Whether coin is sent along; else a token is pulled.
    """

    emc: str
    chain_id: int
    order: int
    amount: int
    customer: bytes = NO_CUSTOMER
    is_native: bool = False

    @property
    def uri(self) -> str:
        """As ERC-681 writes it."""
        text = (
            f"ethereum:{self.emc}@{self.chain_id}/sale?uint256={self.order}"
            f"&uint256={self.amount}&bytes32=0x{self.customer.hex()}"
        )
        return f"{text}&value={self.amount}" if self.is_native else text


def is_one(text: str) -> bool:
    """Whether a text is meant to be a request."""
    return text[: len(_SCHEME)].lower() == _SCHEME


def parse(text: str) -> PaymentRequest:
    """The request in a URI.

    Raises:
        EMCError: not one that asks to pay an order of an EMC.
    """
    hint = "ask for the payment request again"
    # a scheme may be in capitals, as some make the code smaller by it
    is_short = is_one(text) and len(text) <= MAX_LENGTH
    found = _URI.fullmatch(_SCHEME + text[len(_SCHEME) :]) if is_short else None
    if found is None:
        raise EMCError(f"{shown(text)} is not a request to pay an order of an EMC", hint)
    emc, chain, query = found.groups()
    if emc not in (emc.lower(), "0x" + emc[2:].upper()) and not is_checksum_address(emc):
        raise EMCError(f"{emc} is not a checksummed address", hint)
    if not chain:
        raise EMCError("the request names no chain", hint)
    pairs = [tuple(part.partition("=")[::2]) for part in query.split("&")]
    names = [name for name, _ in pairs]
    if names not in (
        ["uint256", "uint256", "bytes32"],
        ["uint256", "uint256", "bytes32", "value"],
    ):
        raise EMCError("the request does not name order, amount and customer", hint)
    order, amount = (_number(value) for _, value in pairs[:2])
    customer = pairs[2][1]
    if not re.fullmatch(r"0x[0-9a-fA-F]{64}", customer):
        raise EMCError(f"customer {shown(customer)} is not 32 bytes", hint)
    is_native = len(pairs) == 4
    if is_native and _number(pairs[3][1]) != amount:
        raise EMCError("the request sends another amount than it pays", hint)
    if not 0 < amount <= MAX_AMOUNT:
        raise EMCError("the amount is zero, or more than an EMC accepts", hint)
    return PaymentRequest(
        emc=to_checksum_address(emc),
        chain_id=int(chain),
        order=order,
        amount=amount,
        customer=bytes.fromhex(customer[2:]),
        is_native=is_native,
    )


def customer_of(text: str | None) -> bytes:
    """A customer reference from 0x and 64 hex digits; zeros for none.

    Raises:
        EMCError: anything else.
    """
    if not text:
        return NO_CUSTOMER
    if not re.fullmatch(r"0x[0-9a-fA-F]{64}", text):
        raise EMCError(
            f"customer {shown(text)} is not a reference",
            "0x and 64 hex digits: a salted hash, never a name",
        )
    return bytes.fromhex(text[2:])


def terminal(request: PaymentRequest) -> str:
    """A QR code in characters."""
    out = StringIO()
    _code(request).terminal(out, compact=True)
    return out.getvalue()


def picture(request: PaymentRequest, kind: str) -> bytes:
    """A QR code as a file: svg or png."""
    out = BytesIO()
    _code(request).save(out, kind=kind, scale=8)
    return out.getvalue()


def _code(request: PaymentRequest) -> Any:
    import segno

    return segno.make_qr(request.uri, error="m")


def _number(text: str) -> int:
    try:
        value = Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        value = None
    if value is None or value.adjusted() > 77 or value != value.to_integral_value(context=EXACT):
        raise EMCError(f"{shown(text)} is not a whole number", "ask for the payment request again")
    number = int(value)
    if number >= 2**256:
        raise EMCError(f"{shown(text)} is too large", "ask for the payment request again")
    return number
