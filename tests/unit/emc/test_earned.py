import boa
import pytest

from emc.core.terms import Gate
from tests.authority import leave
from tests.kit import World, deployer
from tests.till import BACKSTOP, REVERT, held_terms, payee, until, waterfall_terms


def earned(emc: object) -> list[tuple[int, int]]:
    """What has flowed to each row, and what the gate holds for it."""
    return [tuple(emc.earned(row)) for row in range(3)]  # type: ignore[attr-defined]


def test_a_row_has_earned_what_it_was_paid(world: World) -> None:
    emc = world.make(waterfall_terms(world))
    world.sell(emc, 1_000, 1)
    assert earned(emc) == [(171, 0), (181, 0), (648, 0)]


def test_behind_a_closed_gate_income_is_earned_and_held(world: World) -> None:
    emc = world.make(waterfall_terms(world, gate=Gate.TARGET))
    world.sell(emc, 399, 1)
    # 90 % of 399 less the cost cover and 90 of base leave 179.1 for leading
    assert earned(emc) == [(90, 80), (39, 81), (0, 107)]
    world.sell(emc, 1, 2)
    assert earned(emc) == [(171, 0), (121, 0), (108, 0)]


def test_a_credit_is_earned_too(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    emc = world.make(world.terms(rows))
    world.sell(emc, 100, 1)
    assert earned(emc) == [(50, 0), (30, 0), (20, 0)]


def test_what_waits_to_be_disbursed_is_not_earned_yet(world: World) -> None:
    emc = world.make(held_terms(world, gate=Gate.NONE, disburse_at=100))
    world.sell(emc, 99, 1)
    assert earned(emc) == [(0, 0), (0, 0), (0, 0)]
    emc.disburse()
    assert earned(emc) == [(49, 0), (29, 0), (19, 0)]


@pytest.mark.parametrize("succeeds", [True, False])
def test_who_has_left_waits_for_what_is_held_and_earns_no_more(
    world: World, succeeds: bool
) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 600, 1)
    leave(world, emc, terms, 2)
    assert emc.earned(2) == (0, 120)
    world.sell(emc, 300, 2)
    assert emc.earned(2) == (0, 120)
    if succeeds:
        world.sell(emc, 100, 3)
    else:
        until(terms.ends_at)
        emc.end()
    assert emc.earned(2) == (0, 0)
    # what was held is a credit now, or the backstop's
    assert emc.credits(2) == (120 if succeeds else 0)


@pytest.mark.parametrize("row", [3, BACKSTOP, 256, 2**256 - 1])
def test_only_live_rows_earn(world: World, row: int) -> None:
    emc = world.make()
    with boa.reverts("emc: no such row"):
        emc.earned(row)


def test_nothing_is_earned_where_no_terms_are_in_force(world: World) -> None:
    with boa.reverts("emc: not active"):
        world.implementation.earned(0)
