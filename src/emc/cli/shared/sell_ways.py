"""What `emc sell` does with orders: sells them at once, or places them where they can go back."""

from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from emc.cli.shared import dates
from emc.core import orders
from emc.core.checkout import CheckoutOrder

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from emc.client.checkout import Checkout


class AtOnce:
    """Orders become sales of the account, many in one transaction.

    Args:
        batch: Orders in one of them.
    """

    doing, done, to_do = "selling", "sold", "sell"
    # what more there is to tell programs and people
    facts: Mapping[str, Any] = {}
    told: Mapping[str, str] = {}

    def __init__(self, counter: "Checkout", payer: "AccountAPI", batch: int) -> None:
        self.counter, self.agreement, self.payer = counter, counter.agreement, payer
        self.batch = batch

    def left(self, found: list[orders.Order]) -> list[orders.Order]:
        """The orders for which this account has paid neither the EMC nor Checkout.

        Raises:
            EMCError: it has paid for one with another amount than the file says.
        """
        who = self.payer.address
        placed = {
            int.from_bytes(each.order.reference, "big"): each.order.amount
            for each in self.counter.placed()
            if each.order.buyer == who
        }
        return self.agreement.still_to_pay(who, found, placed)

    def prepare(self, amount: int) -> None:
        """See that the account can pay so much."""
        self.agreement.prepare(self.payer, amount)

    def transactions(self, left: list[orders.Order]) -> int:
        """How many it takes."""
        return sum(1 for _ in orders.batches(left, self.batch))

    def send(
        self, left: list[orders.Order], goes_on: Callable[[], bool], advance: Callable[[int], None]
    ) -> None:
        """Send all that is left while it goes on."""

        def done(batch: orders.Batch, _: Any) -> None:
            advance(len(batch.orders))

        planned = list(orders.batches(left, self.batch))
        self.agreement.sell(self.payer, takewhile(lambda _: goes_on(), planned), done)


class Returnable(AtOnce):
    """Orders wait at Checkout, each paid in a transaction of its own, with the account as buyer.

    Args:
        span: Seconds from now in which they can go back.
        cashier: Who can give them back.
    """

    doing, done, to_do = "placing", "placed", "place"

    def __init__(self, counter: "Checkout", payer: "AccountAPI", span: int, cashier: str) -> None:
        super().__init__(counter, payer, 1)
        self.due_at = counter.check_returnable(span, cashier)
        self.cashier = cashier
        self.facts = {"cashier": cashier, "due_at": self.due_at}
        self.told = {"go back": f"until {dates.moment(self.due_at)}, by {cashier}"}

    def prepare(self, amount: int) -> None:
        """See that the account can pay so much, and let Checkout pull it."""
        self.agreement.check_funds(self.payer.address, amount)
        if not self.agreement.is_native:
            self.counter.allow(self.payer, amount)

    def transactions(self, left: list[orders.Order]) -> int:
        """One for each."""
        return len(left)

    def send(
        self, left: list[orders.Order], goes_on: Callable[[], bool], advance: Callable[[int], None]
    ) -> None:
        """Send all that is left while it goes on."""
        for order in left:
            if not goes_on():
                return
            self.counter.place(self._order(order), self.payer)
            advance(1)

    def _order(self, order: orders.Order) -> CheckoutOrder:
        return CheckoutOrder(
            emc=self.agreement.address,
            buyer=self.payer.address,
            reference=order.number.to_bytes(32, "big"),
            amount=order.amount,
            customer=order.customer,
            cashier=self.cashier,
            due_at=self.due_at,
        )
