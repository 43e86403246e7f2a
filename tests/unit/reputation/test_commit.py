"""A member commits to its ratings, and may change its mind until the time is over."""

import boa
import pytest

from tests.kit import World, address, events, skip
from tests.reviews import (
    COMMIT,
    COMMITTING,
    REVEALING,
    again,
    opened,
    review,
    reviewed_terms,
    rotate,
)
from tests.till import until


def test_a_commitment_is_kept_and_replaced(world: World) -> None:
    begun = review(world)
    begun.commit(1)
    (event,) = events(world.reputation, "Committed")
    first = begun.commitment(1, begun.same(1))
    assert (event.emc, event.me, event.commitment) == (begun.emc.address, begun.me(1), first)
    assert world.reputation.commitment_of(begun.emc.address, begun.me(1)) == first
    begun.commit(1, begun.same(1, (1, 1, 1, 1)))
    second = begun.commitment(1, begun.same(1, (1, 1, 1, 1)))
    assert second != first
    assert world.reputation.commitment_of(begun.emc.address, begun.me(1)) == second
    assert world.reputation.review_of(begun.emc.address)[3:] == (0b010, 0, 0)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_the_last_second_to_commit_is_named(world: World, moment: int) -> None:
    begun = review(world)
    until(world.reputation.review_of(begun.emc.address)[1] + moment)
    assert (begun.phase() == COMMITTING) is (moment <= 0)
    if moment > 0:
        with boa.reverts("reviews: not time to commit"):
            begun.commit(0)
        return
    begun.commit(0)


def test_once_all_have_committed_nobody_replaces(world: World) -> None:
    begun = review(world)
    for place in range(3):
        assert begun.phase() == COMMITTING
        begun.commit(place)
    assert begun.phase() == REVEALING
    with boa.reverts("reviews: not time to commit"):
        begun.commit(2, begun.same(2, (1, 1, 1, 1)))


def test_only_the_members_account_commits(world: World) -> None:
    begun = review(world)
    for sender in (begun.account(1), begun.emc.address, world.stranger):
        with boa.reverts("reviews: not the member"):
            begun.commit(0, sender=sender)


def test_the_right_moves_with_the_account(world: World) -> None:
    begun = review(world)
    old, new = begun.account(0), address("new account")
    rotate(world, begun.me(0), new)
    with boa.reverts("reviews: not the member"):
        begun.commit(0, sender=old)
    begun.commit(0, sender=new)


def test_nothing_is_no_commitment(world: World) -> None:
    begun = review(world)
    with boa.env.prank(begun.account(0)), boa.reverts("reviews: no commitment"):
        world.reputation.commit(begun.emc.address, begun.members, 0, bytes(32))


def test_the_list_is_the_one_that_was_published(world: World) -> None:
    begun = review(world)
    honest = begun.members
    for forged in (
        honest[:2],
        [*honest, honest[0]],
        [honest[1], honest[0], honest[2]],
        [(*honest[0][:2], 1, *honest[0][3:]), *honest[1:]],
        [],
    ):
        begun.members = forged
        with boa.env.prank(world.nodes[0].account), boa.reverts("reviews: not the members"):
            world.reputation.commit(begun.emc.address, forged, 0, b"\1" * 32)
    with boa.env.prank(world.nodes[0].account), boa.reverts("reviews: not the members"):
        world.reputation.commit(address("not opened"), honest, 0, b"\1" * 32)


def test_there_is_no_place_beyond_the_list(world: World) -> None:
    begun = review(world)
    for place in (3, 128, 2**256 - 1):
        with boa.env.prank(begun.account(0)), boa.reverts("reviews: no such member"):
            world.reputation.commit(begun.emc.address, begun.members, place, b"\1" * 32)


def test_reviews_do_not_mix(world: World) -> None:
    first = review(world)
    second = again(world, first)
    second.commit(0)
    assert world.reputation.commitment_of(first.emc.address, first.me(0)) == bytes(32)
    assert world.reputation.review_of(first.emc.address)[3] == 0


def test_windows_of_a_late_opening_are_whole(world: World) -> None:
    terms = reviewed_terms(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    until(terms.ends_at)
    emc.end()
    skip(10 * COMMIT)
    begun = opened(world, emc, terms)
    skip(COMMIT)
    begun.commit(0)
