"""An accuser drops its charge."""

import boa
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Terms
from tests import table
from tests.kit import World, events, skip


def drop(world: World, emc: VyperContract, terms: Terms, accused: int, accuser: int) -> None:
    """The accuser drops its charge."""
    with table.as_node(world, terms, accuser):
        world.conduct.drop_charge(
            emc.address, terms.head(), terms.table(), table.place_of(terms, accuser), accused
        )


def test_then_nobody_is_expelled_on_it(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    table.charge(world, emc, terms, 1)
    skip(terms.leaving.cure)
    given = [table.expulsion(world, emc, terms, row, 1) for row in (0, 2)]
    drop(world, emc, terms, 1, 0)
    (dropped,) = events(world.conduct, "ChargeDropped")
    assert (dropped.emc, dropped.row, dropped.accuser) == (emc.address, 1, 0)
    assert world.conduct.charge_of(emc.address, 1, 0) == (0, bytes(32))
    with boa.reverts("conduct: no charge"):
        table.expel(world, emc, terms, 1, given)


def test_the_charges_of_others_stay(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for accuser in (0, 2):
        table.charge(world, emc, terms, 1, accuser=accuser)
    drop(world, emc, terms, 1, 0)
    assert world.conduct.charge_of(emc.address, 1, 2)[0] == boa.env.timestamp
    skip(terms.leaving.cure)
    table.expel(world, emc, terms, 1, accuser=2)
    assert emc.epoch() == 2


def test_where_there_is_none_nothing_is_dropped(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    table.charge(world, emc, terms, 1)
    for accused, accuser in ((1, 2), (1, 1), (2, 0), (128, 0)):
        with boa.reverts("conduct: no charge"):
            drop(world, emc, terms, accused, accuser)
    drop(world, emc, terms, 1, 0)
    with boa.reverts("conduct: no charge"):
        drop(world, emc, terms, 1, 0)
