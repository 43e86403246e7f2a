"""An accuser no longer stands by its charge."""

import boa
from eth_utils import keccak

from tests import authority
from tests.authority import drop
from tests.kit import World, events, skip


def test_then_nobody_is_expelled_on_it(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    skip(terms.leaving.cure)
    given = [authority.expulsion(world, emc, terms, row, 1) for row in (0, 2)]
    drop(world, emc, terms, 1, 0)
    (dropped,) = events(world.conduct, "ChargeDropped")
    assert (dropped.emc, dropped.row, dropped.accuser) == (emc.address, 1, 0)
    assert dropped.clause == keccak(text=authority.CLAUSE)
    assert world.conduct.charge_of(emc.address, 1, keccak(text=authority.CLAUSE)) == (0, 0)
    with boa.reverts("conduct: no charge"):
        authority.expel(world, emc, terms, 1, given)


def test_a_charge_that_others_joined_stays(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for accuser in (0, 2):
        authority.charge(world, emc, terms, 1, accuser=accuser)
    drop(world, emc, terms, 1, 0)
    charged = world.conduct.charge_of(emc.address, 1, keccak(text=authority.CLAUSE))
    assert charged == (boa.env.timestamp, 0b100)
    skip(terms.leaving.cure)
    authority.expel(world, emc, terms, 1)
    assert emc.epoch() == 2


def test_a_charge_of_another_clause_stays(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for clause in (authority.CLAUSE, "rules: keeps the books open"):
        authority.charge(world, emc, terms, 1, clause=clause)
    drop(world, emc, terms, 1, 0)
    skip(terms.leaving.cure)
    with boa.reverts("conduct: no charge"):
        authority.expel(world, emc, terms, 1)
    authority.expel(world, emc, terms, 1, clause="rules: keeps the books open")
    assert emc.epoch() == 2


def test_where_there_is_none_nothing_is_dropped(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    for accused, accuser in ((1, 2), (1, 1), (2, 0), (128, 0)):
        with boa.reverts("conduct: no charge"):
            drop(world, emc, terms, accused, accuser)
    drop(world, emc, terms, 1, 0)
    with boa.reverts("conduct: no charge"):
        drop(world, emc, terms, 1, 0)
