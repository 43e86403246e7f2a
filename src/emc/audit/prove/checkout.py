"""Orders at Checkout: each from its payment on, as the specification has it, and tied to the sales
that they became.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from emc.audit.prove.faults import Faults
from emc.audit.prove.history import Happened, History, Payout
from emc.audit.prove.life import Life
from emc.audit.read import abi


@dataclass
class Order:
    """One order and what became of it. Amounts in base units.

    Args:
        booked: What was sold of it.
        number: Under which number; zero: not yet, or after the EMC's end.
        back_by: Who gave back how much, before it was booked.
        refunds: Who sent how much to its buyer, after that.
    """

    hash: str
    buyer: str
    reference: str
    amount: int
    customer: str
    cashier: str
    due_at: int
    placed: Happened
    is_booked: bool = False
    booked: int = 0
    number: int = 0
    back_by: list[tuple[str, int]] = field(default_factory=list)
    refunds: list[tuple[str, int]] = field(default_factory=list)

    @property
    def given_back(self) -> int:
        return sum(amount for _, amount in self.back_by)

    @property
    def refunded(self) -> int:
        return sum(amount for _, amount in self.refunds)

    @property
    def waits(self) -> int:
        """What is still the buyer's, or due."""
        return 0 if self.is_booked else self.amount - self.given_back


@dataclass(frozen=True)
class Move:
    """What an event did to one order.

    Args:
        place: Among the orders of the event.
        kind: placed, given_back, booked or refund.
        party: Who paid it, gave it back, booked it or paid for the refund.
    """

    event: Happened
    place: int
    kind: str
    order: str
    party: str
    amount: int


@dataclass
class Orders:
    """All orders of one EMC at Checkout, by hash."""

    found: dict[str, Order] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    # of which buyer
    references: set[tuple[str, str]] = field(default_factory=set)

    @property
    def buyers(self) -> dict[int, str]:
        """Who bought what was sold under each of Checkout's numbers."""
        return {each.number: each.buyer for each in self.found.values() if each.number}


def replay(past: History, life: Life, checkout: str | None, chain_id: int) -> Orders:
    """Every order, and whatever about it cannot be."""
    orders = Orders()
    ends = [each.place for each in past.own if each.name == "Ended"]
    failed = ends[0] if ends and life.has_failed else None
    if checkout is None:
        return orders
    sales = _sales(past, checkout)
    for event in past.checkout:
        if event.name == "Placed":
            _place(orders, event, past.emc, checkout, chain_id)
        elif event.name == "GivenBack":
            _give_back(orders, event, past, failed)
        elif event.name == "Booked":
            _book(orders, event, past, sales)
        elif event.name == "Refunded":
            _refund(orders, event)
    for number, (amount, payout) in sorted(sales.items()):
        what = f"order {number} of Checkout, {amount} units"
        orders.faults.add(payout, what, "booked by no event", "an order that was placed")
    return orders


def _sales(past: History, checkout: str) -> dict[int, tuple[int, Payout]]:
    """What the EMC sold to Checkout, by number."""
    found = {}
    for event in past.own:
        if isinstance(event, Payout):
            for payer, number, amount, *_ in past.orders.get(event.place, ()):
                if payer == checkout:
                    found[number] = amount, event
    return found


def _place(orders: Orders, event: Happened, emc: str, checkout: str, chain_id: int) -> None:
    args = event.args
    values = (
        chain_id,
        checkout,
        emc,
        args["buyer"],
        bytes.fromhex(args["reference"][2:]),
        event.number("amount"),
        bytes.fromhex(args["customer"][2:]),
        args["cashier"],
        event.number("due_at"),
    )
    digest = "0x" + keccak(abi.words(*values)).hex()
    orders.faults.expect(event, "order", args["order"], digest)
    key = args["buyer"], args["reference"]
    if not orders.faults.expect(event, "reference used before", key in orders.references, False):
        return
    orders.references.add(key)
    orders.found[digest] = Order(
        hash=digest,
        buyer=args["buyer"],
        reference=args["reference"],
        amount=event.number("amount"),
        customer=args["customer"],
        cashier=args["cashier"],
        due_at=event.number("due_at"),
        placed=event,
    )
    orders.moves.append(Move(event, 0, "placed", digest, args["buyer"], event.number("amount")))


def _known(orders: Orders, event: Happened, digest: str) -> Order | None:
    order = orders.found.get(digest)
    if order is None:
        orders.faults.expect(event, "order", digest, "one that was placed")
    return order


def _give_back(
    orders: Orders, event: Happened, past: History, failed: tuple[int, int] | None
) -> None:
    now = past.times[event.block]
    has_failed = failed is not None and failed < event.place
    for place, (digest, amount) in enumerate(_pairs(event)):
        order = _known(orders, event, digest)
        if order is None:
            continue
        if not has_failed:
            orders.faults.expect(event, "cashier", event.args["by"], order.cashier)
            orders.faults.expect(event, "given back after it was due", now >= order.due_at, False)
        orders.faults.expect(event, "more given back than waits", amount > order.waits, False)
        order.back_by.append((event.args["by"], amount))
        orders.moves.append(Move(event, place, "given_back", digest, event.args["by"], amount))


def _pairs(event: Happened) -> Iterator[tuple[str, int]]:
    yield from zip(event.args["orders"], map(int, event.args["amounts"]), strict=False)


def _book(
    orders: Orders, event: Happened, past: History, sales: dict[int, tuple[int, Payout]]
) -> None:
    now, first, total = past.times[event.block], event.number("first"), 0
    for place, digest in enumerate(event.args["orders"]):
        order = _known(orders, event, digest)
        if order is None:
            continue
        if order.due_at > now:
            orders.faults.expect(
                event, "booked before it was due by", event.args["by"], order.buyer
            )
        orders.faults.expect(event, "booked twice", order.is_booked, False)
        order.booked, order.is_booked = order.waits, True
        moved = Move(event, place, "booked", digest, event.args["by"], order.booked)
        orders.moves.append(moved)
        total += order.booked
        if first:
            order.number = first + place
            amount, _ = sales.pop(order.number, (0, None))
            orders.faults.expect(event, f"amount of order {order.number}", amount, order.booked)
    if not first:
        absorbed = sum(
            each.gross
            for each in past.own
            if isinstance(each, Payout) and each.tx == event.tx and each.kind == "absorbed"
        )
        orders.faults.expect(event, "absorbed less than was booked", absorbed < total, False)


def _refund(orders: Orders, event: Happened) -> None:
    order = _known(orders, event, event.args["order"])
    if order is None:
        return
    payer, amount = event.args["payer"], event.number("amount")
    order.refunds.append((payer, amount))
    orders.moves.append(Move(event, 0, "refund", order.hash, payer, amount))
    orders.faults.expect(
        event, "refunded more than was booked", order.refunded > order.booked, False
    )
