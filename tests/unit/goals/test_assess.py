"""A value of the leading goal is submitted."""

import boa
import pytest

from emc.core.terms import Metric
from tests import authority
from tests.kit import World, address, deployer, events, replace, skip
from tests.till import until
from tests.unit.goals.goal import (
    EVIDENCE,
    GRACE,
    WINDOW,
    assess_as,
    assessed,
    count,
    fund,
    object_to,
    with_assessor,
)
from tests.wallets import rotate


def test_a_node_submits_what_it_measured(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    skip(100)
    authority.assess(world, emc, terms, 12, row=1, measured_at=boa.env.timestamp - 50)
    now = boa.env.timestamp
    (submitted,) = events(world.goals, "Assessed")
    assert (submitted.emc, submitted.submitter) == (emc.address, 1)
    assert (submitted.metric, submitted.amount) == (Metric.USERS, 12)
    assert (submitted.measured_at, submitted.final_at) == (now - 50, now + WINDOW)
    assert submitted.evidence == EVIDENCE
    account = world.nodes[1].account
    value = (12, now - 50, now + WINDOW, EVIDENCE, account, False)
    assert world.goals.open_value(emc.address, Metric.USERS, 1) == value
    assert world.goals.has_open(emc.address)
    assert world.goals.value_of(emc.address, Metric.USERS) == (0, 0)
    assert not emc.is_gate_open()


def test_each_node_has_one_open_value(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=0)
    authority.assess(world, emc, terms, 13, row=1)
    skip(1)
    with boa.reverts("goals: one value at a time"):
        authority.assess(world, emc, terms, 14, row=0)
    assert world.goals.open_value(emc.address, Metric.USERS, 0)[0] == 12
    # also when it could be counted
    skip(WINDOW)
    with boa.reverts("goals: one value at a time"):
        authority.assess(world, emc, terms, 14, row=0)
    authority.finalise(world, emc, terms, 0)
    authority.assess(world, emc, terms, 14, row=0)


def test_where_an_assessor_is_named_only_it_measures(world: World) -> None:
    terms = with_assessor(world)
    emc = world.make(terms)
    assessor, leader = address("assessor"), world.nodes[0].account
    for by, index in ((leader, 0), (leader, 128), (world.stranger, 128), (assessor, 0)):
        with boa.reverts("goals: not the assessor"):
            assess_as(world, emc, terms, by, index)
    assess_as(world, emc, terms, assessor, authority.ASSESSOR)
    (submitted,) = events(world.goals, "Assessed")
    assert submitted.submitter == authority.ASSESSOR
    assert world.goals.open_value(emc.address, Metric.USERS, authority.ASSESSOR)[4] == assessor
    with boa.reverts("goals: one value at a time"):
        assess_as(world, emc, terms, assessor, authority.ASSESSOR)


def test_without_one_only_nodes_measure(world: World) -> None:
    rows = (*assessed(world).rows, fund(3))
    terms = assessed(world, rows=rows)
    emc = world.make(terms)
    for by, index in ((world.stranger, 0), (world.nodes[1].account, 0), (world.stranger, 1)):
        with boa.reverts("members: not the controller"):
            assess_as(world, emc, terms, by, index)
    with boa.reverts("members: not a node"):
        assess_as(world, emc, terms, address("controller"), 3)
    for index in (4, authority.ASSESSOR):
        with boa.reverts("members: no such row"):
            assess_as(world, emc, terms, world.nodes[0].account, index)
    rotate(world, 1, address("new home"))
    with boa.reverts("members: not the controller"):
        assess_as(world, emc, terms, world.nodes[1].account, 1)
    assess_as(world, emc, terms, address("new home"), 1)


def test_proceeds_are_not_assessed(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with boa.reverts("goals: proceeds count themselves"):
        authority.assess(world, emc, terms, 12)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_it_is_in_time_until_deadline_and_grace(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + GRACE + moment)
    if moment > 0:
        with boa.reverts("goals: too late"):
            authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    else:
        authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    assert world.goals.has_open(emc.address) == (moment <= 0)


def test_after_a_late_drop_it_is_in_time_for_others_one_window_more(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    last = terms.goal.deadline + GRACE
    until(last)
    authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    skip(1)
    for row in (1, 2):
        object_to(world, emc, terms, row)
    assert world.goals.reopened(emc.address, terms.head(), Metric.USERS) == (last + 1 + WINDOW, 1)
    assert world.goals.has_open(emc.address)
    skip(WINDOW)
    with boa.reverts("goals: for others only"):
        authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)
    authority.assess(world, emc, terms, 12, row=1, measured_at=terms.goal.deadline)
    value = world.goals.open_value(emc.address, Metric.USERS, 1)
    assert (value.is_late, value.final_at) == (True, boa.env.timestamp + WINDOW)
    skip(1)
    with boa.reverts("goals: too late"):
        authority.assess(world, emc, terms, 12, row=2, measured_at=terms.goal.deadline)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_it_is_measured_not_after_the_deadline(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    until(terms.goal.deadline + 10)
    if moment > 0:
        with boa.reverts("goals: measured too late"):
            authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline + moment)
    else:
        authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline + moment)
    assert world.goals.has_open(emc.address) == (moment <= 0)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_it_is_measured_not_in_the_future(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    if moment > 0:
        with boa.reverts("goals: measured too late"):
            authority.assess(world, emc, terms, 12, measured_at=boa.env.timestamp + moment)
    else:
        authority.assess(world, emc, terms, 12, measured_at=boa.env.timestamp + moment)
    assert world.goals.has_open(emc.address) == (moment <= 0)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_it_is_measured_after_the_last_final_value(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    at = boa.env.timestamp
    count(world, emc, terms, 5)
    assert world.goals.value_of(emc.address, Metric.USERS) == (5, at)
    if moment < 1:
        with boa.reverts("goals: older than the last value"):
            authority.assess(world, emc, terms, 12, measured_at=at + moment)
    else:
        authority.assess(world, emc, terms, 12, measured_at=at + moment)
    assert world.goals.has_open(emc.address) == (moment > 0)


def test_only_in_the_terms_in_force_of_an_active_emc(world: World) -> None:
    terms = assessed(world)
    unmade = deployer("EMC.vy").at(world.address_of(terms))
    with boa.reverts("members: not the terms in force"):
        authority.assess(world, unmade, terms, 12)
    emc = world.make(terms := replace(terms, nonce=1))
    for other in (replace(terms, nonce=2), terms.with_row(0, cost=1)):
        with boa.reverts("members: not the terms in force"):
            authority.assess(world, emc, other, 12)
    stray = deployer("EMC.vy").deploy([world.stranger] * 4, world.pages.address)
    with boa.reverts("members: not the terms in force"):
        authority.assess(world, stray, terms, 12)
    until(terms.ends_at)
    emc.end()
    with boa.reverts("members: not active"):
        authority.assess(world, emc, terms, 12, measured_at=terms.goal.deadline)


def test_a_value_can_be_compared_with_any_target(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    with boa.reverts("goals: amount too large"):
        authority.assess(world, emc, terms, 2**95)
    authority.assess(world, emc, terms, 2**95 - 1)
    assert world.goals.open_value(emc.address, Metric.USERS, 0)[0] == 2**95 - 1
