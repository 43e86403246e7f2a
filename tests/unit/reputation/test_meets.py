"""Whether a record reaches a bar, and if not, why."""

from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.core.terms import NATIVE, Bar
from tests.kit import World
from tests.reviews import Review, review
from tests.till import ACTIVE


def bar(world: World, **asked: Any) -> tuple[Any, ...]:
    """What is asked for; nothing by default, of the unrated too."""
    values = {"stars": 0, "emcs": 0, "proceeds": 0, "currency": NATIVE, "admits_unrated": True}
    return (world.reputation.address, *{**values, **asked}.values())


@pytest.fixture
def rated(world: World) -> Review:
    """Stars of 4.00 and 3.00, one EMC, proceeds of 1,000; the last member unrated."""
    begun = review(world, 4)
    for place in range(3):
        opinions = {i: (4, 4, 4, 4) if i == 0 else (3, 3, 0, 3) for i in range(3) if i != place}
        begun.commit(place, begun.ratings(opinions))
    begun.commit(3, begun.ratings())
    for place in range(3):
        opinions = {i: (4, 4, 4, 4) if i == 0 else (3, 3, 0, 3) for i in range(3) if i != place}
        begun.reveal(place, begun.ratings(opinions))
    begun.close()
    begun.finalise()
    return begun


@pytest.mark.parametrize(
    ("place", "asked", "reason"),
    [
        (0, {}, ""),
        (0, {"stars": 400}, ""),
        (0, {"stars": 401}, "too few stars"),
        (0, {"stars": 400, "admits_unrated": False}, ""),
        # of three criteria
        (1, {"stars": 300}, ""),
        (1, {"stars": 301}, "too few stars"),
        (0, {"emcs": 1}, ""),
        (0, {"emcs": 2}, "too few EMCs"),
        (0, {"proceeds": 1_000}, ""),
        (0, {"proceeds": 1_001}, "too few proceeds"),
        (0, {"proceeds": 1, "currency": f"0x{7:040x}"}, "too few proceeds"),
        (0, {"stars": 401, "emcs": 2, "proceeds": 1_001}, "too few stars"),
        (0, {"emcs": 2, "proceeds": 1_001}, "too few EMCs"),
        # nobody has an opinion of it
        (3, {"stars": 500}, ""),
        (3, {"admits_unrated": False}, "unrated"),
        (3, {"stars": 100, "admits_unrated": False}, "unrated"),
        (3, {"stars": 500, "emcs": 2}, "too few EMCs"),
        (3, {"stars": 500, "emcs": 1, "proceeds": 1_001}, "too few proceeds"),
    ],
)
def test_a_bar_is_reached_or_said_why_not(
    world: World, rated: Review, place: int, asked: dict[str, Any], reason: str
) -> None:
    me = rated.me(place)
    assert world.reputation.shortfall(me, bar(world, **asked)) == reason
    assert world.reputation.meets(me, bar(world, **asked)) is (reason == "")


def test_who_never_was_in_an_emc_is_unrated(world: World) -> None:
    assert world.reputation.shortfall(99, bar(world, admits_unrated=False)) == "unrated"
    assert world.reputation.meets(99, bar(world, stars=500))
    assert world.reputation.shortfall(99, bar(world, emcs=1)) == "too few EMCs"


def test_terms_with_a_bar_refuse_who_is_below_it(world: World, rated: Review) -> None:
    """Members at place 1 and 2 have 3.00 stars, at place 0 4.00."""
    now = boa.env.timestamp
    terms = replace(
        rated.terms,
        nonce=7,
        ends_at=now + 1_000_000,
        goal=replace(rated.terms.goal, deadline=now + 1_000),
    )
    registry = world.reputation.address
    low = replace(terms, bar=Bar(registry=registry, stars=300, emcs=1, admits_unrated=True))
    high = replace(terms, bar=Bar(registry=registry, stars=301, admits_unrated=True))
    with boa.reverts("members: below the bar, row 1"):
        world.make(high)
    assert world.make(low).stage() == ACTIVE
