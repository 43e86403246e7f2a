"""What the tests of ratings share: EMCs that ended, and reviews of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils import keccak

from emc.core.terms import Review as Windows
from emc.core.terms import Terms
from tests.kit import World, events
from tests.spec.ratings import Opinion, vector
from tests.till import until

COMMIT, REVEAL = 7 * 86_400, 3 * 86_400
# the phases of IReviews, as the flag's numbers
UNOPENED, COMMITTING, REVEALING, CLOSED = (1 << i for i in range(4))
# me, row, joined at, left at, is expelled
Member = tuple[int, int, int, int, bool]


def reviewed_terms(world: World, count: int = 3, **changes: Any) -> Terms:
    """Terms of so many equal nodes with time to rate."""
    if len(world.nodes) < count:
        world.register(count - len(world.nodes))
    rows = changes.pop("rows", None) or world.rows(payees=[f"0x{i + 1:040x}" for i in range(count)])
    return world.terms(rows, **{"review": Windows(COMMIT, REVEAL), **changes})


def end(world: World, emc: VyperContract, terms: Terms, amount: int = 1_000) -> None:
    """A sale, if the amount is not zero, and the end by its date."""
    if amount:
        world.sell(emc, amount, 77)
    until(terms.ends_at)
    emc.end()


def salt_of(place: int) -> bytes:
    """A salt for each member."""
    return bytes(keccak(text=f"salt {place}"))


@dataclass
class Review:
    """The review of one EMC, and who does what in it."""

    world: World
    emc: VyperContract
    terms: Terms
    members: list[Member]

    @property
    def contract(self) -> Any:
        return self.world.reputation

    def me(self, place: int) -> int:
        return self.members[place][0]

    def account(self, place: int) -> str:
        return str(self.world.registry.account_of(self.me(place)))

    def ratings(self, opinions: Mapping[int, Opinion] | None = None) -> bytes:
        """A vector with these opinions by place, none of the others."""
        given = opinions or {}
        return vector([given.get(i, (0, 0, 0, 0)) for i in range(len(self.members))])

    def same(self, place: int, opinion: Opinion = (5, 4, 3, 2)) -> bytes:
        """One opinion of everybody but oneself."""
        return self.ratings({i: opinion for i in range(len(self.members)) if i != place})

    def commitment(self, place: int, ratings: bytes, salt: bytes | None = None) -> bytes:
        return bytes(
            self.contract.commitment_to(
                self.emc.address, self.me(place), ratings, salt or salt_of(place)
            )
        )

    def commit(
        self, place: int, ratings: bytes | None = None, *, sender: str | None = None, **raw: Any
    ) -> None:
        """A member commits to ratings, or to `commitment` as it is."""
        given = self.same(place) if ratings is None else ratings
        word = raw.get("commitment") or self.commitment(place, given)
        with boa.env.prank(sender or self.account(place)):
            self.contract.commit(self.emc.address, self.members, place, word)

    def reveal(
        self,
        place: int,
        ratings: bytes | None = None,
        *,
        sender: str | None = None,
        salt: bytes | None = None,
    ) -> None:
        """A member shows the ratings."""
        given = self.same(place) if ratings is None else ratings
        with boa.env.prank(sender or self.account(place)):
            self.contract.reveal(
                self.emc.address, self.members, place, given, salt or salt_of(place)
            )

    def finalise(self, places: Sequence[int] | None = None) -> list[Any]:
        """A stranger counts members, all by default; the events of it."""
        chosen = range(len(self.members)) if places is None else places
        with boa.env.prank(self.world.stranger):
            self.contract.finalise(self.emc.address, self.members, list(chosen))
        return events(self.contract, "Finalised")

    def reply(self, place: int, *, sender: str | None = None) -> None:
        with boa.env.prank(sender or self.account(place)):
            self.contract.reply(
                self.emc.address, self.members, place, b"\7" * 32, "https://example.org/reply.md"
            )

    def phase(self) -> int:
        return int(self.contract.phase_of(self.emc.address))

    def close(self) -> None:
        """Let all windows pass."""
        boa.env.time_travel(seconds=COMMIT + REVEAL + 1)

    def rate_all(self, opinions: Mapping[int, Opinion] | None = None) -> None:
        """Every member rates every other and shows it: opinions by who is rated."""
        given = opinions or {}
        vectors = [
            self.ratings(
                {
                    i: given.get(i, (4, 4, 4, 4))
                    for i in range(len(self.members))
                    if i != place and self.overlap(place, i)
                }
            )
            for place in range(len(self.members))
        ]
        for place, ratings in enumerate(vectors):
            self.commit(place, ratings)
        for place, ratings in enumerate(vectors):
            self.reveal(place, ratings)

    def overlap(self, one: int, other: int) -> bool:
        """Whether two members were there together."""
        (*_, joined, left, _), (*_, joined_, left_, _) = self.members[one], self.members[other]
        return (not left_ or joined < left_) and (not left or joined_ < left)


def opened(world: World, emc: VyperContract, terms: Terms) -> Review:
    """A stranger opens the review of an EMC that has ended."""
    with boa.env.prank(world.stranger):
        world.reputation.open(emc.address, terms.head(), terms.packed_rows())
    (event,) = events(world.reputation, "ReviewOpened")
    return Review(world, emc, terms, [tuple(member) for member in event.members])


def review(world: World, count: int = 3, amount: int = 1_000, **changes: Any) -> Review:
    """An EMC of so many nodes that sold once and ended by its date, under review."""
    terms = reviewed_terms(world, count, **changes)
    emc = world.make(terms)
    end(world, emc, terms, amount)
    return opened(world, emc, terms)


def again(world: World, before: Review, **changes: Any) -> Review:
    """Another EMC of the same nodes, a year later."""
    now = boa.env.timestamp
    terms = replace(
        before.terms,
        nonce=before.terms.nonce + 1,
        ends_at=now + 365 * 86_400,
        goal=replace(before.terms.goal, deadline=now + 300 * 86_400),
        **changes,
    )
    emc = world.make(terms)
    end(world, emc, terms)
    return opened(world, emc, terms)


def rotate(world: World, me: int, account: str) -> None:
    """An ME moves to another account."""
    with boa.env.prank(world.registry.account_of(me)):
        world.registry.offer_account(account)
    with boa.env.prank(account):
        world.registry.accept_account(me)
