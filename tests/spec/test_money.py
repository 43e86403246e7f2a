"""The contract against the model of the specification, to the base unit."""

from dataclasses import replace
from random import Random
from typing import Any

import boa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emc.core.terms import Gate, Terms
from tests import tables
from tests.kit import address
from tests.profiles import effort
from tests.spec import strategies
from tests.spec.strategies import MAX_AMOUNT, Step
from tests.spec.till import Till, settlement, system

SMALL = 20


def token_of(currency: str) -> Any:
    """The settlement token, none for native coin."""
    system()
    return None if currency == "native" else settlement(6)


def take(till: Till, step: Step) -> None:
    """Take a step on both sides, or see it refused where proceeds would be too large."""
    if step.kind in strategies.CHANGES:
        # one change of a large table takes as long as twenty of a small one
        if len(till.terms.rows) <= SMALL or till.model.epoch == 1:
            change(till, step.kind, Random(step.seed))
        return
    amounts = step.amounts(till.model)
    if till.model.proceeds + till.model.dust + till.unbooked + sum(amounts) > MAX_AMOUNT:
        if not till.model.has_ended:
            with boa.reverts("emc: proceeds too large"):
                till.sale(MAX_AMOUNT - till.model.proceeds - till.model.dust + 1)
        return
    if step.kind == "disburse":
        till.disburse()
    elif step.kind == "sales":
        till.sales(amounts)
    else:
        getattr(till, step.kind)(amounts[0])


def change(till: Till, kind: str, rng: Random) -> None:
    """Put something else in force, as far as that can be."""
    terms, new = till.terms, None
    if kind == "renegotiate":
        new = strategies.reshared(rng, terms)
    if new is not None:
        till.renegotiate(new)
    elif kind == "leave" and len(terms.nodes) > 1:
        till.leave(rng.choice(terms.nodes).id)
    elif kind == "assess" and terms.goal.assessed:
        till.assess(*strategies.measured(rng, terms))
    else:
        till.amend(strategies.amended(rng, till.model))


@pytest.mark.parametrize("currency", ["native", "erc20"])
@settings(max_examples=effort(0.4))
@given(
    terms=strategies.terms(metrics=strategies.metrics()),
    history=strategies.histories(9),
    aftermath=strategies.aftermaths(),
)
def test_any_terms_and_any_sales_pay_what_the_specification_says(
    currency: str, terms: Terms, history: list[Step], aftermath: list[Step]
) -> None:
    token = token_of(currency)
    with boa.env.anchor():
        till = Till(terms, token)
        for step in history:
            take(till, step)
        till.end()
        for step in aftermath:
            take(till, step)
        till.check()


