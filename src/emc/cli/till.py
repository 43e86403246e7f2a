"""emc till: the money of an EMC, moved by whoever may."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from eth_utils.address import is_address, to_checksum_address

from emc.cli.shared import decide, naming, talk
from emc.cli.shared.groups import Group
from emc.core.replay import BACKSTOP
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.standing import Standing

row_option = click.option(
    "--row",
    "told",
    required=True,
    help="Whose money: number, key or name of its row; 128 is the backstop.",
)


@click.group(cls=Group)
def till() -> None:
    """Move the money of an EMC where its terms say; most of it is open to anybody.

    \b
    Examples:
      emc till disburse 0x... --account anybody
      emc till withdraw my.agreement.json --row 2 --account anybody
    """


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (decide.yes_option, decide.network_option, decide.account_option):
        command = option(command)
    return click.argument("target")(command)


@till.command()
@_common
def disburse(target: str, account: str, network: str, yes: bool) -> None:
    """Pay out what gathers in the EMC at TARGET below its `disburse_at`; anybody may.

    \b
    Example:
      emc till disburse my.agreement.json --account leader
    """
    _run(target, account, network, yes, _disburse)


def _disburse(standing: "Standing", signer: Any, yes: bool) -> None:
    pending = standing.agreement.accounts.pending
    if not pending:
        raise EMCError("nothing gathers there", "every sale has been paid out")
    talk.confirm(f"Share out {standing.currency.format(pending)}?", yes)
    _send("disbursing", standing, "disburse", signer)
    talk.note("shared out")


@till.command()
@_common
def absorb(target: str, account: str, network: str, yes: bool) -> None:
    """Book what came to the EMC at TARGET by plain transfer as proceeds; anybody may.

    \b
    Example:
      emc till absorb my.agreement.json --account leader
    """
    _run(target, account, network, yes, _absorb)


def _absorb(standing: "Standing", signer: Any, yes: bool) -> None:
    from emc.client.agenda import unbooked

    extra = unbooked(standing)
    if not extra:
        raise EMCError("everything there is booked", "nothing came by plain transfer")
    talk.confirm(f"Book {standing.currency.format(extra)} as proceeds?", yes)
    _send("absorbing", standing, "absorb", signer)
    talk.note("booked and shared out")


@till.command()
@_common
def end(target: str, account: str, network: str, yes: bool) -> None:
    """End the EMC at TARGET once its end date or its target has come; anybody may.

    \b
    Example:
      emc till end my.agreement.json --account leader
    """
    _run(target, account, network, yes, _end)


def _end(standing: "Standing", signer: Any, yes: bool) -> None:
    money = standing.currency
    if standing.life.is_open:
        talk.note("the gate is open: nothing is lost, credits stay")
    else:
        held = money.format(standing.agreement.accounts.held)
        talk.note(f"the gate is closed: {held} held go to the backstop {standing.terms.backstop}")
    talk.confirm("End the EMC for good?", yes)
    _send("ending", standing, "end", signer)
    talk.note(f"ended; the EMC is {standing.agreement.stage}")


@till.command()
@row_option
@_common
def withdraw(target: str, told: str, account: str, network: str, yes: bool) -> None:
    """Pay a row of the EMC at TARGET what waits for it; anybody may, only its payee receives.

    \b
    Example:
      emc till withdraw my.agreement.json --row 2 --account anybody
    """

    def act(standing: "Standing", signer: Any, yes: bool) -> None:
        from emc.client import paying

        row = naming.row_of(told, naming.paper_of(standing, None, target), BACKSTOP)
        amount = standing.life.credits.get(row, 0)
        if not amount:
            raise EMCError(f"nothing waits for row {row}", "see `emc status`")
        payee = str(standing.agreement.contract.payee_of(row))
        if not paying.can_be_paid(standing.agreement, payee, amount):
            raise EMCError(
                f"row {row}'s payee {payee} does not take {standing.currency.format(amount)}",
                f"its controller {paying.controller_of(standing, row)} can name another: "
                f"`emc till redirect {target} --row {row} --payee 0x...`",
            )
        talk.confirm(f"Pay {standing.currency.format(amount)} to {payee}?", yes)
        _send("withdrawing", standing, "withdraw", signer, row)
        talk.note(f"paid {standing.currency.format(amount)} to {payee}")

    _run(target, account, network, yes, act)


@till.command()
@row_option
@click.option(
    "--payee",
    required=True,
    help="Who is paid from now on: an address, or the agreement file of an EMC.",
)
@_common
def redirect(target: str, told: str, payee: str, account: str, network: str, yes: bool) -> None:
    """Have a row of the EMC at TARGET paid elsewhere, as its controller; also once it has left.

    The payee may be another EMC of the same currency, such as that of an ME's own people: what it
    is paid is booked there with `emc till absorb`, and shared out by its own terms.

    \b
    Examples:
      emc till redirect my.agreement.json --row 1 --payee 0x... --account roastery
      emc till redirect cooking.agreement.json --row 1 --payee oven-team.agreement.json \\
        --account oven-maker
    """
    if payee.endswith(".json"):
        from pathlib import Path

        from emc.files import bundle

        team = bundle.read(Path(payee))
        payee = team.emc
    elif not is_address(payee):
        raise EMCError(f"--payee {payee} is not an address", "an address has 40 hex digits")
    else:
        team = None

    def act(standing: "Standing", signer: Any, yes: bool) -> None:
        from emc.chain.edge import send
        from emc.client import paying

        row = naming.row_of(told, naming.paper_of(standing, None, target), BACKSTOP)
        new, terms = to_checksum_address(payee), standing.terms
        now = standing.agreement.contract.payee_of(row)
        controller = paying.controller_of(standing, row)
        if controller.lower() != signer.address.lower():
            raise EMCError(
                f"only row {row}'s controller {controller} says where it is paid, "
                f"not {signer.address}",
                "choose its account with --account",
            )
        if not paying.can_be_paid(standing.agreement, new):
            raise EMCError(
                f"{new} does not take {standing.currency.symbol}", "name a payee that can be paid"
            )
        if team is not None:
            standing.system.made_from(team)
        inner = paying.nested(standing, new)
        to = f"{team.canvas.title} at {new}" if team is not None else new
        what = "the EMC " if inner is not None else ""
        talk.confirm(f"Pay row {row} at {what}{to} instead of {now}?", yes)
        conduct = standing.system.conduct
        if any(each.id == row for each in terms.rows):
            base = (standing.emc, terms.head(), terms.packed_rows(), terms.place_of(row))
            send("changing the payee", conduct.change_payee, *base, new, sender=signer)
        else:
            send("redirecting", conduct.redirect, standing.emc, row, new, sender=signer)
        talk.note(f"row {row} is paid at {what}{to} from now on")
        if inner is not None:
            talk.note(f"`emc till absorb {new}` shares out there what has come")

    _run(target, account, network, yes, act)


@till.command()
@click.option("--token", required=True, help="The foreign token's address; zero: native coin.")
@_common
def rescue(target: str, token: str, account: str, network: str, yes: bool) -> None:
    """Send a foreign token that strayed to the EMC at TARGET to its backstop; anybody may.

    \b
    Example:
      emc till rescue my.agreement.json --token 0x... --account anybody
    """
    if not is_address(token):
        raise EMCError(f"--token {token} is not an address", "an address has 40 hex digits")

    def act(standing: "Standing", signer: Any, yes: bool) -> None:
        talk.confirm(f"Send all of {token} to the backstop {standing.terms.backstop}?", yes)
        _send("rescuing", standing, "rescue", signer, to_checksum_address(token))
        talk.note("sent to the backstop")

    _run(target, account, network, yes, act)


def _run(
    target: str,
    account: str,
    network: str,
    yes: bool,
    act: Callable[["Standing", Any, bool], None],
) -> None:
    with decide.opened(network, target) as (chain, system):
        act(decide.standing_of(system, target), chain.account(account), yes)


def _send(what: str, standing: "Standing", name: str, signer: Any, *args: Any) -> None:
    from emc.chain.edge import send

    send(what, getattr(standing.agreement.contract, name), *args, sender=signer)
