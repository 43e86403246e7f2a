"""emc call show: a call, its bids, and each bidder's reputation beside its bid."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import dates, options, output, sessions, talk
from emc.cli.shared.postings import (
    Candidate,
    call_option,
    checked_call,
    number_argument,
    stars_text,
)
from emc.core.terms import NATIVE
from emc.core.text import counted, printable
from emc.core.units import Currency, format_part, format_span
from emc.files import calls

if TYPE_CHECKING:
    from emc.client.bidding import Offer, Posting


@click.command()
@number_argument
@options.local_network
@call_option
@click.option(
    "--bid",
    "bid_files",
    type=options.FILE,
    multiple=True,
    help="The file of a bid, checked against its hash; repeatable.",
)
@click.option(
    "--me",
    "asked",
    type=options.ME,
    multiple=True,
    help="Also show whether the bar would refuse this ME, and why; repeatable.",
)
@output.json_option
def show(
    number: int,
    network: str,
    call_file: Path | None,
    bid_files: Sequence[Path],
    asked: Sequence[int],
    as_json: bool,
) -> None:
    """Show call NUMBER and its bids, with each bidder's reputation beside its bid.

    \b
    Example:
      emc call show 1 --bid their-bid.yaml --me 9
    """
    from emc.client import bidding

    with sessions.opened(network) as session:
        posting = bidding.posting(session.system, number)
        made = checked_call(call_file, posting) if call_file else None
        offers = posting.offers()
        files = calls.matching(bid_files, [each.document for each in offers if each.document])
        records = {me: Candidate.read(posting, me) for me in [*(o.me for o in offers), *asked]}
        if as_json:
            output.print_json(
                {
                    **_call_data(posting),
                    "bids": [{**_offer_data(each), **records[each.me].data()} for each in offers],
                    "asked": [{"me": str(me), **records[me].data()} for me in asked],
                }
            )
            return
        show_call(posting, made)
        names = {each.me: files[each.document][1].name for each in offers if each.document in files}
        show_offers(offers, names, records)
        for me in asked:
            output.line(f"ME {me}: {records[me].verdict}")
        for each in offers:
            if each.document in files:
                path, bid = files[each.document]
                show_bid(f"{each.me}: {bid.name} ({path}, hash checked)", bid, made)


def _call_data(posting: "Posting") -> dict[str, Any]:
    return {
        "call": posting.number,
        "leader": str(posting.leader),
        "phase": posting.phase,
        "emc": None if posting.emc == NATIVE else posting.emc,
        "role": posting.role,
        "document": "0x" + posting.document.hex(),
        "uri": posting.uri,
        "lower": posting.lower,
        "upper": posting.upper,
        "places": posting.places,
        "awarded": posting.awarded,
        "closes_at": posting.closes_at,
        "opens_until": posting.opens_until if posting.is_sealed else None,
        "registry": posting.bar.registry if posting.has_bar else None,
        "is_own_registry": not posting.asks_a_stranger,
    }


def _offer_data(offer: "Offer") -> dict[str, Any]:
    return {
        "me": str(offer.me),
        "state": offer.state,
        "bid": "0x" + offer.hash.hex(),
        "share": offer.share,
        "document": "0x" + offer.document.hex() if offer.document else None,
        "uri": offer.uri,
    }


def show_call(posting: "Posting", made: calls.Call | None) -> None:
    """A call for people."""
    sealed = f", then {format_span(posting.reveal)} to open them" if posting.is_sealed else ""
    facts = {
        "leader": f"ME {posting.leader}",
        "phase": posting.phase,
        "share": f"{format_part(posting.lower)} to {format_part(posting.upper)}",
        "places": f"{posting.awarded} of {posting.places} given",
        "bids": f"until {dates.moment(posting.closes_at)}"
        + (" under seal" if posting.is_sealed else "")
        + sealed,
        "bar": _bar_text(posting, made),
        "document": f"0x{posting.document.hex()} {printable(posting.uri)}".strip(),
    }
    if posting.emc != NATIVE:
        facts["to join"] = posting.emc
    if made is not None:
        facts["needs"] = "; ".join(made.needs)
    if posting.has_bar:
        facts["registry"] = posting.bar.registry
    talk.facts(f"Call {posting.number}: {printable(posting.role)}", facts)
    if posting.asks_a_stranger:
        talk.note(
            "warning: the bar asks a registry that the leader chose, not the system's own "
            f"Reputation {posting.system.address_of('Reputation')}; it may answer what it likes"
        )


def _bar_text(posting: "Posting", made: calls.Call | None) -> str:
    bar = posting.bar
    if not posting.has_bar:
        return "none"
    parts = [f"{stars_text(bar.stars)} stars"] if bar.stars else []
    parts += [counted(bar.emcs, "EMC")] if bar.emcs else []
    if bar.proceeds:
        named = made.bar.currency or made.currency if made and made.bar else None
        money = named.money if named else Currency("base units", 0)
        parts.append(f"proceeds of {money.format(bar.proceeds)}")
    parts.append("unrated admitted" if bar.admits_unrated else "unrated refused")
    return ", ".join(parts)


def show_offers(
    offers: "Sequence[Offer]",
    called: Mapping[int, str],
    records: Mapping[int, Candidate],
) -> None:
    """Bids, with each bidder's reputation beside its bid."""
    output.line()
    if not offers:
        output.line("nobody has bid")
        return
    names = (">ME", "name", "state", ">share", ">stars", ">EMCs", ">withheld", "bar")
    rows = []
    for each in offers:
        record = records[each.me]
        rows.append(
            [
                str(each.me),
                called.get(each.me, ""),
                each.state,
                format_part(each.share) if each.share is not None else "sealed",
                record.rating,
                str(record.summary.facts["completed"]),
                str(record.summary.facts["withheld"]),
                record.shortfall or "ok",
            ]
        )
    output.table(output.columns(*names), rows)
    output.line()


def show_bid(whose: str, bid: calls.Bid, made: calls.Call | None) -> None:
    """A bid from its file."""
    cover = f"{bid.cost_cover}, in the currency of the call, which its file names: add --call"
    if made is not None:
        money = made.currency.money
        cover = money.format(money.parse(bid.cost_cover))
    share = bid.share
    talk.facts(
        f"Bid of ME {whose}",
        {
            "solution": " ".join(bid.solution.split()),
            "contributes": "; ".join(bid.obligations),
            "can be seen by": "; ".join(bid.expected_performance),
            "needs": "; ".join(bid.resources) or "nothing",
            "share": f"{format_part(share.asked)}, never outside {format_part(share.lower)} to "
            f"{format_part(share.upper)}",
            "costs": f"{format_part(bid.running_cost)} of every sale, cover of {cover}",
            "payee": bid.payee,
        },
    )
