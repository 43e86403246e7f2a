"""A miss is kept, whatever comes later."""

import boa
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Terms
from tests import authority
from tests.kit import World, events, replace
from tests.till import held_terms, until
from tests.unit.goals.goal import GRACE, assessed, count


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


def test_a_miss_is_kept_although_later_sales_pass_the_target(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    until(terms.goal.deadline + 1)
    record(world, emc, terms)
    (missed,) = events(world.goals, "Missed")
    assert (missed.emc, missed.reached[0]) == (emc.address, 100)
    world.sell(emc, 10_000, 2)
    assert is_missed(world, emc, terms)
    # and may be said again
    record(world, emc, terms)
    (missed,) = events(world.goals, "Missed")
    assert missed.reached[0] == 10_100


def test_what_was_not_recorded_in_time_is_not_missed(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.goal.deadline + 1)
    world.sell(emc, 2_000, 1)
    with boa.reverts("goals: not missed"):
        record(world, emc, terms)


def test_the_miss_of_an_assessed_goal_names_its_last_value(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    count(world, emc, terms, 7)
    until(terms.goal.deadline + GRACE + 1)
    record(world, emc, terms)
    (missed,) = events(world.goals, "Missed")
    assert missed.reached[0] == 7


def test_a_recorded_miss_is_of_one_goal_margin_and_emc(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    beside = world.make(other := replace(terms, nonce=1))
    world.sell(beside, 2_000, 1)
    until(terms.goal.deadline + 1)
    record(world, emc, terms)
    assert not is_missed(world, beside, other)
    shares = authority.reshare(terms, [100_000, 300_000, 600_000])
    terms = authority.renegotiate(world, emc, terms, shares)
    assert is_missed(world, emc, terms)
    # everybody signs a goal that can still be reached
    later = replace(terms, goal=replace(terms.goal, deadline=terms.ends_at))
    authority.amend(world, emc, terms, later)
    assert not is_missed(world, emc, later)


def test_only_of_the_terms_in_force_of_an_active_emc(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.goal.deadline + 1)
    with boa.reverts("members: not the terms in force"):
        record(world, emc, margin(terms, 1))
    until(terms.ends_at)
    emc.end()
    with boa.reverts("members: not active"):
        record(world, emc, terms)
