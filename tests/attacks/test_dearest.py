"""The dearest change there is stays below what public chains let into a transaction."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Bar, Gate, Row, Terms
from tests import table
from tests.attacks.test_changes import MAX_GAS, crowd, whole_gas
from tests.kit import World, deployer
from tests.till import ACCEPT, BURN, cool, send

FIRST = range(32, 64)
# the ids of those that come with the first and with the second change
NUMBERED = {
    "in a row": (range(64, 96), range(96, 128)),
    # which costs each of them a word of its own
    "apart": (range(64, 128, 2), range(65, 128, 2)),
}
# as docs/gas.md says
LIMITS = {"in a row": 15_200_000, "apart": MAX_GAS}


def turned(
    world: World,
    terms: Terms,
    going: Sequence[int],
    coming: Sequence[int],
    payees: list[VyperContract],
    cost: int,
) -> Terms:
    """Half of the nodes go, as many come, and everybody's cost cover changes."""
    rows = [row for row in terms.rows if row.id not in going]
    mes = [node.me for node in world.nodes if node.me > max(int(row.party) for row in terms.rows)]
    for row_id, me in zip(coming, mes, strict=False):
        payees.append(deployer("mocks/HostilePayee.vy").deploy(ACCEPT))
        rows.append(replace(terms.rows[1], id=row_id, party=me, payee=payees[-1].address))
    leader, *others = [replace(row, cost=cost) for row in rows]
    others.sort(key=party)
    return replace(terms, nonce=terms.nonce + 1, rows=(leader, *others))


def party(row: Row) -> int:
    return int(row.party)


@pytest.mark.parametrize("how", NUMBERED)
def test_the_dearest_amendment(world: World, how: str) -> None:
    """Behind a closed gate 32 rows leave money behind and as many come; 64 payees burn their gas
    for the first time; covers and the deadline change, so that 32 that left before must sign, too;
    and a registry is asked about everybody that comes.
    """
    first, second = NUMBERED[how]
    terms, payees = crowd(world, Gate.TARGET)
    bar = Bar(registry=world.reputation.address, stars=1, admits_unrated=True)
    terms = replace(terms, bar=bar)
    world.register(128 - len(world.nodes))
    emc = world.make(terms)
    world.sell(emc, 10**19, 1)
    new = turned(world, terms, FIRST, first, payees, 7 * 10**17)
    terms = table.amend(world, emc, terms, new)
    world.sell(emc, 10**19, 2)
    new = turned(world, terms, first, second, payees, 8 * 10**17)
    new = replace(new, goal=replace(new.goal, deadline=new.goal.deadline - 1))
    assert len(table.waiting(emc)) == 32
    for each in payees[:96]:
        each.behave(BURN)
    send(world, emc, 10**9)
    leaving = [*first, *table.waiting(emc)]
    mes = {row.id: int(row.party) for row in terms.rows} | {
        row: emc.party_of(row) >> 96 for row in table.waiting(emc)
    }
    given = table.agreements(world, emc, new)
    given += [table.departure(world, emc, new, row, mes[row]) for row in leaving]
    cool()
    gas = whole_gas(
        world,
        world.changes.amend.prepare_calldata(
            emc.address, terms.head(), terms.table(), new.head(), new.table(), given
        ),
    )
    assert world.consent.terms_of(emc.address) == new.hash()
    assert 15_000_000 < gas < LIMITS[how]
