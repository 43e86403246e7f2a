"""When an account objected."""

import boa

from tests.kit import World
from tests.unit.changes.kit import name_of, object_to, shifted, three


def test_it_is_the_time_of_an_objection_that_stands(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    what = name_of(world, emc, shifted(terms))
    node = world.nodes[1]
    assert world.changes.objected_at(what, node.account) == 0
    object_to(world, node, what, emc)
    assert world.changes.objected_at(what, node.account) == boa.env.timestamp
    assert world.changes.objected_at(what, world.nodes[0].account) == 0
    assert world.changes.objected_at(bytes(32), node.account) == 0
    object_to(world, node, what, emc, objects=False)
    assert world.changes.objected_at(what, node.account) == 0