@pytest.mark.parametrize("currency", ["native", "erc20"])
@settings(max_examples=effort(0.16))
@given(
    terms=strategies.terms(
        rows=st.integers(3, 6),
        benchmarks=strategies.magnitudes(80),
        gates=st.sampled_from((Gate.TARGET, Gate.TARGET, Gate.NONE)),
    ),
    parts=st.lists(st.integers(1, 60), min_size=9, max_size=9),
    opens=st.sampled_from((True, True, False)),
    kinds=st.permutations(("renegotiate", "amend", "amend", "leave", "renegotiate")),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_sale_is_paid_under_its_own_terms_across_five_changes_in_one_block(
    currency: str, terms: Terms, parts: list[int], opens: bool, kinds: list[str], seed: int
) -> None:
    token = token_of(currency)
    rng = Random(seed)
    # bounds that leave room to renegotiate
    rows = tuple(replace(row, lower=0, upper=1_000_000) for row in terms.rows)
    with boa.env.anchor():
        till = Till(replace(terms, rows=rows), token)
        now = boa.env.timestamp
        first, *sizes = (strategies.Share(part) for part in parts)
        order: list[str | strategies.Size] = [*kinds, *sizes]
        rng.shuffle(order)
        for step in [first, *order]:
            if isinstance(step, str):
                change(till, step, rng)
            else:
                take(till, Step("sale", (step,)))
        assert till.model.epoch == 6
        if opens:
            take(till, Step("sale", (strategies.Reach(2, 0),)))
        assert boa.env.timestamp == now
        for row, credit in till.model.credits.items():
            if credit:
                till.withdraw(row)
        till.check()
        till.end()


@pytest.mark.parametrize("currency", ["native", "erc20"])
@pytest.mark.parametrize("gate", list(Gate))
@pytest.mark.parametrize("further", [-1, 0, 1])
@settings(max_examples=effort(0.1))
@given(data=st.data())
def test_sales_that_stop_just_before_on_and_just_after_every_boundary(
    currency: str, gate: Gate, further: int, data: st.DataObject
) -> None:
    token = token_of(currency)
    terms = data.draw(
        strategies.terms(
            rows=st.integers(2, 5), benchmarks=strategies.magnitudes(80), gates=st.just(gate)
        )
    )
    with boa.env.anchor():
        till = Till(replace(terms, disburse_at=0), token)
        for boundary in range(3):
            take(till, Step("sale", (strategies.Reach(boundary, further),)))
            take(till, Step("sale", (strategies.Units(1),)))
        assert till.model.total >= strategies.aim(terms).target


@settings(max_examples=effort(0.5))
@given(
    terms=strategies.terms(rows=st.integers(2, 5)), cuts=st.lists(st.integers(1, 999), max_size=5)
)
def test_how_money_is_cut_into_sales_changes_nobodys_total(terms: Terms, cuts: list[int]) -> None:
    system()
    top = min(2 * strategies.aim(terms).target, MAX_AMOUNT)
    marks = sorted({top * cut // 1_000 for cut in cuts} - {0, top})
    with boa.env.anchor():
        at_once = Till(terms)
        at_once.sale(top)
        at_once.disburse()
        totals = dict(at_once.model.balances)
    with boa.env.anchor():
        in_parts = Till(terms)
        for low, high in zip([0, *marks], [*marks, top], strict=True):
            in_parts.sale(high - low)
        in_parts.disburse()
        in_parts.check()
        assert in_parts.model.balances == totals


def test_ten_thousand_orders_of_one_unit_lose_nobody_a_unit() -> None:
    system()
    with boa.env.anchor():
        till = Till(small_terms())
        till.is_thorough = False
        for _ in range(250):
            till.sale(1)
        while till.number < 10_000:
            till.sales([1] * min(125, 10_000 - till.number))
        assert till.number == till.model.total == 10_000
        assert till.model.is_open
        till.check()
        apart = dict(till.model.balances)
    with boa.env.anchor():
        at_once = Till(small_terms())
        at_once.sale(10_000)
        assert at_once.model.balances == apart


@pytest.mark.parametrize("currency", ["native", "erc20"])
def test_after_a_failure_what_still_comes_in_is_shared_out_at_once(currency: str) -> None:
    token = token_of(currency)
    with boa.env.anchor():
        till = Till(replace(small_terms(), disburse_at=100), token)
        till.sale(2_000)
        till.end()
        till.absorb(99)
        assert (till.emc.accounts().held, till.emc.accounts().pending) == (0, 0)


def test_a_payout_after_a_failure_does_not_call_held_what_the_backstop_already_has() -> None:
    system()
    with boa.env.anchor():
        till = Till(small_terms())
        till.sale(2_000)
        till.end()
        assert till.model.swept > 99
        till.absorb(99)
        assert till.payout.held <= 99


def small_terms() -> Terms:
    """Five rows with odd shares and costs, whose bands all end below 10,000 units."""
    shares = [
        (333_333, 100_001, 7),
        (333_333, 299_999, 500_001),
        (333_331, 1, 499_990),
        (3, 599_998, 1),
    ]
    running, costs = (10_007, 0, 33_333, 1, 0), (7, 101, 0, 1_009, 13)
    rows = tuple(
        tables.row(
            i,
            each,
            party=i + 1 if i < 3 else address(f"controller {i}"),
            running=running[i],
            cost=costs[i],
        )
        for i, each in enumerate((*shares, (0, 1, 1)))
    )
    return tables.terms(rows, benchmark=3_001, target=7_919, gate=Gate.BENCHMARK)
