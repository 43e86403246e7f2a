"""A call for bids from its leader's side: open, amend, close, award.

Prints nothing.
"""

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from emc.chain.edge import Chain, read, send
from emc.client.bidding import Offer, events
from emc.client.standing import Standing
from emc.client.system import System
from emc.core.terms import NATIVE, Bar
from emc.files import calls

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI


def argument(
    system: System,
    call: calls.Call,
    now: int,
    emc: str = NATIVE,
    registry: str | None = None,
    currency: str = NATIVE,
) -> tuple[Any, ...]:
    """A call from its file as the contract takes it.

    Args:
        registry: The registry that the bar asks; none: that of the system.
        currency: What the bar counts proceeds in.
    """
    bar = Bar()
    if call.bar is not None:
        counted = call.bar.currency.money if call.bar.currency else call.currency.money
        bar = Bar(
            registry=registry or system.reputation.address,
            stars=call.bar.stars,
            emcs=call.bar.emcs,
            proceeds=counted.parse(call.bar.proceeds),
            currency=currency,
            admits_unrated=call.bar.admits_unrated,
        )
    return (
        emc,
        call.role,
        call.hash(),
        call.share.lower,
        call.share.upper,
        call.places,
        call.closes_at(now),
        call.reveal_span,
        astuple(bar),
    )


def open_(
    system: System,
    terms: tuple[Any, ...],
    uri: str,
    running: Standing | None,
    account: "AccountAPI",
) -> tuple[int, "ReceiptAPI"]:
    """Open a call and return its number.

    Args:
        terms: See ``argument``.
        running: The running EMC to join; none: one that is yet to be formed.
    """
    late = running.table[1:] if running else ()
    function = system.calls.open_late if running else system.calls.open
    receipt = send("opening the call", function, terms, uri, *late, sender=account)
    return int(system.calls.count()), receipt


def amend(
    system: System, number: int, terms: tuple[Any, ...], uri: str, account: "AccountAPI"
) -> None:
    """Replace a call before anybody has bid."""
    send("amending the call", system.calls.amend, number, terms, uri, sender=account)


def award(system: System, number: int, offer: Offer, account: "AccountAPI") -> None:
    """Award a place to a bid, exactly as it was read."""
    send("awarding", system.calls.award, number, offer.me, offer.hash, sender=account)


def decline(system: System, number: int, me: int, account: "AccountAPI") -> None:
    """Decline a bid."""
    send("declining", system.calls.decline, number, me, sender=account)


def close(system: System, number: int, account: "AccountAPI") -> None:
    """Give up the remaining places."""
    send("closing", system.calls.close, number, sender=account)


def close_bidding(system: System, number: int, account: "AccountAPI") -> None:
    """End the time to bid early; places can still be awarded."""
    send("closing", system.calls.close_bidding, number, sender=account)


def decimals_of(chain: Chain, currency: str) -> int:
    """The decimals of the bar's currency.

    Raises:
        EMCError: it is a token that does not say.
    """
    if currency == NATIVE:
        return 18
    return int(read("asking for decimals", chain.contract("Token", currency).decimals))


def won(system: System, leader: int, emc: str) -> dict[int, int]:
    """The MEs that a leader awarded a place, in calls for this EMC or for one yet to be formed, and
    the block of the first award.
    """
    own: set[int] = set()
    found: dict[int, int] = {}
    for event in events(system):
        args = event.args
        if event.name == "Called" and args["leader"] == leader and args["emc"] in (NATIVE, emc):
            own.add(int(args["call"]))
        if event.name == "Awarded" and int(args["call"]) in own:
            found.setdefault(int(args["me"]), event.block)
    return found
