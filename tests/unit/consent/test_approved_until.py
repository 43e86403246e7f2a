"""Until when an approval of first terms counts."""

import boa

from tests.kit import World


def test_it_is_zero_without_an_approval_and_the_last_word_with_one(world: World) -> None:
    matter, emc = b"\5" * 32, world.address_of(world.terms())
    assert world.consent.approved_until(emc, matter, world.buyer) == 0
    for until in (17, 3, 0):
        with boa.env.prank(world.buyer):
            world.consent.approve(emc, matter, until)
        assert world.consent.approved_until(emc, matter, world.buyer) == until
    with boa.env.prank(world.buyer):
        world.consent.approve(emc, matter, 17)
    assert world.consent.approved_until(emc, matter, world.stranger) == 0
    assert world.consent.approved_until(world.buyer, matter, world.buyer) == 0
    assert world.consent.approved_until(emc, b"\6" * 32, world.buyer) == 0
    for room in (world.changes, world.conduct, world.goals):
        assert room.approved_until(emc, matter, world.buyer) == 0


def test_revoking_for_the_emc_makes_it_zero_and_approving_again_does_not(world: World) -> None:
    matter, emc = b"\5" * 32, world.address_of(world.terms())
    with boa.env.prank(world.buyer):
        world.consent.approve(emc, matter, 17)
        world.consent.revoke(world.stranger)
        assert world.consent.approved_until(emc, matter, world.buyer) == 17
        world.consent.revoke(emc)
        assert world.consent.approved_until(emc, matter, world.buyer) == 0
        world.consent.approve(emc, matter, 18)
    assert world.consent.approved_until(emc, matter, world.buyer) == 18
