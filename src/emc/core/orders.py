"""Orders as an EMC sells them, cut into batches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eth_utils.crypto import keccak

MAX_BATCH = 128
NO_CUSTOMER = b"\0" * 32


@dataclass(frozen=True)
class Order:
    """One order to be sold: its line in the file, number, base units and customer reference."""

    line: int
    number: int
    amount: int
    customer: bytes


@dataclass(frozen=True)
class Batch:
    """Consecutive numbers from `first` on; a place without an order leaves its number unused."""

    first: int
    orders: tuple[Order, ...]

    def argument(self) -> list[tuple[int, bytes]]:
        """The list that EMC.sales takes."""
        places = [(0, NO_CUSTOMER)] * (self.orders[-1].number - self.first + 1)
        for order in self.orders:
            places[order.number - self.first] = (order.amount, order.customer)
        return places

    @property
    def amount(self) -> int:
        return sum(order.amount for order in self.orders)


def batches(orders: Iterable[Order], size: int = 100) -> Iterator[Batch]:
    """Orders in ascending number, cut so that each batch spans at most 128 consecutive numbers."""
    part: list[Order] = []
    for order in orders:
        if part and (len(part) == size or order.number - part[0].number >= MAX_BATCH):
            yield Batch(part[0].number, tuple(part))
            part = []
        part.append(order)
    if part:
        yield Batch(part[0].number, tuple(part))


def reference(customer: str, salt: bytes) -> bytes:
    """The opaque reference of a customer: keccak-256 of salt and name, zero for no name."""
    return keccak(salt + customer.encode()) if customer else NO_CUSTOMER
