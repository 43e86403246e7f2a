import pytest

from tests import tables
from tests.authority import amend, leave
from tests.kit import World, address, replace
from tests.till import BACKSTOP, held_terms


@pytest.mark.parametrize("row", [0, 1, 2, 3, 127, BACKSTOP, 255, 2**256 - 1])
def test_it_is_zero_for_every_row_that_has_not_left(world: World, row: int) -> None:
    for emc in (world.make(), world.implementation):
        assert emc.party_of(row) == 0


def test_it_is_the_first_word_of_a_node_that_left(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    leave(world, emc, terms, 1)
    assert emc.party_of(1) == world.nodes[1].me << 96 | 1 == terms.rows[1].pack()[0]
    assert [emc.party_of(row) for row in (0, 2)] == [0, 0]


def test_it_is_the_controller_of_a_beneficiary_that_left(world: World) -> None:
    terms = held_terms(world)
    fund = tables.fund(3)
    terms = replace(terms, rows=(*terms.rows, fund))
    emc = world.make(terms)
    amend(world, emc, terms, replace(terms, rows=terms.rows[:3]))
    assert emc.party_of(3) == int(address("controller"), 16) << 96


def test_it_stays_when_nothing_is_owed_any_more(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    leave(world, emc, terms, 1)
    assert (emc.credits(1), emc.waiting()) == (0, 0)
    assert emc.party_of(1) == terms.rows[1].pack()[0]
