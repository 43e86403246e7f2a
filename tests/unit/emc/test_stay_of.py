"""When a row joined, and when it left."""

from dataclasses import replace

import boa

from tests import table
from tests.kit import World, address, skip


def test_who_was_there_from_the_start_and_stays_has_no_times(world: World) -> None:
    emc = world.make()
    assert [emc.stay_of(row) for row in (0, 2, 3, 127)] == [(0, 0)] * 4


def test_times_of_joining_and_leaving_are_kept_for_good(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    (newcomer,) = world.register(1)
    row = replace(terms.rows[0], id=127, party=newcomer.me, payee=address("newcomer"))
    row = replace(row, base=0, leading=0, upside=0)
    terms = table.amend(world, emc, terms, replace(terms, rows=(*terms.rows, row)))
    joined_at = boa.env.timestamp
    assert emc.stay_of(127) == (joined_at, 0)
    assert emc.stay_of(0) == (0, 0)
    skip(100)
    terms = table.leave(world, emc, terms, 127)
    left_at = boa.env.timestamp
    skip(100)
    terms = table.leave(world, emc, terms, 1)
    assert emc.stay_of(127) == (joined_at, left_at)
    assert emc.stay_of(1) == (0, boa.env.timestamp)
    # its word is still the one of the table
    assert emc.party_of(127) == newcomer.me << 96 | 1
