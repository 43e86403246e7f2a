"""emc call: a leader looks for nodes, reads the bids, and gives places."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli import call_show
from emc.cli.shared import dates, options, output, senders, sessions, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.postings import check_share, checked_call, number_argument, uri_option
from emc.cli.shared.senders import Sender
from emc.core.addresses import address
from emc.core.terms import NATIVE
from emc.core.text import counted, printable
from emc.core.units import format_part
from emc.errors import EMCError
from emc.files import calls
from emc.files.canvas_parts import CIRCULATES

if TYPE_CHECKING:
    from emc.client.session import Session
    from emc.client.system import System


@click.group(cls=Group)
def call() -> None:
    """Call for bids, read them beside the bidders' reputation, and award places.

    \b
    A call from start to end:
      emc call open roaster.yaml --account baker
      emc call show 1 --bid their-bid.yaml
      emc call award 1 their-bid.yaml --me 7 --account baker
      emc call draft 1 --call roaster.yaml --own bakery.yaml --bid their-bid.yaml --out canvas.yaml
    """


def _terms_options(command: Any) -> Any:
    """What the terms of a call say besides its file."""
    for option in (
        click.option(
            "--registry", help="Who answers the bar. [default: the registry of the system]"
        ),
        click.option(
            "--bar-currency",
            default="native",
            show_default=True,
            help="What the bar counts proceeds in: a token's address, or native.",
        ),
        uri_option,
    ):
        command = option(command)
    return command


@call.command("open")
@click.argument("file", type=options.FILE)
@click.option("--emc", "target", help="The running EMC to join; you must lead it.")
@_terms_options
@senders.asked
@output.json_option
def open_(
    file: Path,
    target: str | None,
    uri: str,
    bar_currency: str,
    registry: str | None,
    by: Sender,
    as_json: bool,
) -> None:
    """Open the call in FILE.

    \b
    Example:
      emc call open roaster.yaml --account baker --uri ipfs://...
    """
    from emc.client import calling
    from emc.client import registry as registry_of

    options.check_uri(uri)
    with by.session(None, file) as (session, signer):
        made = calls.load_call(file, now=session.now)
        registry_of.own(session.system, signer.address)
        running = session.standing(target) if target is not None else None
        terms = _terms(session, made, running.emc if running else NATIVE, bar_currency, registry)
        by.confirm(f"Open a call for {made.places} x {made.role}?")
        number, receipt = calling.open_(session.system, terms, uri, running, signer)
        if as_json:
            output.print_json(
                {
                    "call": number,
                    "document": "0x" + made.hash().hex(),
                    "closes_at": made.closes_at(session.now),
                    "gas": receipt.gas_used,
                }
            )
            return
        talk.note(f"call {number} is open; bids until {dates.moment(made.closes_at(session.now))}")


@call.command()
@number_argument
@click.argument("file", type=options.FILE)
@_terms_options
@senders.asked
def amend(
    number: int, file: Path, uri: str, bar_currency: str, registry: str | None, by: Sender
) -> None:
    """Replace call NUMBER with the call in FILE, before anybody has bid.

    \b
    Example:
      emc call amend 1 roaster.yaml --account baker
    """
    from emc.client import bidding, calling

    options.check_uri(uri)
    with by.session(None, file) as (session, signer):
        made = calls.load_call(file, now=session.now)
        at = bidding.posting(session.system, number).emc
        terms = _terms(session, made, at, bar_currency, registry)
        by.confirm(f"Replace call {number}?")
        calling.amend(session.system, number, terms, uri, signer)
        talk.note(f"call {number} is replaced")


@call.command()
@number_argument
@click.argument("file", type=options.FILE)
@click.option("--me", required=True, type=options.ME, help="The bidder.")
@senders.asked
def award(number: int, file: Path, me: int, by: Sender) -> None:
    """Award a place of call NUMBER to the bid in FILE, exactly as you read it.

    An award binds nobody; only the agreement that all sign afterwards does.

    \b
    Example:
      emc call award 1 their-bid.yaml --me 7 --account baker
    """
    from emc.client import bidding, calling

    bid = calls.load_bid(file)
    with by.session() as (session, signer):
        posting = bidding.posting(session.system, number)
        offer = posting.offer_of(me)
        if offer.document is None:
            raise EMCError(f"the bid of ME {me} is {offer.state}", "it has to be opened first")
        if bid.hash() != offer.document:
            raise EMCError(
                f"{file} is not what ME {me} bid: its hash is 0x{bid.hash().hex()}, "
                f"the bid's 0x{offer.document.hex()}",
                "read the current bid",
            )
        check_share(me, offer, bid, file)
        by.confirm(f"Give a place to {bid.name} (ME {me})?")
        calling.award(session.system, number, offer, signer)
        after = bidding.posting(session.system, number)
        talk.note(f"awarded; {after.awarded} of {after.places} places are taken")


@call.command()
@number_argument
@click.option("--me", required=True, type=options.ME, help="The bidder.")
@senders.asked
def decline(number: int, me: int, by: Sender) -> None:
    """Decline a bid in call NUMBER.

    \b
    Example:
      emc call decline 1 --me 8 --account baker
    """
    from emc.client import calling

    with by.session() as (session, signer):
        by.confirm(f"Decline the bid of ME {me}?")
        calling.decline(session.system, number, me, signer)
        talk.note("declined")


@call.command()
@number_argument
@click.option(
    "--bidding", is_flag=True, help="End only the time to bid; places can still be awarded."
)
@senders.asked
def close(number: int, bidding: bool, by: Sender) -> None:
    """Give up the remaining places of call NUMBER, or end its time to bid early.

    \b
    Example:
      emc call close 1 --bidding --account baker
    """
    from emc.client import calling

    with by.session() as (session, signer):
        what = "End the time to bid" if bidding else "Give up the places that are left"
        by.confirm(f"{what} in call {number}?")
        act = calling.close_bidding if bidding else calling.close
        act(session.system, number, signer)
        talk.note("bidding has ended" if bidding else f"call {number} is closed")


@call.command()
@click.argument("numbers", type=click.IntRange(1), nargs=-1, required=True)
@click.option(
    "--call",
    "call_files",
    type=options.FILE,
    multiple=True,
    required=True,
    help="The file of each call, in the order of NUMBERS.",
)
@click.option("--own", type=options.FILE, required=True, help="Your own row, written like a bid.")
@click.option(
    "--bid",
    "bid_files",
    type=options.FILE,
    multiple=True,
    help="The file of each awarded bid; repeatable.",
)
@options.out("team.yaml", "Where the canvas goes")
@click.option("--parties", type=options.FILE, help="Where the parties file goes. [default: none]")
@options.local_network
def draft(
    numbers: Sequence[int],
    call_files: Sequence[Path],
    own: Path,
    bid_files: Sequence[Path],
    out: Path,
    parties: Path | None,
    network: str,
) -> None:
    """Draft a canvas from the awarded bids of the calls NUMBERS.

    Every file is checked against its hash on chain. Shares are computed inside the bounds of the
    bids in proportion to what each asks for, as `emc allocate` does. The command lists what is
    left for you to fill in.

    \b
    Example:
      emc call draft 1 2 --call roaster.yaml --call courier.yaml --own bakery.yaml
      --bid roastery.yaml --bid couriers.yaml --out canvas.yaml --parties parties.yaml
    """
    from emc.files import draft as drafts
    from emc.files.whole import check_free, replace_file

    if len(call_files) != len(numbers):
        raise EMCError(
            f"{counted(len(numbers), 'call')} and {counted(len(call_files), 'file')} of calls",
            "name --call for each",
        )
    check_free(out)
    if parties:
        check_free(parties, "--parties")
    with sessions.opened(network) as session:
        made, places = awarded(session.system, numbers, call_files, own, bid_files)
        found = drafts.draft(
            session.chain.id, made, places, session.system.address_of("Reputation")
        )
    replace_file(out, found.canvas)
    if parties:
        replace_file(parties, found.parties)
    output.line(f"canvas draft: {out}", "bold")
    output.table(
        output.columns("row", ">asked", ">share", "at bound"),
        [
            [
                row.contributor.key,
                format_part(row.contributor.contribution),
                format_part(row.share),
                row.at or "",
            ]
            for row in found.allocation.rows
        ],
    )
    output.line()
    output.line("left for you to fill in:")
    for name, what in found.left:
        output.line(f"  {name}: {what}")
    output.line("chosen by this command, please check:")
    for text in found.look:
        output.line(f"  {text}")
    output.line(f"then: emc canvas check {out}")


def awarded(
    system: "System",
    numbers: Sequence[int],
    call_files: Sequence[Path],
    own: Path,
    bid_files: Sequence[Path],
) -> tuple[list[calls.Call], list[Any]]:
    """Calls and the places of their awarded bids, the leader's own first, every file checked.

    Raises:
        EMCError: a file is missing or not what is on chain, or calls do not belong together.
    """
    from emc.client import bidding
    from emc.files.draft import Place

    postings = [bidding.posting(system, number) for number in numbers]
    made = [checked_call(file, each) for file, each in zip(call_files, postings, strict=True)]
    leaders = {each.leader for each in postings}
    if len(leaders) != 1:
        raise EMCError("these calls have different leaders", "draft from calls of one leader")
    if late := next((each for each in postings if each.emc != NATIVE), None):
        raise EMCError(
            f"call {late.number} is to join {late.emc}", "write the new row with `emc amend draft`"
        )
    winners = [
        (posting, offer)
        for posting in postings
        for offer in posting.offers()
        if offer.state == "AWARDED" and offer.document is not None
    ]
    files = calls.matching(bid_files, [offer.document for _, offer in winners if offer.document])
    places = [Place(leaders.pop(), "leader", calls.load_bid(own))]
    for posting, offer in winners:
        assert offer.document is not None
        if offer.document not in files:
            raise EMCError(
                f"the bid of ME {offer.me} in call {posting.number} is awarded, and its file is "
                "missing",
                f"name it with --bid; it is at {printable(offer.uri) or 'no stated place'}",
            )
        path, bid = files[offer.document]
        check_share(offer.me, offer, bid, path)
        places.append(Place(offer.me, posting.role, bid))
    return made, places


def _terms(
    session: "Session", made: calls.Call, emc: str, bar_currency: str, registry: str | None
) -> tuple[Any, ...]:
    """A call as the contract takes it, the decimals of its bar compared with those on chain."""
    from emc.client import calling

    currency = NATIVE if bar_currency == "native" else address(bar_currency, "--bar-currency")
    decimals = calling.decimals_of(session.chain, currency)
    if made.bar is not None and made.bar.proceeds != "0":
        talk.note(f"a bar of proceeds: {'; '.join(CIRCULATES)}")
        counted = made.bar.currency or made.currency
        if counted.decimals != decimals:
            raise EMCError(
                f"bar.proceeds is counted with {counted.decimals} decimals, {bar_currency} has "
                f"{decimals}",
                "name the token with --bar-currency, or its decimals in bar.currency",
            )
    asked = address(registry, "--registry") if registry else None
    return calling.argument(session.system, made, session.now, emc, asked, currency)


call.add_command(call_show.show)
