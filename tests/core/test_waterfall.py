"""What rows are entitled to, beside what the contract pays."""

from dataclasses import replace

import boa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emc.core.terms import Gate, Metric, Row, Terms
from emc.core.units import PPM
from emc.core.waterfall import entitlement, page
from tests import tables
from tests.core.lives import Chronicle, Lived
from tests.kit import World, with_measure


def rows(world: World) -> tuple[Row, ...]:
    return world.rows([500_000, 300_000, 200_000], running=[100_000, 0, 50_000], costs=[60, 0, 30])


def test_the_model_of_the_package_is_what_the_contract_pays(world: World) -> None:
    for nonce, gate in enumerate(Gate):
        terms = world.terms(rows(world), benchmark=1000, target=2000, gate=gate, nonce=nonce)
        emc = world.make(terms)
        total = 0
        for number, amount in enumerate((1, 50, 60, 488, 400, 1, 999, 1, 5000), start=1):
            with boa.env.prank(world.buyer):
                emc.sale(number, amount, b"", value=amount)
            total += amount
            for row in terms.rows:
                due = entitlement(terms, row, total)
                assert tuple(emc.earned(row.id)) == (due.flows, due.held)


def test_the_page_of_later_terms_is_what_the_contract_pays(
    world: World, chronicle: Chronicle
) -> None:
    terms = world.terms(rows(world), benchmark=1_000, target=2_000, gate=Gate.BENCHMARK)
    lived = Lived(world, chronicle, terms)
    rounds = ((31, 333), (501, 77), (404, 999, 2_003))
    shares = ((400_000, 350_000, 250_000), (333_333, 333_333, 333_334))
    chosen, since = page(terms), 0
    for place, sales in enumerate(rounds):
        if place:
            covers = {row.id: chosen.open_cover(row, since) for row in lived.terms.rows}
            lived.renegotiate(*shares[place - 1])
            start = lived.emc.total() - lived.emc.accounts().dust
            is_open = lived.emc.is_gate_open()
            chosen = page(lived.terms, start=start, covers=covers, is_open=is_open)
        brought = {row.id: lived.emc.earned(row.id)[1] for row in lived.terms.rows}
        for amount in sales:
            lived.sell(amount)
            since = lived.emc.total() - chosen.start
            is_open = lived.emc.is_gate_open()
            assert chosen.is_open(since) == is_open
            for row in lived.terms.rows:
                due = chosen.entitlement(row, since)
                extra = brought[row.id]
                wanted = (due.flows + extra, 0) if is_open else (due.flows, due.held + extra)
                assert tuple(lived.emc.earned(row.id)) == wanted
    assert lived.emc.is_gate_open()
    assert chosen.covers == {0: 0, 1: 0, 2: 0}


def test_costs_that_later_terms_cover_more_or_less_move_what_is_open(
    world: World, chronicle: Chronicle
) -> None:
    lived = Lived(world, chronicle, world.terms(rows(world), benchmark=1_000, target=2_000))
    lived.sell(50)
    page_of = lived.life().page
    assert page_of is not None
    left = {row.id: page_of.open_cover(row, 50) for row in lived.terms.rows}
    first, second, third = lived.terms.rows
    new = replace(
        lived.terms,
        rows=(replace(first, cost=100), replace(second, cost=9), replace(third, cost=1)),
    )
    lived.amend(new)
    opened = lived.check().page
    assert opened is not None
    assert opened.covers == {0: left[0] + 40, 1: 9, 2: max(left[2] - 29, 0)}
    lived.sell(400)
    for row in new.rows:
        due = opened.entitlement(row, lived.emc.total() - opened.start)
        assert tuple(lived.emc.earned(row.id)) == (due.flows, due.held)


@pytest.mark.parametrize("value", [0, 9, 10, 19, 20, 21])
def test_the_tranche_of_an_assessed_goal_follows_the_value(value: int) -> None:
    terms = _terms(0, 0)
    goal = with_measure(terms.goal, metric=Metric.USERS, benchmark=10, target=20)
    measured = page(replace(terms, goal=goal), values={Metric.USERS: value})
    part = measured.spans(1_000)
    reached = ("base", "leading", "upside")[(value >= 10) + (value >= 20)]
    assert getattr(part, reached) == 1_000 * PPM
    assert part.base + part.leading + part.upside == 1_000 * PPM
    assert measured.is_open(0) == measured.is_open(10**12) == (value >= 10)


@given(proceeds=st.integers(0, 2**90), running=st.integers(0, 300_000), cost=st.integers(0, 10**9))
def test_entitlements_never_exceed_proceeds_and_miss_less_than_a_unit_per_row_and_band(
    proceeds: int, running: int, cost: int
) -> None:
    terms = _terms(running, cost)
    dues = [entitlement(terms, row, proceeds) for row in terms.rows]
    total = sum(due.total for due in dues)
    assert total <= proceeds
    assert proceeds - total < 2 * len(terms.rows)


@given(before=st.integers(0, 2**90), more=st.integers(0, 2**90), running=st.integers(0, 300_000))
def test_entitlements_only_grow(before: int, more: int, running: int) -> None:
    terms = _terms(running, 1000)
    for row in terms.rows:
        old, new = entitlement(terms, row, before), entitlement(terms, row, before + more)
        assert old.flows <= new.flows
        assert old.total <= new.total


@given(st.integers(0, 2**90))
def test_spans_fill_up_exactly(proceeds: int) -> None:
    terms = _terms(100_000, 5000)
    part = page(terms).spans(proceeds)
    assert part.running == proceeds * PPM
    net = proceeds * (PPM - terms.running)
    assert part.cost + part.base + part.leading + part.upside == net


def _terms(running: int, cost: int) -> Terms:
    rows = tuple(
        tables.row(i, share, running=running, cost=cost)
        for i, share in enumerate((333_333, 333_333, 333_334))
    )
    return tables.terms(rows, benchmark=2**40, target=2**50, gate=Gate.BENCHMARK)
