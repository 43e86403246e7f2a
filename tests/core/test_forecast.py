"""What a change is said to mean in money, beside what sales then pay."""

from dataclasses import replace
from typing import Any

import boa
import pytest

from emc.core import forecast
from emc.core.forecast import Headroom, Outlook
from emc.core.terms import Assessment, Gate, Metric, Terms
from emc.core.units import PPM
from tests import authority
from tests.core.lives import Chronicle, Lived
from tests.kit import World, skip, with_measure

# rounded down once per band, and in two epochs
LESS = 3


def gated(world: World, **changes: Any) -> Terms:
    """Bands that pay differently, costs, a gate at 4000 and a target at 6000."""
    rows = world.rows([500_000, 300_000, 200_000], running=[50_000, 0, 0], costs=[0, 350, 150])
    shares = ((300_000, 0), (300_000, 0), (400_000, PPM))
    rows = tuple(
        replace(row, leading=leading, upside=upside)
        for row, (leading, upside) in zip(rows, shares, strict=True)
    )
    values: dict[str, Any] = {"benchmark": 4_000, "target": 6_000, "gate": Gate.BENCHMARK}
    return world.terms(rows, **{**values, **changes})


def covers(lived: Lived) -> dict[int, int]:
    """What is still open of the cost covers."""
    life = lived.life()
    assert life.page is not None
    return {row.id: life.page.open_cover(row, life.since) for row in lived.terms.rows}


def earned(lived: Lived) -> dict[int, int]:
    """What each row was paid, credited or has behind the gate, since the first sale."""
    life = lived.check()
    behind = {row.id: lived.emc.earned(row.id)[1] for row in lived.terms.rows} | life.left
    return {row: life.earned[row] + behind.get(row, 0) for row in range(8)}


def check(lived: Lived, after: Terms, value: int = 0) -> None:
    """Every outlook comes true under both terms, sale after sale."""
    before, total = lived.terms, lived.life().total
    values = {each.metric: value for each in before.goal.assessed}
    rows = sorted({row.id for row in (*before.rows, *after.rows)})
    at = forecast.levels(before, total)
    assert at
    told = {
        row: forecast.outlooks(
            before, after, row, total=total, covers=covers(lived), values=values, at=at
        )
        for row in rows
    }
    for terms, side in ((before, "before"), (after, "after")):
        with boa.env.anchor():
            kept = len(lived.chronicle.logs), dict(lived.epochs), lived.orders
            start = earned(lived)
            if terms is not before:
                lived.amend(terms) if bounds_move(before, after) else lived.follows(
                    authority.renegotiate(lived.world, lived.emc, before, after)
                )
            for place, level in enumerate(at):
                lived.sell(level - lived.emc.total())
                now = earned(lived)
                for row in rows:
                    due = getattr(told[row][place], side)
                    assert abs(now[row] - start[row] - due) <= LESS, (side, row, level)
        del lived.chronicle.logs[kept[0] :]
        lived.epochs, lived.orders = kept[1], kept[2]


def bounds_move(before: Terms, after: Terms) -> bool:
    """Whether more than shares differ."""
    shares = {row.id: row.shares for row in after.rows}
    return [row.id for row in before.rows] != list(shares) or before.with_shares(shares) != after


@pytest.mark.parametrize("sold", [0, 333, 3_999, 4_001, 5_000, 7_777])
def test_a_renegotiation_pays_what_it_showed(world: World, chronicle: Chronicle, sold: int) -> None:
    lived = Lived(world, chronicle, gated(world))
    if sold:
        lived.sell(sold)
    shares = ((400_000, 350_000, 0), (380_000, 250_000, 10_000), (220_000, 400_000, 990_000))
    check(lived, authority.reshare(lived.terms, shares))


def test_a_second_renegotiation_pays_what_it_showed(world: World, chronicle: Chronicle) -> None:
    lived = Lived(world, chronicle, gated(world))
    lived.sell(777)
    lived.renegotiate(400_000, 350_000, 250_000)
    lived.sell(111)
    check(lived, authority.reshare(lived.terms, (333_333, 333_333, 333_334)))


