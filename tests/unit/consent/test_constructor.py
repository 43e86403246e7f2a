"""Consent and the EMC contract know each other, or nothing is deployed."""

import boa

from tests.kit import World, address, deployer


def test_an_emc_that_obeys_another_consent_is_refused(world: World) -> None:
    with boa.reverts("consent: not our EMC"):
        deployer("Consent.vy").deploy(world.implementation.address, world.registry.address)
    stray = deployer("EMC.vy").deploy(address("another table"))
    with boa.reverts("consent: not our EMC"):
        deployer("Consent.vy").deploy(stray.address, world.registry.address)


def test_what_is_deployed_is_what_was_named(world: World) -> None:
    assert world.consent.implementation() == world.implementation.address
    assert world.consent.micro_enterprises() == world.registry.address
    assert world.implementation.consent() == world.consent.address
