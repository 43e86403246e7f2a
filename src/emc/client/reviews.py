"""Reviews on chain: who may rate whom, until when, and the ratings.

Reads and sends through the edge; prints nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emc.chain.edge import read as ask
from emc.chain.edge import send
from emc.client import standing
from emc.client.registry import own
from emc.client.system import System
from emc.core import ratings
from emc.core.ratings import Member, Opened
from emc.core.trust import Rated
from emc.errors import EMCError
from emc.files import salts
from emc.files.salts import Secret

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

PHASES = {1: "UNOPENED", 2: "COMMIT", 4: "REVEAL", 8: "CLOSED"}
# as many members are counted in one transaction
BATCH = 16
# seconds after which a block of a public chain is hardly ever replaced
SETTLED = 180


@dataclass(frozen=True)
class Review:
    """A review at one moment; places are those in the list of members."""

    system: System
    opened: Opened
    phase: str
    committed: frozenset[int]
    revealed: frozenset[int]
    finalised: frozenset[int]
    now: int

    @property
    def emc(self) -> str:
        return self.opened.emc

    @property
    def members(self) -> tuple[Member, ...]:
        return self.opened.members

    @property
    def argument(self) -> list[tuple[Any, ...]]:
        """The list as the registry takes it."""
        return [member.argument() for member in self.members]

    def place_of(self, me: int) -> int:
        """An ME's place in the list.

        Raises:
            EMCError: it was no node of the EMC.
        """
        return self.members.index(ratings.member_of(me, self.members))

    def place_of_account(self, account: str) -> int:
        """The place of the ME of an account.

        Raises:
            EMCError: no ME uses it, or one that was no node of the EMC.
        """
        return self.place_of(own(self.system, account))


def review(system: System, emc: str) -> Review:
    """The review of an EMC.

    Raises:
        EMCError: it is not open yet.
    """
    registry = system.reputation
    found = [each for each in opened(system) if each.emc.lower() == emc.lower()]
    if not found:
        raise EMCError(
            f"the review of {emc} is not open", "once the EMC has ended: `emc rate open`"
        )
    _, _, _, committed, revealed, finalised = registry.review_of(emc)
    return Review(
        system=system,
        opened=found[0],
        phase=PHASES[int(registry.phase_of(emc))],
        committed=_places(int(committed)),
        revealed=_places(int(revealed)),
        finalised=_places(int(finalised)),
        now=system.chain.now,
    )


def opened(system: System) -> list[Opened]:
    """Every review, in the order of opening."""
    return [
        _opened(event.args) for event in system.events("Reputation") if event.name == "ReviewOpened"
    ]


def revealed(system: System) -> list[Rated]:
    """Every rating that was revealed, with an opinion in it.

    Raises:
        EMCError: events do not fit together.
    """
    members: dict[str, tuple[Member, ...]] = {}
    found = []
    for event in system.events("Reputation"):
        if event.name == "ReviewOpened":
            begun = _opened(event.args)
            members[begun.emc] = begun.members
        elif event.name == "Revealed":
            emc = str(event.args["emc"])
            if emc not in members:
                raise EMCError(
                    f"ratings about {emc} are revealed, and nobody opened its review",
                    "the node leaves events out: ask another node",
                )
            said = ratings.unpack(members[emc], bytes(event.args["ratings"]))
            rater = int(event.args["me"])
            found += [Rated(emc, rater, ratee, vector) for ratee, vector in said.items()]
    return found


def finalised(system: System, me: int) -> list[Mapping[str, Any]]:
    """What was counted about an ME, in order."""
    return [
        event.args
        for event in system.events("Reputation")
        if event.name == "Finalised" and event.args["me"] == me
    ]


def before(system: System, me: int) -> dict[str, int]:
    """By EMC in which an ME was to the end: the proceeds when it took its seat."""
    found = {}
    for review in opened(system):
        for member in review.members:
            if member.me == me and not member.left_at:
                joined, _ = system.chain.contract("EMC", review.emc).stay_of(member.row)
                found[review.emc] = int(joined) >> 40
    return found


def replies(system: System, me: int) -> list[Mapping[str, Any]]:
    """The replies of an ME, in order."""
    return [
        event.args
        for event in system.events("Reputation")
        if event.name == "Replied" and event.args["me"] == me
    ]


# acting


def open_review(system: System, emc: str, account: "AccountAPI") -> "ReceiptAPI":
    """Open the review of an EMC that has ended.

    Raises:
        EMCError: it has not, or moved no money.
    """
    table = standing.read(system, emc).table
    return send("opening the review", system.reputation.open, *table, sender=account)


def commit(review: Review, place: int, said: bytes, account: "AccountAPI") -> Secret:
    """Commit to ratings; the salt is on the disk before anything is sent.

    Raises:
        EMCError: the salt cannot be kept, or the registry refused.
    """
    system, me = review.system, review.members[place].me
    registry = system.reputation
    salt = salts.fresh()
    commitment = ratings.commitment(system.chain.id, registry.address, review.emc, me, said, salt)
    _check_commitments(review, me, said)
    secret = Secret(
        chain_id=system.chain.id,
        contract=registry.address,
        about=review.emc,
        me=me,
        commitment="0x" + commitment.hex(),
        salt="0x" + salt.hex(),
        opens={"ratings": "0x" + said.hex()},
    )
    salts.keep(secret)
    send(
        "committing",
        registry.commit,
        review.emc,
        review.argument,
        place,
        commitment,
        sender=account,
    )
    return secret


def _check_commitments(review: Review, me: int, said: bytes) -> None:
    """See that the registry computes commitments as this package does.

    It is asked with values that mean nothing: who runs or logs the node reads every question.

    Raises:
        EMCError: it does not.
    """
    system, registry = review.system, review.system.reputation
    parts = review.emc, me, bytes(len(said)), salts.fresh()
    told = ask("checking the commitment", registry.commitment_to, *parts)
    if bytes(told) != ratings.commitment(system.chain.id, registry.address, *parts):
        raise EMCError("the registry computes another commitment", "do not rate on this chain")


def kept(review: Review, place: int) -> Secret | None:
    """What opens a member's commitment; none if it has not committed.

    Raises:
        EMCError: it has, and the salt is not on this machine.
    """
    registry, me = review.system.reputation, review.members[place].me
    commitment = bytes(registry.commitment_of(review.emc, me))
    if not any(commitment):
        return None
    chain_id = review.system.chain.id
    secret = salts.find(chain_id, registry.address, review.emc, me, commitment)
    said, salt = secret.bytes_of("ratings"), bytes.fromhex(secret.salt[2:])
    secret.check(ratings.commitment(chain_id, registry.address, review.emc, me, said, salt))
    return secret


def reveal(review: Review, place: int, secret: Secret, account: "AccountAPI") -> "ReceiptAPI":
    """Reveal the ratings that a member committed to.

    Raises:
        EMCError: it is too early: even the question what it would cost shows them to a node.
    """
    if PHASES[int(review.system.reputation.phase_of(review.emc))] == "COMMIT":
        raise EMCError(
            "not all have committed, and the others could retaliate",
            "reveal once all have, or when the time to commit is over",
        )
    return send(
        "revealing",
        review.system.reputation.reveal,
        review.emc,
        review.argument,
        place,
        secret.bytes_of("ratings"),
        bytes.fromhex(secret.salt[2:]),
        sender=account,
    )


def is_last_commitment_young(review: Review) -> bool:
    """Whether all have committed ahead of time, so lately that the chain may still take it back.

    Whoever commits again then has read what others revealed.
    """
    chain = review.system.chain
    if chain.is_local or review.now > review.opened.commit_until:
        return False
    logged = review.system.events("Reputation", emc=review.emc)
    last = max((each.block for each in logged if each.name == "Committed"), default=0)
    return review.now - chain.time_of(last) < SETTLED


def finalise(review: Review, places: Sequence[int], account: "AccountAPI") -> int:
    """Count members' medians and facts into their records; says how much gas it took."""
    gas = 0
    for first in range(0, len(places), BATCH):
        part = list(places[first : first + BATCH])
        receipt = send(
            f"counting members {part[0]} to {part[-1]}",
            review.system.reputation.finalise,
            review.emc,
            review.argument,
            part,
            sender=account,
        )
        gas += receipt.gas_used
    return gas


def reply(review: Review, place: int, digest: bytes, uri: str, account: "AccountAPI") -> None:
    """Reply in public to a member's ratings.

    Args:
        digest: Hash of the answer.
        uri: Where it can be read.
    """
    what = review.emc, review.argument, place, digest, uri
    send("replying", review.system.reputation.reply, *what, sender=account)


def _opened(args: Mapping[str, Any]) -> Opened:
    return Opened(
        emc=str(args["emc"]),
        ended_at=int(args["ended_at"]),
        commit_until=int(args["commit_until"]),
        reveal_until=int(args["reveal_until"]),
        currency=str(args["currency"]),
        total=int(args["total"]),
        is_disbanded=bool(args["is_disbanded"]),
        is_goal_met=bool(args["is_goal_met"]),
        members=tuple(
            Member(
                me=int(each["me"]),
                row=int(each["row"]),
                joined_at=int(each["joined_at"]),
                left_at=int(each["left_at"]),
                is_expelled=bool(each["is_expelled"]),
            )
            for each in args["members"]
        ),
    )


def _places(bits: int) -> frozenset[int]:
    return frozenset(place for place in range(bits.bit_length()) if bits >> place & 1)
