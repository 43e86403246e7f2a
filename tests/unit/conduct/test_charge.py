"""A node cites the clause that another broke."""

import boa
import pytest
from eth_utils.crypto import keccak

from tests import authority, tables
from tests.authority import CLAUSE
from tests.kit import World, events, skip

EVIDENCE = keccak(b"what proves it")


def test_it_names_clause_and_evidence_and_gives_time_to_cure(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1, accuser=2, clause=CLAUSE, evidence=EVIDENCE)
    (charged,) = events(world.conduct, "Charged")
    assert (charged.emc, charged.row, charged.accuser) == (emc.address, 1, 2)
    assert (charged.clause, charged.evidence) == (CLAUSE, EVIDENCE)
    assert charged.cured_by == boa.env.timestamp + terms.leaving.cure
    charge = world.conduct.charge_of(emc.address, 1, keccak(text=CLAUSE))
    assert charge == (boa.env.timestamp, 0b100)


def test_it_changes_neither_terms_nor_epoch(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    assert (emc.epoch(), world.consent.terms_of(emc.address)) == (1, terms.hash())


def test_each_clause_has_its_own(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    other = "rules: keeps the books open"
    authority.charge(world, emc, terms, 1, accuser=0)
    first = world.conduct.charge_of(emc.address, 1, keccak(text=CLAUSE))
    skip(10)
    authority.charge(world, emc, terms, 1, accuser=2, clause=other)
    assert world.conduct.charge_of(emc.address, 1, keccak(text=CLAUSE)) == first
    assert world.conduct.charge_of(emc.address, 1, keccak(text=other)) == (first[0] + 10, 0b100)
    for row in (0, 2):
        assert world.conduct.charge_of(emc.address, row, keccak(text=CLAUSE)) == (0, 0)


def test_who_joins_it_takes_it_over_with_its_clock(world: World) -> None:
    """Neither charging again nor dropping the charge in the last second puts off its end."""
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1, accuser=0)
    raised_at = boa.env.timestamp
    skip(terms.leaving.cure - 1)
    for accuser in (2, 0):
        authority.charge(world, emc, terms, 1, accuser=accuser)
        (charged,) = events(world.conduct, "Charged")
        assert (charged.accuser, charged.cured_by) == (accuser, raised_at + terms.leaving.cure)
    assert world.conduct.charge_of(emc.address, 1, keccak(text=CLAUSE)) == (raised_at, 0b101)
    authority.drop(world, emc, terms, 1, accuser=0)
    with boa.reverts("conduct: cure is not over"):
        authority.expel(world, emc, terms, 1)
    skip(1)
    authority.expel(world, emc, terms, 1)
    assert emc.epoch() == 2


@pytest.mark.parametrize("moment", [-1, 0])
def test_a_charge_that_is_too_old_is_raised_anew(world: World, moment: int) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1, accuser=0)
    raised_at = boa.env.timestamp
    skip(terms.leaving.cure + 90 * 86_400 + moment)
    authority.charge(world, emc, terms, 1, accuser=2)
    expected = (raised_at, 0b101) if moment else (boa.env.timestamp, 0b100)
    assert world.conduct.charge_of(emc.address, 1, keccak(text=CLAUSE)) == expected


def test_a_clause_is_cited(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with boa.reverts("conduct: no clause cited"):
        authority.charge(world, emc, terms, 1, clause="")
    authority.charge(world, emc, terms, 1, clause="c" * 128)


def test_no_node_charges_itself(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with boa.reverts("conduct: own row"):
        authority.charge(world, emc, terms, 1, accuser=1)


def test_only_a_node_is_charged(world: World) -> None:
    rows = world.rows([400_000, 300_000, 200_000])
    fund = tables.fund(3, 100_000)
    terms = world.terms((*rows, fund))
    emc = world.make(terms)
    for row in (3, 4, 128, 2**256 - 1):
        with boa.reverts("conduct: no such node"):
            authority.charge(world, emc, terms, row)
    terms = authority.leave(world, emc, terms, 1)
    with boa.reverts("conduct: no such node"):
        authority.charge(world, emc, terms, 1)
