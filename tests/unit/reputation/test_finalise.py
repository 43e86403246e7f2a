"""Once a review is closed, anybody has each member's part counted, once."""

from dataclasses import replace

import boa
import pytest

from emc.core.terms import NATIVE
from tests import authority
from tests.kit import World, address, events, skip
from tests.reviews import COMMIT, end, opened, review, reviewed_terms
from tests.spec.ratings import Opinion, medians
from tests.till import until


def test_medians_facts_and_proceeds_are_counted(world: World) -> None:
    begun = review(world, amount=1_234)
    begun.rate_all({0: (5, 4, 3, 2)})
    before = world.reputation.review_of(begun.emc.address)[:5]
    first, second, third = begun.finalise()
    assert (first.emc, first.me) == (begun.emc.address, begun.me(0))
    assert (first.medians, first.raters) == ([500, 400, 300, 200], [2, 2, 2, 2])
    assert (first.stars, first.is_withheld) == ([500, 400, 300, 200], False)
    assert second.stars == third.stars == [400] * 4
    assert world.reputation.stars_of(begun.me(0)) == ([500, 400, 300, 200], 350)
    assert world.reputation.facts_of(begun.me(0)) == (1, 0, 0, 0, 0)
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 1_234
    assert world.reputation.review_of(begun.emc.address) == (*before, 0b111)


@pytest.mark.parametrize(
    "stars",
    [
        (0, 0, 0, 0),
        (3, 0, 0, 0),
        (1, 5, 0, 0),
        (4, 5, 0, 0),
        (1, 2, 5, 0),
        (5, 5, 1, 1),
        (1, 2, 3, 5),
        (1, 1, 1, 5),
        (5, 4, 4, 4),
        (2, 3, 3, 3),
    ],
)
def test_medians_are_those_of_the_specification(world: World, stars: tuple[int, ...]) -> None:
    begun = review(world, 5)
    opinions: list[Opinion] = [(each, 6 - each if each else 0, each, 5) for each in stars]
    for place, opinion in enumerate(opinions, start=1):
        begun.commit(place, begun.ratings({0: opinion}))
    skip(COMMIT + 1)
    for place, opinion in enumerate(opinions, start=1):
        begun.reveal(place, begun.ratings({0: opinion}))
    (event,) = begun.finalise([0])
    assert event.medians == [each or 0 for each in medians(opinions)]
    assert event.raters == [sum(1 for opinion in opinions if opinion[i]) for i in range(4)]
    # of one EMC, the record is its medians
    assert event.stars == event.medians


def test_fewer_than_two_raters_change_nothing(world: World) -> None:
    begun = review(world)
    opinions = begun.ratings({0: (5, 5, 5, 5), 2: (1, 1, 1, 1)})
    begun.commit(1, opinions)
    skip(COMMIT + 1)
    begun.reveal(1, opinions)
    (event,) = begun.finalise([0])
    assert (event.medians, event.raters, event.stars) == ([0] * 4, [1] * 4, [0] * 4)
    assert world.reputation.stars_of(begun.me(0)) == ([0] * 4, 0)


def test_one_criterion_may_be_rated_and_another_not(world: World) -> None:
    begun = review(world)
    for place in (1, 2):
        begun.commit(place, begun.ratings({0: (4, 0, 0, place)}))
    begun.commit(0)
    for place in (1, 2):
        begun.reveal(place, begun.ratings({0: (4, 0, 0, place)}))
    begun.close()
    (event,) = begun.finalise([0])
    assert (event.medians, event.raters) == ([400, 0, 0, 150], [2, 0, 0, 2])
    assert world.reputation.stars_of(begun.me(0)) == ([400, 0, 0, 150], 275)
    # it committed and did not show it
    assert event.is_withheld
    assert world.reputation.facts_of(begun.me(0)) == (1, 0, 0, 0, 1)


def test_whoever_revealed_nothing_has_withheld(world: World) -> None:
    begun = review(world)
    begun.commit(0)
    begun.commit(1)
    skip(COMMIT + 1)
    begun.reveal(1)
    begun.close()
    assert [event.is_withheld for event in begun.finalise()] == [True, False, True]
    assert [world.reputation.facts_of(begun.me(i))[4] for i in range(3)] == [1, 0, 1]


def test_nothing_is_counted_before_the_review_is_closed(world: World) -> None:
    begun = review(world)
    with boa.reverts("reviews: not closed"):
        begun.finalise()
    for place in range(3):
        begun.commit(place)
    begun.reveal(0)
    with boa.reverts("reviews: not closed"):
        begun.finalise()
    begun.reveal(1)
    begun.reveal(2)
    begun.finalise()


def test_each_is_counted_once(world: World) -> None:
    begun = review(world)
    begun.rate_all()
    begun.finalise([1])
    # who was counted already is passed over
    assert begun.finalise([1]) == []
    assert [event.me for event in begun.finalise([2, 1, 2, 0])] == [begun.me(2), begun.me(0)]
    assert world.reputation.review_of(begun.emc.address)[5] == 0b111
    assert [world.reputation.facts_of(begun.me(i))[0] for i in range(3)] == [1, 1, 1]


