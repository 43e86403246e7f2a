"""Whoever was rated answers in public, once the ratings are known."""

import boa

from tests.kit import World, address, events
from tests.reviews import review, rotate


def test_a_rated_member_answers(world: World) -> None:
    begun = review(world)
    begun.rate_all()
    begun.reply(0)
    (event,) = events(world.reputation, "Replied")
    assert (event.emc, event.me) == (begun.emc.address, begun.me(0))
    assert (event.document, event.uri) == (b"\7" * 32, "https://example.org/reply.md")
    # it can say more later
    begun.finalise()
    begun.reply(0)


def test_not_before_the_review_is_closed(world: World) -> None:
    begun = review(world)
    with boa.reverts("reviews: not closed"):
        begun.reply(0)
    for place in range(3):
        begun.commit(place)
    begun.reveal(1)
    with boa.reverts("reviews: not closed"):
        begun.reply(0)


def test_only_who_was_rated(world: World) -> None:
    begun = review(world)
    begun.close()
    with boa.reverts("reviews: not rated"):
        begun.reply(0)


def test_only_the_members_account_now(world: World) -> None:
    begun = review(world)
    begun.rate_all()
    old, new = begun.account(0), address("new account")
    rotate(world, begun.me(0), new)
    for sender in (old, world.stranger, begun.account(1)):
        with boa.reverts("reviews: not the member"):
            begun.reply(0, sender=sender)
    begun.reply(0, sender=new)
