"""What each contract that asks nodes tells of their approvals and revocations."""

from typing import Any

import boa
import pytest

from tests.kit import FAR, World, events
from tests.unit.votes.matters import ROOMS

MATTER = b"\5" * 32


@pytest.fixture(params=ROOMS)
def room(world: World, request: pytest.FixtureRequest) -> Any:
    """Each contract that asks nodes."""
    return getattr(world, request.param)


def others(world: World, room: Any) -> list[Any]:
    """The other ones."""
    return [each for name in ROOMS if (each := getattr(world, name)).address != room.address]


def test_an_approval_is_zero_before_it_is_given_and_the_last_word_then(
    world: World, room: Any
) -> None:
    emc = world.deployer
    assert room.approved_until(emc, MATTER, world.buyer) == 0
    for until in (17, FAR, 3, 0, 18):
        room.approve(emc, MATTER, until, sender=world.buyer)
        (approved,) = events(room, "Approved")
        assert (approved.emc, approved.account) == (emc, world.buyer)
        assert (approved.matter, approved.until) == (MATTER, until)
        assert room.approved_until(emc, MATTER, world.buyer) == until
    assert room.approved_until(emc, MATTER, world.stranger) == 0
    assert room.approved_until(world.buyer, MATTER, world.buyer) == 0
    assert room.approved_until(emc, b"\6" * 32, world.buyer) == 0
    for other in others(world, room):
        assert other.approved_until(emc, MATTER, world.buyer) == 0


def test_revoking_for_the_emc_makes_it_zero_in_whatever_order(world: World, room: Any) -> None:
    emc = world.deployer
    with boa.env.prank(world.buyer):
        # also what is approved for the same matter before the next revocation
        for until in (17, FAR, FAR - 1):
            room.approve(emc, MATTER, until)
            room.revoke(world.stranger)
            assert room.approved_until(emc, MATTER, world.buyer) == until
            room.revoke(emc)
            assert room.approved_until(emc, MATTER, world.buyer) == 0
        # approving again does not
        room.approve(emc, MATTER, 18)
    assert room.approved_until(emc, MATTER, world.buyer) == 18


def test_a_nonce_counts_revocations_per_emc_account_and_room(world: World, room: Any) -> None:
    emc = world.deployer
    assert room.nonce_of(emc, world.buyer) == 0
    for count in (1, 2):
        room.revoke(emc, sender=world.buyer)
        (revoked,) = events(room, "Revoked")
        assert (revoked.emc, revoked.account, revoked.nonce) == (emc, world.buyer, count)
        assert room.nonce_of(emc, world.buyer) == count
    assert room.nonce_of(emc, world.stranger) == 0
    assert room.nonce_of(world.stranger, world.buyer) == 0
    for other in others(world, room):
        assert other.nonce_of(emc, world.buyer) == 0
