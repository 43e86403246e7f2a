import boa
import pytest

from emc.core.terms import Gate
from tests.kit import World, address, events, received, skip
from tests.till import CLOSED


def terms(world: World, **changes: object):  # type: ignore[no-untyped-def]
    values = {"benchmark": 500, "target": 1000, "ends_emc": True, **changes}
    return world.terms(world.rows([500_000, 300_000, 200_000]), **values)


def test_anybody_ends_an_emc_whose_target_is_reached_if_the_terms_say_so(world: World) -> None:
    emc = world.make(terms(world, gate=Gate.TARGET))
    world.sell(emc, 1000, 1)
    with boa.env.prank(world.stranger):
        emc.end()
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, ended.total) == (True, 1000)
    assert emc.stage() == CLOSED
    assert [received(address(f"payee {i}")) for i in range(3)] == [500, 300, 200]
    with boa.reverts("emc: over"):
        world.sell(emc, 1, 2)
    with boa.reverts("emc: already ended"):
        emc.end()


@pytest.mark.parametrize("short", [1, 500, 999])
def test_one_unit_below_the_target_it_goes_on(world: World, short: int) -> None:
    emc = world.make(terms(world))
    world.sell(emc, 1000 - short, 1)
    with boa.reverts("emc: not over yet"):
        emc.end()
    world.sell(emc, short, 2)
    emc.end()
    assert emc.stage() == CLOSED


def test_without_the_terms_saying_so_the_target_ends_nothing(world: World) -> None:
    emc = world.make(terms(world, ends_emc=False))
    world.sell(emc, 10_000, 1)
    with boa.reverts("emc: not over yet"):
        emc.end()
    world.sell(emc, 1, 2)


def test_what_waits_below_disburse_at_is_paid_by_the_ending(world: World) -> None:
    emc = world.make(terms(world, disburse_at=10_000))
    world.sell(emc, 1000, 1)
    assert emc.accounts().pending == 1000
    emc.end()
    assert emc.accounts().paid == 1000


def test_after_an_early_end_what_comes_in_is_shared_under_the_last_terms(world: World) -> None:
    emc = world.make(terms(world))
    world.sell(emc, 1000, 1)
    emc.end()
    skip(10)
    boa.env.set_balance(emc.address, boa.env.get_balance(emc.address) + 1000)
    emc.absorb()
    assert emc.accounts().paid == 2000
    assert emc.accounts().received == 2000
