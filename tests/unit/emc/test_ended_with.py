"""Proceeds at the end, plus one."""

from emc.core.terms import Gate
from tests import authority
from tests.kit import World, events
from tests.till import held_terms, send, until


def test_it_is_zero_before_the_end(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    until(terms.ends_at)
    assert emc.ended_with() == 0
    emc.end()
    assert emc.ended_with() == 1_001


def test_an_emc_that_moved_nothing_has_ended_too(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.disband(world, emc, terms)
    assert emc.ended_with() == 1


def test_it_holds_what_the_end_absorbs_and_nothing_later(world: World) -> None:
    terms = held_terms(world, gate=Gate.TARGET)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    send(world, emc, 50)
    until(terms.ends_at)
    emc.end()
    (ended,) = events(emc, "Ended")
    assert ended.total == 150
    send(world, emc, 10**6)
    emc.absorb()
    assert (emc.total(), emc.ended_with()) == (10**6 + 150, 151)
