"""Bounded proportional allocation against a second solver, and the promises it makes."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emc.core.allocation import Allocation, Contributor, allocate, findings
from emc.core.limits import MAX_ROWS
from emc.core.units import PPM
from emc.errors import EMCError
from tests.profiles import effort

FEW = 9
# an allocation takes no time: more of them than the profile asks for
MANY = settings(max_examples=effort(6))


def row(key: str, contribution: int, lower: float = 0, upper: float = 100) -> Contributor:
    """A row with bounds in percent."""
    return Contributor(key, contribution, round(lower * 10_000), round(upper * 10_000))


def contributions() -> st.SearchStrategy[int]:
    """Nothing, equal ones, close ones, and ones that are worlds apart."""
    return st.one_of(st.just(0), st.integers(1, 12), st.integers(0, 10**6), st.integers(0, 10**30))


@st.composite
def served(draw: st.DrawFn, least: int = 1, most: int = FEW) -> list[Contributor]:
    """Rows that have an answer: their bounds are drawn around shares that sum to one."""
    count = draw(st.integers(least, most))
    cuts = sorted(draw(st.lists(st.integers(0, PPM), min_size=count - 1, max_size=count - 1)))
    witness = [end - start for start, end in zip([0, *cuts], [*cuts, PPM], strict=True)]
    rows = []
    for index, share in enumerate(witness):
        contribution = draw(contributions())
        lower = draw(st.sampled_from([0, share, share // 2, max(0, share - 3)]))
        upper = draw(st.sampled_from([PPM, share, (share + PPM) // 2, min(PPM, share + 3)]))
        # what contributes nothing stays at its lower bound
        rows.append(
            Contributor(f"row-{index}", contribution, lower if contribution else share, upper)
        )
    return rows


@st.composite
def anything(draw: st.DrawFn) -> list[Contributor]:
    """Rows in order by themselves, with an answer or without."""
    count = draw(st.integers(1, FEW))
    rows = []
    for index in range(count):
        near = st.integers(0, min(PPM, 2 * PPM // count))
        lower, upper = sorted(draw(st.tuples(near, st.one_of(near, st.integers(0, PPM)))))
        rows.append(Contributor(f"row-{index}", draw(contributions()), lower, upper))
    return rows


def by_freezing(rows: Sequence[Contributor]) -> list[Fraction]:
    """The exact shares by another way than the package's: rows are frozen at bounds by rounds.

    What is left is shared out in proportion among the rows that are still free. If the bounds that
    this breaks take more than they give, the rows above their upper bound are frozen there, else
    those below their lower, and what is left is shared out again.
    """
    found = {i: Fraction(each.lower) for i, each in enumerate(rows) if not each.contribution}
    while len(found) < len(rows):
        free = [i for i in range(len(rows)) if i not in found]
        rest = PPM - sum(found.values())
        weight = sum(rows[i].contribution for i in free)
        wished = {i: rest * rows[i].contribution / Fraction(weight) for i in free}
        kept = {
            i: min(max(wished[i], Fraction(rows[i].lower)), Fraction(rows[i].upper)) for i in free
        }
        excess = sum(kept[i] - wished[i] for i in free)
        if excess == 0:
            found |= kept
        elif excess > 0:
            found |= {i: kept[i] for i in free if kept[i] > wished[i]}
        else:
            found |= {i: kept[i] for i in free if kept[i] < wished[i]}
    return [found[i] for i in range(len(rows))]


def clamped(rows: Sequence[Contributor], rate: Fraction) -> list[Fraction]:
    """What the rows get at a rate, in ppm."""
    return [
        sorted((Fraction(each.lower), rate * each.contribution * PPM, Fraction(each.upper)))[1]
        for each in rows
    ]


def check(rows: Sequence[Contributor]) -> Allocation:
    """Everything that is promised of each allocation."""
    found = allocate(rows)
    assert sum(found.shares) == PPM
    for asked, given_ in zip(rows, found.rows, strict=True):
        assert given_.contributor == asked
        assert asked.lower <= given_.share <= asked.upper
        assert abs(given_.share - given_.exact) < 1
    return found


@MANY
@given(served())
def test_the_shares_are_those_of_an_independent_solver(rows: list[Contributor]) -> None:
    found = check(rows)
    assert [each.exact for each in found.rows] == by_freezing(rows)


@MANY
@given(served())
def test_one_rate_explains_every_share(rows: list[Contributor]) -> None:
    found = check(rows)
    assert clamped(rows, found.rate) == [each.exact for each in found.rows]
    assert sum(clamped(rows, found.rate)) == PPM


@given(served())
def test_the_rate_is_the_least_that_shares_out_everything(rows: list[Contributor]) -> None:
    rate = allocate(rows).rate
    assert rate >= 0
    if rate:
        assert sum(clamped(rows, rate * (1 - Fraction(1, 10**40)))) < PPM


@MANY
@given(anything())
def test_rows_are_refused_exactly_when_no_rate_shares_out_everything(
    rows: list[Contributor],
) -> None:
    least = sum(clamped(rows, Fraction(0)))
    # beyond this rate every row that contributes is at its upper bound
    most = sum(clamped(rows, Fraction(1)))
    if least <= PPM <= most:
        check(rows)
        assert list(findings(rows)) == []
    else:
        with pytest.raises(EMCError) as refusal:
            allocate(rows)
        assert refusal.value.hint
        assert len(list(findings(rows))) == 1


@given(served(), st.data())
def test_who_contributes_more_never_gets_less_by_more_than_a_ppm(
    rows: list[Contributor], data: st.DataObject
) -> None:
    before = allocate(rows)
    index = data.draw(st.integers(0, len(rows) - 1))
    more = rows[index].contribution + data.draw(st.integers(1, 10**9))
    after = allocate([*rows[:index], replace(rows[index], contribution=more), *rows[index + 1 :]])
    assert after.rows[index].exact >= before.rows[index].exact
    assert after.shares[index] >= before.shares[index] - 1
    for other in set(range(len(rows))) - {index}:
        assert after.rows[other].exact <= before.rows[other].exact


@given(served(), st.data())
def test_between_rows_with_the_same_bounds_more_contribution_never_gets_less(
    rows: list[Contributor], data: st.DataObject
) -> None:
    count = len(rows)
    lower = data.draw(st.integers(0, PPM // count))
    upper = data.draw(st.integers(-(-PPM // count), PPM))
    same = [replace(each, lower=lower, upper=upper) for each in rows]
    same = [replace(each, contribution=each.contribution + 1) for each in same]
    found = check(same)
    ranked = sorted(found.rows, key=lambda each: each.contributor.contribution)
    for less, more in pairwise(ranked):
        if less.contributor.contribution < more.contributor.contribution:
            assert less.share <= more.share
        else:
            assert abs(less.share - more.share) <= 1


@given(served())
def test_shares_taken_as_contributions_give_the_same_shares(rows: list[Contributor]) -> None:
    shares = allocate(rows).shares
    again = [replace(each, contribution=share) for each, share in zip(rows, shares, strict=True)]
    found = allocate(again)
    assert found.shares == shares
    assert [each.exact for each in found.rows] == list(shares)


@given(served(), st.integers(1, 10**12))
def test_the_unit_of_contributions_does_not_matter(rows: list[Contributor], unit: int) -> None:
    found = allocate(rows)
    other = allocate([replace(each, contribution=each.contribution * unit) for each in rows])
    assert other.shares == found.shares
    assert other.rate * unit == found.rate


@given(served(), st.randoms(use_true_random=False))
def test_the_order_of_rows_matters_only_between_equal_contributions(
    rows: list[Contributor], chance: Random
) -> None:
    order = list(rows)
    chance.shuffle(order)
    before, after = allocate(rows), allocate(order)
    assert after.rate == before.rate
    for contribution in {each.contribution for each in rows}:
        parts = [
            sorted(
                each.share for each in found.rows if each.contributor.contribution == contribution
            )
            for found in (before, after)
        ]
        assert parts[0] == parts[1]


@given(served(most=6))
def test_no_other_whole_shares_are_nearer_to_the_exact_ones(rows: list[Contributor]) -> None:
    found = allocate(rows)
    down = [each.exact.numerator // each.exact.denominator for each in found.rows]
    distances = []
    for up in combinations(range(len(rows)), PPM - sum(down)):
        shares = [whole + (index in up) for index, whole in enumerate(down)]
        distances.append(
            sum(abs(s - each.exact) for s, each in zip(shares, found.rows, strict=True))
        )
    chosen = sum(abs(each.share - each.exact) for each in found.rows)
    assert chosen == min(distances)


@settings(max_examples=effort(0.2))
@given(served(least=MAX_ROWS, most=MAX_ROWS))
def test_a_full_table_is_shared_out(rows: list[Contributor]) -> None:
    assert [each.exact for each in check(rows).rows] == by_freezing(rows)


def test_without_bounds_shares_are_in_proportion() -> None:
    found = allocate([row("oven", 5), row("food", 3), row("rider", 2)])
    assert found.shares == (500_000, 300_000, 200_000)
    assert found.rate == Fraction(1, 10)
    assert [each.at for each in found.rows] == [None, None, None]


def test_what_bounds_take_or_give_is_spread_over_the_others_in_proportion() -> None:
    # 60 : 30 : 10 without bounds; the first is cut by 20 points, the last lifted by 5
    found = allocate([row("oven", 60, 0, 40), row("food", 30), row("rider", 10, 15, 100)])
    assert found.shares == (400_000, 450_000, 150_000)
    assert [each.at for each in found.rows] == ["upper", None, "lower"]
    assert found.rate == Fraction(15, 1000)


def test_a_bound_that_another_bound_undoes_is_not_kept() -> None:
    # alone the first bound would cut the oven to 30; the others' bounds leave it 50
    found = allocate([row("oven", 10, 30, 50), row("food", 90, 0, 25), row("rider", 1, 25, 25)])
    assert found.shares == (500_000, 250_000, 250_000)
    assert [each.at for each in found.rows] == ["upper", "upper", "both"]


def test_a_row_without_a_contribution_gets_its_lower_bound() -> None:
    found = allocate([row("oven", 7), row("fund", 0, 5, 50), row("rider", 0)])
    assert found.shares == (950_000, 50_000, 0)
    assert [each.at for each in found.rows] == [None, "lower", "lower"]


def test_lower_bounds_that_take_everything_need_no_contribution() -> None:
    found = allocate([row("oven", 0, 60, 100), row("food", 0, 40, 100)])
    assert found.shares == (600_000, 400_000)
    assert found.rate == 0


def test_one_row_gets_everything() -> None:
    assert allocate([row("oven", 3, 10, 100)]).shares == (PPM,)


def test_fixed_shares_are_kept_whatever_is_contributed() -> None:
    found = allocate([row("oven", 10**40, 20, 20), row("food", 1, 0, 100), row("fund", 0, 3, 3)])
    assert found.shares == (200_000, 770_000, 30_000)
    assert [each.at for each in found.rows] == ["both", None, "both"]


def test_what_rounding_leaves_goes_to_the_largest_remainder() -> None:
    # 6 : 4 : 3 of 13: remainders of .46, .31 and .23
    assert allocate([row("rider", 3), row("food", 4), row("oven", 6)]).shares == (
        230_769,
        307_692,
        461_539,
    )


def test_equal_remainders_go_to_the_larger_contribution() -> None:
    # 999,996 ppm are left for 1 : 3 : 4: two exact shares end in a half
    rows = [row("food", 1), row("oven", 3), row("rider", 4), row("fund", 0, 0.0004, 0.0004)]
    exact = [Fraction(249_999, 2), Fraction(749_997, 2), Fraction(499_998), Fraction(4)]
    for order in (rows, rows[::-1]):
        found = allocate(order)
        by_key = {each.contributor.key: each for each in found.rows}
        assert [by_key[each.key].exact for each in rows] == exact
        assert tuple(by_key[each.key].share for each in rows) == (124_999, 374_999, 499_998, 4)


def test_equal_contributions_go_by_the_order_of_the_table() -> None:
    rows = [row(key, 1) for key in ("oven", "food", "rider")]
    assert allocate(rows).shares == (333_334, 333_333, 333_333)
    assert [each.contributor.key for each in allocate(rows[::-1]).rows] == ["rider", "food", "oven"]
    assert allocate(rows[::-1]).shares == (333_334, 333_333, 333_333)


def test_rounding_moves_no_row_that_is_at_a_bound() -> None:
    found = allocate([row("oven", 9, 0, 33.3333), row("food", 1), row("rider", 1)])
    assert found.shares == (333_333, 333_334, 333_333)
    assert found.rows[0].exact == 333_333


@pytest.mark.parametrize(
    ("rows", "message", "hint"),
    [
        ([], "there is no row that could get a share", "give at least one row"),
        (
            [row("oven", 1), row("oven", 1)],
            "'oven' is the key of rows 0 and 1",
            "give each row its own key",
        ),
        (
            [row("oven", -1), row("food", 1)],
            "'oven' has a contribution of -1",
            "a contribution is not negative",
        ),
        (
            [row("oven", 1, -1), row("food", 1)],
            "'oven' has the lower bound -1%",
            "a bound lies between 0% and 100%",
        ),
        (
            [row("oven", 1, 0, 100.0001), row("food", 1)],
            "'oven' has the upper bound 100.0001%",
            "a bound lies between 0% and 100%",
        ),
        (
            [row("oven", 1), row("food", 1, 30.5, 30)],
            "'food' has the lower bound 30.5% above its upper bound 30%",
            "swap them",
        ),
        (
            [row("oven", 1, 60), row("food", 1, 40.5), row("rider", 0)],
            "lower bounds sum to 100.5%, 0.5% too much: no shares can keep them",
            "take 0.5% off them together; the highest is 'oven' with 60%",
        ),
        (
            [row("oven", 1, 0, 60), row("food", 1, 0, 35)],
            "upper bounds sum to 95%, 5% too little: no shares can keep them",
            "add 5% to them together; the lowest is 'food' with 35%",
        ),
        (
            [row("oven", 0, 20), row("food", 0, 30)],
            "no row has a contribution, and lower bounds sum to 50%: nothing says who gets the "
            "other 50%",
            "say what the rows contribute",
        ),
        (
            [
                row("oven", 1, 0, 60),
                row("food", 0, 10),
                row("rider", 0, 5),
                row("fund", 0, 5, 5),
            ],
            "rows without a contribution ('food', 'rider') stay at their lower bounds, together "
            "15%, and the others can get 65% at most: 20% is left over",
            "give them a contribution, or add 20% to their lower bounds or to the upper bounds of "
            "the others",
        ),
    ],
)
def test_a_refusal_says_why_in_numbers_and_what_to_do(
    rows: list[Contributor], message: str, hint: str
) -> None:
    with pytest.raises(EMCError) as refusal:
        allocate(rows)
    assert str(refusal.value) == message
    assert refusal.value.hint == hint


def test_what_is_one_ppm_short_is_refused_and_what_fits_is_not() -> None:
    fits = [row("oven", 1, 0, 60), row("food", 1, 0, 40)]
    assert allocate(fits).shares == (600_000, 400_000)
    with pytest.raises(EMCError, match=r"upper bounds sum to 99\.9999%, 0\.0001% too little"):
        allocate([fits[0], replace(fits[1], upper=399_999)])
    full = [row("oven", 1, 60), row("food", 1, 40)]
    assert allocate(full).shares == (600_000, 400_000)
    with pytest.raises(EMCError, match=r"lower bounds sum to 100\.0001%, 0\.0001% too much"):
        allocate([full[0], replace(full[1], lower=400_001)])
    idle = [row("oven", 1, 0, 60), row("food", 0, 40)]
    assert allocate(idle).shares == (600_000, 400_000)
    with pytest.raises(EMCError, match=r"0\.0001% is left over"):
        allocate([idle[0], replace(idle[1], lower=399_999)])


def test_everything_that_is_wrong_with_single_rows_is_said_at_once() -> None:
    rows = [row("oven", -1), row("food", 1, 50, 40), row("oven", 1), row("oven", 1)]
    assert [each.path for each in findings(rows)] == [
        (0, "contribution"),
        (1, "lower"),
        (2, "key"),
        (3, "key"),
    ]
    with pytest.raises(EMCError) as refusal:
        allocate(rows)
    assert str(refusal.value).splitlines() == [
        "'oven' has a contribution of -1; a contribution is not negative",
        "'food' has the lower bound 50% above its upper bound 40%; swap them",
        "'oven' is the key of rows 0 and 2; give each row its own key",
        "'oven' is the key of rows 0 and 3; give each row its own key",
    ]


def test_many_rows_without_a_contribution_are_counted() -> None:
    rows = [row("oven", 1, 0, 10), *(row(f"idle-{index}", 0) for index in range(5))]
    with pytest.raises(EMCError, match="'idle-0', 'idle-1', 'idle-2' and 2 more"):
        allocate(rows)
