import boa

from tests.kit import World
from tests.till import Books, held_terms, send, until


def test_an_active_emc_accepts_a_plain_transfer(world: World, books: Books) -> None:
    emc = world.make()
    send(world, emc, 60)
    assert boa.env.get_balance(emc.address) == 60
    assert emc.total() == 0
    books.unabsorbed[emc.address] = 60


def test_an_ended_emc_accepts_a_plain_transfer(world: World, books: Books) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.ends_at)
    emc.end()
    send(world, emc, 60)
    assert emc.total() == 0
    books.unabsorbed[emc.address] = 60


def test_a_call_of_no_known_function_changes_nothing(world: World) -> None:
    emc = world.make()
    world.sell(emc, 60, 1)
    boa.env.raw_call(emc.address, data=b"\xde\xad\xbe\xef" + bytes(64))
    assert emc.total() == 60


def test_the_implementation_itself_keeps_no_coin_that_strays_there(world: World) -> None:
    with boa.env.prank(world.buyer), boa.reverts("emc: not active"):
        world.implementation.__default__(value=60)
