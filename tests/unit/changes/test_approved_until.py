"""Until when an approval counts."""

import boa

from tests.kit import World


def test_it_is_zero_without_an_approval_and_the_last_word_with_one(world: World) -> None:
    what = b"\5" * 32
    assert world.changes.approved_until(what, world.buyer) == 0
    for until in (17, 3, 0):
        with boa.env.prank(world.buyer):
            world.changes.approve(world.creator, what, until)
        assert world.changes.approved_until(what, world.buyer) == until
    assert world.changes.approved_until(what, world.stranger) == 0
    assert world.conduct.approved_until(what, world.buyer) == 0
