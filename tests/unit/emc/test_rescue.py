import boa
import pytest

from emc.core.terms import NATIVE
from tests.kit import World, address, deployer, events, received
from tests.till import Books, held_terms, until, weird_token

# the code of what refuses whatever it is asked
MUTE = bytes.fromhex("5f5ffd")


def test_a_foreign_token_goes_to_the_backstop(world: World) -> None:
    emc = world.make(held_terms(world))
    world.sell(emc, 100, 1)
    stray = world.token()
    stray.mint(emc.address, 70)
    with boa.env.prank(world.stranger):
        emc.rescue(stray.address)
    (rescued,) = events(emc, "Rescued")
    assert (rescued.token, rescued.backstop, rescued.amount) == (
        stray.address,
        address("backstop"),
        70,
    )
    assert received(address("backstop"), stray) == 70
    assert stray.balanceOf(emc.address) == 0
    assert emc.accounts().held == 100


def test_native_coin_in_an_emc_that_settles_in_a_token_goes_to_the_backstop(world: World) -> None:
    token = world.token()
    emc = world.make(held_terms(world, currency=token.address))
    world.sell(emc, 100, 1, token)
    with boa.env.prank(world.buyer):
        emc.__default__(value=70)
    emc.rescue(NATIVE)
    assert boa.env.get_balance(address("backstop")) == 70
    assert emc.accounts().held == 100


@pytest.mark.parametrize("currency", ["native", "token"])
def test_the_settlement_currency_is_never_rescued(
    world: World, currency: str, books: Books
) -> None:
    token = world.token() if currency == "token" else None
    at = token.address if token else NATIVE
    emc = world.make(held_terms(world, currency=at))
    world.sell(emc, 100, 1, token)
    with boa.env.prank(world.buyer):
        if token:
            token.transfer(emc.address, 10)
        else:
            emc.__default__(value=10)
    with boa.reverts("emc: not a foreign token"):
        emc.rescue(at)
    books.unabsorbed[emc.address] = 10


def test_a_rescue_that_changes_the_settlement_balance_is_refused(world: World) -> None:
    token = world.token()
    emc = world.make(held_terms(world, currency=token.address))
    world.sell(emc, 100, 1, token)
    stray = deployer("mocks/MeddlingToken.vy").deploy(token.address)
    stray.mint(emc.address, 70)
    token.mint(stray.address, 1)
    with boa.reverts("emc: not a foreign token"):
        emc.rescue(stray.address)
    assert stray.balanceOf(emc.address) == 70


def test_there_must_be_something_to_rescue(world: World) -> None:
    emc = world.make()
    with boa.reverts("emc: nothing to rescue"):
        emc.rescue(world.token().address)


def test_an_address_without_code_is_no_token(world: World) -> None:
    emc = world.make()
    with boa.reverts():
        emc.rescue(address("no token"))


def test_after_the_end_foreign_tokens_are_still_rescued(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.ends_at)
    emc.end()
    stray = world.token()
    stray.mint(emc.address, 70)
    emc.rescue(stray.address)
    assert received(address("backstop"), stray) == 70


def test_a_foreign_token_that_reports_failure_is_not_rescued(world: World) -> None:
    emc = world.make()
    stray = weird_token(world, "AnsweringToken")
    stray.mint(emc.address, 70)
    stray.answer_to(address("backstop"), bytes(32), False)
    with boa.reverts("currency: refused"):
        emc.rescue(stray.address)


def test_nothing_is_rescued_where_no_terms_are_in_force(world: World) -> None:
    emc = world.implementation
    stray = world.token()
    stray.mint(emc.address, 70)
    with boa.reverts("emc: not active"):
        emc.rescue(stray.address)


def test_a_settlement_token_that_says_no_more_what_is_there_prevents_no_rescue(
    world: World,
) -> None:
    token, stray = world.token(), world.token()
    emc = world.make(held_terms(world, currency=token.address))
    stray.mint(emc.address, 1)
    code = boa.env.get_code(token.address)
    boa.env.set_code(token.address, MUTE)
    emc.rescue(stray.address)
    assert received(address("backstop"), stray) == 1
    boa.env.set_code(token.address, code)


def test_a_token_that_does_not_say_what_is_there_has_nothing(world: World) -> None:
    emc, mute = world.make(), address("mute token")
    boa.env.set_code(mute, MUTE)
    with boa.reverts("emc: nothing to rescue"):
        emc.rescue(mute)
