"""The largest review: 128 MEs were nodes, one of them together with all others."""

from dataclasses import replace

import boa
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Review as Windows
from emc.core.terms import Row, Terms
from emc.core.units import PPM
from tests import tables
from tests.kit import World, skip
from tests.reviews import COMMIT, REVEAL, Review, end, opened

LIMIT = 16_000_000
SIZE = 64


def replaced(world: World, emc: VyperContract, terms: Terms, rows: list[Row]) -> Terms:
    """Other rows are in force, as if all had signed them: the rooms of the authority say so."""
    new = replace(terms, rows=tuple(rows))
    staying = {row.id for row in rows}
    gone = [(row.id, row.pack()[0]) for row in terms.rows if row.id not in staying]
    page = _page(emc, terms)
    with boa.env.prank(world.changes.address):
        world.consent.replace(emc.address, new.hash())
        emc.adopt(page, [row.pack()[1] for row in rows], [0] * len(rows), gone)
    return new


def _page(emc: VyperContract, terms: Terms) -> tuple[object, ...]:
    goal = terms.goal
    return (
        emc.epoch() + 1,
        terms.currency,
        terms.backstop,
        terms.starts_at,
        terms.ends_at,
        0,
        goal.measures[0].benchmark,
        goal.measures[0].target,
        0,
        0,
        3,
        0,
    )


def node(id: int) -> Row:
    """The leader has everything, so that nobody else has to be paid."""
    share = PPM if id == 0 else 0
    return tables.row(id, share)


def largest(world: World) -> Review:
    if len(world.nodes) < 2 * SIZE:
        world.register(2 * SIZE - len(world.nodes))
    rows = [node(id) for id in range(2 * SIZE)]
    terms = world.terms(tuple(rows[:SIZE]), review=Windows(COMMIT, REVEAL))
    emc = world.make(terms)
    # no more than 30 leave at once
    for new in (21, 42, 63):
        skip(1_000)
        terms = replaced(world, emc, terms, [*rows[: SIZE - new], *rows[SIZE : SIZE + new]])
    skip(1_000)
    terms = replaced(world, emc, terms, [rows[0], *rows[SIZE:-2], rows[-1]])
    end(world, emc, terms)
    return opened(world, emc, terms)


def used(contract: VyperContract) -> int:
    """Execution alone: a transaction's base cost and calldata are at most 350,000 more."""
    return int(contract._computation.get_gas_used()) + 350_000


def test_a_review_of_128_members_stays_below_the_limit_of_public_chains(world: World) -> None:
    begun = largest(world)
    assert used(world.reputation) < LIMIT
    assert len({member[0] for member in begun.members}) == len(begun.members) == 2 * SIZE
    opinions = begun.same(0)
    begun.commit(0, opinions)
    skip(COMMIT + 1)
    begun.reveal(0, opinions)
    assert used(world.reputation) < LIMIT
    assert all(
        sum(world.reputation.counts_of(begun.emc.address, begun.me(i))) == 4 for i in (1, 64, 127)
    )
    begun.close()
    begun.finalise(range(64))
    assert used(world.reputation) < LIMIT
    begun.finalise(range(64, 128))
    assert world.reputation.facts_of(begun.me(127))[4] == 1
