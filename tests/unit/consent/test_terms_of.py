"""Consent knows which EMCs are real, and by which terms."""

import boa

from tests.kit import World, address, deployer


def test_it_is_zero_until_the_emc_is_made(world: World) -> None:
    terms = world.terms()
    at = world.address_of(terms)
    assert world.consent.terms_of(at) == bytes(32)
    world.make(terms)
    assert world.consent.terms_of(at) == terms.hash()


def test_it_is_zero_for_whatever_else_looks_like_an_emc(world: World) -> None:
    copy = deployer("EMC.vy").deploy(world.implementation.authority(), world.pages.address)
    for stranger in (copy.address, world.implementation.address, address("nothing")):
        assert world.consent.terms_of(stranger) == bytes(32)


def test_coin_alone_makes_no_emc(world: World) -> None:
    at = world.address_of(world.terms())
    with boa.env.prank(world.buyer):
        boa.env.raw_call(at, value=1)
    assert world.consent.terms_of(at) == bytes(32)
