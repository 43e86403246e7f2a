"""Whatever order of commits, reveals, pauses, moved accounts and hostile calls: no rating is
counted twice, changed after its reveal or readable before, and medians are the model's."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import boa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emc.core.terms import NATIVE, Review, Terms
from emc.core.units import PPM
from tests import authority
from tests.kit import World, address
from tests.profiles import effort
from tests.reviews import CLOSED, COMMITTING, REVEALING, end, opened, rotate
from tests.spec import ratings
from tests.spec.ratings import Life, Opinion, Seat, medians, record
from tests.stateful.machine import SEEDS
from tests.till import send, until

SIZE = 5
WINDOW = 86_400
PLACES = st.integers(0, SIZE - 1)
EFFORT = settings(max_examples=effort(0.4))


class Ratings(RuleBasedStateMachine):
    """One review of five members: three of the first nodes, one that joined, and one that left."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.anchor = boa.env.anchor()
        self.anchor.__enter__()
        self.moves = 0
        self.drawn: dict[int, tuple[list[Opinion], bytes]] = {}
        self.kept: dict[int, tuple[list[Opinion], bytes]] = {}
        self.shown: dict[int, list[Opinion]] = {}
        self.counted: set[int] = set()

    def teardown(self) -> None:
        self.anchor.__exit__(None, None, None)

    @initialize(seed=SEEDS)
    def start(self, seed: int) -> None:
        """The EMC of this review ended before its review is opened."""
        self.rng = Random(seed)
        self.world = _world()
        payees = [address(f"p{i}") for i in range(SIZE - 1)]
        rows = self.world.rows([250_000] * (SIZE - 1), payees=payees)
        # whatever was sold, the target is reached or not
        terms = self.world.terms(rows, benchmark=1, target=self.rng.choice((2, 10**9)))
        self.review = self._ended(replace(terms, review=Review(WINDOW, WINDOW)))
        self.contract = self.world.reputation
        self.emc = self.review.emc.address
        self.commit_until, self.reveal_until = self.contract.review_of(self.emc)[1:3]

    def _ended(self, terms: Terms):  # type: ignore[no-untyped-def]
        world, rng = self.world, self.rng
        emc = world.make(terms)
        terms = authority.leave(world, emc, terms, SIZE - 2)
        before, since, after = (rng.randint(0, 2_000) for _ in range(3))
        if before:
            world.sell(emc, before, 1)
        joined_at = terms.goal.deadline + rng.choice((-1, 0, 1))
        until(joined_at)
        seat = replace(
            terms.rows[1], id=rng.randint(SIZE, 127), party=world.nodes[SIZE - 1].me,
            payee=address("seat"), base=0, leading=0, upside=0,
        )  # fmt: skip
        terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, seat)))
        end(world, emc, terms, since + 1)
        if after:
            send(world, emc, after)
            emc.absorb()
        total = before + since + 1
        is_met = total >= terms.goal.measures[0].target
        self.life = Life(total, terms.goal.deadline, is_goal_met=is_met)
        # dust counts with the next proceeds
        shared = sum(before * row.base // PPM for row in terms.rows)
        self.seats = [Seat()] * 3 + [Seat(joined_at, shared), Seat(is_left=True)]
        return opened(world, emc, terms)

    # the model

    def phase(self) -> int:
        now = boa.env.timestamp
        if now <= self.commit_until and len(self.kept) < SIZE:
            return COMMITTING
        if now <= self.reveal_until and len(self.shown) < len(self.kept):
            return REVEALING
        return CLOSED

    def said_of(self, place: int) -> list[Opinion]:
        return [opinions[place] for opinions in self.shown.values()]

    # what members do

    @rule(place=PLACES, seed=SEEDS)
    def commit(self, place: int, seed: int) -> None:
        """A member commits, or replaces what it committed to; some rate whom they never met."""
        rng = Random(seed)
        is_honest = rng.random() < 0.8
        opinions: list[Opinion] = [
            (rng.randint(0, 5), rng.randint(0, 5), rng.randint(0, 5), rng.randint(0, 5))
            if i != place and not (is_honest and not self.review.overlap(place, i))
            else (0, 0, 0, 0)
            for i in range(SIZE)
        ]
        salt = rng.randbytes(32)
        word = self.review.commitment(place, self.vector(opinions), salt)
        if self.phase() != COMMITTING:
            with boa.reverts("reviews: not time to commit"):
                self.review.commit(place, commitment=word)
            return
        self.review.commit(place, commitment=word)
        self.kept[place] = (opinions, salt)

    @rule(place=PLACES)
    def reveal(self, place: int) -> None:
        """A member shows what it committed to, when it may and when it may not."""
        opinions, salt = self.kept.get(place, ([(0, 0, 0, 0)] * SIZE, b"\1" * 32))
        reason = None
        if place in self.shown:
            reason = "reviews: already revealed"
        elif self.phase() != REVEALING:
            reason = "reviews: not time to reveal"
        elif place not in self.kept:
            reason = "reviews: not as committed"
        elif any(
            any(each) and not self.review.overlap(place, i) for i, each in enumerate(opinions)
        ):
            reason = "reviews: were not there together"
        if reason:
            with boa.reverts(reason):
                self.review.reveal(place, self.vector(opinions), salt=salt)
            return
        self.review.reveal(place, self.vector(opinions), salt=salt)
        self.shown[place] = opinions

    @rule(place=PLACES)
    def move(self, place: int) -> None:
        """A member's ME moves to another account."""
        self.moves += 1
        rotate(self.world, self.review.me(place), address(f"account {self.moves}"))

    @rule(seconds=st.sampled_from((1, WINDOW // 3, WINDOW - 1)))
    def wait(self, seconds: int) -> None:
        boa.env.time_travel(seconds=seconds)

    @rule(places=st.lists(PLACES, max_size=SIZE))
    def finalise(self, places: list[int]) -> None:
        """Somebody counts members, some of them twice."""
        reason = None
        if self.phase() != CLOSED:
            reason = "reviews: not closed"
        if reason:
            with boa.reverts(reason):
                self.review.finalise(places)
            return
        # each once, in the order in which it is named first
        fresh = [place for place in dict.fromkeys(places) if place not in self.counted]
        for place, event in zip(fresh, self.review.finalise(places), strict=True):
            assert event.me == self.review.me(place)
            exact = medians(self.said_of(place))
            assert event.medians == [each or 0 for each in exact]
            stars = record([(1, exact)])
            assert event.stars == [0 if each is None else round(each) for each in stars]
            assert event.is_withheld is (place not in self.shown)
        self.counted |= set(places)

    # what others try

    @precondition(lambda self: self.kept)
    @rule(place=PLACES, other=PLACES)
    def copy(self, place: int, other: int) -> None:
        """A member shows what another committed to."""
        if place == other or other not in self.kept or place in self.shown:
            return
        opinions, salt = self.kept[other]
        reason = "not time to reveal" if self.phase() != REVEALING else "not as committed"
        with boa.reverts(f"reviews: {reason}"):
            self.review.reveal(place, self.vector(opinions), salt=salt)

    @rule(place=PLACES, reveals=st.booleans())
    def intrude(self, place: int, reveals: bool) -> None:
        """A stranger, or the account that the ME had before, acts for a member."""
        for sender in (self.world.stranger, address("account 0"), self.emc):
            with boa.reverts("reviews: not the member"):
                if reveals:
                    self.review.reveal(place, sender=sender)
                else:
                    self.review.commit(place, sender=sender)

    @rule(place=PLACES, nibble=st.integers(0, 4 * SIZE - 1))
    def change(self, place: int, nibble: int) -> None:
        """A member shows one star other than it committed to."""
        if place not in self.kept or place in self.shown or self.phase() != REVEALING:
            return
        opinions, salt = self.kept[place]
        vector = bytearray(self.vector(opinions))
        vector[nibble // 2] ^= 1 if nibble % 2 else 16
        with boa.reverts("reviews: not as committed"):
            self.review.reveal(place, bytes(vector), salt=salt)

    @rule()
    def open_again(self) -> None:
        with boa.reverts("reviews: already open"):
            opened(self.world, self.review.emc, self.review.terms)

    # what holds after every step

    @invariant()
    def the_phase_is_the_models(self) -> None:
        assert self.review.phase() == self.phase()

    @invariant()
    def bits_are_those_who_did(self) -> None:
        bits = self.contract.review_of(self.emc)[3:]
        assert bits == tuple(_bits(each) for each in (self.kept, self.shown, self.counted))

    @invariant()
    def counts_are_what_was_shown_and_nothing_else(self) -> None:
        for place in range(SIZE):
            said = self.said_of(place)
            expected = [
                sum(opinion[criterion] == stars for opinion in said)
                for criterion in range(4)
                for stars in range(1, 6)
            ]
            assert self.contract.counts_of(self.emc, self.review.me(place)) == expected

    @invariant()
    def records_are_of_who_was_counted(self) -> None:
        for place in range(SIZE):
            me = self.review.me(place)
            facts = self.contract.facts_of(me)
            is_counted, seat = place in self.counted, self.seats[place]
            moved = self.contract.proceeds_of(me, NATIVE)
            if not is_counted:
                assert (tuple(facts), moved) == ((0,) * 5, 0)
                assert self.contract.stars_of(me) == ([0] * 4, 0)
                continue
            is_withheld = place not in self.shown
            assert tuple(facts) == (*ratings.facts(self.life, seat), 0, is_withheld)
            assert moved == ratings.proceeds(self.life, seat)

    def vector(self, opinions: list[Opinion]) -> bytes:
        return self.review.ratings(dict(enumerate(opinions)))


def _bits(places: Iterable[int]) -> int:
    return sum(1 << place for place in places)


WORLDS: list[World] = []


def _world() -> World:
    """One system for all examples, as it was before any of them."""
    return WORLDS[0]


def setup_module() -> None:
    WORLDS.append(World(SIZE, is_ours=False))


TestRatings = Ratings.TestCase
TestRatings.settings = EFFORT
