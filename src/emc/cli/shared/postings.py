"""What the commands about calls and bids share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.core.text import printable
from emc.core.units import format_part
from emc.errors import EMCError
from emc.files import calls

if TYPE_CHECKING:
    from emc.client.bidding import Offer, Posting
    from emc.client.system import System

number_argument = click.argument("number", type=click.IntRange(1))
uri_option = click.option("--uri", default="", help="Where the file can be found by others.")
call_option = click.option(
    "--call", "call_file", type=click.Path(path_type=Path), help="The file of the call."
)
MAX_URI = 256


def own_me(system: "System", account: str) -> int:
    """The ME of an account.

    Raises:
        EMCError: it has none.
    """
    me = int(system.registry.me_of(account))
    if me == 0:
        raise EMCError(
            f"{account} is not registered as a micro-enterprise",
            "register it once: docs/guide.md, Register",
        )
    return me


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


def check_uri(uri: str) -> None:
    """Refuse an address that the chain would not keep."""
    if len(uri.encode()) > MAX_URI:
        raise EMCError("--uri is too long", f"at most {MAX_URI} bytes")


def address_of(text: str | None, option: str) -> str | None:
    """An address from an option, checked."""
    from eth_utils.address import is_address, to_checksum_address

    if text is None:
        return None
    if not is_address(text):
        raise EMCError(f"{option} {printable(text)} is not an address", "it has 40 hex digits")
    return to_checksum_address(text)


class Record:
    """What is known of an ME, beside a bar."""

    def __init__(self, stars: int, completed: int, withheld: int, shortfall: str) -> None:
        self.stars, self.completed = stars, completed
        self.withheld, self.shortfall = withheld, shortfall

    @classmethod
    def read(cls, posting: "Posting", me: int) -> "Record":
        """An ME's record in the system's own registry, and what the bar says to it."""
        registry = posting.system.reputation
        _, stars = registry.stars_of(me)
        facts = registry.facts_of(me)
        return cls(int(stars), int(facts.completed), int(facts.withheld), posting.shortfall(me))

    @property
    def rating(self) -> str:
        return stars_text(self.stars)

    @property
    def verdict(self) -> str:
        return f"the bar refuses it: {self.shortfall}" if self.shortfall else "the bar admits it"

    def data(self) -> dict[str, Any]:
        return {
            "stars": self.rating,
            "completed": self.completed,
            "withheld": self.withheld,
            "shortfall": self.shortfall,
        }


def stars_text(hundredths: int) -> str:
    """Stars for people."""
    return f"{hundredths // 100}.{hundredths % 100:02d}" if hundredths else "unrated"
