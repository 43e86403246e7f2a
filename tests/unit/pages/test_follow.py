"""The page that follows another: what it brings along, and for whom."""

from dataclasses import dataclass
from typing import Any

import boa
import pytest

from emc.core.units import PPM
from tests.kit import World, address, replace
from tests.unit.pages.layout import (
    ENDLESS,
    NEVER,
    Line,
    Meaning,
    Written,
    assessed,
    earned,
    line,
    lines,
    moved,
    read,
)

CLOSED = Meaning(gate_at=10_000)


@dataclass(frozen=True)
class Follower:
    """What the contract answers, and the page it wrote."""

    page: Written
    at: str
    start: int
    dust: int
    held: int
    before: int
    rows: int
    gone: list[tuple[int, str, int]]


def begin(world: World, page: Meaning, rows: list[Line], costs: list[int] | None = None) -> str:
    """A first page."""
    at: str = world.pages.begin(
        page.fields(), [row.word() for row in rows], costs or [0] * len(rows)
    )
    return at


def follow(
    world: World,
    last: str,
    page: Meaning,
    rows: list[Line],
    *,
    at: int,
    total: int | None = None,
    is_open: bool = False,
    held: int = 0,
    costs: list[int] | None = None,
) -> Follower:
    """A stranger has the next page written; by default the last one was the first."""
    state = (last, at, at if total is None else total, is_open, held)
    words = [row.word() for row in rows]
    with boa.env.prank(world.stranger):
        answer = world.pages.follow(state, page.fields(), words, costs or [0] * len(rows))
    made, start, dust, kept, before, after, gone = answer
    leavers = [(each.row, each.payee, each.held) for each in gone]
    return Follower(read(made), made, start, dust, kept, before, after, leavers)


def ids(*rows: int) -> int:
    """Row ids by bit."""
    return sum(1 << row for row in rows)


# proceeds


@pytest.mark.parametrize("at", [1, 99, 100, 101, 10**6, 12_345_678])
def test_what_rounding_left_over_is_brought_along(world: World, at: int) -> None:
    rows = [line(0, 333_333), line(1, 333_333), line(2, 333_334)]
    flows = earned(Meaning(), rows, [0] * 3, at)
    next_ = follow(
        world, begin(world, Meaning(), rows), Meaning(epoch=2), rows, at=at, is_open=True
    )
    dust = at - sum(flows)
    assert 0 <= dust < 3
    assert (next_.start, next_.dust, next_.held) == (at - dust, dust, 0)
    assert (next_.page.start, next_.page.dust, next_.page.forward) == (at - dust, dust, 0)
    assert next_.page.forwards == ()
    assert next_.page.epoch == 2


def test_a_page_that_saw_nothing_hands_on_what_it_was_given(world: World) -> None:
    rows = [line(0, 333_333), line(1, 333_333), line(2, 333_334)]
    first = follow(world, begin(world, Meaning(), rows), Meaning(), rows, at=101, is_open=True)
    assert first.dust == 2
    second = follow(world, first.at, Meaning(), rows, at=0, total=101, is_open=True)
    assert (second.start, second.dust) == (99, 2)
    # once counted, it is among the proceeds
    third = follow(world, second.at, Meaning(), rows, at=6, total=105, is_open=True)
    assert (third.start, third.dust) == (
        105 - third.dust,
        6 - sum(earned(Meaning(), rows, [0] * 3, 6)),
    )


def test_the_next_page_begins_where_all_before_ended(world: World) -> None:
    rows = lines(50, 30, 20)
    first = follow(world, begin(world, Meaning(), rows), Meaning(), rows, at=700, is_open=True)
    second = follow(world, first.at, Meaning(), rows, at=300, total=1_000, is_open=True)
    assert [first.start, second.start] == [700, 1_000]


# the gate


