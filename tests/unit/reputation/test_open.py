"""An EMC that has ended and moved money is reviewed, once, by all who were its nodes."""

from dataclasses import replace

import boa
import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from emc.core.terms import NATIVE, Assessment, Metric, Review, Terms
from tests import authority
from tests.kit import World, address, events, skip
from tests.reviews import (
    CLOSED,
    COMMIT,
    COMMITTING,
    REVEAL,
    UNOPENED,
    end,
    opened,
    review,
    reviewed_terms,
)
from tests.till import ENDED, send, until

MEMBERS = "(uint256,uint256,uint256,uint256,bool)[]"


def refused(world: World, emc: str, terms: Terms, reason: str) -> None:
    with boa.env.prank(world.stranger), boa.reverts(reason):
        world.reputation.open(emc, terms.head(), terms.packed_rows())


def test_windows_run_from_the_opening(world: World) -> None:
    terms = reviewed_terms(world)
    emc = world.make(terms)
    end(world, emc, terms)
    skip(1_000)
    assert world.reputation.phase_of(emc.address) == UNOPENED
    now = boa.env.timestamp
    begun = opened(world, emc, terms)
    (event,) = events(world.reputation, "ReviewOpened")
    assert (event.emc, event.ended_at, event.currency) == (emc.address, terms.ends_at, NATIVE)
    assert (event.total, event.is_disbanded, event.is_goal_met) == (1_000, False, False)
    assert (event.commit_until, event.reveal_until) == (now + COMMIT, now + COMMIT + REVEAL)
    assert begun.members == [(node.me, i, 0, 0, False) for i, node in enumerate(world.nodes)]
    assert world.reputation.review_of(emc.address) == (
        keccak(encode([MEMBERS], [begun.members])),
        now + COMMIT,
        now + COMMIT + REVEAL,
        0,
        0,
        0,
    )
    assert begun.phase() == COMMITTING


def test_terms_without_windows_have_no_ratings(world: World) -> None:
    begun = review(world, review=Review())
    assert begun.phase() == CLOSED
    with boa.reverts("reviews: not time to commit"):
        begun.commit(0)
    (event, *_) = begun.finalise()
    assert not event.is_withheld
    assert world.reputation.facts_of(begun.me(0)) == (1, 0, 0, 0, 0)


def test_it_is_opened_once(world: World) -> None:
    begun = review(world)
    refused(world, begun.emc.address, begun.terms, "reviews: already open")


def test_only_an_emc_that_has_ended_is_reviewed(world: World) -> None:
    terms = reviewed_terms(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 77)
    refused(world, emc.address, terms, "reviews: not ended")
    until(terms.ends_at)
    refused(world, emc.address, terms, "reviews: not ended")
    emc.end()
    opened(world, emc, terms)


def test_an_emc_that_never_was_active_is_not_reviewed(world: World) -> None:
    terms = reviewed_terms(world)
    refused(world, world.address_of(terms), terms, "reviews: not the terms in force")


def test_an_emc_that_is_owed_to_is_reviewed(world: World) -> None:
    # a token's contract takes no coin, so that its row has a credit
    rows = reviewed_terms(world).rows
    stuck = (replace(rows[0], payee=world.token().address), *rows[1:])
    begun = review(world, rows=stuck)
    assert begun.emc.stage() == ENDED
    assert begun.phase() == COMMITTING


def test_an_emc_without_proceeds_is_not_reviewed(world: World) -> None:
    terms = reviewed_terms(world)
    emc = world.make(terms)
    end(world, emc, terms, amount=0)
    refused(world, emc.address, terms, "reviews: no proceeds")


def test_proceeds_are_those_of_the_end(world: World) -> None:
    terms = reviewed_terms(world, benchmark=1_000, target=2_000)
    emc = world.make(terms)
    send(world, emc, 999)
    # the end absorbs what has arrived
    end(world, emc, terms, amount=1_000)
    send(world, emc, 1)
    emc.absorb()
    opened(world, emc, terms)
    (event,) = events(world.reputation, "ReviewOpened")
    assert (event.total, event.is_goal_met) == (1_999, False)


def test_only_what_consent_made_is_reviewed(world: World) -> None:
    begun = review(world)
    refused(world, address("no EMC"), begun.terms, "reviews: not the terms in force")
    other = replace(begun.terms, nonce=begun.terms.nonce + 1)
    refused(world, begun.emc.address, other, "reviews: not the terms in force")


@pytest.mark.parametrize(("amount", "is_met"), [(1_999, False), (2_000, True)])
def test_a_goal_of_proceeds_is_met_at_its_target(world: World, amount: int, is_met: bool) -> None:
    review(world, amount=amount, benchmark=1_000, target=2_000)
    (event,) = events(world.reputation, "ReviewOpened")
    assert event.is_goal_met is is_met