def test_places_and_list_are_those_of_the_review(world: World) -> None:
    begun = review(world)
    begun.rate_all()
    for place in (3, 2**256 - 1):
        with boa.reverts("reviews: no such member"):
            begun.finalise([place])
    begun.members = begun.members[::-1]
    with boa.reverts("reviews: not the members"):
        begun.finalise([0])


def test_facts_follow_how_it_ended_for_each(world: World) -> None:
    """One left, one was expelled; the others were there when the goal was met."""
    terms = reviewed_terms(world, 4, benchmark=100, target=1_000)
    emc = world.make(terms)
    authority.charge(world, emc, terms, 3)
    skip(terms.leaving.cure)
    terms = authority.expel(world, emc, terms, 3)
    terms = authority.leave(world, emc, terms, 2)
    end(world, emc, terms)
    begun = opened(world, emc, terms)
    begun.rate_all()
    begun.finalise()
    facts = [tuple(world.reputation.facts_of(begun.me(i))) for i in range(4)]
    # in the list, who left comes after who stayed, by row
    assert facts == [(1, 1, 0, 0, 0), (1, 1, 0, 0, 0), (0, 0, 0, 0, 0), (0, 0, 0, 1, 0)]
    proceeds = [world.reputation.proceeds_of(begun.me(i), NATIVE) for i in range(4)]
    assert proceeds == [1_000, 1_000, 0, 0]
    # leaving early does not avoid being rated
    assert world.reputation.stars_of(begun.me(2))[1] == 400


def test_a_disbanded_emc_is_not_completed(world: World) -> None:
    terms = reviewed_terms(world, benchmark=100, target=1_000)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    authority.disband(world, emc, terms)
    begun = opened(world, emc, terms)
    begun.close()
    begun.finalise()
    assert world.reputation.facts_of(begun.me(0)) == (0, 1, 1, 0, 1)
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 1_000


def test_proceeds_are_kept_by_currency(world: World) -> None:
    token = world.token()
    terms = reviewed_terms(world, currency=token.address)
    emc = world.make(terms)
    world.sell(emc, 555, 1, token)
    end(world, emc, terms, amount=0)
    begun = opened(world, emc, terms)
    begun.close()
    begun.finalise()
    assert world.reputation.proceeds_of(begun.me(1), token.address) == 555
    assert world.reputation.proceeds_of(begun.me(1), NATIVE) == 0


@pytest.mark.parametrize(("early", "counts"), [(1, 1), (0, 0), (-1, 0)])
def test_who_joined_shares_in_what_was_reached_before_the_deadline(
    world: World, early: int, counts: int
) -> None:
    terms = reviewed_terms(world, benchmark=100, target=1_000)
    emc = world.make(terms)
    world.sell(emc, 300, 1)
    # of thirds two units are left over, and count with the next proceeds
    assert emc.accounts().dust == 2
    until(terms.goal.deadline - early)
    (newcomer,) = world.register(1)
    seat = replace(
        terms.rows[1], id=9, party=newcomer.me, payee=address("seat"), base=0, leading=0, upside=0
    )
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, seat)))
    end(world, emc, terms, amount=800)
    begun = opened(world, emc, terms)
    begun.close()
    begun.finalise()
    assert begun.me(3) == newcomer.me
    assert world.reputation.facts_of(newcomer.me) == (counts, counts, 0, 0, 1)
    # proceeds are those since it joined
    assert world.reputation.proceeds_of(newcomer.me, NATIVE) == 802
    assert world.reputation.facts_of(begun.me(0)) == (1, 1, 0, 0, 1)
    assert world.reputation.proceeds_of(begun.me(0), NATIVE) == 1_100


def test_who_joins_late_and_sees_it_disbanded_is_marked(world: World) -> None:
    terms = reviewed_terms(world)
    emc = world.make(terms)
    world.sell(emc, 300, 1)
    until(terms.goal.deadline + 1)
    (newcomer,) = world.register(1)
    seat = replace(
        terms.rows[1], id=3, party=newcomer.me, payee=address("seat"), base=0, leading=0, upside=0
    )
    terms = authority.amend(world, emc, terms, replace(terms, rows=(*terms.rows, seat)))
    authority.disband(world, emc, terms)
    begun = opened(world, emc, terms)
    begun.close()
    begun.finalise()
    assert world.reputation.facts_of(newcomer.me) == (0, 0, 1, 0, 1)


def test_what_comes_in_after_the_opening_is_not_counted(world: World) -> None:
    begun = review(world)
    with boa.env.prank(world.buyer):
        begun.emc.__default__(value=999)
    begun.emc.absorb()
    begun.close()
    begun.finalise()
    assert world.reputation.proceeds_of(begun.me(1), NATIVE) == 1_000


def test_nobody_has_to_be_named(world: World) -> None:
    begun = review(world)
    begun.close()
    assert begun.finalise([]) == []
    assert not events(world.reputation, "Finalised")
