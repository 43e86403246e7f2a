"""A node's one proposal."""

import boa

from tests import table
from tests.kit import World
from tests.till import until
from tests.unit.changes.kit import five, name_of, shifted


def test_there_is_none_at_first(world: World) -> None:
    assert world.changes.proposal_of(world.buyer, 0) == (bytes(32), 0, 0)


def test_a_new_one_replaces_the_nodes_old_one_and_no_others(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    first, second = shifted(terms, 1), shifted(terms, 2)
    start = boa.env.timestamp
    table.propose(world, emc, terms, first, row=0, until=start + 9_000)
    table.propose(world, emc, terms, first, row=1, until=start + 8_000)
    boa.env.time_travel(seconds=5)
    table.propose(world, emc, terms, second, row=0, until=start + 7_000)
    of = world.changes.proposal_of
    assert of(emc.address, 0) == (name_of(world, emc, second), start + 5, start + 7_000)
    assert of(emc.address, 1) == (name_of(world, emc, first), start, start + 8_000)
    assert of(emc.address, 2) == (bytes(32), 0, 0)
    until(start + 1_000)
    # the first one is still open under the name of the node that left it there
    with boa.reverts("changes: not proposed"):
        table.renegotiate(world, emc, terms, first, proposer=0)
    table.renegotiate(world, emc, terms, first, proposer=1)
    assert emc.epoch() == 2


def test_proposing_the_same_again_opens_the_window_again(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    new = shifted(terms)
    table.propose(world, emc, terms, new)
    boa.env.time_travel(seconds=600)
    table.propose(world, emc, terms, new)
    boa.env.time_travel(seconds=999)
    with boa.reverts("changes: window is open"):
        table.renegotiate(world, emc, terms, new)
    boa.env.time_travel(seconds=1)
    table.renegotiate(world, emc, terms, new)
    assert emc.epoch() == 2