def test_a_miss_that_was_recorded_stays_one(world: World) -> None:
    terms = reviewed_terms(world, benchmark=100, target=1_000)
    emc = world.make(terms)
    until(terms.goal.deadline + 1)
    world.goals.record_miss(emc.address, terms.head(), terms.packed_rows())
    end(world, emc, terms, amount=1_000)
    opened(world, emc, terms)
    assert not events(world.reputation, "ReviewOpened")[0].is_goal_met


@pytest.mark.parametrize(("value", "is_met"), [(19, False), (20, True)])
def test_an_assessed_goal_is_met_by_its_final_value(world: World, value: int, is_met: bool) -> None:
    terms = reviewed_terms(
        world,
        metric=Metric.USERS,
        benchmark=10,
        target=20,
        assessment=Assessment(window=100, objections=500_000),
    )
    emc = world.make(terms)
    authority.assess(world, emc, terms, value)
    skip(100)
    authority.finalise(world, emc, terms)
    # proceeds beyond the numbers of the goal count for nothing
    end(world, emc, terms, amount=1_000)
    opened(world, emc, terms)
    assert events(world.reputation, "ReviewOpened")[0].is_goal_met is is_met


def test_who_left_or_joined_is_a_member_with_its_time(world: World) -> None:
    terms = reviewed_terms(world, 4)
    emc = world.make(terms)
    terms = authority.leave(world, emc, terms, 3)
    left_at = boa.env.timestamp
    skip(1_000)
    authority.charge(world, emc, terms, 2)
    skip(terms.leaving.cure)
    terms = authority.expel(world, emc, terms, 2)
    expelled_at = boa.env.timestamp
    assert world.conduct.expelled_of(emc.address) == 1 << 2
    skip(1_000)
    (newcomer,) = world.register(1)
    joined_at = boa.env.timestamp
    fifth = replace(
        terms.rows[0],
        id=4,
        party=newcomer.me,
        payee=address("fifth"),
        base=0,
        leading=0,
        upside=0,
    )
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, fifth)))
    end(world, emc, terms)
    mes = [node.me for node in world.nodes]
    assert opened(world, emc, terms).members == [
        (mes[0], 0, 0, 0, False),
        (mes[1], 1, 0, 0, False),
        (newcomer.me, 4, joined_at, 0, False),
        (mes[2], 2, 0, expelled_at, True),
        (mes[3], 3, 0, left_at, False),
    ]


def test_who_came_back_is_one_member_from_first_to_last(world: World) -> None:
    terms = reviewed_terms(world, 4)
    emc = world.make(terms)
    # one stays the second time, the other leaves again
    for row in (2, 3):
        terms = authority.leave(world, emc, terms, row)
    back = [
        replace(terms.rows[1], id=id, party=world.nodes[i].me, payee=address(f"back {id}"))
        for id, i in ((9, 2), (5, 3))
    ]
    back = [replace(row, base=0, leading=0, upside=0) for row in back]
    skip(1_000)
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, *back)))
    terms = authority.leave(world, emc, terms, 5)
    left_at = boa.env.timestamp
    end(world, emc, terms)
    mes = [node.me for node in world.nodes]
    assert opened(world, emc, terms).members == [
        (mes[0], 0, 0, 0, False),
        (mes[1], 1, 0, 0, False),
        (mes[2], 9, 0, 0, False),
        (mes[3], 5, 0, left_at, False),
    ]


def test_who_was_expelled_and_came_back_keeps_the_mark(world: World) -> None:
    terms = reviewed_terms(world, 3)
    emc = world.make(terms)
    authority.charge(world, emc, terms, 2)
    skip(terms.leaving.cure)
    terms = authority.expel(world, emc, terms, 2)
    again = replace(
        terms.rows[1], id=3, party=world.nodes[2].me, payee=address("again"), base=0, leading=0
    )
    again = replace(again, upside=0)
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, again)))
    end(world, emc, terms)
    assert opened(world, emc, terms).members[2] == (world.nodes[2].me, 3, 0, 0, True)


def test_a_beneficiary_is_no_member_gone_or_not(world: World) -> None:
    rows = reviewed_terms(world).rows
    reserve = replace(
        rows[0], id=3, party=address("controller"), payee=address("reserve"), base=0, leading=0
    )
    fund = replace(reserve, id=4, payee=address("fund"))
    rows = (*rows, replace(reserve, upside=0), replace(fund, upside=0))
    terms = reviewed_terms(world, rows=rows)
    emc = world.make(terms)
    terms = authority.amend(world, emc, terms, replace(terms, rows=rows[:4]))
    end(world, emc, terms)
    assert [member[0] for member in opened(world, emc, terms).members] == [
        node.me for node in world.nodes
    ]


def test_an_emc_that_all_disbanded_is_marked(world: World) -> None:
    terms = reviewed_terms(world)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    assert not world.conduct.is_disbanded(emc.address)
    authority.disband(world, emc, terms)
    assert world.conduct.is_disbanded(emc.address)
    ended_at = boa.env.timestamp
    skip(500)
    opened(world, emc, terms)
    (event,) = events(world.reputation, "ReviewOpened")
    assert (event.is_disbanded, event.ended_at) == (True, ended_at)
