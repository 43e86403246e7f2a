"""The registry that Consent asks for accounts."""

import boa

from tests.kit import World, address
from tests.till import ACTIVE
from tests.wallets import approval, rotate


def test_it_is_the_registry_that_consent_was_deployed_with(world: World) -> None:
    assert world.consent.micro_enterprises() == world.registry.address


def test_consent_asks_it_for_the_current_account(world: World) -> None:
    terms = world.terms()
    rotate(world, 0, address("new home"))
    with boa.reverts("signatures: not the signer"):
        world.make(terms)
    emc = world.make(terms, [approval(0), *world.signatures(terms)[1:]], by=address("new home"))
    assert emc.stage() == ACTIVE
