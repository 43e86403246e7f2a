"""Orders of an EMC, split into batches."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from eth_utils.crypto import keccak

from emc.core.limits import MAX_ORDERS
from emc.core.text import shown
from emc.errors import EMCError

NO_CUSTOMER = b"\0" * 32
# text in front of a running number: its hash stands above the bits of that number
SERIAL_BITS = 96
MAX_TEXT = 200


@dataclass(frozen=True)
class Order:
    """One order to be sold.

    Args:
        line: Line in the file.
        number: Its number on chain; see `order_number`.
        amount: Base units.
        customer: The opaque reference.
        text: The merchant's name for it, if that is not the number.
    """

    line: int
    number: int
    amount: int
    customer: bytes
    text: str = ""

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.text or str(self.number)


@dataclass(frozen=True)
class Batch:
    """Consecutive numbers from `first` on; a place without an order leaves its number unused."""

    first: int
    orders: tuple[Order, ...]

    def argument(self) -> list[tuple[int, bytes]]:
        """The list argument of EMC.sales."""
        places = [(0, NO_CUSTOMER)] * (self.orders[-1].number - self.first + 1)
        for order in self.orders:
            places[order.number - self.first] = (order.amount, order.customer)
        return places

    @property
    def amount(self) -> int:
        return sum(order.amount for order in self.orders)


def batches(orders: Iterable[Order], size: int = 100) -> Iterator[Batch]:
    """Split orders by ascending number into batches of at most 128 consecutive numbers."""
    part: list[Order] = []
    for order in orders:
        if part and (len(part) == size or order.number - part[0].number >= MAX_ORDERS):
            yield Batch(part[0].number, tuple(part))
            part = []
        part.append(order)
    if part:
        yield Batch(part[0].number, tuple(part))


# a customer buys more than once
@lru_cache(maxsize=65_536)
def reference(customer: str, salt: bytes) -> bytes:
    """The opaque reference of a customer: keccak-256 of salt and name, zero for no name."""
    return keccak(salt + customer.encode()) if customer else NO_CUSTOMER


def order_number(text: str) -> int:
    """The order number for a merchant's order name; always the same for the same name.

    Digits are the number itself. Of other text the running number at its end stays one, so that a
    series such as ``INV-2026-001``, ``INV-2026-002`` is as cheap as 1, 2: the first 20 bytes of
    keccak-256 of the text before it (leading zeros included), shifted left by 96 bits, plus it.
    Text without digits at its end is its keccak-256.

    Raises:
        EMCError: empty, too long, with characters that cannot be seen, or above 2**256 - 1.
    """
    text = text.strip()
    if not text or len(text) > MAX_TEXT or not text.isprintable():
        raise EMCError(
            f"order {shown(text)} is not a number",
            f"write up to {MAX_TEXT} characters, such as 1001 or INV-2026-001",
        )
    if re.fullmatch("[0-9]+", text, re.ASCII):
        number = int(text)
        if number >= 2**256:
            raise EMCError(f"order {shown(text)} is too large", "at most 2**256 - 1")
        return number
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", text, re.ASCII):
        # what a spreadsheet made of a number is no name that anybody gave
        raise EMCError(f"order {shown(text)} is not a number", "write its digits in full")
    found = re.fullmatch(r"(.*?)(0|[1-9][0-9]*)", text, re.ASCII)
    if found is None or len(found[2]) > 28:
        return int.from_bytes(keccak(text=text), "big")
    series = int.from_bytes(keccak(text=found[1])[:20], "big")
    return (series << SERIAL_BITS) + int(found[2])