def test_sales_that_still_gather_cover_costs_before_a_change(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, gated(world, disburse_at=900))
    lived.sell(450)
    assert lived.life().shared == 0
    assert sum(covers(lived).values()) == pytest.approx(500 - 427, abs=2)
    new = authority.reshare(lived.terms, (400_000, 350_000, 250_000))
    told = forecast.outlooks(lived.terms, new, 1, total=450, covers=covers(lived), at=[3_000])
    lived.follows(authority.renegotiate(world, lived.emc, lived.terms, new))
    start = earned(lived)[1]
    lived.sell(2_550)
    assert abs(earned(lived)[1] - start - told[0].after) <= LESS


def test_an_amendment_that_moves_costs_and_target_pays_what_it_showed(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, gated(world))
    lived.sell(300)
    first, second, third = lived.terms.rows
    rows = (first, replace(second, cost=400), replace(third, cost=20, running=20_000))
    goal = with_measure(lived.terms.goal, target=9_000)
    check(lived, replace(lived.terms, rows=rows, goal=goal))


def test_who_joins_earns_nothing_before_and_who_leaves_nothing_after(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, gated(world))
    lived.sell(1_000)
    (node,) = world.register(1)
    first, second, third = lived.terms.rows
    new = replace(lived.terms, rows=(first, second, replace(third, id=3, party=node.me, cost=40)))
    (joins,) = forecast.outlooks(lived.terms, new, 3, total=1_000, covers=covers(lived), at=[2_000])
    (leaves,) = forecast.outlooks(
        lived.terms, new, 2, total=1_000, covers=covers(lived), at=[2_000]
    )
    assert joins.before == leaves.after == 0
    assert leaves.before > 0
    assert joins.change == joins.after > 0
    assert leaves.change == -leaves.before
    check(lived, new)


def test_an_assessed_goal_is_forecast_by_its_last_value(world: World, chronicle: Chronicle) -> None:
    assessment = Assessment(window=10, objections=PPM, grace=10)
    terms = gated(world, metric=Metric.USERS, benchmark=10, target=20, assessment=assessment)
    lived = Lived(world, chronicle, terms)
    lived.sell(1_000)
    for users in (0, 12, 25):
        if users:
            authority.assess(world, lived.emc, lived.terms, users)
            skip(10)
            authority.finalise(world, lived.emc, lived.terms)
        shares = ((400_000, 350_000, 0), (380_000, 250_000, 10_000), (220_000, 400_000, 990_000))
        check(lived, authority.reshare(lived.terms, shares), value=users)


def test_levels_are_the_points_of_the_goal_that_lie_ahead(world: World) -> None:
    terms = gated(world)
    assert forecast.levels(terms, 0) == [4_000, 6_000, 9_000]
    assert forecast.levels(terms, 4_000) == [6_000, 9_000]
    assert forecast.levels(terms, 6_000) == [9_000]
    assert forecast.levels(terms, 10_000) == [15_000]
    users = gated(world, metric=Metric.USERS)
    assert forecast.levels(users, 2 * 10**6) == [2_200_000, 3_000_000, 4_000_000]
    assert all(level > 0 for level in forecast.levels(users, 0))


def test_headroom_is_the_least_room_over_the_tranches(world: World) -> None:
    row = replace(gated(world).rows[0], base=300_000, leading=250_000, upside=400_000)
    row = replace(row, lower=200_000, upper=450_000)
    assert forecast.headroom(row) == Headroom(down=50_000, up=50_000)
    # a sink that took over more than its bound
    assert forecast.headroom(replace(row, upside=500_000)) == Headroom(down=50_000, up=-50_000)


def test_an_outlook_tells_its_change() -> None:
    assert Outlook(level=10, before=3, after=1).change == -2
