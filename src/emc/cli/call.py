"""emc call: a leader looks for nodes, reads the bids, and gives places."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli import call_show
from emc.cli.shared import decide, options, output, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.output import Column
from emc.cli.shared.postings import (
    address_of,
    check_share,
    check_uri,
    checked_call,
    number_argument,
    own_me,
    uri_option,
)
from emc.core.terms import NATIVE
from emc.core.text import counted, printable
from emc.core.units import format_part
from emc.errors import EMCError
from emc.files import calls
from emc.files.canvas_parts import CIRCULATES

if TYPE_CHECKING:
    from emc.chain.edge import Chain
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


@call.command("open")
@click.argument("file", type=click.Path(path_type=Path))
@decide.account_option
@decide.network_option
@uri_option
@click.option("--emc", "target", help="The running EMC that somebody is to join: you lead it.")
@click.option(
    "--bar-currency",
    default="native",
    show_default=True,
    help="What the bar counts proceeds in: a token's address, or native.",
)
@click.option("--registry", help="Who answers the bar. [default: the registry of the system]")
@decide.yes_option
@output.json_option
def open_(
    file: Path,
    account: str,
    network: str,
    uri: str,
    target: str | None,
    bar_currency: str,
    registry: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Open the call in FILE.

    \b
    Example:
      emc call open roaster.yaml --account baker --uri ipfs://...
    """
    from emc.chain.edge import send
    from emc.client import bidding

    check_uri(uri)
    with decide.opened(network, None, file) as (chain, system):
        made = calls.load_call(file, now=chain.now)
        signer = chain.account(account)
        own_me(system, signer.address)
        currency = _bar_currency(chain, made, bar_currency)
        emc = NATIVE
        late: tuple[Any, ...] = ()
        if target is not None:
            standing = decide.standing_of(system, target)
            emc, late = standing.emc, (standing.terms.head(), standing.terms.packed_rows())
        terms = bidding.argument(
            system, made, chain.now, emc, address_of(registry, "--registry"), currency
        )
        talk.confirm(f"Open a call for {made.places} x {made.role}?", yes)
        function = system.calls.open_late if late else system.calls.open
        receipt = send("opening the call", function, terms, uri, *late, sender=signer)
        number = int(system.calls.count())
        if as_json:
            output.print_json(
                {
                    "call": number,
                    "document": "0x" + made.hash().hex(),
                    "closes_at": made.closes_at(chain.now),
                    "gas": receipt.gas_used,
                }
            )
            return
        talk.note(f"call {number} is open; bids until {decide.moment(made.closes_at(chain.now))}")


@call.command()
@number_argument
@click.argument("file", type=click.Path(path_type=Path))
@decide.account_option
@decide.network_option
@uri_option
@click.option("--bar-currency", default="native", show_default=True, help="As in `emc call open`.")
@click.option("--registry", help="As in `emc call open`.")
@decide.yes_option
def amend(
    number: int,
    file: Path,
    account: str,
    network: str,
    uri: str,
    bar_currency: str,
    registry: str | None,
    yes: bool,
) -> None:
    """Replace call NUMBER by what is in FILE, before anybody has bid.

    \b
    Example:
      emc call amend 1 roaster.yaml --account baker
    """
    from emc.chain.edge import send
    from emc.client import bidding

    check_uri(uri)
    with decide.opened(network, None, file) as (chain, system):
        made = calls.load_call(file, now=chain.now)
        posting = bidding.posting(system, number)
        currency = _bar_currency(chain, made, bar_currency)
        terms = bidding.argument(
            system, made, chain.now, posting.emc, address_of(registry, "--registry"), currency
        )
        talk.confirm(f"Replace call {number}?", yes)
        send(
            "amending the call",
            system.calls.amend,
            number,
            terms,
            uri,
            sender=chain.account(account),
        )
        talk.note(f"call {number} is replaced")


@call.command()
@number_argument
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--me", required=True, type=options.ME, help="The bidder.")
@decide.account_option
@decide.network_option
@decide.yes_option
def award(number: int, file: Path, me: int, account: str, network: str, yes: bool) -> None:
    """Give a place of call NUMBER to the bid in FILE, as you read it.

    Binds nobody: what binds is the agreement that all sign afterwards.

    \b
    Example:
      emc call award 1 their-bid.yaml --me 7 --account baker
    """
    from emc.chain.edge import send
    from emc.client import bidding

    bid = calls.load_bid(file)
    with decide.opened(network) as (chain, system):
        posting = bidding.posting(system, number)
        offer = posting.offer_of(me)
        if offer.document is None:
            raise EMCError(f"the bid of ME {me} is {offer.state}", "it has to be opened first")
        if bid.hash() != offer.document:
            raise EMCError(
                f"{file} is not what ME {me} bid: its hash is 0x{bid.hash().hex()}, "
                f"the bid's 0x{offer.document.hex()}",
                "read the bid as it stands now",
            )
        check_share(me, offer, bid, file)
        talk.confirm(f"Give a place to {bid.name} (ME {me})?", yes)
        send("awarding", system.calls.award, number, me, offer.hash, sender=chain.account(account))
        after = bidding.posting(system, number)
        talk.note(f"awarded; {after.awarded} of {after.places} places are given")


