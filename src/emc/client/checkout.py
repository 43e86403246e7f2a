"""Orders at Checkout: request, pay, relay, give back, book, refund, and their state.

An order counts as paid only if every field equals the merchant's request: a buyer could name
itself as cashier, or a date years away. Prints nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from emc.chain import edge
from emc.client.paying import Payment, Way, settle
from emc.core import checkout
from emc.core.checkout import CheckoutOrder, OrderState
from emc.core.limits import MAX_AMOUNT, MAX_WAIT
from emc.core.terms import NATIVE
from emc.errors import EMCError
from emc.files.order_request import Request

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

    from emc.chain.edge import Logged
    from emc.client.agreement import Agreement
    from emc.client.system import System

# of a give-back: each buyer can burn what a payment gives it
MOST_RETURNS = 50


@dataclass(frozen=True)
class Placed:
    """A paid order and its state. Amounts in base units.

    Args:
        standing: Its state, by Checkout's events.
        rest: What still waits, or could still be refunded.
        given_back: What was given back before it was booked.
        refunded: What was sent to its buyer after that.
        number: Under which number it was sold; zero: not yet, or after the EMC's end.
    """

    order: CheckoutOrder
    hash: bytes
    block: int
    standing: OrderState
    rest: int
    given_back: int = 0
    refunded: int = 0
    number: int = 0

    def given(self, amount: int) -> "Placed":
        """The same order with this amount given back."""
        rest = self.rest - amount
        standing = self.standing if rest else OrderState.RETURNED
        return replace(self, standing=standing, rest=rest, given_back=self.given_back + amount)

    def refund(self, amount: int) -> "Placed":
        """The same order with this amount refunded."""
        return replace(self, rest=self.rest - amount, refunded=self.refunded + amount)


class Checkout:
    """The orders of one EMC at the Checkout of its system."""

    def __init__(self, system: "System", agreement: "Agreement") -> None:
        self.system, self.agreement = system, agreement
        self.chain, self.contract = system.chain, system.checkout
        self.address = str(self.contract.address)

    def hash(self, order: CheckoutOrder) -> bytes:
        """The order's hash on this chain."""
        return order.hash(self.chain.id, self.address)

    def standing(self, order: CheckoutOrder) -> tuple[OrderState, int]:
        """The state of exactly this order, and its remaining amount."""
        standing, rest = self.contract.standing_of(order.argument())
        return OrderState(int(standing)), int(rest)

    # the merchant

    def request(
        self,
        name: str,
        reference: bytes,
        amount: int,
        *,
        customer: bytes = checkout.NO_CUSTOMER,
        cashier: str = NATIVE,
        returnable: int = 0,
        buyer: str = NATIVE,
    ) -> Request:
        """Make a merchant's request.

        Args:
            amount: Base units.
            returnable: Seconds from now in which the cashier can give it back; zero: sold at once.
            buyer: The zero address: whoever pays.

        Raises:
            EMCError: Checkout would refuse it, or nobody could give it back.
        """
        if not 0 < amount <= MAX_AMOUNT:
            raise EMCError("the amount cannot be paid", "above zero, below 2**95 units")
        due_at = self.check_returnable(returnable, cashier)
        return Request(
            chain_id=self.chain.id,
            checkout=self.address,
            currency=self.agreement.currency_address,
            name=name,
            order=CheckoutOrder(
                emc=self.agreement.address,
                buyer=buyer,
                reference=reference,
                amount=amount,
                customer=customer,
                cashier=cashier,
                due_at=due_at,
            ),
        )

    def check_returnable(self, span: int, cashier: str) -> int:
        """Until when an order that is paid now can be returned; zero: it is sold at once.

        Args:
            span: Seconds from now.

        Raises:
            EMCError: Checkout would refuse it, or nobody could give it back.
        """
        if span and cashier == NATIVE:
            raise EMCError("nobody could give it back", "name who can with --cashier")
        due_at = self.chain.now + span if span else 0
        self._check_due(due_at)
        return due_at

    def check(self, request: Request) -> None:
        """Check that a request is for this chain, Checkout, EMC and currency, and can be paid.

        Raises:
            EMCError: says what it is not for.
        """
        wanted = (
            ("chain", request.chain_id, self.chain.id),
            ("Checkout", request.checkout, self.address),
            ("EMC", request.order.emc, self.agreement.address),
            ("currency", request.currency, self.agreement.currency_address),
        )
        for what, asked, here in wanted:
            if asked != here:
                raise EMCError(
                    f"the request is for {what} {asked}, here it is {here}",
                    "pay it where it was asked for, or ask the merchant again",
                )
        self._check_due(request.order.due_at)

    def _check_due(self, due_at: int) -> None:
        ends_at = int.from_bytes(bytes(self.agreement.contract.page())[20:25], "big")
        if self.chain.now >= ends_at:
            raise EMCError("the EMC's end date has passed", "there are no more sales")
        if due_at >= ends_at:
            raise EMCError(
                "the order would be due after the EMC's end", "shorten the return period"
            )
        if due_at > self.chain.now + MAX_WAIT:
            raise EMCError("the order would wait more than 400 days", "shorten the return period")

    # the buyer

    def pay(self, order: CheckoutOrder, payer: "AccountAPI", *, by_permit: bool = True) -> Payment:
        """Pay an order as its buyer: in coin, with an allowance, a permit or an approval.

        Raises:
            EMCError: it was paid before, the account has too little, or it was refused.
        """
        self.check_free(order)
        self.agreement.check_funds(payer.address, order.amount)
        pay, permitted = self.contract.pay, self.contract.pay_with_permit
        way = Way("paying the order", self.address, pay, permitted)
        words = (order.argument(),)
        return settle(self.agreement, payer, way, words, order.amount, by_permit)

    def place(self, order: CheckoutOrder, payer: "AccountAPI") -> None:
        """Pay one of many orders as their buyer, in coin or with an existing allowance."""
        value = order.amount if self.agreement.token is None else 0
        edge.send(
            "placing the order", self.contract.pay, order.argument(), value=value, sender=payer
        )

    def allow(self, payer: "AccountAPI", amount: int) -> None:
        """Let Checkout pull an amount of the EMC's token."""
        self.agreement.allow(payer, self.address, amount)

    def check_free(self, order: CheckoutOrder) -> None:
        """Check that this buyer has paid nothing under the reference.

        Raises:
            EMCError: it has; says whether it is this order.
        """
        if not self.contract.is_placed(order.emc, order.buyer, order.reference):
            return
        standing, _ = self.standing(order)
        if standing is OrderState.NONE:
            raise EMCError(
                "this buyer has paid another order under the same reference",
                "nothing was sent: ask the merchant for a new order",
            )
        raise EMCError("the order has already been paid", "nothing was sent: an order is paid once")

    # afterwards

    def release(self, order: CheckoutOrder, buyer: "AccountAPI") -> "ReceiptAPI":
        """Release an order to the EMC before it is due, as its buyer."""
        return edge.send("releasing", self.contract.release, order.argument(), sender=buyer)

    def give_back(
        self, orders: Sequence[CheckoutOrder], amounts: Sequence[int], cashier: "AccountAPI"
    ) -> "ReceiptAPI":
        """Give orders of one cashier back.

        Args:
            amounts: Base units of each; none: all of it.
        """
        first = orders[0]
        lines = [order.line() for order in orders]
        return edge.send(
            "giving back",
            self.contract.give_back,
            first.emc,
            first.cashier,
            lines,
            list(amounts),
            sender=cashier,
        )

    def check_return(self, orders: Iterable[Placed], part: int | None, account: str) -> None:
        """Check that an account can give orders back now.

        Args:
            part: Base units of each; none: all of it.

        Raises:
            EMCError: it is not their cashier, they are due, or less waits of one.
        """
        now, money = self.chain.now, self.agreement.currency
        contract = self.agreement.contract
        # from then on anyone gives back what waits, whole
        has_failed = bool(contract.ended_with()) and not contract.is_gate_open()
        for each in orders:
            order = each.order
            if account != order.cashier and not (has_failed and part is None):
                raise EMCError(
                    f"{account} is not the cashier of the order of {order.buyer}",
                    f"only {order.cashier} can give it back: name its account with --account",
                )
            if order.due_at <= now and not has_failed:
                raise EMCError(
                    f"the order of {order.buyer} over {money.format(order.amount)} is due: it can "
                    "no longer be given back",
                    "`emc checkout book` sells it; `emc checkout refund` pays afterwards",
                )
            if part is not None and not 0 < part <= each.rest:
                raise EMCError(
                    f"{money.format(part)} cannot be given back of the order of {order.buyer}",
                    f"above zero, at most {money.format(each.rest)}, the part that waits",
                )

    def due(self, orders: Iterable[Placed]) -> list[CheckoutOrder]:
        """The orders that are waiting and due."""
        now = self.chain.now
        return [
            each.order
            for each in orders
            if each.standing is OrderState.WAITING and each.order.due_at <= now
        ]

    def book(
        self,
        orders: Iterable[CheckoutOrder],
        sender: "AccountAPI",
        done: Callable[[tuple[CheckoutOrder, ...]], None],
        size: int = 100,
    ) -> None:
        """Book orders in batches; can be stopped and continued."""
        for batch in checkout.batches(orders, size):
            first = batch[0]
            lines = [order.line() for order in batch]
            edge.send("booking", self.contract.book, first.emc, first.cashier, lines, sender=sender)
            done(batch)

    def refund(self, order: CheckoutOrder, amount: int, payer: "AccountAPI") -> "ReceiptAPI":
        """Refund the buyer of a booked order from the account's own money.

        Raises:
            EMCError: the account has too little, or it was refused.
        """
        self.agreement.check_funds(payer.address, amount)
        value = amount
        if self.agreement.token is not None:
            self.allow(payer, amount)
            value = 0
        return edge.send(
            "refunding", self.contract.refund, order.argument(), amount, value=value, sender=payer
        )

    # looking

    def placed(self) -> list[Placed]:
        """Every order that was paid at this EMC, in the order of the chain.

        Raises:
            EMCError: the node leaves out events.
        """
        found: dict[bytes, Placed] = {}
        try:
            for each in self.chain.events({self.address: "Checkout"}, self.agreement.address):
                self._follow(found, each)
        except KeyError:
            raise EMCError(
                "the node reports orders that it does not know", "ask another node"
            ) from None
        return list(found.values())

    def _follow(self, found: dict[bytes, Placed], event: "Logged") -> None:
        """What an event makes of orders, by hash."""
        args = event.args
        if event.name == "Placed":
            order = _order_of(args)
            digest = self.hash(order)
            found[digest] = Placed(order, digest, event.block, OrderState.WAITING, order.amount)
        elif event.name == "GivenBack":
            for digest, amount in zip(args["orders"], args["amounts"], strict=True):
                found[bytes(digest)] = found[bytes(digest)].given(int(amount))
        elif event.name == "Booked":
            for place, digest in enumerate(args["orders"]):
                number = int(args["first"]) + place if args["first"] else 0
                was = found[bytes(digest)]
                found[bytes(digest)] = replace(was, standing=OrderState.BOOKED, number=number)
        elif event.name == "Refunded":
            digest = bytes(args["order"])
            found[digest] = found[digest].refund(int(args["amount"]))

    def paid(self, request: Request) -> tuple[list[Placed], list[tuple[Placed, list[str]]]]:
        """The orders that pay a request, and those under its reference that do not, with the
        fields in which they differ.
        """
        same, others = [], []
        for each in self.placed():
            if each.order.reference != request.order.reference:
                continue
            differs = request.differences(each.order)
            if differs:
                others.append((each, differs))
            else:
                same.append(each)
        return same, others


def _order_of(args: Any) -> CheckoutOrder:
    return CheckoutOrder(
        emc=to_checksum_address(args["emc"]),
        buyer=to_checksum_address(args["buyer"]),
        reference=bytes(args["reference"]),
        amount=int(args["amount"]),
        customer=bytes(args["customer"]),
        cashier=to_checksum_address(args["cashier"]),
        due_at=int(args["due_at"]),
    )
