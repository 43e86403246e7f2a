import boa

from tests.kit import World, deployer
from tests.till import (
    ACCEPT,
    ACTIVE,
    CLOSED,
    DECLINED,
    ENDED,
    REVERT,
    SIGNING,
    declined,
    payee,
    until,
)


def test_an_emc_waits_for_signatures_and_then_is_active(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, given=[])
    assert emc.stage() == SIGNING
    world.consent.sign(world.creator, terms.head(), terms.packed_rows(), world.signatures(terms))
    assert emc.stage() == ACTIVE


def test_an_emc_made_with_all_signatures_is_active_at_once(world: World) -> None:
    assert world.make().stage() == ACTIVE


def test_a_declined_emc_stays_declined(world: World) -> None:
    assert declined(world, world.terms()).stage() == DECLINED


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
