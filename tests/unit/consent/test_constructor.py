"""The EMC contract and the rooms of the authority know each other, or nothing is deployed."""

import boa
import pytest

from tests.kit import World, address, deployer

ROOMS = ["Consent", "Changes", "Conduct", "Goals"]


@pytest.mark.parametrize("room", ROOMS)
def test_an_emc_that_obeys_another_authority_is_refused(world: World, room: str) -> None:
    reason = f"{room.lower()}: not our EMC"
    with boa.reverts(reason):
        deployer(f"{room}.vy").deploy(world.implementation.address, world.registry.address)
    others = tuple(address(f"another {each}") for each in ROOMS)
    stray = deployer("EMC.vy").deploy(others, world.pages.address)
    with boa.reverts(reason):
        deployer(f"{room}.vy").deploy(stray.address, world.registry.address)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_that_an_emc_knows_as_another_room_is_refused(world: World, room: str) -> None:
    place = ROOMS.index(room)
    # where the room will be stands in every place but its own
    rooms = [world.next_address(1)] * 4
    rooms[place] = address("another room")
    stray = deployer("EMC.vy").deploy(tuple(rooms), world.pages.address)
    with boa.reverts(f"{room.lower()}: not our EMC"):
        deployer(f"{room}.vy").deploy(stray.address, world.registry.address)
    rooms = [address("another room")] * 4
    rooms[place] = world.next_address(1)
    emc = deployer("EMC.vy").deploy(tuple(rooms), world.pages.address)
    made = deployer(f"{room}.vy").deploy(emc.address, world.registry.address)
    assert made.address == rooms[place]


def test_what_is_deployed_is_what_was_named(world: World) -> None:
    assert world.consent.implementation() == world.implementation.address
    assert world.consent.micro_enterprises() == world.registry.address
    rooms = (world.consent, world.changes, world.conduct, world.goals)
    assert world.implementation.authority() == tuple(room.address for room in rooms)
