"""When a renegotiation was opened, and until when it can be executed."""

import boa
import pytest

from tests import authority
from tests.kit import World
from tests.till import until
from tests.unit.changes.kit import five, name_of, shifted


def test_there_is_none_at_first(world: World) -> None:
    assert world.changes.proposal_of(b"\1" * 32) == (0, 0)


def test_who_joins_takes_it_over_with_its_clock(world: World) -> None:
    """Neither proposing other shares nor the same again begins it anew for the others."""
    terms = five(world)
    emc = world.make(terms)
    first, second = shifted(terms, 1), shifted(terms, 2)
    start = boa.env.timestamp
    authority.propose(world, emc, terms, first, row=0, until=start + 9_000)
    boa.env.time_travel(seconds=999)
    authority.propose(world, emc, terms, first, row=1, until=start + 8_000)
    authority.propose(world, emc, terms, second, row=0, until=start + 7_000)
    authority.propose(world, emc, terms, first, row=0, until=start + 9_500)
    of = world.changes.proposal_of
    assert of(name_of(world, emc, first)) == (start, start + 9_500)
    assert of(name_of(world, emc, second)) == (start + 999, start + 7_000)
    with boa.reverts("changes: window is open"):
        authority.renegotiate(world, emc, terms, first)
    until(start + 1_000)
    authority.renegotiate(world, emc, terms, first)
    assert emc.epoch() == 2


@pytest.mark.parametrize("moment", [0, 1])
def test_one_that_has_expired_is_opened_anew(world: World, moment: int) -> None:
    terms = five(world)
    emc = world.make(terms)
    new = shifted(terms)
    start = boa.env.timestamp
    authority.propose(world, emc, terms, new, until=start + 2_000)
    until(start + 2_000 + moment)
    authority.propose(world, emc, terms, new, row=1, until=start + 9_000)
    opened_at = boa.env.timestamp if moment else start
    assert world.changes.proposal_of(name_of(world, emc, new)) == (opened_at, start + 9_000)
