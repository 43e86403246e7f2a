"""The address follows from creator and terms alone."""

from emc.core.terms import emc_address
from tests.kit import World, address, replace


def test_it_is_known_before_and_the_same_after_making(world: World) -> None:
    terms = world.terms()
    before = world.consent.address_of(world.creator, terms.hash())
    emc = world.make(terms)
    assert emc.address == before == world.consent.address_of(world.creator, terms.hash())


def test_creator_and_terms_both_move_it(world: World) -> None:
    terms = world.terms()
    addresses = {
        world.consent.address_of(creator, hashed)
        for creator in (world.creator, world.stranger, address("nobody"))
        for hashed in (terms.hash(), replace(terms, nonce=1).hash(), bytes(32))
    }
    assert len(addresses) == 9


def test_another_consent_leads_elsewhere(world: World) -> None:
    terms = world.terms()
    other = World(1)
    assert other.consent.address_of(world.creator, terms.hash()) != world.address_of(terms)
    for system in (world, other):
        assert system.consent.address_of(world.creator, terms.hash()) == emc_address(
            str(system.consent.address),
            str(system.implementation.address),
            world.creator,
            terms.hash(),
        )
