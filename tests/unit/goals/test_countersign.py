"""Another node confirms a report."""

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils.crypto import keccak

from emc.core.terms import Terms
from tests import authority
from tests.kit import World, address, events
from tests.wallets import rotate

EVIDENCE = keccak(b"delivery notes of March")


def report(world: World, emc: VyperContract, terms: Terms, row: int, item: str = "ovens") -> int:
    """A node reports on something."""
    with authority.as_node(world, terms, row):
        number = world.goals.report(
            emc.address,
            terms.head(),
            terms.packed_rows(),
            authority.place_of(terms, row),
            item,
            7,
            EVIDENCE,
        )
    return int(number)


def countersign(world: World, emc: VyperContract, terms: Terms, row: int, number: int) -> None:
    """A node confirms a report."""
    with authority.as_node(world, terms, row):
        world.goals.countersign(
            emc.address, terms.head(), terms.packed_rows(), authority.place_of(terms, row), number
        )


def test_another_node_countersigns_it(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    report(world, emc, terms, 0)
    report(world, emc, terms, 1)
    for row in (0, 2):
        countersign(world, emc, terms, row, 1)
        (signed,) = events(world.goals, "Countersigned")
        assert (signed.emc, signed.report, signed.row) == (emc.address, 1, row)


def test_nobody_countersigns_its_own(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for row in (0, 1):
        number = report(world, emc, terms, row)
        with boa.reverts("goals: own report"):
            countersign(world, emc, terms, row, number)
    rotate(world, 1, address("new home"))
    with boa.reverts("goals: own report"):
        countersign(world, emc, terms, 1, 1)


def test_there_must_be_a_report(world: World) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    emc, beside = world.make(terms), world.make(other)
    report(world, emc, terms, 0)
    for number in (1, 2**256 - 1):
        with boa.reverts("goals: no such report"):
            countersign(world, emc, terms, 1, number)
    with boa.reverts("goals: no such report"):
        countersign(world, beside, other, 1, 0)


def test_the_report_of_a_node_that_left_can_be_countersigned(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    report(world, emc, terms, 1)
    terms = authority.leave(world, emc, terms, 1)
    countersign(world, emc, terms, 2, 0)
    (signed,) = events(world.goals, "Countersigned")
    assert signed.row == 2
