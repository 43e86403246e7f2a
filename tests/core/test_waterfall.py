import boa
from hypothesis import given
from hypothesis import strategies as st

from emc.terms import Gate, Row
from emc.units import PPM
from emc.waterfall import entitlement, spans
from tests.kit import World, address


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
    part = spans(terms, proceeds)
    assert part.running == proceeds * PPM
    net = proceeds * (PPM - terms.running)
    assert part.cost + part.base + part.leading + part.upside == net


def _terms(running: int, cost: int):  # type: ignore[no-untyped-def]
    from emc.terms import Goal, Metric, Terms

    return Terms(
        canvas=bytes(32),
        backstop=address("backstop"),
        starts_at=0,
        ends_at=10**10,
        goal=Goal(Metric.PROCEEDS, 2**40, 2**50, 10**10, Gate.BENCHMARK),
        rows=tuple(
            Row(
                id=i,
                party=i + 1,
                payee=address(f"payee {i}"),
                base=share,
                leading=share,
                upside=share,
                lower=0,
                upper=PPM,
                running=running,
                cost=cost,
            )
            for i, share in enumerate((333_333, 333_333, 333_334))
        ),
    )
