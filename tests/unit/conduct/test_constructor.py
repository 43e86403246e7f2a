"""The room and the EMC contract know each other, or nothing is deployed."""

import boa

from tests.kit import World, address, deployer


def test_an_emc_that_obeys_another_conduct_is_refused(world: World) -> None:
    with boa.reverts("conduct: not our EMC"):
        deployer("Conduct.vy").deploy(world.implementation.address, world.registry.address)
    stray = deployer("EMC.vy").deploy([address("another authority")] * 4, world.pages.address)
    with boa.reverts("conduct: not our EMC"):
        deployer("Conduct.vy").deploy(stray.address, world.registry.address)


def test_what_is_deployed_is_what_was_named(world: World) -> None:
    assert world.implementation.authority().conduct == world.conduct.address
