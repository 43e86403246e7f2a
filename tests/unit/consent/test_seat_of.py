"""Whose word has been relayed."""

from tests.kit import World
from tests.wallets import sign


def seats(world: World, emc: str) -> list[int]:
    """The seats of all nodes."""
    return [world.consent.seat_of(emc, node.account) for node in world.nodes]


def test_it_is_one_more_than_the_row_of_a_relayed_signature(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    assert seats(world, emc.address) == [0, 0, 0]
    sign(world, terms, [world.signature(terms, 1)])
    assert seats(world, emc.address) == [0, 2, 0]
    sign(world, terms, [world.signature(terms, 0)])
    assert seats(world, emc.address) == [1, 2, 0]


def test_the_relayer_gets_no_seat(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    sign(world, terms, [world.signature(terms, 1)])
    assert world.consent.seat_of(emc.address, world.stranger) == 0


def test_a_seat_is_one_emcs(world: World) -> None:
    first, second = world.terms(), world.terms(nonce=1)
    world.make(first, world.signatures(first)[:1])
    other = world.make(second, [])
    assert world.consent.seat_of(other.address, world.nodes[0].account) == 0
