import boa

from emc.core.terms import NATIVE
from tests.authority import renegotiate, reshare
from tests.kit import World


def test_it_is_zero_for_coin(world: World) -> None:
    assert world.make().currency_of() == NATIVE


def test_it_is_the_token_for_life(world: World) -> None:
    token = world.token()
    terms = world.terms(currency=token.address)
    emc = world.make(terms)
    assert emc.currency_of() == token.address
    renegotiate(world, emc, terms, reshare(terms, [400_000, 300_000, 300_000]))
    assert emc.currency_of() == token.address


def test_there_is_none_where_no_terms_are_in_force(world: World) -> None:
    with boa.reverts("emc: not active"):
        world.implementation.currency_of()
