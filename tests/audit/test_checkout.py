"""Orders at Checkout as the audit sees them: whatever the contract cannot have done is a fault."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from emc.audit.prove import checkout
from emc.audit.prove.checkout import Orders
from emc.audit.prove.history import Happened, Payout
from emc.audit.read import abi
from emc.core.checkout import CheckoutOrder

CHAIN = 31337
CHECKOUT, EMC, BUYER, CASHIER, STRANGER = (
    abi.address(int.from_bytes(keccak(text=each)[12:], "big"))
    for each in ("checkout", "emc", "buyer", "cashier", "stranger")
)
ORDER = CheckoutOrder(EMC, BUYER, b"\1" * 32, 1_000, b"\2" * 32, CASHIER, due_at=1_000)


@dataclass
class Chain:
    """A life of orders, one event per block, a block per second."""

    events: list[Happened] = field(default_factory=list)
    own: list[Any] = field(default_factory=list)
    orders: dict[tuple[int, int], list[tuple[str, int, int]]] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)
    has_failed: bool = False

    def at(self, time: int | None) -> int:
        block = len(self.times) + 1
        self.times[block] = block if time is None else time
        return block

    def log(self, name: str, time: int | None = None, **args: Any) -> None:
        block = self.at(time)
        self.events.append(Happened(block, 5, f"tx {block}", "Checkout", name, abi.jsonable(args)))

    def place(self, order: CheckoutOrder = ORDER, **changes: Any) -> None:
        args = {
            "order": order.hash(CHAIN, CHECKOUT),
            "buyer": order.buyer,
            "reference": order.reference,
            "amount": order.amount,
            "customer": order.customer,
            "cashier": order.cashier,
            "due_at": order.due_at,
        }
        self.log("Placed", **{**args, **changes})

    def give_back(self, amount: int, by: str = CASHIER, time: int | None = None) -> None:
        orders = [ORDER.hash(CHAIN, CHECKOUT)]
        self.log("GivenBack", time, by=by, orders=orders, amounts=[amount], credited=0)

    def book(
        self, amount: int, first: int = 1, by: str = STRANGER, time: int | None = 1_000
    ) -> None:
        orders = [ORDER.hash(CHAIN, CHECKOUT)]
        self.log("Booked", time, by=by, first=first, orders=orders)
        self.sell(amount, first)

    def sell(self, amount: int, number: int) -> None:
        """The sale or the absorption of the newest block."""
        block = len(self.times)
        kind = "sale" if number else "absorbed"
        values = kind, CHECKOUT, 1, number, "0x", amount, amount, amount, 0, 0
        self.own.append(Payout(block, 2, f"tx {block}", *values, [], []))
        if number:
            self.orders[block, 2] = [(CHECKOUT, number, amount)]

    def refund(self, amount: int) -> None:
        self.log("Refunded", payer=STRANGER, order=ORDER.hash(CHAIN, CHECKOUT), amount=amount)

    def end(self, has_failed: bool) -> None:
        self.own.append(Happened(self.at(None), 1, "tx end", "EMC", "Ended", {}))
        self.has_failed = has_failed

    def replay(self) -> Orders:
        past: Any = SimpleNamespace(
            emc=EMC, checkout=self.events, own=self.own, orders=self.orders, times=self.times
        )
        life: Any = SimpleNamespace(has_failed=self.has_failed)
        return checkout.replay(past, life, CHECKOUT, CHAIN)

    def faults(self) -> list[str]:
        return [each.what for each in self.replay().faults]


@pytest.fixture
def chain() -> Chain:
    """An order was placed."""
    made = Chain()
    made.place()
    return made


def test_a_life_that_ties_has_buyers_and_no_faults(chain: Chain) -> None:
    chain.give_back(300)
    chain.book(700)
    chain.refund(200)
    chain.refund(500)
    orders = chain.replay()
    assert orders.faults == []
    (order,) = orders.found.values()
    assert (order.given_back, order.booked, order.refunded, order.waits) == (300, 700, 700, 0)
    assert orders.buyers == {1: BUYER}


def test_after_the_end_what_was_absorbed_covers_what_was_booked(chain: Chain) -> None:
    chain.end(has_failed=False)
    chain.book(1_000, first=0)
    assert chain.faults() == []
    chain.own[-1] = chain.own[-1]._replace(gross=999)
    assert chain.faults() == ["absorbed less than was booked"]


def test_the_buyer_books_early_and_nobody_else(chain: Chain) -> None:
    chain.book(1_000, by=BUYER, time=999)
    assert chain.faults() == []
    other = Chain()
    other.place()
    other.book(1_000, time=999)
    assert other.faults() == ["booked before it was due by"]


def test_of_an_emc_that_failed_anyone_gives_back_at_any_time(chain: Chain) -> None:
    chain.end(has_failed=True)
    chain.give_back(1_000, by=STRANGER, time=5_000)
    assert chain.faults() == []


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda chain: chain.give_back(1, by=STRANGER), "cashier"),
        (lambda chain: chain.give_back(1, time=1_000), "given back after it was due"),
        (lambda chain: chain.give_back(1_001), "more given back than waits"),
        (lambda chain: chain.book(999), "amount of order 1"),
        (lambda chain: chain.refund(1), "refunded more than was booked"),
        (lambda chain: chain.place(), "reference used before"),
        (lambda chain: chain.place(reference=b"\3" * 32), "order"),
        (
            lambda chain: (chain.at(None), chain.sell(5, 1)),
            "order 1 of Checkout, 5 units",
        ),
        (
            lambda chain: chain.log("Refunded", payer=BUYER, order=b"\1" * 32, amount=1),
            "order",
        ),
    ],
    ids=[
        "another cashier",
        "too late",
        "too much",
        "another amount",
        "refund of what waits",
        "reference twice",
        "another hash",
        "a sale of no order",
        "an unknown order",
    ],
)
def test_what_cannot_be_is_a_fault(chain: Chain, act: Any, what: str) -> None:
    act(chain)
    assert what in chain.faults()


def test_booked_twice_is_a_fault(chain: Chain) -> None:
    chain.book(1_000)
    chain.book(1_000, first=2)
    assert "booked twice" in chain.faults()


def test_without_a_checkout_there_are_no_orders(chain: Chain) -> None:
    past: Any = SimpleNamespace(checkout=chain.events)
    life: Any = SimpleNamespace(has_failed=False)
    past.own = []
    assert checkout.replay(past, life, None, CHAIN) == Orders()
