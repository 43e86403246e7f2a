"""emc sell: orders from a CSV file become sales."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli import simulate
from emc.cli.shared import options, output, sessions, talk
from emc.cli.shared.sell_ways import AtOnce, Returnable
from emc.core.addresses import address
from emc.core.limits import MAX_ORDERS
from emc.core.orders import Order
from emc.core.text import counted
from emc.core.units import parse_number, parse_span
from emc.errors import EMCError
from emc.files import order_file, order_form, targets

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from emc.client.agreement import Agreement
    from emc.client.session import Session
    from emc.files.bundle import Bundle

# skipped lines that are listed
MOST_SKIPPED = 20


@click.command()
@click.argument("target")
@click.option(
    "--orders",
    "path",
    required=True,
    type=options.FILE,
    help="CSV: order,customer,amount; separated by commas, semicolons or tabs.",
)
@options.network_of_target
@click.option(
    "--account", default="TEST::0", show_default=True, help="The account in ape that pays."
)
@click.option(
    "--batch",
    default=100,
    show_default=True,
    type=click.IntRange(1, MAX_ORDERS),
    help="Orders in one transaction.",
)
@click.option(
    "--rate", default="1", show_default=True, help="Settlement units for one unit in the file."
)
@click.option(
    "--salt",
    type=options.FILE,
    help="File with the salt of customer references; the same salt recognises a customer in every "
    "month's orders. [default: customers.salt beside the orders]",
)
@click.option(
    "--decimal",
    "mark",
    type=click.Choice(order_form.MARKS),
    help="The decimal sign in the file. [default: inferred, if the amounts leave no doubt]",
)
@click.option(
    "--returnable",
    help="Place the orders at Checkout instead, to be returned for up to this long, such as 14d.",
)
@click.option(
    "--cashier",
    help="Who may give them back: an address.  [default: as the canvas says]",
)
@click.option("--strict", is_flag=True, help="Sell nothing if a line would be skipped.")
@click.option("--mint", is_flag=True, help="On a local chain, mint the test token that is missing.")
@click.option("--dry-run", is_flag=True, help="Show what would be sold, without sending anything.")
@output.json_option
def command(
    target: str,
    path: Path,
    network: str | None,
    account: str,
    batch: int,
    rate: str,
    salt: Path | None,
    mark: order_form.Mark | None,
    returnable: str | None,
    cashier: str | None,
    strict: bool,
    mint: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Sell the orders of a CSV file through TARGET: an EMC's address, an agreement file, or a
    canvas.

    The chain records which order numbers this account has paid, so the command can be stopped at
    any point and run again: nothing is sold twice, and a file in which a paid order has another
    amount is refused. Orders are numbers, or text such as INV-2026-001, from which the number is
    derived. Lines that cannot be sold are reported and skipped. With a canvas the command is a
    rehearsal: it first makes the EMC on the local chain, with test accounts as nodes.

    With --returnable each order is paid at Checkout in a transaction of its own, with this account
    as its buyer. It can be returned until it is due; then `emc checkout book` makes it a sale.

    \b
    Examples:
      emc sell canvases/smart-cooking.yaml --orders data/cdnow_orders.csv --rate 50 --mint
      emc sell 0x5FbD...0aa3 --orders orders.csv --network sepolia --account shop
      emc sell my.agreement.json --orders export.csv --decimal comma --account shop
      emc sell my.agreement.json --orders orders.csv --returnable 14d --account shop
    """
    from emc.client import returning, standing
    from emc.client.checkout import Checkout
    from emc.client.session import connect

    factor = parse_number(rate, "a rate")
    if not 0 < factor < 10**12:
        raise EMCError(f"--rate {rate!r} is not a rate", "write a number above zero, such as 7.25")
    if not path.is_file():
        raise EMCError(f"--orders: there is no file {path}", "check the name")
    span, named = _returns(returnable, cashier)
    kept = salt or path.with_name("customers.salt")
    known = order_file.read_salt(kept)
    secret = known or order_file.fresh_salt()
    is_canvas = Path(target).suffix in (".yaml", ".yml")
    if is_canvas:
        options.check_readable(Path(target))
    else:
        targets.target(target)
    with connect(network or options.usual_network(target)) as session:
        sessions.check_chain(session, Path(target))
        payer = session.account(account)
        agreement, agreed = (
            _rehearsed(session, Path(target), payer) if is_canvas else _loaded(session, target)
        )
        system = session.system
        terms = standing.terms_by_epoch(system, agreement.address)
        simulate.refuse_closed(agreement, terms[max(terms)])
        found, skipped = order_file.read(path, agreement.currency, secret, factor, mark)
        if strict and skipped:
            raise EMCError(
                f"{path}: line {skipped[0].line}: {skipped[0].reason}",
                "correct it and the lines like it, or leave out --strict; nothing was sold",
            )
        counter = Checkout(system, agreement)
        if span is None:
            way = AtOnce(counter, payer, batch)
        else:
            way = Returnable(counter, payer, *returning.resolve(system, agreed, span, named))
        left = way.left(found)
        if known is None and left and not dry_run:
            order_file.keep_salt(kept, secret)
        sold = _pay(session, way, left, mint) if left and not dry_run else 0
        result = _Result(agreement, way, found, left, sold, skipped)
        if as_json:
            output.print_json(result.data())
        else:
            result.show(path, dry_run)


