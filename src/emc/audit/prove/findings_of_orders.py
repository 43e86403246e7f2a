"""What is worth knowing about orders at Checkout and is no error."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from emc.audit.prove.case import Case, Finding
from emc.audit.prove.checkout import Order
from emc.audit.prove.parties import parties_of
from emc.audit.read.abi import ZERO
from emc.core.text import counted

# a cashier that gave back more than this part of what was paid, in percent
RETURNED = 25
# lines of one kind that are listed
MOST = 100
DAY = 86_400

Writer = Callable[[int], str]


class Returns(NamedTuple):
    """What a canvas says of orders that go back; it is only asked where it was in force.

    Args:
        canvas: Its hash.
        cashier: An address, or the ME that is meant by the key of a node.
    """

    canvas: bytes
    days: int
    cashier: str | int


def find(case: Case, money: Writer, returns: Returns | None) -> Iterator[Finding]:
    """Everything worth knowing about orders."""
    yield from _returned(case, money)
    yield from _refunds(case, money)
    if returns is not None:
        under = [order for order in case.orders.found.values() if _is_under(case, order, returns)]
        yield from _cashiers(case, under, money, returns)
        yield from _due(case, under, money, returns)


def _returned(case: Case, money: Writer) -> Iterator[Finding]:
    """Cashiers that gave back much of what was paid."""
    paid: dict[str, int] = {}
    back: dict[str, int] = {}
    for order in case.orders.found.values():
        paid[order.cashier] = paid.get(order.cashier, 0) + order.amount
        for by, amount in order.back_by:
            if by == order.cashier:
                back[by] = back.get(by, 0) + amount
    for who, amount in sorted(back.items()):
        if amount * 100 > paid[who] * RETURNED:
            text = f"cashier {who} gave back {money(amount)} of {money(paid[who])}"
            yield Finding("returns", text, party=who, amount=amount)


def _refunds(case: Case, money: Writer) -> Iterator[Finding]:
    """Refunds to buyers that are parties of the EMC."""
    parties = parties_of(case)
    found = [
        order for order in case.orders.found.values() if order.refunded and order.buyer in parties
    ]
    for order in found[:MOST]:
        who = parties[order.buyer]
        yield Finding(
            "refund_to_party",
            f"{who.text} got {money(order.refunded)} back of what it bought",
            order.placed.block,
            order.placed.tx,
            who.row_id,
            order.buyer,
            order.refunded,
        )


def _is_under(case: Case, order: Order, returns: Returns) -> bool:
    """Whether an order waited, and was paid while the canvas was in force."""
    before = [each for each in case.epochs.values() if each.event.place <= order.placed.place]
    if not before or order.due_at <= case.history.times[order.placed.block]:
        return False
    return before[-1].terms["canvas"] == int.from_bytes(returns.canvas, "big")


def _cashiers(
    case: Case, orders: list[Order], money: Writer, returns: Returns
) -> Iterator[Finding]:
    """Orders that name a cashier whom the canvas does not."""
    amounts: dict[str, list[int]] = {}
    for order in orders:
        if order.cashier not in _meant(case, order, returns):
            amounts.setdefault(order.cashier, []).append(order.amount)
    for who, some in sorted(amounts.items()):
        named = "nobody as cashier" if who == ZERO else f"cashier {who}"
        verb = "names" if len(some) == 1 else "name"
        text = f"{counted(len(some), 'order')} for {money(sum(some))} {verb} {named}"
        yield Finding("other_cashier", f"{text}, the canvas another", party=who, amount=sum(some))


def _meant(case: Case, order: Order, returns: Returns) -> set[str]:
    """Who the canvas means when an order is paid; it may have been asked for some time before."""
    if isinstance(returns.cashier, str):
        return {returns.cashier}
    return {
        account
        for block, index, account in case.history.accounts.get(returns.cashier, ())
        if (block, index) < order.placed.place
    }


def _due(case: Case, orders: list[Order], money: Writer, returns: Returns) -> Iterator[Finding]:
    """Orders that wait longer than the canvas says."""
    late = [
        order
        for order in orders
        if order.due_at > case.history.times[order.placed.block] + returns.days * DAY
    ]
    if late:
        amount = sum(order.amount for order in late)
        text = (
            f"{counted(len(late), 'order')} for {money(amount)} can go back longer than the "
            f"{counted(returns.days, 'day')} of the canvas"
        )
        yield Finding("late_due", text, amount=amount)
