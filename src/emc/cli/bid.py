"""emc bid: a micro-enterprise bids for a place, openly or under seal."""

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import click

from emc.cli import call_show
from emc.cli.shared import dates, options, output, senders, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.postings import (
    call_option,
    checked_call,
    number_argument,
    stars_text,
    uri_option,
)
from emc.cli.shared.senders import Sender
from emc.core.text import counted
from emc.core.units import format_part
from emc.errors import EMCError
from emc.files import calls


@click.group(cls=Group)
def bid() -> None:
    """Bid for a place in an EMC; losing costs nothing but gas.

    \b
    A sealed bid from start to end:
      emc bid check my-bid.yaml --call roaster.yaml
      emc bid place 1 my-bid.yaml --call roaster.yaml --account roaster
      emc bid reveal 1 --account roaster          (after the deadline)
    """


@bid.command()
@click.argument("file", type=options.FILE)
@call_option
def check(file: Path, call_file: Path | None) -> None:
    """Report everything that is wrong with the bid in FILE, without a chain.

    \b
    Example:
      emc bid check my-bid.yaml --call roaster.yaml
    """
    made = calls.load_bid(file, calls.load_call(call_file) if call_file else None)
    output.line(f"ok: {made.name} asks for {format_part(made.share.asked)}", "bold green")
    output.line(f"  hash  0x{made.hash().hex()}")


@bid.command()
@number_argument
@click.argument("file", type=options.FILE)
@call_option
@uri_option
@senders.asked
@output.json_option
def place(
    number: int, file: Path, call_file: Path | None, uri: str, by: Sender, as_json: bool
) -> None:
    """Bid in call NUMBER with the bid in FILE, or replace your earlier bid with it.

    In an open call everybody can read the bid at once. In a sealed one only a commitment goes to
    the chain. The salt that opens it stays in a file on this machine; keep it until you have
    revealed.

    \b
    Example:
      emc bid place 1 my-bid.yaml --call roaster.yaml --account roaster --uri ipfs://...
    """
    from emc.client import bidding, registry

    options.check_uri(uri)
    calls.load_bid(file)
    with by.session(None, call_file) as (session, signer):
        posting = bidding.posting(session.system, number)
        call = checked_call(call_file, posting) if call_file else None
        made = calls.load_bid(file, call)
        if not posting.lower <= made.share.asked <= posting.upper:
            raise EMCError(
                f"{file}: share.asked: {format_part(made.share.asked)} is not what call {number} "
                "takes",
                f"ask for {format_part(posting.lower)} to {format_part(posting.upper)}",
            )
        me = registry.own(session.system, signer.address)
        # read before anything is confirmed, and no part of what a program reads
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            call_show.show_call(posting, call)
            call_show.show_bid(
                f"{me}: {made.name} ({file}, hash 0x{made.hash().hex()})", made, call
            )
        if short := posting.shortfall(me):
            raise EMCError(
                f"the bar of call {number} refuses ME {me}: {short}",
                f"see what counts with `emc reputation {me}`; it asks for "
                f"{stars_text(posting.bar.stars)} stars and {counted(posting.bar.emcs, 'EMC')}",
            )
        if posting.is_sealed:
            talk.note(
                f"this call is sealed: reveal after {dates.moment(posting.closes_at)} and before "
                f"{dates.moment(posting.opens_until)}, with `emc bid reveal {number}`. The salt "
                "is kept in a file on this machine; if it is lost, nobody can open the bid"
            )
        by.confirm(f"Bid {format_part(made.share.asked)} as ME {me}?")
        receipt, secret = bidding.place(posting, me, made, uri, signer)
        if as_json:
            output.print_json(
                {
                    "call": number,
                    "me": str(me),
                    "document": "0x" + made.hash().hex(),
                    "salt_file": str(secret.path) if secret else None,
                    "gas": receipt.gas_used,
                }
            )
        elif secret:
            talk.note(f"sealed; the salt is in {secret.path}: keep a copy elsewhere")
        else:
            talk.note("the bid is open to everybody; placing another replaces it")
        bidding.check_same(posting)


@bid.command()
@number_argument
@uri_option
@senders.asked
def reveal(number: int, uri: str, by: Sender) -> None:
    """Reveal your sealed bid in call NUMBER, with the stored salt.

    \b
    Example:
      emc bid reveal 1 --account roaster --uri ipfs://...
    """
    from emc.client import bidding, registry

    options.check_uri(uri)
    with by.session() as (session, signer):
        posting = bidding.posting(session.system, number)
        if posting.phase == "OPEN":
            raise EMCError(
                f"the time to bid in call {number} is not over",
                f"reveal {dates.left(posting.closes_at + 1, session.now)}; others could read it",
            )
        me = registry.own(session.system, signer.address)
        kept = calls.opened_bid(bidding.kept(posting, me))
        call_show.show_bid(
            f"{me}: {kept.name} (call {number}, hash 0x{kept.hash().hex()})", kept, None
        )
        by.confirm("Reveal your bid to everybody?")
        secret = bidding.unseal(posting, me, uri, signer)
        talk.note(f"opened: {format_part(secret.number_of('share'))} asked")


@bid.command()
@number_argument
@senders.asked
def withdraw(number: int, by: Sender) -> None:
    """Withdraw your bid in call NUMBER before it is answered.

    \b
    Example:
      emc bid withdraw 1 --account roaster
    """
    from emc.client import bidding

    with by.session() as (session, signer):
        by.confirm(f"Take your bid in call {number} back?")
        bidding.withdraw(session.system, number, signer)
        talk.note("withdrawn")


@bid.command()
@number_argument
@senders.plain
@output.json_option
def status(number: int, by: Sender, as_json: bool) -> None:
    """Show the state of your bid in call NUMBER, and what to do next.

    \b
    Example:
      emc bid status 1 --account roaster
    """
    from emc.client import bidding, registry

    with by.session() as (session, signer):
        posting = bidding.posting(session.system, number)
        me = registry.own(session.system, signer.address)
        offer = posting.offer_of(me)
        salt = bidding.salt_file(posting, offer)
        todo = _todo(offer.state, posting.phase)
        can_reveal = (offer.state, posting.phase) == ("SEALED", "REVEAL")
        command = options.pasted(f"emc bid reveal {number}") if can_reveal else ""
        ends = posting.opens_until if posting.phase == "REVEAL" else posting.closes_at
        if as_json:
            output.print_json(
                {
                    "call": number,
                    "me": str(me),
                    "state": offer.state,
                    "phase": posting.phase,
                    "phase_ends_at": ends,
                    "salt_file": str(salt) if salt else None,
                    "next": todo,
                    "command": command,
                }
            )
            return
        facts = {"state": offer.state, "call": posting.phase, "next": todo}
        if posting.phase in ("OPEN", "REVEAL"):
            facts["time left"] = dates.left(ends, session.now).removeprefix("in ")
        if salt:
            facts["salt"] = str(salt)
        talk.facts(f"Bid of ME {me} in call {number}", facts)
        if command:
            output.command(command)


def _todo(state: str, phase: str) -> str:
    if state == "SEALED":
        return {
            "OPEN": "wait for the deadline, then reveal",
            "REVEAL": "reveal it now",
        }.get(phase, "nothing: it was never opened")
    if state == "OPEN":
        return "wait for the leader" if phase != "CLOSED" else "nothing: the call is closed"
    return {
        "AWARDED": "wait for the agreement, read it, sign it",
        "DECLINED": "nothing: the leader said no",
        "WITHDRAWN": "place it again while the call is open",
    }.get(state, "")
