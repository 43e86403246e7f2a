"""The model itself: numbers worked out by hand, and what must hold for any terms."""

from dataclasses import astuple, replace

from hypothesis import given
from hypothesis import strategies as st

from emc.core.terms import Gate, Goal, Measure, Metric, Terms
from tests import tables
from tests.kit import address
from tests.spec import strategies
from tests.spec.model import BACKSTOP, Accounts, Model, Waterfall

LEADER, MAKER = address("leader"), address("oven maker")


def example(gate: Gate = Gate.NONE, disburse_at: int = 0) -> Terms:
    """Two nodes with covers of 30 and 60, the second with 10 % running cost; goals 1,000, 2,000."""
    rows = (
        tables.row(0, (250_000, 500_000, 900_000), payee=LEADER, cost=30),
        tables.row(1, (750_000, 500_000, 100_000), payee=MAKER, running=100_000, cost=60),
    )
    return tables.terms(rows, gate=gate, disburse_at=disburse_at)


def test_a_sale_across_every_boundary_is_split_exactly_there() -> None:
    # of 3,000: running cost 300; rest 2,700 = cost 90 + base 810 + leading 900 + upside 900
    flow = Waterfall(example())
    assert flow.edges == (100, 1_000, 2_000)
    assert flow.bands(3_000) == (90, 810, 900, 900)
    leader = 30 + 810 // 4 + 450 + 810
    assert flow.exact(3_000, is_open=True) == (leader + 0.5, 3_000 - leader - 0.5)
    assert flow.entitlements(3_000, is_open=True) == (leader, 3_000 - leader - 1)


def test_while_the_gate_is_closed_costs_flow_and_income_waits() -> None:
    model = Model(example(Gate.BENCHMARK))
    assert model.sell(999).payments == (30, 60 + 99)
    # what waits is 9/10 of 999, less 90, rounded up as one amount
    assert astuple(model.accounts()) == astuple(Accounts(999, 189, 0, 810, 0, 0))
    assert model.sell(1).payments == (202, 608)
    assert model.accounts().held == 0


def test_small_sales_gather_until_they_are_worth_a_payout_or_open_the_gate() -> None:
    model = Model(example(Gate.BENCHMARK, disburse_at=100))
    assert model.sell(99).payments == ()
    assert model.accounts().pending == 99
    assert model.sell(1).payments == (30, 70)
    assert model.sell(850).payments == (0, 85)
    assert model.sell(49).payments == ()
    assert model.sell(1).payments == (202, 60 + 707 - 155)


def test_a_failure_gives_the_backstop_what_is_held_and_what_comes_later() -> None:
    model = Model(example(Gate.TARGET))
    model.sell(1_000)
    model.end(unbooked=100)
    assert model.has_failed
    assert model.balances[model.terms.backstop] == 900
    model.absorb(1_000_000)
    assert not model.is_open
    assert model.accounts().held == 0


def test_a_row_with_a_credit_is_credited_until_somebody_withdraws_for_it() -> None:
    refusing = {MAKER}
    model = Model(example(), refuses=lambda payee: payee in refusing)
    assert model.sell(100).credited == 0b10
    refusing.clear()
    assert model.sell(100).credited == 0b10
    assert model.withdraw(1) == 70 + 10 + 67
    assert model.withdraw(1) == model.withdraw(BACKSTOP) == 0
    assert model.sell(100).credited == 0


def test_one_taken_number_refuses_a_whole_batch_and_nobody_elses() -> None:
    model = Model(example())
    assert model.order("buyer", 5, [1, 0, 1]) is not None
    assert model.order("buyer", 6, [1, 1]) is None
    assert model.order("buyer", 6, [1]) is not None
    assert model.order("stranger", 5, [1]) is not None
    assert model.total == 4


def change(terms: Terms, row: int = 0, **changes: int) -> Terms:
    """The terms with one row changed."""
    return terms.with_row(row, **changes)


def test_a_change_behind_a_closed_gate_keeps_what_each_sale_earned_by_its_own_terms() -> None:
    model = Model(example(Gate.TARGET))
    # the rest of 200 is 180: cost 90, and 90 of income at 25 and 75 percent
    model.sell(200)
    assert model.holds == {0: 22, 1: 67}
    other = change(change(model.terms, 0, base=750_000), 1, base=250_000)
    assert model.change(other) == []
    # what rounding left over of the first page, one unit, counts with the next sale
    assert (model.epoch, model.page.start, model.dust) == (2, 199, 1)
    model.sell(99)
    assert model.holds == {0: 22 + 67, 1: 67 + 22}
    # from 199 to the benchmark the rest is 720.9, from there to the target 900; row 1 has had 10 of
    # its running cost of 180.1
    assert model.sell(1_701).payments == (22 + 540 + 450, 67 + 180 + 180 + 450 - 10)
    assert model.is_open
    assert sum(model.holds.values()) == 0


