"""Consent knows which EMCs are real, and by which terms."""

from tests.kit import World, address, deployer


def test_it_is_zero_until_the_emc_is_made(world: World) -> None:
    terms = world.terms()
    at = world.address_of(terms)
    assert world.consent.terms_of(at) == bytes(32)
    world.make(terms, [])
    assert world.consent.terms_of(at) == terms.hash()


def test_it_is_zero_for_whatever_else_looks_like_an_emc(world: World) -> None:
    copy = deployer("EMC.vy").deploy(world.implementation.authority(), world.pages.address)
    for stranger in (copy.address, world.implementation.address, address("nothing")):
        assert world.consent.terms_of(stranger) == bytes(32)


def test_it_stays_when_the_emc_is_declined(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    with_node = world.nodes[0].account
    world.consent.decline(world.creator, terms.head(), terms.packed_rows(), 0, sender=with_node)
    assert world.consent.terms_of(emc.address) == terms.hash()
