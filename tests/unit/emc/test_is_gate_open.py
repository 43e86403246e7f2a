import boa
import pytest

from emc.core.terms import Gate
from tests.kit import World
from tests.till import held_terms, until


def test_without_a_gate_it_is_open_from_the_start(world: World) -> None:
    assert world.make(held_terms(world, gate=Gate.NONE)).is_gate_open()


@pytest.mark.parametrize(("gate", "at"), [(Gate.BENCHMARK, 1_000), (Gate.TARGET, 2_000)])
def test_it_opens_exactly_at_its_amount(world: World, gate: Gate, at: int) -> None:
    emc = world.make(held_terms(world, gate=gate))
    assert not emc.is_gate_open()
    world.sell(emc, at - 1, 1)
    assert not emc.is_gate_open()
    world.sell(emc, 1, 2)
    assert emc.is_gate_open()


@pytest.mark.parametrize("proceeds", [999, 1_000])
def test_after_the_end_it_stays_as_it_is(world: World, proceeds: int) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, proceeds, 1)
    until(terms.ends_at)
    emc.end()
    assert emc.is_gate_open() == (proceeds == 1_000)


def test_there_is_no_gate_where_no_terms_are_in_force(world: World) -> None:
    with boa.reverts("emc: not active"):
        world.implementation.is_gate_open()
