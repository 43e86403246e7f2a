"""What a leading goal may count: one to three measures, each once and in one order."""

from typing import Any

import boa
import pytest

from emc.core.limits import MAX_AMOUNT
from emc.core.terms import Assessment, Measure, Metric, Terms
from tests.kit import World, replace

GOAL = 10
EMPTY = (bytes(32), 0, 0)
# ascending by hash, as the contract wants them
FIRST, SECOND, THIRD = sorted(
    (Metric.of(word) for word in ("users", "meals", "proceeds")), key=bytes
)
RULES = Assessment(window=100, objections=500_001, grace=1_000)


def packed(*measures: tuple[bytes, int, int]) -> list[tuple[bytes, int, int]]:
    """Three measures, the last of them empty."""
    return [*measures, *[EMPTY] * (3 - len(measures))]


def check(world: World, terms: Terms, measures: list[Any]) -> str:
    """What Consent says of terms with these words of measures."""
    head = list(terms.head())
    head[GOAL] = (measures, *head[GOAL][1:])
    return str(world.consent.check(tuple(head), terms.packed_rows()))


def assessed(world: World, **changes: Any) -> Terms:
    """Terms whose measures may be assessed."""
    return world.terms(assessment=RULES, **changes)


def test_one_to_three_in_the_order_of_their_hashes(world: World) -> None:
    terms = assessed(world)
    found = [
        check(world, terms, packed(*((each, 10, 20) for each in chosen)))
        for chosen in (
            (FIRST,),
            (SECOND,),
            (FIRST, SECOND),
            (FIRST, THIRD),
            (SECOND, THIRD),
            (FIRST, SECOND, THIRD),
        )
    ]
    assert len(set(found)) == 6


@pytest.mark.parametrize(
    "measures",
    [
        ((SECOND, 10, 20), (FIRST, 10, 20)),
        ((FIRST, 10, 20), (THIRD, 10, 20), (SECOND, 10, 20)),
        # twice, also with other amounts
        ((FIRST, 10, 20), (FIRST, 10, 20)),
        ((FIRST, 10, 20), (FIRST, 11, 21)),
        ((FIRST, 10, 20), (SECOND, 10, 20), (SECOND, 10, 20)),
        # a gap
        (EMPTY, (FIRST, 10, 20)),
        ((FIRST, 10, 20), EMPTY, (SECOND, 10, 20)),
        # amounts of nothing
        ((FIRST, 10, 20), (bytes(32), 1, 0)),
        ((FIRST, 10, 20), (bytes(32), 0, 1)),
        ((FIRST, 10, 20), EMPTY, (bytes(32), 0, 20)),
    ],
)
def test_not_out_of_order_twice_or_with_a_gap(
    world: World, measures: tuple[tuple[bytes, int, int], ...]
) -> None:
    with boa.reverts("terms: measures not in order"):
        check(world, assessed(world), packed(*measures))


def test_not_none(world: World) -> None:
    with boa.reverts("terms: no measure"):
        check(world, assessed(world), packed())


@pytest.mark.parametrize("place", range(3))
def test_each_target_is_above_its_benchmark(world: World, place: int) -> None:
    measures = [(each, 10, 20) for each in (FIRST, SECOND, THIRD)]
    for benchmark in (20, 21):
        measures[place] = (measures[place][0], benchmark, 20)
        with boa.reverts("terms: target below benchmark"):
            check(world, assessed(world), measures)
    measures[place] = (measures[place][0], 10, MAX_AMOUNT + 1)
    with boa.reverts("terms: amount too large"):
        check(world, assessed(world), measures)
    measures[place] = (measures[place][0], 10, MAX_AMOUNT)
    assert check(world, assessed(world), measures)


@pytest.mark.parametrize("more", [(), ("users",), ("users", "meals")])
def test_costs_lie_below_the_benchmark_wherever_proceeds_are_counted(
    world: World, more: tuple[str, ...]
) -> None:
    # the net of 1,000 is 900
    for cost, fits in ((900, True), (901, False)):
        rows = world.rows([400_000, 300_000, 300_000], running=[100_000, 0, 0], costs=[cost, 0, 0])
        measures = (
            Measure(Metric.PROCEEDS, 1_000, 2_000),
            *(Measure(Metric.of(word), 1, 2) for word in more),
        )
        terms = assessed(world, rows=rows, measures=measures)
        if fits:
            assert world.consent.check(terms.head(), terms.packed_rows())
            continue
        with boa.reverts("terms: costs above benchmark"):
            world.consent.check(terms.head(), terms.packed_rows())


def test_without_proceeds_costs_may_be_any(world: World) -> None:
    rows = world.rows([400_000, 300_000, 300_000], costs=[10**9, 0, 0])
    measures = (Measure(Metric.USERS, 1, 2), Measure(Metric.of("meals"), 1, 2))
    terms = assessed(world, rows=rows, measures=measures)
    assert world.consent.check(terms.head(), terms.packed_rows())


@pytest.mark.parametrize("word", ["aaa", "zzz", "users", "meals"])
def test_one_assessed_measure_needs_time_and_objections(world: World, word: str) -> None:
    """Whether its hash stands before or behind that of proceeds."""
    measures = (Measure(Metric.PROCEEDS, 10, 20), Measure(Metric.of(word), 1, 2))
    terms = assessed(world, measures=measures)

    def told(terms: Terms) -> Any:
        return world.consent.check(terms.head(), terms.packed_rows())

    assert told(terms)
    with boa.reverts("terms: no time to dispute"):
        told(replace(terms, assessment=replace(RULES, window=0)))
    with boa.reverts("terms: quorum impossible"):
        told(replace(terms, assessment=replace(RULES, objections=0)))
    last = terms.ends_at - RULES.grace - 2 * RULES.window
    assert told(replace(terms, goal=replace(terms.goal, deadline=last)))
    with boa.reverts("terms: deadline after end"):
        told(replace(terms, goal=replace(terms.goal, deadline=last + 1)))


def test_proceeds_alone_need_neither(world: World) -> None:
    terms = world.terms(deadline=0)
    terms = replace(terms, goal=replace(terms.goal, deadline=terms.ends_at))
    assert world.consent.check(terms.head(), terms.packed_rows())
