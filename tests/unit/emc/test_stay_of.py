"""When a row joined, and when it left."""

from dataclasses import replace

import boa

from emc.core.terms import Terms
from tests import authority
from tests.kit import World, address, skip
from tests.till import send


def test_who_was_there_from_the_start_and_stays_has_no_times(world: World) -> None:
    emc = world.make()
    assert [emc.stay_of(row) for row in (0, 2, 3, 127)] == [(0, 0)] * 4


def test_times_of_joining_and_leaving_are_kept_for_good(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    (newcomer,) = world.register(1)
    row = replace(terms.rows[0], id=127, party=newcomer.me, payee=address("newcomer"))
    row = replace(row, base=0, leading=0, upside=0)
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, row)))
    joined_at = boa.env.timestamp
    assert emc.stay_of(127) == (joined_at, 0)
    assert emc.stay_of(2) == (0, 0)
    assert emc.stay_of(0) == (0, 0)
    skip(100)
    terms = authority.leave(world, emc, terms, 127)
    left_at = boa.env.timestamp
    skip(100)
    terms = authority.leave(world, emc, terms, 1)
    assert emc.stay_of(127) == (joined_at, left_at)
    assert emc.stay_of(1) == (0, boa.env.timestamp)
    # its word is still the one of the rows
    assert emc.party_of(127) == newcomer.me << 96 | 1


def seats(world: World, terms: Terms, *ids: int) -> Terms:
    """The same terms with newcomers that get nothing in these rows."""
    empty = replace(terms.rows[0], base=0, leading=0, upside=0)
    nodes = world.register(len(ids))
    rows = [
        replace(empty, id=id, party=node.me, payee=address(f"seat {id}"))
        for id, node in zip(ids, nodes, strict=True)
    ]
    return replace(terms, rows=(*terms.rows, *rows))


def test_with_the_time_goes_what_had_come_in_by_then(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=500)
    emc = world.make(terms)
    joined = {}
    # together, apart, between and beside others, in the order of joining
    for amount, ids in (
        (1_000, (5, 6, 9, 20, 22)),
        (200, (4, 10)),
        (30, (7, 127)),
        (10, (8, 3, 21)),
    ):
        world.sell(emc, amount, amount)
        terms = authority.amend(world, emc, terms, seats(world, terms, *ids))
        joined |= {id: emc.total() << 40 | boa.env.timestamp for id in ids}
        skip(100)
    world.sell(emc, 7, 7)
    assert sorted(each >> 40 for each in set(joined.values())) == [1_000, 1_200, 1_230, 1_240]
    assert {id: emc.stay_of(id) for id in joined} == {id: (at, 0) for id, at in joined.items()}
    assert [emc.stay_of(row) for row in range(3)] == [(0, 0)] * 3
    # and stays when they leave
    terms = authority.leave(world, emc, terms, 6)
    assert emc.stay_of(6) == (joined[6], boa.env.timestamp)
    assert emc.stay_of(7) == (joined[7], 0)


def test_what_has_just_arrived_is_there_before_who_joins(world: World) -> None:
    """A change absorbs first; what rounding left over counts with the next proceeds."""
    thirds = [333_333, 333_333, 333_334]
    terms = world.terms(world.rows(thirds))
    emc = world.make(terms)
    send(world, emc, 1_000)
    terms = authority.amend(world, emc, terms, seats(world, terms, 3))
    before = emc.stay_of(3)[0] >> 40
    assert (emc.total(), before) == (1_000, 1_000 - emc.accounts().dust)
    assert emc.accounts().dust == 1
