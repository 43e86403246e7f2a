"""Calls and bids as the chain knows them.

Reads and sends through the edge; prints nothing.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emc.chain import decoding, tokens
from emc.chain.edge import read, send
from emc.client.system import System
from emc.core.terms import NATIVE, Bar
from emc.errors import EMCError
from emc.files import calls, salts
from emc.files.calls import Bid
from emc.files.salts import Secret

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

PHASES = {1: "OPEN", 2: "REVEAL", 4: "AWARD", 8: "CLOSED"}
STATES = {0: "NONE", 1: "SEALED", 2: "OPEN", 4: "WITHDRAWN", 8: "AWARDED", 16: "DECLINED"}


@dataclass(frozen=True)
class Offer:
    """An ME's bid. Of a sealed one that is not opened, only the commitment is known.

    Args:
        hash: As the contract keeps it; of a sealed bid, its commitment.
        share: Ppm.
    """

    me: int
    state: str
    hash: bytes
    share: int | None = None
    document: bytes | None = None
    uri: str = ""


@dataclass(frozen=True)
class Posting:
    """A call as it stands on chain."""

    system: System
    number: int
    leader: int
    phase: str
    emc: str
    role: str
    document: bytes
    uri: str
    lower: int
    upper: int
    places: int
    closes_at: int
    reveal: int
    bar: Bar
    awarded: int
    now: int

    @property
    def is_sealed(self) -> bool:
        return self.reveal > 0

    @property
    def opens_until(self) -> int:
        """Last second to open sealed bids."""
        return self.closes_at + self.reveal

    @property
    def has_bar(self) -> bool:
        return self.bar.registry != NATIVE

    @property
    def asks_a_stranger(self) -> bool:
        """Whether the bar asks another registry than the system's own."""
        return self.has_bar and self.bar.registry != str(self.system.reputation.address)

    def shortfall(self, me: int) -> str:
        """Why the bar refuses an ME; empty if it does not.

        `meets` decides, as in the contract; a registry need not know why.
        """
        if not self.has_bar:
            return ""
        registry = self.system.chain.contract("Reputation", self.bar.registry)
        asked = me, astuple(self.bar)
        if read("asking the registry", registry.meets, *asked):
            return ""
        try:
            why = str(read("asking the registry", registry.shortfall, *asked))
        except EMCError:
            why = ""
        return why or "below the bar"

    def offer_of(self, me: int) -> Offer:
        """An ME's bid.

        Raises:
            EMCError: it has made none.
        """
        state, _ = self.system.calls.bid_of(self.number, me)
        if STATES[int(state)] == "NONE":
            raise EMCError(f"ME {me} has not bid in call {self.number}", "see `emc call show`")
        (offer,) = self._offers(self.number, me)
        return offer

    def offers(self) -> list[Offer]:
        """Every bid, in the order in which the MEs first bid."""
        return self._offers(self.number)

    def _offers(self, *about: int) -> list[Offer]:
        found: dict[int, Mapping[str, Any] | None] = {}
        for event in events(self.system, *about):
            if event.name not in ("Bid", "Sealed"):
                continue
            me = int(event.args["me"])
            found[me] = event.args if event.name == "Bid" else None
        return [self._offer(me, args) for me, args in found.items()]

    def _offer(self, me: int, args: Mapping[str, Any] | None) -> Offer:
        state, digest = self.system.calls.bid_of(self.number, me)
        kept = bytes(digest)
        if args is None or bytes(args["bid"]) != kept:
            return Offer(me, STATES[int(state)], kept)
        return Offer(
            me=me,
            state=STATES[int(state)],
            hash=kept,
            share=int(args["share"]),
            document=bytes(args["document"]),
            uri=str(args["uri"]),
        )


def posting(system: System, number: int) -> Posting:
    """A call by its number.

    Raises:
        EMCError: there is none.
    """
    count = int(system.calls.count())
    if not 1 <= number <= count:
        raise EMCError(
            f"there is no call {number}",
            f"there are calls 1 to {count}" if count else "open one with `emc call open`",
        )
    found = _call_of(system, number)
    _, awarded = system.calls.tally_of(number)
    uri = ""
    for event in events(system, number):
        if event.name in ("Called", "CallAmended"):
            uri = str(event.args["uri"])
    return Posting(
        system=system,
        number=number,
        leader=int(system.calls.leader_of(number)),
        phase=PHASES[int(system.calls.phase_of(number))],
        uri=uri,
        **{**found, "role": str(found["role"]), "bar": Bar(**found["bar"])},
        awarded=int(awarded),
        now=system.chain.now,
    )


def _call_of(system: System, number: int) -> Mapping[str, Any]:
    """What CallForBids keeps of a call; a role may be any bytes, at which ape's decoder stops.

    Raises:
        EMCError: the node gives no answer.
    """
    at, words = str(system.calls.address), number.to_bytes(32, "big")
    data = tokens.answer(system.chain, at, "call_of(uint256)", words)
    try:
        found: Mapping[str, Any] = decoding.answer("CallForBids", "call_of", data or b"")
    except ValueError:
        raise EMCError(f"the node does not report call {number}", "ask another") from None
    return found