@call.command()
@number_argument
@click.option("--me", required=True, type=options.ME, help="The bidder.")
@decide.account_option
@decide.network_option
@decide.yes_option
def decline(number: int, me: int, account: str, network: str, yes: bool) -> None:
    """Say no to a bid in call NUMBER.

    \b
    Example:
      emc call decline 1 --me 8 --account baker
    """
    from emc.chain.edge import send

    with decide.opened(network) as (chain, system):
        talk.confirm(f"Decline the bid of ME {me}?", yes)
        send("declining", system.calls.decline, number, me, sender=chain.account(account))
        talk.note("declined")


@call.command()
@number_argument
@click.option("--bidding", is_flag=True, help="End only the time to bid; places can be given.")
@decide.account_option
@decide.network_option
@decide.yes_option
def close(number: int, bidding: bool, account: str, network: str, yes: bool) -> None:
    """Give up the places of call NUMBER that are left, or end its time to bid early.

    \b
    Example:
      emc call close 1 --bidding --account baker
    """
    from emc.chain.edge import send

    with decide.opened(network) as (chain, system):
        what = "End the time to bid" if bidding else "Give up the places that are left"
        talk.confirm(f"{what} in call {number}?", yes)
        function = system.calls.close_bidding if bidding else system.calls.close
        send("closing", function, number, sender=chain.account(account))
        talk.note("bidding has ended" if bidding else f"call {number} is closed")


@call.command()
@click.argument("numbers", type=click.IntRange(1), nargs=-1, required=True)
@click.option(
    "--call",
    "call_files",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="The file of each call, in the order of NUMBERS.",
)
@click.option(
    "--own",
    type=click.Path(path_type=Path),
    required=True,
    help="Your own row, written like a bid.",
)
@click.option(
    "--bid",
    "bid_files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="The file of each awarded bid; repeatable.",
)
@options.out("team.yaml", "Where the canvas goes")
@click.option(
    "--parties",
    type=click.Path(path_type=Path),
    help="Where the parties file goes. [default: none]",
)
@decide.network_option
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

    Every file is checked against its hash on chain. Shares are found inside the bounds of the bids
    by what each asks for, as `emc allocate` does. What bids cannot know is left to fill in, and
    said.

    \b
    Example:
      emc call draft 1 2 --call roaster.yaml --call courier.yaml --own bakery.yaml
      --bid roastery.yaml --bid couriers.yaml --out canvas.yaml --parties parties.yaml
    """
    from emc.files import draft as drafts
    from emc.files.whole import replace_file

    if len(call_files) != len(numbers):
        raise EMCError(
            f"{counted(len(numbers), 'call')} and {counted(len(call_files), 'file')} of calls",
            "name --call for each",
        )
    for path in filter(None, (out, parties)):
        if path.exists():
            raise EMCError(f"{path} is there already", "name another")
    with decide.opened(network) as (chain, system):
        made, places = awarded(system, numbers, call_files, own, bid_files)
        found = drafts.draft(chain.id, made, places, system.reputation.address)
    replace_file(out, found.canvas)
    if parties:
        replace_file(parties, found.parties)
    output.line(f"canvas draft: {out}", "bold")
    output.table(
        [Column("row"), Column("asked", "right"), Column("share", "right"), Column("at bound")],
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
    output.line("left to fill in, as bids cannot know it:")
    for name, what in found.left:
        output.line(f"  {name}: {what}")
    output.line("decided here, look at it:")
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
                "not there",
                f"name it with --bid; it is at {printable(offer.uri) or 'no stated place'}",
            )
        path, bid = files[offer.document]
        check_share(offer.me, offer, bid, path)
        places.append(Place(offer.me, posting.role, bid))
    return made, places


def _bar_currency(chain: "Chain", made: calls.Call, text: str) -> str:
    """What the bar counts in, its decimals compared with those in the file."""
    address, decimals = NATIVE, 18
    if text != "native":
        address = address_of(text, "--bar-currency") or NATIVE
        from emc.chain.edge import read

        decimals = int(read("asking for decimals", chain.contract("Token", address).decimals))
    if made.bar is None or made.bar.proceeds == "0":
        return address
    talk.note(f"a bar of proceeds: {'; '.join(CIRCULATES)}")
    counted = made.bar.currency or made.currency
    if counted.decimals != decimals:
        raise EMCError(
            f"bar.proceeds is counted with {counted.decimals} decimals, {text} has {decimals}",
            "name the token with --bar-currency, or its decimals in bar.currency",
        )
    return address


call.add_command(call_show.show)
