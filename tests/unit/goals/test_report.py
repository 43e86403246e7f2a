"""Nodes report on obligations and goals of their own, and others countersign."""

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils.crypto import keccak

from emc.core.terms import Terms
from tests import authority
from tests.kit import World, address, deployer, events, replace
from tests.till import held_terms, until
from tests.unit.goals.goal import fund
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


def test_a_report_is_an_event_with_a_number(world: World) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    emc, beside = world.make(terms), world.make(other)
    for number, row in enumerate((1, 1, 0)):
        assert report(world, emc, terms, row, item="o" * 64) == number
        (reported,) = events(world.goals, "Reported")
        assert (reported.emc, reported.report, reported.row) == (emc.address, number, row)
        assert (reported.item, reported.amount, reported.evidence) == ("o" * 64, 7, EVIDENCE)
    assert report(world, beside, other, 2) == 0


def test_it_moves_neither_money_nor_terms(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    before = (emc.accounts(), emc.page(), emc.epoch(), world.consent.terms_of(emc.address))
    report(world, emc, terms, 0)
    countersign(world, emc, terms, 1, 0)
    assert before == (emc.accounts(), emc.page(), emc.epoch(), terms.hash())


def test_only_nodes_of_the_terms_in_force_are_heard(world: World) -> None:
    terms = world.terms((*world.rows(), fund(3)))
    emc = world.make(terms)
    report(world, emc, terms, 0)

    def both(at: str, told: Terms, by: str, index: int, reason: str) -> None:
        arguments = (at, told.head(), told.packed_rows(), index)
        with boa.env.prank(by):
            with boa.reverts(reason):
                world.goals.report(*arguments, "ovens", 7, EVIDENCE)
            with boa.reverts(reason):
                world.goals.countersign(*arguments, 0)

    mine = world.nodes[1].account
    both(emc.address, terms, world.stranger, 1, "members: not the controller")
    both(emc.address, terms, address("controller"), 3, "members: not a node")
    both(emc.address, terms, mine, 4, "members: no such row")
    both(emc.address, replace(terms, nonce=1), mine, 1, "members: not the terms in force")
    stray = deployer("EMC.vy").deploy([world.stranger] * 4, world.pages.address)
    both(stray.address, terms, mine, 1, "members: not the terms in force")
    rotate(world, 1, address("new home"))
    both(emc.address, terms, mine, 1, "members: not the controller")
    until(terms.ends_at)
    emc.end()
    both(emc.address, terms, address("new home"), 1, "members: not active")
