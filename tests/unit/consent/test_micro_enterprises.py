"""The registry that Consent asks for accounts."""

from tests.kit import World, address
from tests.wallets import rotate


def test_it_is_the_registry_that_consent_was_deployed_with(world: World) -> None:
    assert world.consent.micro_enterprises() == world.registry.address


def test_consent_asks_it_for_the_current_account(world: World) -> None:
    terms = world.terms()
    rotate(world, 0, address("new home"))
    emc = world.make(terms, world.signatures(terms)[1:])
    assert world.consent.seat_of(emc.address, world.nodes[1].account) == 2
    assert world.registry.account_of(terms.rows[0].party) == address("new home")
