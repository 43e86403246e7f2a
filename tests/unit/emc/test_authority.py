from tests.kit import World, address, deployer


def test_an_emc_obeys_the_four_rooms_of_the_authority(world: World) -> None:
    rooms = tuple(
        room.address for room in (world.consent, world.changes, world.conduct, world.goals)
    )
    for emc in (world.implementation, world.make()):
        assert emc.authority() == rooms
    assert len(set(rooms)) == 4


def test_each_room_has_a_name(world: World) -> None:
    rooms = tuple(address(name) for name in ("consent", "changes", "conduct", "goals"))
    named = deployer("EMC.vy").deploy(rooms, world.pages.address).authority()
    assert (named.consent, named.changes, named.conduct, named.goals) == rooms
