import boa

from tests.kit import World, deployer
from tests.till import ACCEPT, ACTIVE, CLOSED, ENDED, REVERT, payee, until


def test_an_emc_is_active_once_it_is_made(world: World) -> None:
    assert world.make().stage() == ACTIVE == 1


def test_what_is_behind_every_emc_has_no_stage(world: World) -> None:
    assert world.implementation.stage() == 0


def test_an_emc_is_closed_once_nothing_is_owed(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    terms = world.terms(world.rows(payees=[payee(0), refuser.address, payee(2)]))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.ends_at)
    assert emc.stage() == ACTIVE
    emc.end()
    assert emc.stage() == ENDED
    refuser.behave(ACCEPT)
    emc.withdraw(1)
    assert emc.stage() == CLOSED
    with boa.reverts("emc: over"):
        world.sell(emc, 100, 2)
