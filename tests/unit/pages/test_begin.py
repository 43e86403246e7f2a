"""The first page of an EMC, word by word as the module `pages` lays it out."""

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
    line,
    lines,
    read,
)


def begin(world: World, page: Meaning, rows: list[Line], costs: list[int] | None = None) -> Written:
    """A stranger has a first page written, and reads it."""
    with boa.env.prank(world.stranger):
        at = world.pages.begin(
            page.fields(), [row.word() for row in rows], costs or [0] * len(rows)
        )
    return read(at)


def test_every_field_of_a_page_has_its_place(world: World) -> None:
    rows = [Line(i, address(f"p{i}"), 10_000 + i, 20 + i, 30 + i, 40 + i) for i in range(3)]
    page = Meaning(
        epoch=2**32 - 1,
        currency=address("currency"),
        backstop=address("end of all"),
        starts_at=2**40 - 3,
        ends_at=2**40 - 2,
        running=30_003,
        benchmark=700,
        target=1_100,
        gate_at=1_099,
        disburse_at=2**95 - 1,
        may_end=2,
    )
    rest = PPM - 30_003
    assert begin(world, page, rows, [1, 2, 3]).words == (
        (2**32 - 1) << 96 | (2**40 - 2) << 56 | (2**40 - 3) << 16 | 3 << 8 | 2,
        int(address("currency"), 16) << 96 | 2**95 - 1,
        6 * PPM << 128 | 700 * rest,
        1_100 * rest << 128 | 1_099 << 32 | rest,
        int(address("end of all"), 16) << 96,
        *(row.word() for row in rows),
        1 << 128 | 2,
        3 << 128,
    )


@pytest.mark.parametrize("count", [1, 2, 3, 63, 64])
def test_cost_covers_stand_two_to_a_word(world: World, count: int) -> None:
    rows = [line(i, 0) for i in range(count)]
    costs = [2**95 - 1 - i for i in range(count)]
    written = begin(world, Meaning(benchmark=2**95, target=2**95 + 1), rows, costs)
    assert len(written.words) == 5 + count + (count + 1) // 2
    assert written.rows == tuple(row.word() for row in rows)
    assert written.costs == (*costs, *[0] * (count % 2))
    assert written.cost_end == sum(costs) * PPM
    assert written.forwards == ()


def test_without_cost_covers_the_rows_end_the_page(world: World) -> None:
    written = begin(world, Meaning(), lines(50, 30, 20))
    assert len(written.words) == 5 + 3
    assert (written.cost_end, written.costs) == (0, ())


def test_one_cost_cover_is_enough_for_the_words_of_all(world: World) -> None:
    written = begin(world, Meaning(), lines(50, 30, 20), [0, 0, 1])
    assert written.words[-2:] == (0, 1 << 128)
    assert written.cost_end == PPM


def test_a_new_emc_has_no_past(world: World) -> None:
    written = begin(world, Meaning(gate_at=10_000), lines(50, 30, 20))
    assert (written.start, written.dust, written.forward, written.forwards) == (0, 0, 0, ())


@pytest.mark.parametrize("gate_at", [0, 1, 10_000, 20_000])
def test_proceeds_open_the_gate_where_the_terms_say(world: World, gate_at: int) -> None:
    assert begin(world, Meaning(gate_at=gate_at), lines(50, 50)).gate_at == gate_at


def test_a_band_never_ends_before_the_cost_covers_do(world: World) -> None:
    page = Meaning(benchmark=100, target=101)
    covered = begin(world, page, lines(50, 50), [60, 60])
    assert (covered.cost_end, covered.base_end, covered.leading_end) == (120 * PPM,) * 3
    partly = begin(world, page, lines(50, 50), [100, 0])
    assert (partly.cost_end, partly.base_end) == (100 * PPM, 100 * PPM)
    assert partly.leading_end == 101 * PPM


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("gate_at", [0, NEVER])
def test_after_an_assessment_one_tranche_has_everything_beyond_the_costs(
    world: World, level: int, gate_at: int
) -> None:
    page = assessed(level, gate_at)
    written = begin(world, page, lines(50, 50), [7, 4])
    ends = {1: (ENDLESS, ENDLESS), 2: (11 * PPM, ENDLESS), 3: (11 * PPM, 11 * PPM)}
    assert (written.base_end, written.leading_end) == ends[level]
    # no proceeds open it: they stay below 2**95
    assert written.gate_at == gate_at


@pytest.mark.parametrize("may_end", [0, 1, 2])
def test_whether_it_may_end_early_is_kept(world: World, may_end: int) -> None:
    assert begin(world, Meaning(may_end=may_end), lines(50, 50)).may_end == may_end


def test_the_largest_page_is_read_in_one_call(world: World) -> None:
    rows = [line(i, 0) for i in range(64)]
    written = begin(world, Meaning(), rows, [1] * 64)
    assert 32 * len(written.words) == 3_232
    assert len(written.costs) == 64


def test_running_costs_leave_the_rest_to_the_bands(world: World) -> None:
    page = Meaning(running=PPM - 1, benchmark=300, target=400)
    written = begin(world, page, lines(50, 50))
    assert (written.rest, written.base_end, written.leading_end) == (1, 300, 400)


def test_every_page_is_a_contract_of_its_own_whoever_asks(world: World) -> None:
    arguments: tuple[Any, ...] = (
        Meaning().fields(),
        [row.word() for row in lines(50, 50)],
        [0, 0],
    )
    pages = set()
    for caller in (world.stranger, world.stranger, world.make().address):
        with boa.env.prank(caller):
            pages.add(world.pages.begin(*arguments))
    assert len(pages) == 3
    assert len({read(at).words for at in pages}) == 1


def test_the_emc_begins_with_the_page_of_its_terms(world: World) -> None:
    rows = world.rows([500_000, 300_000, 200_000], running=[0, 50_000, 0], costs=[5, 0, 6])
    terms = world.terms(rows)
    page = Meaning(
        backstop=terms.backstop,
        starts_at=0,
        ends_at=terms.ends_at,
        running=50_000,
        benchmark=terms.goal.measures[0].benchmark,
        target=terms.goal.measures[0].target,
    )
    own = [Line(r.id, r.payee, r.running, r.base, r.leading, r.upside) for r in rows]
    written = begin(world, page, own, [5, 0, 6])
    emc = world.make(terms)
    assert emc.page() == b"".join(word.to_bytes(32, "big") for word in written.words)
    later = begin(world, replace(page, epoch=2), own, [5, 0, 6])
    assert later.words[1:] == written.words[1:]
    assert (written.epoch, later.epoch) == (1, 2)
