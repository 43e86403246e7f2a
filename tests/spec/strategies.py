"""Every hypothesis strategy of the tests about money, in one place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from random import Random

from hypothesis import strategies as st

from emc.core.limits import MAX_ROWS
from emc.core.terms import Gate, Goal, Measure, Metric, Row, Terms
from emc.core.units import PPM
from tests import tables
from tests.kit import address
from tests.spec.model import Model

MAX_AMOUNT = 2**95 - 1
MAX_IDS = 128
FEW = 6
MEALS = Metric.of("meals")
Metrics = tuple[Metric, ...]

Pick = Callable[[int, int], int]


def split(pick: Pick, total: int, count: int) -> list[int]:
    """So many parts of any size that sum to the total; some are zero."""
    cuts = sorted(pick(0, total) for _ in range(count - 1))
    return [high - low for low, high in pairwise([0, *cuts, total])]


@st.composite
def counts(draw: st.DrawFn) -> int:
    """How many rows: mostly few, sometimes many, sometimes as many as there can be."""
    few = st.integers(2, FEW)
    return draw(st.one_of(*[few] * 5, st.integers(7, 20), st.sampled_from((63, 64))))


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
    metrics: st.SearchStrategy[Metrics] | None = None,
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
            tables.row(
                i,
                shares,
                party=i + 1 if i < nodes else address(f"controller {i}"),
                lower=pick(0, min(shares)),
                upper=pick(max(shares), PPM),
                running=runnings[i],
                cost=costs[i],
            )
        )
    gate = draw(st.sampled_from(Gate) if gates is None else gates)
    first, *others = draw(st.just((Metric.PROCEEDS,)) if metrics is None else metrics)
    measures = [Measure(first, benchmark, target)]
    for metric in others:
        low = draw(st.integers(0, 100))
        measures.append(Measure(metric, low, low + draw(st.integers(1, 100))))
    return tables.terms(
        tuple(table),
        measures=tuple(measures),
        gate=gate,
        ends_emc=draw(st.booleans()),
        sink=draw(st.integers(0, count - 1)),
        disburse_at=draw(st.one_of(st.just(0), st.just(0), st.integers(1, target))),
    )


def aim(terms: Terms) -> Measure:
    """The measure of proceeds, else the largest: what sizes of sales are parts of."""
    goal = terms.goal
    return goal.proceeds or max(goal.measures, key=lambda measure: measure.target)


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
        marks = [min(ceil(edge), MAX_AMOUNT) for edge in model.page.edges]
        marks.append(model.shared + model.terms.disburse_at)
        return max(1, model.page.start + marks[self.boundary] - total + self.further)


@dataclass(frozen=True)
class Share:
    """A part of the way to the target, in thousandths; more than a thousand goes beyond."""

    thousandths: int

    def at(self, model: Model, _total: int) -> int:
        """Base units."""
        return max(1, aim(model.terms).target * self.thousandths // 1_000)


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


CHANGES = ("renegotiate", "amend", "leave", "assess")


@dataclass(frozen=True)
class Step:
    """One thing that happens to the money: a sale, a batch, an absorption, a disbursement, or a
    change of what is in force, which its seed decides."""

    kind: str
    sizes: tuple[Size, ...] = ()
    seed: int = 0

    def amounts(self, model: Model) -> list[int]:
        """Base units of each order."""
        amounts: list[int] = []
        for size in self.sizes:
            amounts.append(size.at(model, model.total + sum(amounts)))
        return amounts


def steps() -> st.SearchStrategy[Step]:
    """One step within a page."""
    return st.one_of(
        st.builds(lambda size: Step("sale", (size,)), steady_sizes()),
        st.builds(lambda size: Step("sale", (size,)), sizes()),
        st.builds(
            lambda some: Step("sales", tuple(some)),
            st.lists(steady_sizes(), min_size=1, max_size=6),
        ),
        st.builds(lambda size: Step("send", (size,)), steady_sizes()),
        st.builds(lambda size: Step("absorb", (size,)), steady_sizes()),
        st.just(Step("disburse")),
    )


def metrics() -> st.SearchStrategy[Metrics]:
    """What the goal counts: proceeds, users and meals, alone or together."""
    return st.sampled_from(METRICS)


METRICS: tuple[Metrics, ...] = (
    (Metric.PROCEEDS,),
    (Metric.PROCEEDS,),
    (Metric.USERS,),
    (Metric.PROCEEDS, Metric.USERS),
    (Metric.PROCEEDS, Metric.USERS, MEALS),
    (Metric.USERS, MEALS),
)


def changes() -> st.SearchStrategy[Step]:
    """One change of what is in force."""
    return st.builds(
        lambda kind, seed: Step(kind, (), seed), st.sampled_from(CHANGES), st.integers(0, 2**32 - 1)
    )


def histories(longest: int = 10) -> st.SearchStrategy[list[Step]]:
    """What happens to an EMC, step by step; every third step is a change."""
    return st.lists(st.one_of(steps(), steps(), changes()), min_size=4, max_size=longest)


def reshared(rng: Random, terms: Terms) -> Terms | None:
    """Other shares inside every bound; none if the bounds leave no choice."""
    rows = list(terms.rows)
    for _ in range(2 * len(rows)):
        taker, giver = rng.sample(range(len(rows)), 2) if len(rows) > 1 else (0, 0)
        tranche = rng.choice(("base", "leading", "upside"))
        has, gives = getattr(rows[taker], tranche), getattr(rows[giver], tranche)
        part = min(max(0, rows[taker].upper - has), gives - rows[giver].lower)
        if part and taker != giver:
            part = rng.choice((1, part, rng.randint(1, part)))
            rows[taker] = replace(rows[taker], **{tranche: has + part})
            rows[giver] = replace(rows[giver], **{tranche: gives - part})
    new = replace(terms, rows=tuple(rows))
    return None if new == terms else new


def amended(rng: Random, model: Model) -> Terms:
    """Other terms that all may agree on: rows come and go, costs, bounds, goal and rules change."""
    terms = model.terms
    rows = _members(rng, model)
    goal = _goal(rng, model)
    running = sum(row.running for row in rows)
    if running >= PPM or rng.random() < 0.3:
        parts = split(rng.randint, rng.choice((0, 10_000, rng.randint(1, PPM - 1))), len(rows))
        rows = [replace(row, running=part) for row, part in zip(rows, parts, strict=True)]
        running = sum(parts)
    budget = (goal.proceeds or goal.measures[0]).benchmark * (PPM - running) // PPM
    if rng.random() < 0.5 or sum(row.cost for row in rows) > budget:
        costs = split(rng.randint, rng.choice((0, budget, rng.randint(0, budget))), len(rows))
        rows = [replace(row, cost=part) for row, part in zip(rows, costs, strict=True)]
    ids = [row.id for row in rows]
    if ids != model.ids or rng.random() < 0.5:
        tranches = [split(rng.randint, PPM, len(rows)) for _ in range(3)]
        for place, (base, leading, upside) in enumerate(zip(*tranches, strict=True)):
            rows[place] = replace(rows[place], base=base, leading=leading, upside=upside)
    for place, row in enumerate(rows):
        shares = row.base, row.leading, row.upside
        low, high = rng.randint(0, min(shares)), rng.randint(max(shares), PPM)
        rows[place] = replace(row, lower=min(low, row.lower, *shares), upper=max(high, *shares))
    return replace(
        terms,
        nonce=terms.nonce + 1,
        rows=tuple(rows),
        goal=goal,
        sink=terms.sink if terms.sink in ids and rng.random() < 0.7 else rng.choice(ids),
        backstop=rng.choice((*[terms.backstop] * 5, address(f"backstop {terms.nonce}"))),
        disburse_at=rng.choice(
            (terms.disburse_at, terms.disburse_at, 0, max(1, aim(terms).target // 3))
        ),
    )


def _members(rng: Random, model: Model) -> list[Row]:
    """The rows of an amendment: mostly those in force, sometimes one more or one less."""
    nodes = list(model.terms.nodes)
    others = [row for row in model.terms.rows if not row.is_node]
    if len(nodes) + len(others) > 2 and rng.random() < 0.4:
        among = nodes if len(nodes) > 2 and (not others or rng.random() < 0.6) else others
        if among:
            among.remove(rng.choice(among))
    new = max((*model.rows, *model.gone)) + 1
    is_full = new >= MAX_IDS or len(nodes) + len(others) >= MAX_ROWS
    if len(nodes) < 2 or (not is_full and rng.random() < 0.4):
        taken = {row.party for row in nodes}
        free = [me for me in range(1, MAX_ROWS + 1) if me not in taken]
        row = tables.row(new, 0, party=0)
        if len(nodes) < 2 or rng.random() < 0.6:
            nodes.append(replace(row, party=rng.choice(free)))
        else:
            others.append(replace(row, party=address(f"controller {new}")))
    if rng.random() < 0.3:
        place = rng.randrange(len(nodes))
        payee = address(f"payee {nodes[place].id}, elsewhere {model.terms.nonce}")
        nodes[place] = replace(nodes[place], payee=payee)
    return [nodes[0], *sorted(nodes[1:], key=lambda row: int(row.party)), *others]


def _goal(rng: Random, model: Model) -> Goal:
    """The goal of an amendment: mostly that in force, else near what has come in."""
    goal = model.terms.goal
    if rng.random() < 0.75:
        return goal
    had = {each.metric: each for each in goal.measures}
    metrics = rng.choice((tuple(had), tuple(had), *METRICS))
    measures = []
    for metric in metrics:
        was = had.get(metric, aim(model.terms))
        come = model.reached(metric)
        near = (0, come - 1, come, come + 1, 2 * come, was.benchmark)
        benchmark = min(max(0, rng.choice(near)), MAX_AMOUNT - 1)
        target = benchmark + max(1, rng.choice((1, was.target - benchmark, benchmark)))
        measures.append(Measure(metric, benchmark, min(target, MAX_AMOUNT)))
    return replace(goal, measures=tuple(measures), gate=rng.choice((*[goal.gate] * 4, *Gate)))


def measured(rng: Random, terms: Terms) -> tuple[Metric, int]:
    """A value of an assessed measure, mostly near its points."""
    measure = rng.choice(terms.goal.assessed)
    low, high = measure.benchmark, measure.target
    return measure.metric, max(0, rng.choice((0, low - 1, low, high - 1, high, high, high + 1)))


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
        metrics=metrics(),
    )
