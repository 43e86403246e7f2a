"""Whether the goal is missed by more than the margin."""

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Gate, Terms
from emc.core.units import PPM
from tests import authority
from tests.kit import World, replace, skip
from tests.till import held_terms, send, until
from tests.unit.goals.goal import GRACE, WINDOW, assessed, count


def is_missed(world: World, emc: VyperContract, terms: Terms) -> bool:
    """What the room says."""
    return bool(world.goals.is_missed(emc.address, terms.head()))


def record(world: World, emc: VyperContract, terms: Terms) -> None:
    """A stranger has the miss recorded."""
    with boa.env.prank(world.stranger):
        world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())


def margin(terms: Terms, part: int) -> Terms:
    """The terms with another margin."""
    return replace(terms, leaving=replace(terms.leaving, margin=part))


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_proceeds_are_missed_after_their_deadline(world: World, moment: int) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + moment)
    assert is_missed(world, emc, terms) == (moment > 0)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_an_assessed_goal_is_missed_after_deadline_and_grace(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE + moment)
    assert is_missed(world, emc, terms) == (moment > 0)
    if moment <= 0:
        with boa.reverts("goals: not missed"):
            record(world, emc, terms)


@pytest.mark.parametrize(
    ("part", "amount", "missed"),
    [
        (0, 20, False),
        (0, 19, True),
        (100_000, 18, False),
        (100_000, 17, True),
        (99_999, 18, True),
        (PPM, 0, False),
    ],
)
def test_only_by_more_than_the_margin(world: World, part: int, amount: int, missed: bool) -> None:
    terms = margin(assessed(world), part)
    emc = world.make(terms)
    count(world, emc, terms, amount)
    until(terms.goal.deadline + GRACE + 1)
    assert is_missed(world, emc, terms) == missed


def test_pending_proceeds_count_and_unbooked_ones_too(world: World) -> None:
    terms = held_terms(world, gate=Gate.NONE, disburse_at=10_000)
    emc = world.make(terms)
    world.sell(emc, 1_999, 1)
    until(terms.goal.deadline + 1)
    assert is_missed(world, emc, terms)
    boa.env.set_balance(emc.address, 2_000)
    assert not is_missed(world, emc, terms)
    emc.absorb()
    assert not is_missed(world, emc, terms)


def test_nobody_silences_the_token_by_too_little_gas(world: World) -> None:
    token = world.token()
    terms = held_terms(world, currency=token.address)
    emc = world.make(terms)
    send(world, emc, 2_000, token)
    until(terms.goal.deadline + 1)
    with boa.reverts("currency: too little gas"):
        world.goals.is_missed(emc.address, terms.head(), gas=140_000)
    assert not is_missed(world, emc, terms)
    emc.absorb()


def test_nothing_is_missed_while_a_value_is_open(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE)
    authority.assess(world, emc, terms, 5, measured_at=terms.goal.deadline)
    skip(1)
    assert not is_missed(world, emc, terms)
    with boa.reverts("goals: not missed"):
        record(world, emc, terms)
    skip(WINDOW)
    assert not is_missed(world, emc, terms)
    authority.finalise(world, emc, terms)
    assert is_missed(world, emc, terms)
