import boa
import pytest

from emc.core.terms import Gate
from tests import tables
from tests.authority import amend, leave
from tests.kit import World, address, received, replace
from tests.till import held_terms, payee


def test_nobody_waits_who_has_not_left(world: World) -> None:
    emc = world.make(held_terms(world))
    assert emc.waiting() == 0
    world.sell(emc, 600, 1)
    assert emc.waiting() == 0


def test_who_left_waits_behind_a_closed_gate(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    terms = leave(world, emc, terms, 2)
    assert emc.waiting() == 0b100
    leave(world, emc, terms, 1)
    assert emc.waiting() == 0b110
    world.sell(emc, 399, 2)
    assert emc.waiting() == 0b110
    world.sell(emc, 1, 3)
    assert emc.waiting() == 0
    assert [emc.credits(row) for row in range(3)] == [0, 180, 120]


@pytest.mark.parametrize("gate", [Gate.NONE, Gate.BENCHMARK])
def test_who_left_with_nothing_held_does_not_wait(world: World, gate: Gate) -> None:
    terms = held_terms(world, gate=gate)
    emc = world.make(terms)
    if gate is Gate.NONE:
        world.sell(emc, 600, 1)
    leave(world, emc, terms, 2)
    assert emc.waiting() == 0


def test_what_is_held_cannot_be_withdrawn_before_the_gate_opens(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    leave(world, emc, terms, 2)
    assert emc.credits(2) == 0
    with boa.reverts("creditors: no credit"):
        emc.withdraw(2)
    world.sell(emc, 400, 2)
    emc.withdraw(2)
    assert received(payee(2)) == 120
    with boa.reverts("creditors: no credit"):
        emc.withdraw(2)


def test_a_beneficiary_waits_too(world: World) -> None:
    terms = held_terms(world)
    fund = tables.fund(3, 100_000)
    terms = replace(terms.with_row(0, base=400_000, leading=400_000, upside=400_000))
    terms = replace(terms, rows=(*terms.rows, fund))
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    nodes = replace(terms, rows=terms.rows[:3])
    amend(world, emc, terms, nodes.with_row(0, base=500_000, leading=500_000, upside=500_000))
    assert emc.waiting() == 0b1000
    world.sell(emc, 400, 2)
    assert emc.waiting() == 0
    emc.withdraw(3)
    assert received(address("fund")) == 60


def test_the_bits_are_row_ids_and_not_places(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    high = replace(terms, rows=tuple(replace(row, id=row.id + 100) for row in terms.rows), sink=100)
    # the same parties in new rows: each signs for the one it leaves and for the one it takes
    amend(world, emc, terms, high)
    assert emc.waiting() == 0
    world.sell(emc, 600, 1)
    leave(world, emc, high, 102)
    assert emc.waiting() == 1 << 102
