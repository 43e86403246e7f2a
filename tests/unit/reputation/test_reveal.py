"""What was committed to is shown once, counted once, and cannot be otherwise."""

from dataclasses import replace

import boa
import pytest

from emc.core.terms import Terms
from tests import authority
from tests.kit import World, address, events, skip
from tests.reviews import (
    CLOSED,
    COMMIT,
    COMMITTING,
    REVEALING,
    Review,
    end,
    opened,
    review,
    reviewed_terms,
    rotate,
)
from tests.till import until


def committed(world: World, count: int = 3, by: tuple[int, ...] = (0, 1, 2)) -> Review:
    """A review in which the time to reveal has come."""
    begun = review(world, count)
    for place in by:
        begun.commit(place)
    if len(by) < count:
        skip(COMMIT + 1)
    assert begun.phase() == REVEALING
    return begun


def test_ratings_are_counted_by_criterion_and_star(world: World) -> None:
    begun = committed(world)
    begun.reveal(0)
    (event,) = events(world.reputation, "Revealed")
    assert (event.emc, event.me) == (begun.emc.address, begun.me(0))
    assert event.ratings == bytes.fromhex("000054325432")
    counts = world.reputation.counts_of(begun.emc.address, begun.me(1))
    assert counts == [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert world.reputation.counts_of(begun.emc.address, begun.me(0)) == [0] * 20
    begun.reveal(2)
    counts = world.reputation.counts_of(begun.emc.address, begun.me(1))
    assert counts == [0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]
    assert world.reputation.review_of(begun.emc.address)[3:] == (0b111, 0b101, 0)


def test_no_opinion_counts_for_nothing(world: World) -> None:
    begun = review(world)
    opinions = begun.ratings({1: (0, 5, 0, 1)})
    begun.commit(0, opinions)
    skip(COMMIT + 1)
    begun.reveal(0, opinions)
    counts = world.reputation.counts_of(begun.emc.address, begun.me(1))
    assert [i for i, count in enumerate(counts) if count] == [9, 15]
    assert world.reputation.counts_of(begun.emc.address, begun.me(2)) == [0] * 20


def test_it_reveals_once(world: World) -> None:
    begun = committed(world)
    begun.reveal(0)
    before = world.reputation.counts_of(begun.emc.address, begun.me(1))
    with boa.reverts("reviews: already revealed"):
        begun.reveal(0)
    assert world.reputation.counts_of(begun.emc.address, begun.me(1)) == before


def test_nothing_is_revealed_while_others_commit(world: World) -> None:
    begun = review(world)
    begun.commit(0)
    begun.commit(1)
    with boa.reverts("reviews: not time to reveal"):
        begun.reveal(0)
    begun.commit(2)
    begun.reveal(0)


@pytest.mark.parametrize("moment", [0, 1])
def test_revealing_begins_a_second_after_the_last_to_commit(world: World, moment: int) -> None:
    begun = review(world)
    begun.commit(0)
    until(world.reputation.review_of(begun.emc.address)[1] + moment)
    if moment == 0:
        assert begun.phase() == COMMITTING
        with boa.reverts("reviews: not time to reveal"):
            begun.reveal(0)
        return
    begun.reveal(0)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_the_last_second_to_reveal_is_named(world: World, moment: int) -> None:
    begun = committed(world)
    until(world.reputation.review_of(begun.emc.address)[2] + moment)
    if moment > 0:
        assert begun.phase() == CLOSED
        with boa.reverts("reviews: not time to reveal"):
            begun.reveal(0)
        return
    begun.reveal(0)


def test_it_closes_once_all_have_revealed(world: World) -> None:
    begun = committed(world)
    for place in range(3):
        assert begun.phase() == REVEALING
        begun.reveal(place)
    assert begun.phase() == CLOSED


def test_it_closes_once_all_who_committed_have_revealed(world: World) -> None:
    begun = committed(world, by=(1,))
    begun.reveal(1)
    assert begun.phase() == CLOSED


def test_it_closes_after_the_time_to_commit_if_nobody_did(world: World) -> None:
    begun = review(world)
    skip(COMMIT)
    assert begun.phase() == COMMITTING
    skip(1)
    assert begun.phase() == CLOSED


def test_who_did_not_commit_has_nothing_to_reveal(world: World) -> None:
    begun = committed(world, by=(1,))
    with boa.reverts("reviews: not as committed"):
        begun.reveal(0)


def test_other_ratings_or_another_salt_are_refused(world: World) -> None:
    begun = committed(world)
    with boa.reverts("reviews: not as committed"):
        begun.reveal(0, begun.same(0, (5, 4, 3, 1)))
    with boa.reverts("reviews: not as committed"):
        begun.reveal(0, salt=b"\1" * 32)
    begun.reveal(0)


def test_only_the_members_account_reveals_also_after_it_moved(world: World) -> None:
    begun = committed(world)
    old, new = begun.account(0), address("new account")
    for sender in (begun.account(1), world.stranger):
        with boa.reverts("reviews: not the member"):
            begun.reveal(0, sender=sender)
    rotate(world, begun.me(0), new)
    with boa.reverts("reviews: not the member"):
        begun.reveal(0, sender=old)
    begun.reveal(0, sender=new)


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        (bytes.fromhex("00005432"), "reviews: wrong length"),
        (bytes.fromhex("0000543254"), "reviews: wrong length"),
        (bytes.fromhex("00005432543200"), "reviews: wrong length"),
        (b"", "reviews: wrong length"),
        (bytes.fromhex("000064320000"), "reviews: above five stars"),
        (bytes.fromhex("000000000006"), "reviews: above five stars"),
        (bytes.fromhex("0000f0000000"), "reviews: above five stars"),
        (bytes.fromhex("000154325432"), "reviews: own place"),
        (bytes.fromhex("500000000000"), "reviews: own place"),
    ],
)
def test_ratings_out_of_shape_are_refused(world: World, ratings: bytes, reason: str) -> None:
    begun = review(world)
    begun.commit(0, ratings)
    skip(COMMIT + 1)
    with boa.reverts(reason):
        begun.reveal(0, ratings)
    assert world.reputation.counts_of(begun.emc.address, begun.me(1)) == [0] * 20