@pytest.mark.parametrize("count", [2, 3, 4, 5, 63, 64])
def test_what_the_gate_holds_for_a_row_lies_behind_the_page_two_to_a_word(
    world: World, count: int
) -> None:
    rows = [line(i, PPM // count + (PPM % count if i == 0 else 0)) for i in range(count)]
    next_ = follow(world, begin(world, CLOSED, rows), CLOSED, rows, at=9_999)
    held = earned(CLOSED, rows, [0] * count, 9_999)
    assert next_.page.forwards == (*held, *[0] * (len(next_.page.forwards) - count))
    assert len(next_.page.forwards) == count
    assert next_.held == next_.page.forward == sum(held)
    assert next_.dust == 9_999 - sum(held)
    # what a call of the page answers does not grow by it
    assert len(next_.page.words) == 5 + count


def test_what_is_held_grows_from_page_to_page(world: World) -> None:
    rows = lines(50, 30, 20)
    first = follow(world, begin(world, CLOSED, rows), CLOSED, moved(rows, 10, 20, 70), at=1_000)
    assert first.page.forwards[:3] == (500, 300, 200)
    second = follow(world, first.at, CLOSED, moved(rows, 0, 0, 100), at=2_000, total=3_000)
    assert second.page.forwards[:3] == (500 + 200, 300 + 400, 200 + 1_400)
    third = follow(world, second.at, CLOSED, moved(rows, 50, 30, 20), at=0, total=3_000)
    assert third.page.forwards[:3] == (700, 700, 1_600)
    assert [each.held for each in (first, second, third)] == [1_000, 3_000, 3_000]


def test_what_is_held_follows_the_row_and_not_its_place(world: World) -> None:
    rows = lines(50, 30, 20, ids=[4, 9, 2])
    first = follow(world, begin(world, CLOSED, rows), CLOSED, rows, at=1_000)
    turned = [rows[2], rows[0], rows[1]]
    second = follow(world, first.at, CLOSED, turned, at=100, total=1_100)
    assert second.page.forwards[:3] == (220, 550, 330)


def test_a_new_row_has_nothing_held(world: World) -> None:
    rows = lines(50, 30, 20)
    next_ = follow(world, begin(world, CLOSED, rows), CLOSED, [*rows, line(7, 0)], at=1_000)
    assert next_.page.forwards == (500, 300, 200, 0)
    assert (next_.before, next_.rows) == (ids(0, 1, 2), ids(0, 1, 2, 7))


def test_costs_are_not_held_and_income_is(world: World) -> None:
    rows = [line(0, 500_000), line(1, 300_000, 100_000), line(2, 200_000)]
    page = replace(CLOSED, running=100_000)
    next_ = follow(
        world,
        begin(world, page, rows, [50, 30, 0]),
        page,
        rows,
        at=1_000,
        costs=[50 << 128 | 50, 30 << 128 | 30, 0],
    )
    everything = earned(page, rows, [50, 30, 0], 1_000)
    flows = earned(page, rows, [50, 30, 0], 1_000, income=False)
    assert flows == [50, 130, 0]
    assert next_.page.forwards[:3] == tuple(a - b for a, b in zip(everything, flows, strict=True))
    assert next_.start == sum(everything)


@pytest.mark.parametrize("at", [500, 10_000, 25_000])
def test_once_the_gate_is_open_nothing_is_held_and_it_stays_open(world: World, at: int) -> None:
    rows = lines(50, 30, 20)
    first = follow(world, begin(world, CLOSED, rows), CLOSED, rows, at=200)
    next_ = follow(world, first.at, CLOSED, rows, at=at, total=at + 200, is_open=True)
    assert (next_.held, next_.page.forward, next_.page.forwards) == (0, 0, ())
    assert next_.page.gate_at == 0


def test_a_gate_that_is_closed_keeps_its_distance(world: World) -> None:
    rows = lines(50, 30, 20)
    first = follow(world, begin(world, CLOSED, rows), CLOSED, rows, at=9_000)
    assert first.page.gate_at == 1_000
    second = follow(world, first.at, replace(CLOSED, gate_at=9_500), rows, at=10, total=9_010)
    assert second.page.gate_at == 490
    # a gate behind the proceeds is told to be open by the EMC; as it stands it is at the start
    third = follow(world, second.at, replace(CLOSED, gate_at=5), rows, at=10, total=9_020)
    assert third.page.gate_at == 0


def test_what_rows_that_left_wait_for_is_held_too(world: World) -> None:
    rows = lines(50, 50)
    next_ = follow(world, begin(world, CLOSED, rows), CLOSED, rows, at=1_000, held=77)
    assert (next_.held, next_.page.forward) == (1_077, 1_077)
    assert next_.page.forwards == (500, 500)
    alone = follow(world, begin(world, CLOSED, rows), CLOSED, rows, at=0, held=77)
    assert (alone.held, alone.page.forward) == (77, 77)
    assert alone.page.forwards == (0, 0)


# rows that go


def test_who_goes_takes_along_what_is_held_and_where_it_is_paid(world: World) -> None:
    rows = lines(50, 30, 20)
    next_ = follow(
        world, begin(world, CLOSED, rows), CLOSED, moved([rows[0], rows[2]], 80, 20), at=1_000
    )
    assert next_.gone == [(1, address("payee 1"), 300)]
    assert next_.page.forwards == (500, 200)
    # the page counts it as long as the gate is closed
    assert (next_.held, next_.page.forward) == (1_000, 1_000)
    assert (next_.before, next_.rows) == (ids(0, 1, 2), ids(0, 2))
    assert next_.page.rows == (line(0, 800_000).word(), line(2, 200_000).word())


def test_who_goes_when_the_gate_is_open_takes_nothing_along(world: World) -> None:
    rows = lines(50, 30, 20)
    next_ = follow(
        world, begin(world, Meaning(), rows), Meaning(), [rows[0]], at=1_000, is_open=True
    )
    assert next_.gone == [(1, address("payee 1"), 0), (2, address("payee 2"), 0)]
    assert (next_.held, next_.page.count) == (0, 1)


def test_who_goes_takes_along_what_all_pages_held(world: World) -> None:
    rows = lines(50, 30, 20)
    first = follow(world, begin(world, CLOSED, rows), CLOSED, rows, at=1_000)
    second = follow(world, first.at, CLOSED, [rows[1]], at=100, total=1_100)
    assert second.gone == [(0, address("payee 0"), 550), (2, address("payee 2"), 220)]
    assert second.page.forwards[:1] == (330,)
    assert second.held == 1_100


def test_thirty_of_sixty_four_may_be_replaced_at_once(world: World) -> None:
    rows = [line(i, PPM // 64) for i in range(64)]
    others = [line(30 + i, PPM // 64) for i in range(64)]
    next_ = follow(world, begin(world, CLOSED, rows), CLOSED, others, at=6_400)
    assert next_.gone == [(i, address(f"payee {i}"), 100) for i in range(30)]
    assert (next_.before, next_.rows) == (2**64 - 1, (2**64 - 1) << 30)
    assert next_.page.forwards == (100,) * 34 + (0,) * 30
    assert next_.page.forward == 6_400


# payees


def test_a_row_without_a_payee_is_paid_where_it_is_paid_now(world: World) -> None:
    rows = lines(50, 30, 20)
    at = begin(world, Meaning(), rows)
    turned = world.pages.rewrite(at, 6, replace(rows[1], payee=address("elsewhere")).word())
    new = [
        replace(rows[0], payee="0x0"),
        replace(rows[1], payee="0x0"),
        replace(rows[2], payee=address("named")),
    ]
    next_ = follow(world, turned, Meaning(), new, at=10, is_open=True)
    assert [word >> 96 for word in next_.page.rows] == [
        int(address(payee), 16) for payee in ("payee 0", "elsewhere", "named")
    ]
    assert [word & 2**96 - 1 for word in next_.page.rows] == [
        row.word() & 2**96 - 1 for row in rows
    ]


# cost covers


@dataclass(frozen=True)
class Cover:
    """One row's cost cover in the terms before and after, and what should be open of it."""

    before: int
    after: int
    open: int

    @property
    def word(self) -> int:
        return self.before << 128 | self.after


@pytest.mark.parametrize("at", [0, 1, 33, 99])
def test_what_is_covered_is_covered_once(world: World, at: int) -> None:
    rows = lines(50, 30, 20)
    costs = [30, 50, 20]
    covered = earned(Meaning(), rows, costs, at)
    keep = [cost << 128 | cost for cost in costs]
    next_ = follow(
        world,
        begin(world, Meaning(), rows, costs),
        Meaning(),
        rows,
        at=at,
        is_open=True,
        costs=keep,
    )
    # rounded up: a row's cover never ends below what was agreed
    assert next_.page.costs[:3] == tuple(a - b for a, b in zip(costs, covered, strict=True))
    assert next_.page.cost_end == (100 - sum(covered)) * PPM


@pytest.mark.parametrize("at", [100, 5_000])
def test_when_all_is_covered_the_band_is_gone(world: World, at: int) -> None:
    rows = lines(50, 50)
    next_ = follow(
        world,
        begin(world, Meaning(), rows, [60, 40]),
        Meaning(),
        rows,
        at=at,
        is_open=True,
        costs=[60 << 128 | 60, 40 << 128 | 40],
    )
    assert (next_.page.cost_end, next_.page.costs) == (0, ())


@pytest.mark.parametrize(
    "cover",
    [
        # half of each cover is paid
        Cover(100, 100, 50),
        Cover(100, 130, 80),
        Cover(100, 51, 1),
        Cover(100, 50, 0),
        Cover(100, 10, 0),
        Cover(100, 0, 0),
        Cover(100, 2**95 - 1, 2**95 - 51),
    ],
)
def test_terms_change_a_cover_by_what_they_differ(world: World, cover: Cover) -> None:
    rows = lines(50, 50)
    costs = [100, 100]
    next_ = follow(
        world,
        begin(world, Meaning(), rows, costs),
        Meaning(),
        rows,
        at=100,
        is_open=True,
        costs=[cover.word, 100 << 128 | 100],
    )
    assert next_.page.costs == (cover.open, 50)


def test_a_new_rows_cover_is_open_and_that_of_who_goes_lapses(world: World) -> None:
    rows = lines(50, 50)
    next_ = follow(
        world,
        begin(world, Meaning(), rows, [100, 100]),
        Meaning(),
        [rows[0], line(5, 500_000)],
        at=100,
        is_open=True,
        costs=[100 << 128 | 100, 70],
    )
    assert next_.page.costs == (50, 70)
    assert next_.gone == [(1, address("payee 1"), 0)]


def test_a_row_may_get_a_cover_where_there_was_none(world: World) -> None:
    rows = lines(50, 30, 20)
    next_ = follow(
        world,
        begin(world, Meaning(), rows),
        Meaning(),
        rows,
        at=5_000,
        is_open=True,
        costs=[0, 9, 0],
    )
    assert next_.page.costs == (0, 9, 0, 0)


def test_covers_are_the_rows_and_not_their_places(world: World) -> None:
    rows = lines(50, 30, 20)
    costs = [10, 20, 30]
    turned = [rows[2], rows[0], rows[1]]
    words: list[Any] = [cost << 128 | cost for cost in (30, 10, 20)]
    next_ = follow(
        world,
        begin(world, Meaning(), rows, costs),
        Meaning(),
        turned,
        at=30,
        is_open=True,
        costs=words,
    )
    assert next_.page.costs[:3] == (15, 5, 10)


# bands and tranches


def test_bands_end_at_the_same_proceeds_as_before(world: World) -> None:
    page = Meaning(benchmark=10_000, target=20_000, running=200_000)
    rows = [replace(row, running=100_000) for row in lines(50, 50)]
    next_ = follow(world, begin(world, page, rows), page, rows, at=4_000, is_open=True)
    assert next_.start == 4_000
    assert next_.page.base_end == 6_000 * 800_000
    assert next_.page.leading_end == 16_000 * 800_000


@pytest.mark.parametrize(
    ("at", "base", "leading"),
    [(10_000, 0, 10_000), (15_000, 0, 5_000), (20_000, 0, 0), (50_000, 0, 0)],
)
def test_bands_that_lie_behind_are_empty(world: World, at: int, base: int, leading: int) -> None:
    rows = lines(50, 50)
    next_ = follow(world, begin(world, Meaning(), rows), Meaning(), rows, at=at, is_open=True)
    assert (next_.page.base_end, next_.page.leading_end) == (base * PPM, leading * PPM)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_an_assessment_moves_later_sales_to_its_tranche(world: World, level: int) -> None:
    before = assessed(1)
    rows = [Line(0, address("a"), 0, PPM, 600_000, 0), Line(1, address("b"), 0, 0, 400_000, PPM)]
    costs = [10 << 128 | 10, 0]
    next_ = follow(
        world,
        begin(world, before, rows, [10, 0]),
        replace(before, level=level),
        rows,
        at=5,
        costs=costs,
    )
    ends = {1: (ENDLESS, ENDLESS), 2: (5 * PPM, ENDLESS), 3: (5 * PPM, 5 * PPM)}
    assert (next_.page.base_end, next_.page.leading_end) == ends[level]
    assert next_.page.gate_at == NEVER


@pytest.mark.parametrize("level", [1, 2, 3])
def test_what_came_before_an_assessment_stays_in_its_own_tranche(world: World, level: int) -> None:
    page = assessed(level)
    rows = [Line(0, address("a"), 0, PPM, 600_000, 0), Line(1, address("b"), 0, 0, 400_000, PPM)]
    next_ = follow(world, begin(world, page, rows), replace(page, level=3), rows, at=1_000)
    assert next_.page.forwards == {1: (1_000, 0), 2: (600, 400), 3: (0, 1_000)}[level]
    assert next_.page.forwards == tuple(earned(page, rows, [0, 0], 1_000))


# limits


def test_more_than_a_page_can_hold_is_refused(world: World) -> None:
    rows = lines(50, 50)
    at = begin(world, CLOSED, rows)
    next_ = follow(world, at, CLOSED, rows, at=0, held=2**96 - 1)
    assert next_.page.forward == 2**96 - 1
    with boa.reverts("pages: amount too large"):
        follow(world, at, CLOSED, rows, at=0, held=2**96)


def test_the_largest_page_of_all_bands_fits(world: World) -> None:
    rows = [line(i, 15_625) for i in range(64)]
    page = replace(CLOSED, benchmark=2**94, target=2**95 - 1, gate_at=2**94)
    costs = [2**80] * 64
    next_ = follow(
        world,
        begin(world, page, rows, costs),
        page,
        rows,
        at=2**94 - 1,
        costs=[2**80 << 128 | 2**81] * 64,
    )
    assert (len(next_.page.words), len(next_.page.forwards)) == (5 + 64 + 32, 64)
    assert next_.page.costs == (2**80,) * 64
    assert next_.page.forward == sum(next_.page.forwards)
    # below half of the size that code may have
    assert len(boa.env.get_code(next_.at)) < 24_576 // 2
