"""emc checkout: orders that can still go back to their buyer, until they are due."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli import checkout_later as later
from emc.cli import checkout_show as show
from emc.cli import pay as paying
from emc.cli.shared import dates, options, output, senders, sessions, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.senders import Sender
from emc.core.addresses import address
from emc.core.terms import NATIVE
from emc.core.units import parse_span
from emc.errors import EMCError
from emc.files import order_file, order_request
from emc.files.order_request import Request

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from emc.client.checkout import Checkout

file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
out_option = options.out("1001.json", "Where the file goes")


@click.group(cls=Group)
def checkout() -> None:
    """Take payments that can be returned to the buyer until they are due, and become sales then.

    Until an order is due it belongs to the buyer, and its cashier can give it back, whole or in
    part. From then on it belongs to the EMC, and anyone can book it. A buyer without coin pays
    with a signature that anyone can relay.

    \b
    Example:
      emc checkout request shop.agreement.json --order 1001 --amount 24.50 \\
        --returnable 14d --cashier 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --out 1001.json
      emc checkout pay 1001.json --account buyer
    """


@checkout.command()
@click.argument("target")
@later.one_order_option
@click.option("--amount", required=True, help="What is to be paid, such as 24.50.")
@click.option(
    "--returnable",
    help="How long it can be returned, such as 14d, or 0.  [default: as the canvas says, else 0]",
)
@click.option("--cashier", help="Who may give it back: an address.  [default: as the canvas says]")
@click.option("--buyer", help="Who is to pay: an address. [default: anyone]")
@paying.customer_option
@paying.salt_option
@options.local_network
@out_option
@output.json_option
def request(
    target: str,
    order: str,
    amount: str,
    returnable: str | None,
    cashier: str | None,
    buyer: str | None,
    customer: str | None,
    salt: Path,
    network: str,
    out: Path,
    as_json: bool,
) -> None:
    """Write a request to pay one order of the EMC at TARGET: a file for the buyer.

    If TARGET is an agreement file, its canvas may set defaults for the return period and the
    cashier. A node that is the cashier stands for its current account.

    \b
    Example:
      emc checkout request shop.agreement.json --order 1001 --amount 24.50 --out 1001.json
    """
    reference = show.reference(order)
    told, kept = paying.customer_and_salt(customer, salt)
    span = parse_span(returnable) if returnable else None
    named = address(cashier, "--cashier") if cashier else None
    whom = address(buyer, "--buyer") if buyer else NATIVE
    with sessions.opened(network, target, out=out) as session:
        counter = show.opened_at(session, target)
        units = counter.agreement.currency.parse(amount)
        span, who = show.returning(session.system, target, span, named)
        asked = counter.request(
            order.strip(),
            reference,
            units,
            customer=told,
            cashier=who,
            returnable=span,
            buyer=whom,
        )
        if kept is not None:
            order_file.keep_salt(salt, kept)
        order_request.write(out, asked)
        if as_json:
            output.print_json(order_request.document(asked) | {"file": str(out)})
        else:
            show.tell(counter, asked.order, asked.name)
            talk.note(f"request: {out}")


@checkout.command()
@file_argument
@paying.approve_option
@senders.asked
@output.json_option
def pay(file: Path, approve: bool, by: Sender, as_json: bool) -> None:
    """Pay the request in FILE: in coin, by permit if the token supports it, or with an allowance.

    \b
    Example:
      emc checkout pay 1001.json --account buyer
    """
    with _asked(file, by) as (payer, counter, asked):
        order = asked.by(payer.address)
        counter.check_free(order)
        if not as_json:
            show.tell(counter, order, asked.name)
        money = counter.agreement.currency
        counter.agreement.check_funds(payer.address, order.amount)
        by.confirm(f"Pay {money.format(order.amount)} from {payer.address}?")
        done = counter.pay(order, payer, by_permit=not approve)
        show.answer(counter, order, done.receipt, as_json, how=done.how)


@checkout.command()
@file_argument
@click.option(
    "--valid",
    default="1d",
    show_default=True,
    help="How long the signature is valid, at most until the order is due.",
)
@out_option
@senders.asked
@output.json_option
def authorize(file: Path, valid: str, out: Path, by: Sender, as_json: bool) -> None:
    """Sign for the request in FILE without sending anything; anyone can relay the file at --out.

    For tokens with EIP-3009 authorizations, such as USDC. A wallet shows the amount, Checkout and
    an opaque nonce; this command shows the order behind that nonce.

    \b
    Example:
      emc checkout authorize 1001.json --account buyer --out signed-1001.json
    """
    from emc.client import authorizing

    span = parse_span(valid)
    with _asked(file, by, out) as (buyer, counter, asked):
        order = asked.by(buyer.address)
        if not as_json:
            show.tell(counter, order, asked.name)
        by.confirm(f"Sign for this order as {buyer.address}?")
        given = authorizing.authorize(counter, asked, buyer, span)
        order_request.write(out, given)
        if as_json:
            output.print_json(order_request.document(given) | {"file": str(out)})
        else:
            talk.note(f"authorization: {out}, valid until {dates.moment(given.valid_before)}")


@checkout.command()
@file_argument
@click.option(
    "--request",
    "own",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The merchant's own request: every field must be the same.",
)
@senders.plain
@output.json_option
def relay(file: Path, own: Path | None, by: Sender, as_json: bool) -> None:
    """Send the authorization in FILE, after checking all of it.

    \b
    Example:
      emc checkout relay signed-1001.json --request 1001.json --account shop
    """
    from emc.client import authorizing

    given = order_request.read_authorization(file)
    wanted = order_request.read_request(own) if own else None
    with by.session(None, file, own) as (session, sender):
        counter = show.opened_at(session, given.order.emc)
        if faults := authorizing.faults(counter, given, wanted):
            raise EMCError(
                f"the authorization is not valid: {'; '.join(faults)}",
                "nothing was sent: ask the buyer for another",
            )
        receipt = authorizing.relay(counter, given, sender)
        show.answer(counter, given.order, receipt, as_json, how="authorization")


for each in (later.give_back, later.release, later.book, later.refund, later.status):
    checkout.add_command(each)


@contextmanager
def _asked(
    file: Path, by: Sender, out: Path | None = None
) -> "Iterator[tuple[AccountAPI, Checkout, Request]]":
    """A request from its file, beside its EMC, and checked against it."""
    asked = order_request.read_request(file)
    with by.session(None, file, out=out) as (session, signer):
        counter = show.opened_at(session, asked.order.emc)
        counter.check(asked)
        yield signer, counter, asked
