import boa

from tests.kit import World
from tests.till import held_terms, send, until


def test_proceeds_are_all_that_was_booked_whether_paid_held_or_waiting(world: World) -> None:
    terms = held_terms(world, disburse_at=500)
    emc = world.make(terms)
    assert emc.total() == 0
    world.sell(emc, 60, 1)
    assert emc.total() == 60
    world.sell(emc, 500, 2)
    assert emc.total() == 560
    send(world, emc, 40)
    assert emc.total() == 560
    emc.absorb()
    assert emc.total() == 600
    emc.disburse()
    assert emc.total() == 600
    until(terms.ends_at)
    emc.end()
    assert emc.total() == 600


def test_there_are_no_proceeds_where_no_terms_are_in_force(world: World) -> None:
    with boa.reverts("emc: not active"):
        world.implementation.total()
