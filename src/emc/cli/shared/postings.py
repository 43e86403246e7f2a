"""What the commands about calls and bids share."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import options
from emc.core.units import format_part
from emc.errors import EMCError
from emc.files import calls

if TYPE_CHECKING:
    from emc.client.bidding import Offer, Posting
    from emc.client.reputation import Summary

number_argument = click.argument("number", type=click.IntRange(1))
uri_option = click.option("--uri", default="", help="Where the file can be found by others.")
call_option = click.option("--call", "call_file", type=options.FILE, help="The file of the call.")


def checked_call(path: Path, posting: "Posting") -> calls.Call:
    """A call from its file, if it is the one on chain.

    Raises:
        EMCError: it is another.
    """
    made = calls.load_call(path)
    if made.hash() != posting.document:
        raise EMCError(
            f"{path} is not call {posting.number}: its hash is 0x{made.hash().hex()}, "
            f"the call's 0x{posting.document.hex()}",
            "ask the leader for the file",
        )
    return made


def check_share(me: int, offer: "Offer", bid: calls.Bid, file: Path) -> None:
    """Refuse a document that asks for another share than the bid on chain."""
    if bid.share.asked != offer.share:
        raise EMCError(
            f"ME {me} asks for {format_part(offer.share or 0)} on chain and "
            f"{format_part(bid.share.asked)} in {file}",
            "have it bid again, or decline it",
        )


@dataclass(frozen=True)
class Candidate:
    """A bidder: what the system's registry says of it, and why the bar refuses it, if it does."""

    summary: "Summary"
    shortfall: str

    @classmethod
    def read(cls, posting: "Posting", me: int) -> "Candidate":
        """An ME beside the bar of a call."""
        from emc.client import reputation

        return cls(reputation.summary(posting.system, me), posting.shortfall(me))

    @property
    def rating(self) -> str:
        return stars_text(self.summary.mean)

    @property
    def verdict(self) -> str:
        return f"the bar refuses it: {self.shortfall}" if self.shortfall else "the bar admits it"

    def data(self) -> dict[str, Any]:
        return {
            "stars": self.rating,
            "completed": self.summary.facts["completed"],
            "withheld": self.summary.facts["withheld"],
            "shortfall": self.shortfall,
        }


def stars_text(hundredths: int) -> str:
    """Stars for people."""
    return f"{hundredths // 100}.{hundredths % 100:02d}" if hundredths else "unrated"
