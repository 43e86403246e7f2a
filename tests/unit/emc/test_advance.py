import boa
import pytest

from emc.core.terms import NATIVE
from tests.kit import World, events
from tests.till import declined


def test_money_can_be_advanced_while_signatures_are_missing(world: World) -> None:
    emc = world.make(world.terms(), given=[])
    with boa.env.prank(world.buyer):
        emc.advance(300, value=300)
        (advanced,) = events(emc, "Advanced")
        assert (advanced.sender, advanced.amount) == (world.buyer, 300)
        emc.advance(50, value=50)
    assert emc.advances(world.buyer) == 350
    assert emc.advances(world.stranger) == 0


def test_tokens_can_be_advanced(world: World) -> None:
    token = world.token()
    emc = world.make(world.terms(currency=token.address), given=[])
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 300)
        emc.advance(300)
    assert emc.advances(world.buyer) == 300
    assert token.balanceOf(emc.address) == 300


def test_an_advance_of_nothing_is_refused(world: World) -> None:
    emc = world.make(world.terms(), given=[])
    with boa.reverts("currency: nothing paid"):
        emc.advance(0)


@pytest.mark.parametrize("value", [0, 299, 301])
def test_coin_must_be_exactly_what_is_advanced(world: World, value: int) -> None:
    emc = world.make(world.terms(), given=[])
    with boa.env.prank(world.buyer), boa.reverts("currency: wrong amount"):
        emc.advance(300, value=value)


def test_coin_is_not_advanced_where_the_currency_is_a_token(world: World) -> None:
    emc = world.make(world.terms(currency=world.token().address), given=[])
    with boa.env.prank(world.buyer), boa.reverts("currency: not native"):
        emc.advance(300, value=300)


def test_an_active_emc_takes_sales_and_no_advances(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer), boa.reverts("emc: active"):
        emc.advance(300, value=300)


def test_a_declined_emc_takes_no_advances(world: World) -> None:
    emc = declined(world, world.terms())
    with boa.env.prank(world.buyer), boa.reverts("advances: not signing"):
        emc.advance(300, value=300)


@pytest.mark.parametrize("currency", ["native", "token"])
def test_an_advance_becomes_proceeds_once_all_have_signed(world: World, currency: str) -> None:
    token = world.token() if currency == "token" else None
    terms = world.terms(currency=token.address if token else NATIVE)
    emc = world.make(terms, given=[])
    with boa.env.prank(world.buyer):
        if token:
            token.approve(emc.address, 300)
            emc.advance(300)
        else:
            emc.advance(300, value=300)
    world.consent.sign(world.creator, terms.head(), terms.packed_rows(), world.signatures(terms))
    assert emc.total() == 0
    emc.absorb()
    assert emc.total() == 300
