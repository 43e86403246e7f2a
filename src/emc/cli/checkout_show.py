"""What the commands of `emc checkout` share: how orders are found and shown."""

from typing import TYPE_CHECKING, Any

from emc.cli.shared import dates, output, talk
from emc.core import orders
from emc.core.addresses import address
from emc.core.checkout import CheckoutOrder, OrderState
from emc.core.terms import NATIVE
from emc.core.text import counted
from emc.errors import EMCError
from emc.files import order_request, targets

if TYPE_CHECKING:
    from emc.client.checkout import Checkout, Placed
    from emc.client.session import Session
    from emc.client.system import System

WORDS = {
    OrderState.NONE: "not paid",
    OrderState.WAITING: "waiting",
    OrderState.BOOKED: "booked",
    OrderState.RETURNED: "given back",
}


def opened_at(session: "Session", target: str) -> "Checkout":
    """The orders of an EMC."""
    from emc.client.checkout import Checkout

    return Checkout(session.system, session.agreement(target))


def returning(
    system: "System", target: str, span: int | None, cashier: str | None
) -> tuple[int, str]:
    """How long an order can go back and by whom, as told or as the canvas of TARGET says."""
    from emc.client import returning

    agreed = targets.target(target).paper
    if agreed is None and span is None:
        talk.note("only an agreement file has the return rules of a canvas")
    return returning.resolve(system, agreed, span, cashier)


def reference(name: str) -> bytes:
    """The chain's name of what the merchant calls an order."""
    return orders.order_number(name).to_bytes(32, "big")


def find(
    known: "list[Placed]", name: str, buyer: str | None, wanted: OrderState, *, of: str = ""
) -> "Placed":
    """The order that a name means.

    Args:
        of: Only the account whose order it is can do what is wanted.

    Raises:
        EMCError: there is none that stands so, or more than one.
    """
    found = [each for each in known if each.order.reference == reference(name)]
    if buyer is not None:
        found = [each for each in found if each.order.buyer == address(buyer, "--buyer")]
    if not found:
        raise EMCError(f"nobody has paid order {name} here", "see `emc checkout status`")
    if of:
        buyers = ", ".join(each.order.buyer for each in found)
        found = [each for each in found if each.order.buyer == of]
        if not found:
            raise EMCError(
                f"{of} is not the buyer of order {name}", f"only its buyer can do that: {buyers}"
            )
    fitting = [each for each in found if each.standing is wanted]
    if not fitting:
        raise EMCError(
            f"order {name} is {WORDS[found[0].standing]}", f"it would have to be {WORDS[wanted]}"
        )
    if len(fitting) > 1:
        buyers = ", ".join(each.order.buyer for each in fitting)
        raise EMCError(
            f"{len(fitting)} buyers have paid an order {name}: {buyers}", "name one with --buyer"
        )
    return fitting[0]


def tell(counter: "Checkout", order: CheckoutOrder, name: str) -> None:
    """What an order says, before anybody signs it."""
    money = counter.agreement.currency
    facts = {"EMC": order.emc, "amount": money.format(order.amount)}
    if order.due_at <= counter.chain.now:
        facts["goes back"] = "no: it is sold at once"
    else:
        facts["goes back"] = f"until {dates.moment(order.due_at)}, by {order.cashier}"
        facts["then"] = "it is sold, under the terms in force at that time"
    facts["hash"] = (
        "0x" + counter.hash(order).hex() if order.buyer != NATIVE else "once it has a buyer"
    )
    talk.facts(f"Order {name}", facts)


def answer(
    counter: "Checkout", order: CheckoutOrder, receipt: Any, as_json: bool, *, how: str
) -> None:
    """What a transaction did to one order."""
    standing, rest = counter.standing(order)
    told = {
        "order": order_request.order_document(order),
        "hash": "0x" + counter.hash(order).hex(),
        "standing": WORDS[standing],
        "rest": str(rest),
        "how": how,
        "transaction": receipt.txn_hash,
        "gas": receipt.gas_used,
    }
    if as_json:
        output.print_json(told)
    else:
        talk.note(f"{WORDS[standing]}, by {how}, in {receipt.txn_hash}")


def done(receipts: list[Any], as_json: bool, what: str, amount: str, count: int) -> None:
    """What transactions did to several orders."""
    hashes = [each.txn_hash for each in receipts]
    if as_json:
        output.print_json({"orders": count, "amount": amount, "transactions": hashes})
    else:
        talk.note(f"{what}: {counted(count, 'order')}, {amount}, in {', '.join(hashes)}")


def machine(each: "Placed") -> dict[str, Any]:
    """An order for machines."""
    return {
        **order_request.order_document(each.order),
        "hash": "0x" + each.hash.hex(),
        "standing": WORDS[each.standing],
        "rest": str(each.rest),
        "given_back": str(each.given_back),
        "refunded": str(each.refunded),
        "number": each.number,
    }


def table(counter: "Checkout", found: "list[Placed]") -> None:
    """Orders for people."""
    money, now = counter.agreement.currency, counter.chain.now
    if not found:
        output.line("no orders")
        return
    names = ("order", "buyer", "standing", ">amount", ">given back", ">refunded", "due")
    rows = [
        (
            _name(each.order.reference),
            each.order.buyer,
            _standing(each, now),
            money.format(each.order.amount, symbol=False),
            money.format(each.given_back, symbol=False),
            money.format(each.refunded, symbol=False),
            dates.moment(each.order.due_at) if each.order.due_at else "at once",
        )
        for each in found
    ]
    output.table(output.columns(*names), rows)


def _standing(each: "Placed", now: int) -> str:
    if each.standing is OrderState.WAITING and each.order.due_at <= now:
        return "due"
    return WORDS[each.standing]


def _name(reference: bytes) -> str:
    """A number where the merchant used one."""
    number = int.from_bytes(reference, "big")
    return str(number) if number < 2**64 else f"0x{reference.hex()[:16]}"
