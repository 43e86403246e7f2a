"""emc till: the money of an EMC, moved by whoever may."""

import click

from emc.cli.shared import naming, senders, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.senders import Sender
from emc.core.addresses import address
from emc.core.replay import BACKSTOP
from emc.errors import EMCError
from emc.files import targets

row_option = click.option(
    "--row",
    "told",
    required=True,
    help="Whose money: number, key or name of its row; 128 is the backstop.",
)


@click.group(cls=Group)
def till() -> None:
    """Move the money of an EMC as its terms say; most of these commands are open to anyone.

    \b
    Examples:
      emc till disburse 0x... --account anybody
      emc till withdraw my.agreement.json --row 2 --account anybody
    """


@till.command()
@click.argument("target")
@senders.asked
def disburse(target: str, by: Sender) -> None:
    """Pay out what is pending in the EMC at TARGET below its `disburse_at`; anyone may.

    \b
    Example:
      emc till disburse my.agreement.json --account leader
    """
    from emc.client import till as money

    with by.standing(target) as (standing, signer):
        pending = standing.currency.format(money.pending(standing))
        by.confirm(f"Share out {pending}?")
        money.disburse(standing, signer)
        talk.note("shared out")


@till.command()
@click.argument("target")
@senders.asked
def absorb(target: str, by: Sender) -> None:
    """Book what came to the EMC at TARGET by plain transfer as proceeds; anyone may.

    \b
    Example:
      emc till absorb my.agreement.json --account leader
    """
    from emc.client import till as money

    with by.standing(target) as (standing, signer):
        extra = money.unbooked(standing)
        if not extra:
            raise EMCError("everything there is booked", "nothing came by plain transfer")
        by.confirm(f"Book {standing.currency.format(extra)} as proceeds?")
        money.absorb(standing, signer)
        talk.note("booked and shared out")


@till.command()
@click.argument("target")
@senders.asked
def end(target: str, by: Sender) -> None:
    """End the EMC at TARGET once its end date or its target is reached; anyone may.

    \b
    Example:
      emc till end my.agreement.json --account leader
    """
    from emc.client import till as money

    with by.standing(target) as (standing, signer):
        if standing.life.is_open:
            talk.note("the gate is open: nothing is lost, credits stay")
        else:
            held, backstop = standing.agreement.accounts.held, standing.terms.backstop
            lost = standing.currency.format(held)
            talk.note(f"the gate is closed: {lost} held go to the backstop {backstop}")
        by.confirm("End the EMC for good?")
        money.end(standing, signer)
        talk.note(f"ended; the EMC is {standing.agreement.stage}")


@till.command()
@row_option
@click.argument("target")
@senders.asked
def withdraw(target: str, told: str, by: Sender) -> None:
    """Pay a row of the EMC at TARGET its credit; anyone may, only its payee receives.

    \b
    Example:
      emc till withdraw my.agreement.json --row 2 --account anybody
    """
    from emc.client import till as money

    with by.standing(target) as (standing, signer):
        row = naming.row_of(told, naming.paper_of(standing, None, target), BACKSTOP)
        credit = money.credit(standing, row)
        paid = f"{standing.currency.format(credit.amount)} to {credit.payee}"
        by.confirm(f"Pay {paid}?")
        money.withdraw(standing, row, signer)
        talk.note(f"paid {paid}")


@till.command()
@row_option
@click.option(
    "--payee",
    required=True,
    help="The new payee: an address, or the agreement file of an EMC.",
)
@click.argument("target")
@senders.asked
def redirect(target: str, told: str, payee: str, by: Sender) -> None:
    """Change the payee of a row of the EMC at TARGET, as its controller, even after it has left.

    The payee may be another EMC of the same currency, such as one of an ME's own people. What it
    is paid is booked there with `emc till absorb` and shared out by its own terms.

    \b
    Examples:
      emc till redirect my.agreement.json --row 1 --payee 0x... --account roastery
      emc till redirect cooking.agreement.json --row 1 --payee oven-team.agreement.json \\
        --account oven-maker
    """
    from emc.client import till as money

    new = targets.target(payee, "--payee")
    with by.standing(target) as (standing, signer):
        row = naming.row_of(told, naming.paper_of(standing, None, target), BACKSTOP)
        inner = money.check_redirect(standing, row, new.emc, signer.address)
        to = new.emc
        if new.paper is not None:
            standing.system.made_from(new.paper)
            to = f"{new.paper.canvas.title} at {to}"
        if inner is not None:
            to = f"the EMC {to}"
        now = standing.agreement.payee_of(row)
        by.confirm(f"Pay row {row} at {to} instead of {now}?")
        money.redirect(standing, row, new.emc, signer)
        talk.note(f"row {row} is paid at {to} from now on")
        if inner is not None:
            talk.note(f"`emc till absorb {new.emc}` shares out there what has come")


@till.command()
@click.option("--token", required=True, help="The foreign token's address; zero: native coin.")
@click.argument("target")
@senders.asked
def rescue(target: str, token: str, by: Sender) -> None:
    """Send a foreign token that the EMC at TARGET received by mistake to its backstop; anyone may.

    \b
    Example:
      emc till rescue my.agreement.json --token 0x... --account anybody
    """
    from emc.client import till as money

    foreign = address(token, "--token")
    with by.standing(target) as (standing, signer):
        by.confirm(f"Send all of {foreign} to the backstop {standing.terms.backstop}?")
        money.rescue(standing, foreign, signer)
        talk.note("sent to the backstop")
