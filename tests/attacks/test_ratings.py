"""Ways to learn, copy, change, avoid, buy or inherit a rating; what none prevents is shown."""

from itertools import product

import boa
import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from emc.core.terms import NATIVE
from tests import authority
from tests.kit import World, address, skip
from tests.reviews import (
    CLOSED,
    COMMIT,
    again,
    end,
    opened,
    review,
    reviewed_terms,
    rotate,
    salt_of,
)


def test_a_copied_commitment_opens_for_nobody_else(world: World) -> None:
    """A free rider commits to what another committed to, and later shows what the other showed."""
    begun = review(world)
    honest = begun.ratings({2: (5, 5, 5, 5)})
    begun.commit(0, honest)
    begun.commit(1, commitment=begun.commitment(0, honest))
    begun.commit(2)
    begun.reveal(0, honest)
    with boa.reverts("reviews: not as committed"):
        begun.reveal(1, honest, salt=salt_of(0))
    begun.close()
    begun.finalise()
    assert world.reputation.facts_of(begun.me(1))[4] == 1


def test_a_small_vector_is_not_guessed_behind_its_salt(world: World) -> None:
    """Two nodes and one criterion: six vectors, all of which a spy can try."""
    begun = review(world, 2)
    opinions = begun.ratings({1: (5, 5, 5, 5)})
    begun.commit(0, opinions)
    seen = world.reputation.commitment_of(begun.emc.address, begun.me(0))
    kinds = ["uint256", "address", "address", "uint256", "bytes", "bytes32"]
    head = (
        boa.env.evm.patch.chain_id,
        world.reputation.address,
        begun.emc.address,
        begun.me(0),
    )

    def tried(ratings: bytes, salt: bytes) -> bytes:
        return bytes(keccak(encode(kinds, [*head, ratings, salt])))

    every = [begun.ratings({1: (a, b, a, b)}) for a, b in product(range(6), repeat=2)]
    assert opinions in every
    assert seen not in {tried(ratings, bytes(32)) for ratings in every}
    # only with the salt it is one of them
    assert seen in {tried(ratings, salt_of(0)) for ratings in every}


def test_a_salt_used_again_betrays_nothing_of_another_review(world: World) -> None:
    """A member uses one salt in two EMCs; from what it shows in one nobody opens the other."""
    first = review(world)
    second = again(world, first)
    ratings = first.ratings({1: (2, 2, 2, 2)})
    same = [begun.commitment(0, ratings, b"\1" * 32) for begun in (first, second)]
    assert same[0] != same[1]
    second.commit(0, commitment=same[1])
    # replayed in the place of another, or with the commitment of the other EMC, it is worthless
    second.commit(1, commitment=same[0])
    second.commit(2, second.ratings())
    with boa.reverts("reviews: not as committed"):
        second.reveal(1, ratings, salt=b"\1" * 32)
    second.reveal(0, ratings, salt=b"\1" * 32)


def test_a_withheld_reveal_is_marked_and_never_praise(world: World) -> None:
    """One who dislikes how the others rated does not show its own: it counts for nothing."""
    begun = review(world)
    for place in range(3):
        begun.commit(place)
    begun.reveal(0)
    begun.reveal(1)
    begun.close()
    with boa.reverts("reviews: not time to reveal"):
        begun.reveal(2)
    marks = [event.is_withheld for event in begun.finalise()]
    assert marks == [False, False, True]
    # at the first place only one opinion is known, and that is none
    assert world.reputation.stars_of(begun.me(0)) == ([0] * 4, 0)
    assert world.reputation.stars_of(begun.me(2))[1] == 350


def test_nobody_answers_in_kind(world: World) -> None:
    """Who sees a bad rating can no longer change its own."""
    begun = review(world)
    bad = begun.ratings({1: (1, 1, 1, 1)})
    begun.commit(0, bad)
    begun.commit(1)
    with boa.reverts("reviews: not time to reveal"):
        begun.reveal(0, bad)
    begun.commit(2)
    begun.reveal(0, bad)
    revenge = begun.ratings({0: (1, 1, 1, 1)})
    with boa.reverts("reviews: not time to commit"):
        begun.commit(1, revenge)
    with boa.reverts("reviews: not as committed"):
        begun.reveal(1, revenge)
    begun.reveal(1)


def test_ratings_do_not_wait_for_who_never_commits(world: World) -> None:
    begun = review(world)
    begun.commit(0)
    begun.commit(1)
    skip(COMMIT + 1)
    begun.reveal(0)
    begun.reveal(1)
    assert begun.phase() == CLOSED
    begun.finalise()
    assert world.reputation.stars_of(begun.me(2))[1] == 350


def test_a_praise_ring_is_shown_not_prevented(world: World) -> None:
    """Three MEs give each other five stars for one unit: who rated whom is in the events, and a
    bar of proceeds tells it apart."""
    ring = review(world, amount=1)
    ring.rate_all(dict.fromkeys(range(3), (5, 5, 5, 5)))
    ring.finalise()
    me = ring.me(0)
    assert world.reputation.stars_of(me) == ([500] * 4, 500)
    bar = (world.reputation.address, 500, 1, 0, NATIVE, False)
    assert world.reputation.meets(me, bar)
    bar = (world.reputation.address, 500, 1, 2, NATIVE, False)
    assert world.reputation.shortfall(me, bar) == "too few proceeds"


