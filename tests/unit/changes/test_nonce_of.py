"""How often an account has revoked."""

import boa

from tests.kit import World


def test_it_counts_per_emc_and_account_and_in_this_room_only(world: World) -> None:
    for expected in (1, 2):
        with boa.env.prank(world.buyer):
            world.changes.revoke(world.deployer)
        assert world.changes.nonce_of(world.deployer, world.buyer) == expected
    assert world.changes.nonce_of(world.deployer, world.stranger) == 0
    assert world.changes.nonce_of(world.stranger, world.buyer) == 0
    for room in (world.consent, world.conduct, world.goals):
        assert room.nonce_of(world.deployer, world.buyer) == 0
