"""Calls are heard by the accounts that Consent hears, or nothing is deployed."""

import boa

from tests.kit import World, deployer


def test_another_registry_than_that_of_consent_is_refused(world: World) -> None:
    stray = deployer("MicroEnterprises.vy").deploy()
    with boa.reverts("calls: not our registry"):
        deployer("CallForBids.vy").deploy(world.implementation.address, stray.address)


def test_at_first_there_is_no_call(world: World) -> None:
    fresh = deployer("CallForBids.vy").deploy(world.implementation.address, world.registry.address)
    assert fresh.count() == 0