def test_the_shape_of_ratings_has_its_reasons(world: World) -> None:
    begun = review(world)
    begun.commit(0, b"")
    begun.commit(1, begun.same(1, (6, 1, 1, 1)))
    begun.commit(2, begun.ratings({2: (5, 5, 5, 5)}))
    with boa.reverts("reviews: wrong length"):
        begun.reveal(0, b"")
    with boa.reverts("reviews: above five stars"):
        begun.reveal(1, begun.same(1, (6, 1, 1, 1)))
    with boa.reverts("reviews: own place"):
        begun.reveal(2, begun.ratings({2: (5, 5, 5, 5)}))


def joined(terms: Terms, me: int, id: int) -> Terms:
    """The terms with one more node, that has no share."""
    row = replace(terms.rows[0], id=id, party=me, payee=address(f"joined {id}"))
    row = replace(row, base=0, leading=0, upside=0)
    return replace(terms, rows=(*terms.rows, row))


@pytest.mark.parametrize("gap", [0, 1])
def test_only_those_are_rated_whose_time_overlapped(world: World, gap: int) -> None:
    """One leaves at the time at which another joins, or a second after it."""
    terms = reviewed_terms(world, 3)
    emc = world.make(terms)
    (newcomer,) = world.register(1)
    if gap == 0:
        terms = authority.leave(world, emc, terms, 2)
        terms = authority.amend(world, emc, terms, joined(terms, newcomer.me, 3))
    else:
        authority.give_notice(world, emc, terms, 2)
        skip(terms.leaving.notice)
        terms = authority.amend(world, emc, terms, joined(terms, newcomer.me, 3))
        skip(1)
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), 2)
        terms = authority.without(terms, 2)
    end(world, emc, terms)
    begun = opened(world, emc, terms)
    assert [member[:2] for member in begun.members[2:]] == [(4, 3), (3, 2)]
    assert begun.members[2][2] + gap == begun.members[3][3]
    for rater, rated in ((2, 3), (3, 2)):
        begun.commit(rater, begun.ratings({rated: (3, 3, 3, 3), 0: (1, 1, 1, 1)}))
    skip(COMMIT + 1)
    for rater, rated in ((2, 3), (3, 2)):
        opinions = begun.ratings({rated: (3, 3, 3, 3), 0: (1, 1, 1, 1)})
        if gap == 0:
            with boa.reverts("reviews: were not there together"):
                begun.reveal(rater, opinions)
        else:
            begun.reveal(rater, opinions)
            assert sum(world.reputation.counts_of(emc.address, begun.me(rated))) == 4
