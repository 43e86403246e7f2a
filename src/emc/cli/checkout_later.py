"""emc checkout, once an order is paid: give back, release, book, refund, status."""

from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli import checkout_show as show
from emc.cli.shared import options, output, senders, sessions, talk
from emc.cli.shared.senders import Sender
from emc.core.checkout import CheckoutOrder, OrderState, batches
from emc.core.limits import MAX_LINES
from emc.core.text import counted
from emc.errors import EMCError
from emc.files import order_request

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from emc.client.checkout import Checkout

one_order_option = click.option("--order", required=True, help="The merchant's name of the order.")
order_option = click.option(
    "--order",
    "names",
    multiple=True,
    required=True,
    help="The merchant's name of the order; repeatable.",
)
buyer_option = click.option("--buyer", help="The buyer, if several have paid under one name.")


@click.command("give-back")
@click.argument("target")
@order_option
@click.option("--amount", help="How much of each. [default: all that waits]")
@buyer_option
@senders.asked
@output.json_option
def give_back(
    target: str,
    names: tuple[str, ...],
    amount: str | None,
    buyer: str | None,
    by: Sender,
    as_json: bool,
) -> None:
    """Give orders back to their buyers, as their cashier, or as anyone if the EMC has failed.

    \b
    Example:
      emc checkout give-back shop.agreement.json --order 1001 --order 1002 --account cashier
      emc checkout give-back shop.agreement.json --order 1001 --amount 5 --account cashier
    """
    from emc.client.checkout import MOST_RETURNS

    with by.session(target) as (session, cashier):
        counter = show.opened_at(session, target)
        money = counter.agreement.currency
        known = counter.placed()
        found = [show.find(known, name, buyer, OrderState.WAITING) for name in names]
        part = money.parse(amount) if amount else None
        counter.check_return(found, part, cashier.address)
        total = sum(part or each.rest for each in found)
        by.confirm(f"Give back {counted(len(found), 'order')}, {money.format(total)}?")
        receipts = [
            counter.give_back(some, [] if part is None else [part] * len(some), cashier)
            for some in batches((each.order for each in found), MOST_RETURNS)
        ]
        show.done(receipts, as_json, "given back", money.format(total), len(found))


@click.command()
@click.argument("target")
@one_order_option
@senders.plain
@output.json_option
def release(target: str, order: str, by: Sender, as_json: bool) -> None:
    """Release the account's own order to the EMC before it is due.

    \b
    Example:
      emc checkout release shop.agreement.json --order 1001 --account buyer
    """
    with by.session(target) as (session, buyer):
        counter = show.opened_at(session, target)
        found = show.find(counter.placed(), order, None, OrderState.WAITING, of=buyer.address)
        receipt = counter.release(found.order, buyer)
        show.answer(counter, found.order, receipt, as_json, how="released")


@click.command()
@click.argument("target")
@senders.plain
@click.option(
    "--batch",
    default=100,
    show_default=True,
    type=click.IntRange(1, MAX_LINES),
    help="Orders in one transaction.",
)
@click.option("--dry-run", is_flag=True, help="Show what is due, without sending anything.")
@output.json_option
def book(target: str, by: Sender, batch: int, dry_run: bool, as_json: bool) -> None:
    """Book due orders as sales of the EMC; anyone may. It can be stopped and run again.

    \b
    Example:
      emc checkout book shop.agreement.json --account shop
    """
    with by.session(target) as (session, sender):
        counter = show.opened_at(session, target)
        money = counter.agreement.currency
        known = counter.placed()
        found = counter.due(known)
        rests = {each.order: each.rest for each in known}
        booked = 0 if dry_run or not found else _book(counter, found, sender, batch)
        total = sum(rests[order] for order in found)
        if as_json:
            output.print_json(
                {"due": len(found), "booked": booked, "amount": str(total if booked else 0)}
            )
            return
        facts = {"due": f"{counted(len(found), 'order')}, {money.format(total)}"}
        talk.facts("Orders", facts | {"booked": counted(booked, "order")})


@click.command()
@click.argument("target")
@one_order_option
@click.option("--amount", help="How much. [default: all that was booked]")
@buyer_option
@senders.asked
@output.json_option
def refund(
    target: str, order: str, amount: str | None, buyer: str | None, by: Sender, as_json: bool
) -> None:
    """Refund the buyer of a booked order from the account's own pocket.

    Never more than was booked. Sales that were paid directly to the EMC are not known to Checkout
    and cannot be refunded here.

    \b
    Example:
      emc checkout refund shop.agreement.json --order 1001 --amount 5 --account leader
    """
    with by.session(target) as (session, payer):
        counter = show.opened_at(session, target)
        money = counter.agreement.currency
        found = show.find(counter.placed(), order, buyer, OrderState.BOOKED)
        units = money.parse(amount) if amount else found.rest
        if not 0 < units <= found.rest:
            raise EMCError(
                f"{money.format(units)} cannot be refunded of order {order}",
                f"at most {money.format(found.rest)} is left of what was booked",
            )
        counter.agreement.check_funds(payer.address, units)
        by.confirm(f"Refund {money.format(units)} from {payer.address} to {found.order.buyer}?")
        receipt = counter.refund(found.order, units, payer)
        show.done([receipt], as_json, "refunded", money.format(units), 1)


@click.command()
@click.argument("target")
@click.option("--order", help="Only what was paid under this name.")
@click.option(
    "--request",
    "own",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whether this request is paid: every field must be the same.",
)
@options.local_network
@output.json_option
def status(target: str, order: str | None, own: Path | None, network: str, as_json: bool) -> None:
    """Show the orders of an EMC; with --request, exit with 1 unless that request is paid.

    \b
    Example:
      emc checkout status shop.agreement.json
      emc checkout status shop.agreement.json --request 1001.json
    """
    wanted = order_request.read_request(own) if own else None
    with sessions.opened(network, target, own) as session:
        counter = show.opened_at(session, target)
        if wanted is not None:
            counter.check(wanted)
            same, others = counter.paid(wanted)
        else:
            same, others = counter.placed(), []
        if order is not None:
            same = [each for each in same if each.order.reference == show.reference(order)]
        if as_json:
            output.print_json(
                {
                    "orders": [show.machine(each) for each in same],
                    "others": [show.machine(each) | {"differs": fields} for each, fields in others],
                }
            )
        else:
            show.table(counter, same)
            for each, fields in others:
                talk.note(
                    f"{each.order.buyer} has paid another order under this name: its "
                    f"{', '.join(fields)} differs from the request; it does not count"
                )
        if wanted is not None and not same:
            raise click.exceptions.Exit(1)


def _book(counter: "Checkout", found: list[CheckoutOrder], sender: "AccountAPI", size: int) -> int:
    """Send the batches, and say how many orders they held."""

    def send(goes_on: Callable[[], bool], told: Callable[[int], None]) -> None:
        left = takewhile(lambda _: goes_on(), found)
        counter.book(left, sender, lambda batch: told(len(batch)), size)

    return talk.sending("booking", "booked", len(found), send)
