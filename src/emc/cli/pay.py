"""emc pay: a payer pays one order, and sees first who gets what of it."""

from pathlib import Path

import click

from emc.cli import simulate
from emc.cli.shared import naming, options, output, senders, sessions, talk
from emc.cli.shared.senders import Sender
from emc.core import orders
from emc.core.limits import MAX_AMOUNT
from emc.errors import EMCError
from emc.files import order_file, payment_request
from emc.files.payment_request import PaymentRequest

customer_option = click.option(
    "--customer",
    help="The customer: a name, hashed with the salt, or a reference, 0x and 64 hex digits. "
    "[default: the payer]",
)
salt_option = click.option(
    "--salt",
    type=options.FILE,
    default=Path("customers.salt"),
    show_default=True,
    help="File with the salt of customer references, as in `emc sell`.",
)


approve_option = click.option(
    "--approve", is_flag=True, help="Approve by a transaction, sign no permit."
)


@click.command()
@click.argument("target")
@click.option("--order", help="The merchant's order: a number, or text such as INV-2026-001.")
@click.option("--amount", help="The amount to pay, such as 24.50.")
@customer_option
@salt_option
@options.agreement
@approve_option
@senders.asked
@output.json_option
def command(
    target: str,
    order: str | None,
    amount: str | None,
    customer: str | None,
    salt: Path,
    agreement: Path | None,
    approve: bool,
    by: Sender,
    as_json: bool,
) -> None:
    """Pay one order through the EMC at TARGET: an address, an agreement file, or a request's URI.

    If the token supports permits (EIP-2612), no allowance is needed: the account signs for exactly
    this amount and EMC, and one transaction pays. An order that the account has already paid is
    refused.

    \b
    Examples:
      emc pay my.agreement.json --order 1001 --amount 24.50 --account shop
      emc pay "ethereum:0x5FbD...0aa3@11155111/sale?uint256=1001..." --account shop
    """
    from emc.client import paying
    from emc.core import simulation

    asked = _request(target, order, amount, customer)
    number = asked.order if asked else orders.order_number(order or "")
    reference, kept = (asked.customer, None) if asked else customer_and_salt(customer, salt)
    with by.session(None if asked else target, agreement) as (session, payer):
        if asked is not None and asked.chain_id != session.chain.id:
            raise EMCError(
                f"the request is for chain {asked.chain_id}, this is chain {session.chain.id}",
                "choose its network with --network",
            )
        standing = session.standing(asked.emc if asked else target)
        simulate.check_open(standing)
        if asked is not None and asked.is_native is not standing.agreement.is_native:
            raise EMCError("the request is in another currency than the EMC", "ask for a new one")
        money = standing.currency
        units = asked.amount if asked else money.parse(amount or "")
        name = order.strip() if order else str(number)
        paying.check(standing.agreement, payer.address, number, units, name)
        ahead = simulation.sale(standing.life, units)
        if not as_json:
            names = naming.names_of(standing, agreement, None if asked else target)
            simulate.show(standing, f"Order {name}: {money.format(units)}", ahead, names)
        by.confirm(f"Pay {money.format(units)} for order {name} from {payer.address}?")
        if kept is not None:
            order_file.keep_salt(salt, kept)
        done = paying.pay(
            standing.agreement, payer, number, units, reference, by_permit=not approve
        )
        answer = {
            "emc": standing.emc,
            "order": str(number),
            "reference": name,
            "amount": str(units),
            "payer": payer.address,
            "how": done.how,
            "transaction": done.receipt.txn_hash,
            "gas": done.receipt.gas_used,
        }
        if as_json:
            output.print_json(answer | {"rows": simulate.machine(standing, ahead)["rows"]})
        else:
            talk.note(f"paid by {done.how} in {done.receipt.txn_hash}")


def _request(
    target: str, order: str | None, amount: str | None, customer: str | None
) -> PaymentRequest | None:
    """The request that TARGET is, if it is one: then it says what options say otherwise."""
    if not payment_request.is_one(target):
        if order is None or amount is None:
            raise EMCError("--order and --amount are missing", "or pay a request: `emc request`")
        return None
    if order is not None or amount is not None or customer is not None:
        raise EMCError("the request names order, amount and customer", "leave these options out")
    return payment_request.parse(target)


@click.command()
@click.argument("target")
@click.option(
    "--order", required=True, help="The merchant's order: a number, or text such as INV-2026-001."
)
@click.option("--amount", required=True, help="The amount to request, such as 24.50.")
@customer_option
@salt_option
@options.local_network
@click.option("--out", type=options.FILE, help="Write the QR code as .svg or .png.")
@output.json_option
def request(
    target: str,
    order: str,
    amount: str,
    customer: str | None,
    salt: Path,
    network: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Request the payment of one order of the EMC at TARGET: an ERC-681 URI and its QR code.

    \b
    Examples:
      emc request my.agreement.json --order 1001 --amount 24.50
      emc request 0x5FbD...0aa3 --order 1001 --amount 24.50 --out order-1001.svg
    """
    from emc.files.whole import replace_file

    kind = out.suffix.removeprefix(".").lower() if out else ""
    if out and kind not in payment_request.KINDS:
        raise EMCError(f"--out {out} is neither .svg nor .png", "use one of these endings")
    number = orders.order_number(order)
    reference, kept = customer_and_salt(customer, salt)
    with sessions.opened(network, target) as session:
        standing = session.standing(target)
        simulate.check_open(standing)
        units = standing.currency.parse(amount)
        if not 0 < units <= MAX_AMOUNT:
            raise EMCError(f"--amount {amount} cannot be paid", "above zero, below 2**95 units")
        asked = PaymentRequest(
            emc=standing.emc,
            chain_id=session.chain.id,
            order=number,
            amount=units,
            customer=reference,
            is_native=standing.agreement.is_native,
        )
    if kept is not None:
        order_file.keep_salt(salt, kept)
    if out:
        replace_file(out, payment_request.picture(asked, kind))
        talk.note(f"QR code: {out}")
    if as_json:
        output.print_json(
            {
                "uri": asked.uri,
                "emc": asked.emc,
                "order": str(number),
                "reference": order.strip(),
                "amount": str(units),
            }
        )
        return
    output.line(asked.uri)
    if not out:
        output.line(payment_request.terminal(asked).rstrip("\n"))


def customer_and_salt(customer: str | None, path: Path) -> tuple[bytes, bytes | None]:
    """The reference of a customer, and the salt that is to be kept first if it is a new one."""
    if not customer or customer.startswith("0x"):
        return payment_request.customer_of(customer), None
    known = order_file.read_salt(path)
    salt = known or order_file.fresh_salt()
    return orders.reference(customer.strip(), salt), None if known else salt
