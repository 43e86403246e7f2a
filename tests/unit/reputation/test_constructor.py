"""Reviews know members by the registry that Consent has, or nothing is deployed."""

import boa

from tests.kit import World, deployer


def test_another_registry_than_that_of_consent_is_refused(world: World) -> None:
    stray = deployer("MicroEnterprises.vy").deploy()
    with boa.reverts("reviews: not our registry"):
        deployer("Reputation.vy").deploy(world.implementation.address, stray.address)