@dataclass(frozen=True)
class _Result:
    """What became of the orders of a file.

    Args:
        left: Those that had not been paid before.
        sold: How many of these are now, all of them or none.
    """

    agreement: "Agreement"
    way: AtOnce
    found: list[Order]
    left: list[Order]
    sold: int
    skipped: list[order_file.Skipped]

    def data(self) -> dict[str, Any]:
        """For programs."""
        way, before = self.way, len(self.found) - len(self.left)
        return {
            "emc": self.agreement.address,
            way.done: self.sold,
            "amount": str(self._amount if self.sold else 0),
            f"already_{way.done}": before,
            f"to_{way.to_do}": len(self.left) - self.sold,
            "transactions": way.transactions(self.left) if self.sold else 0,
            "skipped": [{"line": each.line, "reason": each.reason} for each in self.skipped],
            **way.facts,
        }

    def show(self, path: Path, dry_run: bool) -> None:
        """For people."""
        way, money = self.way, self.agreement.currency
        amount = money.format(self._amount if self.sold else 0)
        facts = {
            "EMC": self.agreement.address,
            f"{way.done} now": f"{counted(self.sold, 'order')} for {amount}",
            f"{way.done} before": counted(len(self.found) - len(self.left), "order"),
        }
        if dry_run:
            would = f"{counted(len(self.left), 'order')} for {money.format(self._amount)}"
            facts[f"would {way.to_do}"] = would
        facts["skipped"] = counted(len(self.skipped), "line")
        talk.facts(f"orders of {path}", {**facts, **way.told})
        for each in self.skipped[:MOST_SKIPPED]:
            talk.note(f"line {each.line}: {each.reason}")
        if len(self.skipped) > MOST_SKIPPED:
            talk.note(f"and {len(self.skipped) - MOST_SKIPPED} more; --json lists all")

    @property
    def _amount(self) -> int:
        return sum(order.amount for order in self.left)


def _returns(returnable: str | None, cashier: str | None) -> tuple[int | None, str | None]:
    """Seconds for which orders can be returned, none if they are sold at once, and by whom."""
    span = parse_span(returnable) if returnable is not None else None
    named = address(cashier, "--cashier") if cashier else None
    if span == 0 or (span is None and named):
        raise EMCError(
            "an order that is sold at once has no cashier and cannot be returned",
            "add --returnable with a time such as 14d, or leave both out",
        )
    return span, named


def _loaded(session: "Session", target: str) -> "tuple[Agreement, Bundle | None]":
    """An EMC that is made, and its agreement file if that names it."""
    session.check(session.target(target))
    session.load()
    return session.agreement(target), session.target(target).paper


def _rehearsed(
    session: "Session", path: Path, payer: "AccountAPI"
) -> "tuple[Agreement, Bundle | None]":
    """An EMC made from a canvas on a local chain, test accounts as its nodes."""
    from emc.client import deploying, drawing_up
    from emc.files import canvas

    if not session.chain.is_local:
        raise EMCError(
            f"a rehearsal of {path} runs on a local chain only", "name the EMC's address here"
        )
    wanted = drawing_up.Wanted(path, canvas.load(path, now=session.now))
    with talk.steps("forming the EMC") as step:
        session.system, agreed, file = drawing_up.form(session.chain, payer, wanted, step)
        session.formation(agreed).submit(payer)
    if file is not None:
        deploying.record(session.chain, agreed, file)
    return session.system.agreement(agreed.emc), agreed


def _pay(session: "Session", way: AtOnce, left: list[Order], mint: bool) -> int:
    """Pay the orders, and say how many they are.

    Args:
        mint: Whether to make what the account lacks of the test token.
    """
    amount = sum(order.amount for order in left)
    lacking = amount - way.agreement.balance_of(way.payer.address) if mint else 0
    if lacking > 0:
        session.mint(way.agreement, lacking, way.payer)
    way.prepare(amount)
    return talk.sending(
        way.doing, way.done, len(left), lambda goes_on, told: way.send(left, goes_on, told)
    )
