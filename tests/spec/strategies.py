"""Every hypothesis strategy of the tests about money, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from random import Random

from hypothesis import strategies as st

from emc.terms import Gate, Goal, Metric, Row, Terms
from emc.units import PPM
from tests.kit import address
from tests.spec.model import Model

MAX_AMOUNT = 2**95 - 1
FEW = 6

Pick = Callable[[int, int], int]


def split(pick: Pick, total: int, count: int) -> list[int]:
    """So many parts of any size that sum to the total; some are zero."""
    cuts = sorted(pick(0, total) for _ in range(count - 1))
    return [high - low for low, high in pairwise([0, *cuts, total])]


@st.composite
def counts(draw: st.DrawFn) -> int:
    """How many rows: mostly few, sometimes many, sometimes as many as there can be."""
    few = st.integers(2, FEW)
    return draw(st.one_of(few, few, few, st.integers(7, 20), st.sampled_from((63, 64))))


def magnitudes(largest: int = 90) -> st.SearchStrategy[int]:
    """Amounts of every order of magnitude, from one base unit to 2**largest."""
    return st.integers(0, largest).flatmap(
        lambda exponent: st.integers(2**exponent, 2 ** (exponent + 1) - 1)
    )


@st.composite
def terms(
    draw: st.DrawFn,
    rows: st.SearchStrategy[int] | None = None,
    benchmarks: st.SearchStrategy[int] | None = None,
    gates: st.SearchStrategy[Gate] | None = None,
) -> Terms:
    """Terms that can be signed once `till.placed` has given them MEs, currency and times."""
    count = draw(counts() if rows is None else rows)
    rng = Random(draw(st.integers(0, 2**32 - 1)))

    def pick(low: int, high: int) -> int:
        return draw(st.integers(low, high)) if count <= FEW else rng.randint(low, high)

    benchmark = draw(st.one_of(magnitudes(), st.just(0)) if benchmarks is None else benchmarks)
    target = benchmark + draw(magnitudes(max(1, benchmark.bit_length())))
    bases, leadings, upsides = (split(pick, PPM, count) for _ in range(3))
    running = draw(st.one_of(st.just(0), st.integers(1, PPM - 1), st.just(PPM - 1)))
    budget = benchmark * (PPM - running) // PPM
    covered = draw(st.one_of(st.just(0), st.integers(0, budget), st.just(budget)))
    runnings = split(pick, running, count)
    costs = split(pick, covered, count)
    nodes = draw(st.integers(2, count))
    table = []
    for i in range(count):
        shares = bases[i], leadings[i], upsides[i]
        table.append(
            Row(
                id=i,
                party=i + 1 if i < nodes else address(f"controller {i}"),
                payee=address(f"payee {i}"),
                base=shares[0],
                leading=shares[1],
                upside=shares[2],
                lower=pick(0, min(shares)),
                upper=pick(max(shares), PPM),
                running=runnings[i],
                cost=costs[i],
            )
        )
    gate = draw(st.sampled_from(Gate) if gates is None else gates)
    return Terms(
        canvas=b"\1" * 32,
        backstop=address("backstop"),
        starts_at=0,
        ends_at=0,
        goal=Goal(Metric.PROCEEDS, benchmark, target, 0, gate, draw(st.booleans())),
        rows=tuple(table),
        sink=draw(st.integers(0, count - 1)),
        disburse_at=draw(st.one_of(st.just(0), st.just(0), st.integers(1, target))),
    )


@dataclass(frozen=True)
class Units:
    """A plain amount."""

    amount: int

    def at(self, _model: Model, _total: int) -> int:
        """Base units."""
        return self.amount


@dataclass(frozen=True)
class Reach:
    """As much as it takes to a boundary and so many units further; one unit if that is behind."""

    boundary: int
    further: int

    def at(self, model: Model, total: int) -> int:
        """Base units, when proceeds stand at `total`."""
        marks = [ceil(edge) for edge in model.waterfall.edges]
        marks.append(model.shared + model.terms.disburse_at)
        return max(1, marks[self.boundary] - total + self.further)


@dataclass(frozen=True)
class Share:
    """A part of the way to the target, in thousandths; more than a thousand goes beyond."""

    thousandths: int

    def at(self, model: Model, _total: int) -> int:
        """Base units."""
        return max(1, model.terms.goal.target * self.thousandths // 1_000)


Size = Units | Reach | Share


def sizes() -> st.SearchStrategy[Size]:
    """How large a sale is: tiny, of any magnitude, up to a boundary, or across several."""
    return st.one_of(
        st.integers(1, 3).map(Units),
        magnitudes(60).map(Units),
        st.builds(Reach, st.integers(0, 3), st.integers(-1, 1)),
        st.builds(Share, st.integers(1, 400)),
        st.builds(Share, st.integers(1_001, 3_000)),
    )


def steady_sizes() -> st.SearchStrategy[Size]:
    """Mostly sales of a small part of the goal, so that many fit before it is reached."""
    some = st.builds(Share, st.integers(1, 100))
    near = st.builds(Reach, st.integers(0, 3), st.integers(-1, 1))
    far = st.builds(Share, st.integers(1_001, 1_500))
    return st.one_of(st.integers(1, 3).map(Units), some, some, some, some, some, some, near, far)


@dataclass(frozen=True)
class Step:
    """One thing that happens to the money: a sale, a batch, an absorption or a disbursement."""

    kind: str
    sizes: tuple[Size, ...] = ()

    def amounts(self, model: Model) -> list[int]:
        """Base units of each order."""
        amounts: list[int] = []
        for size in self.sizes:
            amounts.append(size.at(model, model.total + sum(amounts)))
        return amounts


def steps() -> st.SearchStrategy[Step]:
    """One step."""
    return st.one_of(
        st.builds(lambda size: Step("sale", (size,)), sizes()),
        st.builds(lambda size: Step("sale", (size,)), sizes()),
        st.builds(
            lambda some: Step("sales", tuple(some)), st.lists(sizes(), min_size=1, max_size=6)
        ),
        st.builds(lambda size: Step("absorb", (size,)), sizes()),
        st.just(Step("disburse")),
    )


def histories(longest: int = 10) -> st.SearchStrategy[list[Step]]:
    """What happens to an EMC, step by step."""
    return st.lists(steps(), min_size=1, max_size=longest)


def aftermaths() -> st.SearchStrategy[list[Step]]:
    """What may still happen to the money of an EMC that has ended."""
    step = st.one_of(
        st.builds(lambda size: Step("absorb", (size,)), sizes()), st.just(Step("disburse"))
    )
    return st.lists(step, max_size=4)


def market_terms() -> st.SearchStrategy[Terms]:
    """Terms of three to five rows in whole units of a currency, to be scaled by its decimals."""
    return terms(
        rows=st.integers(3, 5),
        benchmarks=st.integers(1, 5_000),
        gates=st.sampled_from((Gate.TARGET, Gate.BENCHMARK, Gate.NONE, Gate.TARGET)),
    )