def test_what_a_row_got_for_its_cost_is_not_covered_again() -> None:
    model = Model(example())
    # 50 of 90 are covered: 16.67 of 30 and 33.33 of 60
    model.sell(56)
    model.change(change(model.terms, 1, cost=40))
    assert model.page.covers == (30 - 16, 60 - 33 + 40 - 60)
    model.change(change(model.terms, 1, cost=0))
    assert model.page.covers == (14, 0)
    model.change(change(model.terms, 1, cost=10))
    assert model.page.covers == (14, 10)


def test_who_leaves_keeps_what_is_held_until_the_gate_opens() -> None:
    model = Model(example(Gate.BENCHMARK))
    model.sell(200)
    model.change(replace(model.terms, rows=(*model.terms.rows[:1],)))
    assert model.holds == {0: 22, 1: 67}
    assert model.withdraw(1) == 0
    model.sell(800)
    assert model.is_open
    assert model.credits[1] == 67
    assert model.withdraw(1) == 67
    assert model.balances[MAKER] == 60 + 20 + 67


def test_who_has_left_loses_what_is_held_to_the_backstop_when_the_gate_never_opens() -> None:
    model = Model(example(Gate.BENCHMARK))
    model.sell(200)
    model.change(replace(model.terms, rows=(*model.terms.rows[:1],)))
    model.end()
    assert model.has_failed
    assert model.credits[1] == model.holds[1] == 0
    # and what rounding left over of the page before, which is income of this one
    assert model.balances[model.terms.backstop] == 22 + 67 + 1


def test_a_change_that_opens_the_gate_pays_what_was_held() -> None:
    model = Model(example(Gate.TARGET))
    model.sell(1_000)
    sooner = replace(model.terms, goal=replace(model.terms.goal, gate=Gate.BENCHMARK))
    (run,) = model.change(sooner)
    assert run.payments == (202, 607)
    assert model.is_open
    # it does not close again
    model.change(replace(sooner, goal=replace(sooner.goal, gate=Gate.TARGET)))
    assert model.is_open
    # with a unit of dust 11: 0.9 of BASE, 9 of LEADING, 1.1 of running cost
    assert model.sell(10).payments == (4, 6)


def test_a_final_value_moves_the_tranche_of_later_sales_and_opens_the_gate() -> None:
    goal = Goal((Measure(Metric.USERS, 50, 80),), 0, Gate.BENCHMARK)
    model = Model(replace(example(), goal=goal))
    model.sell(100)
    assert model.sell(100).payments == (0, 10)
    assert model.assess(Metric.USERS, 49) == []
    assert (model.epoch, model.holds) == (1, {0: 22, 1: 67})
    (run,) = model.assess(Metric.USERS, 50, unbooked=19)
    # a unit of dust and 19 more at the shares of BASE: 18 of rest
    assert run.payments == (22 + 4, 67 + 2 + 13)
    assert model.sell(100).payments == (45, 55)
    model.assess(Metric.USERS, 80)
    assert model.sell(100).payments[0] == 81


def test_of_two_measures_the_lower_decides() -> None:
    goal = Goal(
        (Measure(Metric.PROCEEDS, 1_000, 2_000), Measure(Metric.USERS, 50, 80)), 0, Gate.BENCHMARK
    )
    model = Model(replace(example(), goal=goal))
    model.sell(1_500)
    # rest 1,350: cost 90, and all income is BASE, which waits
    assert (model.is_open, model.holds) == (False, {0: 315, 1: 945})
    (run,) = model.assess(Metric.USERS, 50)
    assert (run.payments, model.is_open) == ((315, 945), True)
    # beyond the benchmark of both
    assert model.sell(200).payments == (90, 20 + 90)
    model.assess(Metric.USERS, 80)
    # 300 of LEADING are left, then UPSIDE
    assert model.sell(400).payments == (135 + 81, 40 + 135 + 9)
    model.assess(Metric.USERS, 49)
    assert model.sell(100).payments[0] == 22


@given(
    strategies.terms(rows=st.integers(2, 6)),
    st.lists(st.integers(0, 3_000), min_size=2, max_size=6),
    st.booleans(),
)
def test_entitlements_only_grow_and_never_exceed_proceeds(
    terms: Terms, thousandths: list[int], is_open: bool
) -> None:
    flow = Waterfall(terms)
    points = sorted(strategies.aim(terms).target * part // 1_000 for part in thousandths)
    got = [flow.entitlements(at, is_open=is_open) for at in points]
    for at, before, after in zip(points[1:], got, got[1:], strict=False):
        assert all(low <= high for low, high in zip(before, after, strict=True))
        assert sum(after) <= at
    assert sum(flow.exact(points[-1], is_open=True)) == points[-1]


@given(strategies.terms(rows=st.integers(2, 6)), st.integers(1, 3_000), st.integers(1, 999))
def test_two_sales_pay_what_one_sale_of_both_pays(terms: Terms, size: int, cut: int) -> None:
    total = max(2, strategies.aim(terms).target * size // 1_000)
    part = max(1, total * cut // 1_000)
    terms = replace(terms, disburse_at=0)
    one, two = Model(terms), Model(terms)
    one.sell(total)
    two.sell(part)
    if total > part:
        two.sell(total - part)
    assert one.rows == two.rows
    assert one.accounts() == two.accounts()
