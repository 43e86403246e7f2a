"""When shares were last renegotiated."""

import boa

from tests import authority
from tests.kit import World
from tests.unit.changes.kit import TURNED, three


def test_only_a_renegotiation_moves_it(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    assert world.changes.renegotiated_at(emc.address) == 0
    terms = authority.amend(
        world, emc, terms, authority.reshare(terms, [400_000, 400_000, 200_000])
    )
    assert world.changes.renegotiated_at(emc.address) == 0
    boa.env.time_travel(seconds=10)
    terms = authority.renegotiate(world, emc, terms, authority.reshare(terms, TURNED))
    at = boa.env.timestamp
    assert world.changes.renegotiated_at(emc.address) == at
    boa.env.time_travel(seconds=10)
    authority.leave(world, emc, terms, 1)
    assert world.changes.renegotiated_at(emc.address) == at
