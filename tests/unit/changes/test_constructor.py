"""Changes and the EMC contract know each other, or nothing is deployed."""

import boa

from tests.kit import World, address, deployer


def test_an_emc_that_obeys_another_room_is_refused(world: World) -> None:
    with boa.reverts("changes: not our EMC"):
        deployer("Changes.vy").deploy(world.implementation.address, world.registry.address)
    rooms = tuple(address(room) for room in ("consent", "changes", "conduct", "goals"))
    stray = deployer("EMC.vy").deploy(rooms, world.pages.address)
    with boa.reverts("changes: not our EMC"):
        deployer("Changes.vy").deploy(stray.address, world.registry.address)


def test_the_emc_obeys_the_room_that_was_deployed(world: World) -> None:
    assert world.implementation.authority().changes == world.changes.address
