"""A node cites the clause that another broke."""

import boa
from eth_utils.crypto import keccak

from emc.core.terms import Row
from emc.core.units import PPM
from tests import table
from tests.kit import World, address, events, skip

CLAUSE = "obligations: delivers by the tenth"
EVIDENCE = keccak(b"what proves it")


def test_it_names_clause_and_evidence_and_gives_time_to_cure(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    table.charge(world, emc, terms, 1, accuser=2, clause=CLAUSE, evidence=EVIDENCE)
    (charged,) = events(world.conduct, "Charged")
    assert (charged.emc, charged.row, charged.accuser) == (emc.address, 1, 2)
    assert (charged.clause, charged.evidence) == (CLAUSE, EVIDENCE)
    assert charged.cured_by == boa.env.timestamp + terms.leaving.cure
    assert world.conduct.charge_of(emc.address, 1, 2) == (
        boa.env.timestamp,
        keccak(text=CLAUSE),
    )


def test_it_changes_neither_terms_nor_epoch(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    table.charge(world, emc, terms, 1)
    assert (emc.epoch(), world.consent.terms_of(emc.address)) == (1, terms.hash())


def test_each_accuser_has_its_own(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    table.charge(world, emc, terms, 1, accuser=0)
    first = world.conduct.charge_of(emc.address, 1, 0)
    skip(10)
    table.charge(world, emc, terms, 1, accuser=2, clause="rules: keeps the books open")
    assert world.conduct.charge_of(emc.address, 1, 0) == first
    assert world.conduct.charge_of(emc.address, 1, 2)[0] == first[0] + 10
    for row, accuser in ((0, 1), (2, 1), (0, 2), (2, 0)):
        assert world.conduct.charge_of(emc.address, row, accuser) == (0, bytes(32))


def test_raised_again_it_starts_its_own_clock_again(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for accuser in (0, 2):
        table.charge(world, emc, terms, 1, accuser=accuser)
    raised_at = boa.env.timestamp
    skip(terms.leaving.cure - 1)
    table.charge(world, emc, terms, 1, accuser=0)
    assert world.conduct.charge_of(emc.address, 1, 0)[0] == boa.env.timestamp
    assert world.conduct.charge_of(emc.address, 1, 2)[0] == raised_at
    skip(1)
    with boa.reverts("conduct: cure is not over"):
        table.expel(world, emc, terms, 1, accuser=0)
    table.expel(world, emc, terms, 1, accuser=2)
    assert emc.epoch() == 2


def test_a_clause_is_cited(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with boa.reverts("conduct: no clause cited"):
        table.charge(world, emc, terms, 1, clause="")
    table.charge(world, emc, terms, 1, clause="c" * 128)


def test_no_node_charges_itself(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with boa.reverts("conduct: own row"):
        table.charge(world, emc, terms, 1, accuser=1)


def test_only_a_node_is_charged(world: World) -> None:
    rows = world.rows([400_000, 300_000, 200_000])
    fund = Row(3, address("controller"), address("fund"), *[100_000] * 3, 0, PPM)
    terms = world.terms((*rows, fund))
    emc = world.make(terms)
    for row in (3, 4, 128, 2**256 - 1):
        with boa.reverts("conduct: no such node"):
            table.charge(world, emc, terms, row)
    terms = table.leave(world, emc, terms, 1)
    with boa.reverts("conduct: no such node"):
        table.charge(world, emc, terms, 1)
