"""What is special to approving new terms; tests/unit/votes has what all approvals share."""

import boa

from tests import authority
from tests.kit import World
from tests.unit.changes.kit import TURNED, approve, name_of, three


def test_it_dies_with_its_epoch(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    for node in world.nodes:
        approve(world, node, name_of(world, emc, new), emc)
    other = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, [100_000, 100_000, 800_000])
    )
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, other, new, [])
