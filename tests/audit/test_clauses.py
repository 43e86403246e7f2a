"""A clause is bytes that its accuser chooses: one that is no text makes no verdict false."""

from collections.abc import Iterator
from typing import Any

import boa
import pytest
from eth_utils import keccak

from emc.core.terms import Terms
from tests import till
from tests.audit.kit import audit, chain, lines
from tests.audit.recorder import Recorder
from tests.authority import as_node
from tests.kit import World

# stands for a clause while the call is encoded
PLACE = b"......."
# is no UTF-8; and the text that reads like the digits of those bytes
CLAUSES = (b"late \xff\xfe", b"0x6cfffe", b"0xolate")


@pytest.fixture
def node() -> Iterator[Recorder]:
    with chain() as recorder:
        yield recorder


def charged(world: World, clause: bytes) -> tuple[Any, Terms]:
    """An EMC whose first node charges the last."""
    terms = till.held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 300, 1)
    place = PLACE[:1] * len(clause)
    data = world.conduct.charge.prepare_calldata(
        emc.address, terms.head(), terms.packed_rows(), 0, 2, place.decode(), bytes(32)
    )
    with as_node(world, terms, 0):
        boa.env.raw_call(world.conduct.address, data=data.replace(place, clause))
    assert world.conduct.charge_of(emc.address, 2, keccak(clause))[0]
    return emc, terms


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_charge_that_is_dropped_is_none(node: Recorder, clause: bytes) -> None:
    world = World()
    emc, terms = charged(world, clause)
    with as_node(world, terms, 0):
        table = emc.address, terms.head(), terms.packed_rows()
        world.conduct.drop_charge(*table, 0, 2, keccak(clause))
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])


def test_an_expulsion_for_it_ties(node: Recorder) -> None:
    world = World()
    clause = CLAUSES[0]
    emc, terms = charged(world, clause)
    boa.env.time_travel(seconds=terms.leaving.cure)
    matter = world.conduct.expulsion_matter(emc.address, 2, keccak(clause))
    for row in (0, 1):
        with as_node(world, terms, row):
            world.conduct.approve(emc.address, matter, 2**256 - 1)
    table = emc.address, terms.head(), terms.packed_rows()
    world.conduct.expel(*table, 2, keccak(clause), [])
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])
