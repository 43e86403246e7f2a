"""The record over several EMCs: later ones weigh more; the order of counting does not matter."""

from dataclasses import replace
from itertools import permutations

import boa
import pytest

from tests.kit import World
from tests.reviews import Review, opened, reviewed_terms
from tests.spec.ratings import HALF_LIFE, Judged, record
from tests.till import until

DAY = 86_400


def judged(world: World, ends: list[int], stars: list[int]) -> list[Review]:
    """EMCs of the same nodes that end one after the other, each rating the first node alike."""
    start = boa.env.timestamp
    terms = [
        replace(
            reviewed_terms(world),
            nonce=i,
            ends_at=start + at,
            goal=replace(reviewed_terms(world).goal, deadline=start + at),
        )
        for i, at in enumerate(ends)
    ]
    emcs = [world.make(each) for each in terms]
    for i, emc in enumerate(emcs):
        world.sell(emc, 1_000, i)
    reviews = []
    for each, emc, given in sorted(
        zip(terms, emcs, stars, strict=True), key=lambda t: t[0].ends_at
    ):
        until(each.ends_at)
        emc.end()
        reviews.append(opened(world, emc, each))
        reviews[-1].rate_all({0: (given, given, given, given)})
    return reviews


def test_an_emc_of_a_half_life_ago_weighs_half(world: World) -> None:
    old, new = judged(world, [10 * DAY, 10 * DAY + HALF_LIFE], [2, 5])
    old.finalise([0])
    (event,) = new.finalise([0])
    # (200 / 2 + 500) / 1.5
    assert event.medians == [500] * 4
    assert event.stars == [400] * 4
    assert world.reputation.stars_of(old.me(0)) == ([400] * 4, 400)


def test_at_the_same_time_both_weigh_the_same(world: World) -> None:
    one, other = judged(world, [10 * DAY, 10 * DAY], [2, 5])
    one.finalise([0])
    assert other.finalise([0])[0].stars == [350] * 4


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_counting_does_not_matter(world: World, order: tuple[int, ...]) -> None:
    ends, stars = [10 * DAY, 123 * DAY + 7, 700 * DAY + 1], [1, 5, 4]
    reviews = judged(world, ends, stars)
    events = [reviews[i].finalise([0])[0] for i in order]
    history: list[Judged] = []
    for i, event in zip(order, events, strict=True):
        history.append((ends[i], [stars[i] * 100] * 4))
        for counted, exact in zip(event.stars, record(history), strict=True):
            assert exact is not None
            assert counted == round(exact)


def test_an_emc_older_than_sixty_half_lives_weighs_nothing(world: World) -> None:
    old, new = judged(world, [10 * DAY, 10 * DAY + 60 * HALF_LIFE], [1, 5])
    new.finalise([0])
    assert old.finalise([0])[0].stars == [500] * 4


def test_a_record_is_rounded_to_the_nearest_hundredth(world: World) -> None:
    """(1 x 1.00 + 2 x 2.00) / 3 is 1.67, and the mean of the criteria is rounded down."""
    reviews = judged(world, [10 * DAY, 10 * DAY, 10 * DAY], [1, 2, 2])
    for each in reviews:
        each.finalise([0])
    assert world.reputation.stars_of(reviews[0].me(0)) == ([167] * 4, 167)


def test_nobody_knows_an_me_without_a_record(world: World) -> None:
    assert world.reputation.stars_of(99) == ([0] * 4, 0)


@pytest.mark.parametrize(("part", "stars"), [(0.99697, 234), (0.99762, 233)])
def test_a_half_life_is_365_days_to_the_day(world: World, part: float, stars: int) -> None:
    """Records so close to half a hundredth that a day more or less would show."""
    ends = [10 * DAY, 10 * DAY + int(HALF_LIFE * part)]
    old, new = judged(world, ends, [5, 1])
    old.finalise([0])
    exact = record([(ends[0], [500] * 4), (ends[1], [100] * 4)])
    assert [round(each or 0) for each in exact] == [stars] * 4
    assert new.finalise([0])[0].stars == [stars] * 4