def numbers_of(system: System, me: int) -> tuple[set[int], set[int]]:
    """The calls that an ME leads, and those in which it has bid."""
    led: set[int] = set()
    bid: set[int] = set()
    for event in events(system):
        if event.name == "Called" and int(event.args["leader"]) == me:
            led.add(int(event.args["call"]))
        if event.name in ("Bid", "Sealed") and int(event.args["me"]) == me:
            bid.add(int(event.args["call"]))
    return led, bid


# bidding


def place(
    posting: Posting, me: int, bid: Bid, uri: str, account: "AccountAPI"
) -> tuple["ReceiptAPI", Secret | None]:
    """Bid, open or sealed as the call requires; a new bid replaces the bidder's earlier one.

    Returns:
        The receipt, and of a sealed bid what opens it, which is on the disk before anything is
        sent.
    """
    system, share, document = posting.system, bid.share.asked, bid.hash()
    contract = system.calls
    if not posting.is_sealed:
        receipt = send(
            "bidding", contract.bid, posting.number, share, document, uri, sender=account
        )
        return receipt, None
    salt = salts.fresh()
    commitment = calls.commitment(
        system.chain.id, contract.address, posting.number, me, share, document, salt
    )
    _check_commitments(posting, me)
    secret = Secret(
        chain_id=system.chain.id,
        contract=contract.address,
        about=f"call-{posting.number}",
        me=me,
        commitment="0x" + commitment.hex(),
        salt="0x" + salt.hex(),
        opens={"share": share, "document": "0x" + document.hex(), "bid": bid.document()},
    )
    salts.keep(secret)
    receipt = send("bidding", contract.seal, posting.number, commitment, sender=account)
    return receipt, secret


def check_same(seen: Posting) -> None:
    """Check that a first bid landed on the call that was read.

    Raises:
        EMCError: its leader amended it just before.
    """
    now = posting(seen.system, seen.number)

    def what(call: Posting) -> tuple[Any, ...]:
        # closing the time to bid changes no terms
        closes_at = call.closes_at if now.phase == "OPEN" else 0
        terms = call.emc, call.role, call.document, call.lower, call.upper, call.places
        return *terms, call.reveal, call.bar, closes_at

    if what(now) != what(seen):
        raise EMCError(
            f"call {seen.number} was amended just before your bid, which counts",
            f"read it with `emc call show {seen.number}`; `emc bid withdraw {seen.number}` "
            "withdraws the bid",
        )


def _check_commitments(posting: Posting, me: int) -> None:
    """See that the contract computes commitments as this package does.

    It is asked with values that mean nothing: who runs or logs the node reads every question.

    Raises:
        EMCError: it does not.
    """
    system, contract = posting.system, posting.system.calls
    parts = posting.number, me, posting.lower, bytes(32), salts.fresh()
    told = read("checking the commitment", contract.commitment_to, *parts)
    if bytes(told) != calls.commitment(system.chain.id, contract.address, *parts):
        raise EMCError("the contract computes another commitment", "do not bid on this chain")


def kept(posting: Posting, me: int) -> Secret:
    """What opens an ME's sealed bid.

    Raises:
        EMCError: there is none, or its salt is lost.
    """
    contract = posting.system.calls
    state, digest = contract.bid_of(posting.number, me)
    if STATES[int(state)] != "SEALED":
        raise EMCError(
            f"ME {me} has no sealed bid in call {posting.number}: it is {STATES[int(state)]}",
            "see `emc call show`",
        )
    chain_id = posting.system.chain.id
    secret = salts.find(chain_id, contract.address, f"call-{posting.number}", me, bytes(digest))
    share, document = secret.number_of("share"), secret.bytes_of("document")
    salt = bytes.fromhex(secret.salt[2:])
    if len(document) != len(salt) or share < 0:
        raise secret.broken()
    secret.check(
        calls.commitment(chain_id, contract.address, posting.number, me, share, document, salt)
    )
    return secret


def unseal(posting: Posting, me: int, uri: str, account: "AccountAPI") -> Secret:
    """Open one's own sealed bid with the stored salt.

    Raises:
        EMCError: there is none, its salt is lost, or it is too early: even the question what it
            would cost shows the bid to a node.
    """
    if PHASES[int(posting.system.calls.phase_of(posting.number))] == "OPEN":
        raise EMCError(
            f"the time to bid in call {posting.number} is not over", "open the bid after it"
        )
    secret = kept(posting, me)
    send(
        "opening the bid",
        posting.system.calls.unseal,
        posting.number,
        secret.number_of("share"),
        secret.bytes_of("document"),
        uri,
        bytes.fromhex(secret.salt[2:]),
        sender=account,
    )
    return secret


def salt_file(posting: Posting, offer: Offer) -> Path | None:
    """Where the salt of a sealed bid of one's own is kept; none if it is not sealed.

    Raises:
        EMCError: it is lost.
    """
    if offer.state != "SEALED":
        return None
    system = posting.system
    about = f"call-{posting.number}"
    return salts.find(system.chain.id, system.calls.address, about, offer.me, offer.hash).path


def withdraw(system: System, number: int, account: "AccountAPI") -> None:
    """Withdraw one's bid before it is answered."""
    send("withdrawing", system.calls.withdraw, number, sender=account)


def events(system: System, *about: int) -> list[Any]:
    """The events of CallForBids, optionally of one call and one ME."""
    return system.chain.events({str(system.calls.address): "CallForBids"}, about=about)