def test_two_who_praise_each_other_are_insufficient(world: World) -> None:
    """The cheapest ring has two: one rater alone decides nothing."""
    ring = review(world, 2)
    ring.rate_all({0: (5, 5, 5, 5), 1: (5, 5, 5, 5)})
    ring.finalise()
    assert world.reputation.stars_of(ring.me(0)) == ([0] * 4, 0)


def test_a_ring_inside_an_emc_cannot_move_the_median_alone(world: World) -> None:
    """Two of five praise each other and damn the rest."""
    begun = review(world, 5)
    for place in range(5):
        given = {i: (3, 3, 3, 3) for i in range(5) if i != place}
        if place < 2:
            given = {i: (5, 5, 5, 5) if i < 2 else (1, 1, 1, 1) for i in range(5) if i != place}
        begun.commit(place, begun.ratings(given))
    for place in range(5):
        given = {i: (3, 3, 3, 3) for i in range(5) if i != place}
        if place < 2:
            given = {i: (5, 5, 5, 5) if i < 2 else (1, 1, 1, 1) for i in range(5) if i != place}
        begun.reveal(place, begun.ratings(given))
    begun.finalise()
    assert world.reputation.stars_of(begun.me(0))[1] == 300
    # among four raters two outvote nobody: the middle is between
    assert world.reputation.stars_of(begun.me(4))[1] == 200


def test_a_sybil_emc_that_pays_itself_has_a_record(world: World) -> None:
    """One person behind three accounts buys from itself: accepted, shown by what it cost to show.
    Without a sale it gets nothing."""
    terms = reviewed_terms(world, nonce=1)
    idle = world.make(terms)
    paid = reviewed_terms(world, nonce=2)
    emc = world.make(paid)
    end(world, emc, paid, amount=1)
    idle.end()
    with boa.env.prank(world.stranger), boa.reverts("reviews: no proceeds"):
        world.reputation.open(idle.address, terms.head(), terms.packed_rows())
    begun = opened(world, emc, paid)
    begun.rate_all()
    begun.finalise()
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 1


def test_a_new_identity_sheds_the_record_and_is_unrated(world: World) -> None:
    begun = review(world)
    begun.rate_all({0: (1, 1, 1, 1)})
    begun.finalise()
    (fresh,) = world.register(1)
    bar = (world.reputation.address, 200, 1, 0, NATIVE, True)
    assert world.reputation.shortfall(begun.me(0), bar) == "too few stars"
    # what a bar can ask of newcomers: EMCs and proceeds, or not to be one
    assert world.reputation.shortfall(fresh.me, bar) == "too few EMCs"
    bar = (world.reputation.address, 200, 0, 0, NATIVE, False)
    assert world.reputation.shortfall(fresh.me, bar) == "unrated"


def test_a_sold_identity_keeps_its_record_and_its_seller_loses_it(world: World) -> None:
    begun = review(world)
    begun.rate_all({0: (1, 1, 1, 1)})
    seller, buyer = begun.account(0), address("buyer of an identity")
    rotate(world, begun.me(0), buyer)
    begun.finalise()
    assert world.reputation.stars_of(begun.me(0))[1] == 100
    with boa.env.prank(seller):
        fresh = world.registry.register(2, 0, "", bytes(32))
    assert fresh != begun.me(0)
    assert world.reputation.stars_of(fresh) == ([0] * 4, 0)


def test_an_identity_that_moves_does_not_rate_twice(world: World) -> None:
    begun = review(world)
    begun.commit(0)
    begun.commit(1)
    rotate(world, begun.me(0), address("second account"))
    begun.commit(0, begun.same(0, (1, 1, 1, 1)))
    begun.commit(2)
    begun.reveal(0, begun.same(0, (1, 1, 1, 1)))
    rotate(world, begun.me(0), address("third account"))
    with boa.reverts("reviews: already revealed"):
        begun.reveal(0, begun.same(0, (1, 1, 1, 1)))
    assert sum(world.reputation.counts_of(begun.emc.address, begun.me(1))) == 4


@pytest.mark.parametrize("how", ["leaves", "is expelled"])
def test_leaving_just_before_the_end_does_not_avoid_being_rated(world: World, how: str) -> None:
    terms = reviewed_terms(world, 4)
    emc = world.make(terms)
    if how == "leaves":
        authority.give_notice(world, emc, terms, 3)
        skip(terms.ends_at - boa.env.timestamp - 1)
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 3)
        terms = authority.without(terms, 3)
    else:
        skip(terms.ends_at - boa.env.timestamp - 30 * 86_400)
        authority.charge(world, emc, terms, 3)
        skip(terms.ends_at - boa.env.timestamp - 1)
        terms = authority.expel(world, emc, terms, 3)
    end(world, emc, terms)
    begun = opened(world, emc, terms)
    begun.rate_all({3: (1, 1, 1, 1)})
    begun.finalise()
    assert begun.me(3) == world.nodes[3].me
    assert world.reputation.stars_of(begun.me(3)) == ([100] * 4, 100)
    assert world.reputation.facts_of(begun.me(3))[3] == (how == "is expelled")
