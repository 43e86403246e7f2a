"""Ratings: who may rate whom, the bytes that a node commits to, and their evaluation.

Two bytes for each member of a review, in the order of the list: a nibble for each criterion, high
first. 1 to 5 are stars, 0 is no opinion.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.errors import EMCError

CRITERIA = ("delivery", "quality", "collaboration", "user_value")
MEANING = {
    "delivery": "delivery against promise",
    "quality": "quality",
    "collaboration": "collaboration",
    "user_value": "user value",
}
MAX_STARS = 5
MAX_MEMBERS = 128

Vector = tuple[int, int, int, int]
NO_OPINION: Vector = (0, 0, 0, 0)


@dataclass(frozen=True)
class Member:
    """An ME that was a node of the EMC, and when; zero: from the first epoch, until the end."""

    me: int
    row: int
    joined_at: int = 0
    left_at: int = 0
    is_expelled: bool = False

    def argument(self) -> tuple[Any, ...]:
        """The struct that the registry takes."""
        return astuple(self)

    def met(self, other: "Member") -> bool:
        """Whether both were nodes at the same time."""
        return not (
            (self.left_at and self.left_at <= other.joined_at)
            or (other.left_at and other.left_at <= self.joined_at)
        )


@dataclass(frozen=True)
class Opened:
    """The opening of a review.

    Args:
        total: The EMC's proceeds, in base units of the currency.
    """

    emc: str
    ended_at: int
    commit_until: int
    reveal_until: int
    currency: str
    total: int
    is_disbanded: bool
    is_goal_met: bool
    members: tuple[Member, ...]


def member_of(me: int, members: Iterable[Member]) -> Member:
    """An ME's place in a review.

    Raises:
        EMCError: it was not a node of the EMC.
    """
    for member in members:
        if member.me == me:
            return member
    raise EMCError(f"ME {me} was not a node of this EMC", "use the account of a node")


def rateable(rater: int, members: Sequence[Member]) -> tuple[Member, ...]:
    """The members whom a member can rate: all others whose time overlapped its own."""
    own = member_of(rater, members)
    return tuple(each for each in members if each.me != rater and each.met(own))


def why_not(rater: int, me: int, members: Sequence[Member]) -> str:
    """Why a member cannot rate an ME; empty if it can."""
    if me == rater:
        return "is yourself"
    if me not in {each.me for each in members}:
        return f"ME {me} was not a node of this EMC"
    if me not in {each.me for each in rateable(rater, members)}:
        return f"ME {me} was not there at the same time as you"
    return ""


def pack(members: Sequence[Member], ratings: Mapping[int, Vector]) -> bytes:
    """The bytes for a list of members; unrated members get no opinion."""
    words = bytearray()
    for member in members:
        a, b, c, d = ratings.get(member.me, NO_OPINION)
        words += bytes((a << 4 | b, c << 4 | d))
    return bytes(words)


def unpack(members: Sequence[Member], ratings: bytes) -> dict[int, Vector]:
    """Decode ratings by ME, without those that have no opinion.

    Raises:
        EMCError: the bytes are not for these members, or hold more than five stars.
    """
    if len(ratings) != 2 * len(members):
        raise EMCError(
            f"ratings of {len(ratings)} bytes are not for {len(members)} members",
            "ask another node for the events",
        )
    found: dict[int, Vector] = {}
    for place, member in enumerate(members):
        one, two = ratings[2 * place : 2 * place + 2]
        vector = (one >> 4, one & 15, two >> 4, two & 15)
        if max(vector) > MAX_STARS:
            raise EMCError(f"ME {member.me} has {max(vector)} stars", "no more than 5 exist")
        if any(vector):
            found[member.me] = vector
    return found


def commitment(
    chain_id: int, contract: str, emc: str, me: int, ratings: bytes, salt: bytes
) -> bytes:
    """What a rater commits to, as the registry computes it."""
    return keccak(
        encode(
            ["uint256", "address", "address", "uint256", "bytes", "bytes32"],
            [chain_id, contract, emc, me, ratings, salt],
        )
    )


def mean(vector: Vector) -> Fraction | None:
    """The mean of the criteria with an opinion; none without any."""
    given = [each for each in vector if each]
    return Fraction(sum(given), len(given)) if given else None
