"""Until when an approval counts."""

import boa

from tests.kit import World


def test_it_is_zero_without_an_approval_and_the_last_word_with_one(world: World) -> None:
    what, emc = b"\5" * 32, world.deployer
    assert world.changes.approved_until(emc, what, world.buyer) == 0
    for until in (17, 3, 0):
        with boa.env.prank(world.buyer):
            world.changes.approve(emc, what, until)
        assert world.changes.approved_until(emc, what, world.buyer) == until
    assert world.changes.approved_until(emc, what, world.stranger) == 0
    assert world.changes.approved_until(world.buyer, what, world.buyer) == 0
    assert world.conduct.approved_until(emc, what, world.buyer) == 0


def test_revoking_for_the_emc_makes_it_zero_and_approving_again_does_not(world: World) -> None:
    what, emc = b"\5" * 32, world.deployer
    with boa.env.prank(world.buyer):
        world.changes.approve(emc, what, 17)
        world.changes.revoke(world.stranger)
        assert world.changes.approved_until(emc, what, world.buyer) == 17
        world.changes.revoke(emc)
        assert world.changes.approved_until(emc, what, world.buyer) == 0
        world.changes.approve(emc, what, 18)
    assert world.changes.approved_until(emc, what, world.buyer) == 18
