"""An EMC on the two axes of RenDanHeYi: how far its value expands, and how far it organises itself.

Each axis is the mean of a few measures. A measure is the part of a stated mark that is reached, at
most 1; a measure without data counts as 0. The brand phase follows from the smaller axis. Pure:
takes events in the order of the chain.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Literal

from emc.core.orders import NO_CUSTOMER
from emc.core.replay import Happened, sold
from emc.core.terms import NATIVE

DAY = 86_400

# marks: where a measure is fully reached
BUYERS_PER_NODE = 20
REPEAT = Fraction(1, 2)
ORDERS_PER_BUYER = 3
ROWS = 10
EXTERNAL = Fraction(1, 5)
BY_OTHERS = Fraction(1, 2)
DAYS = 30
WON = Fraction(1, 2)
# where phases begin, on both axes
SCENARIO = Fraction(1, 3)
ECOSYSTEM = Fraction(2, 3)

Phase = Literal["high-end brand", "scenario brand", "ecosystem brand"]


@dataclass(frozen=True)
class Buyers:
    """Who bought, by the references in the orders; without one the payer is the buyer."""

    orders: int
    distinct: int
    repeat: int

    @property
    def orders_each(self) -> Fraction:
        return Fraction(self.orders, self.distinct) if self.distinct else Fraction(0)


@dataclass(frozen=True)
class Facts:
    """What is measured.

    Args:
        rows: Live rows of the table.
        nodes: Live nodes, and how many of them are outside firms.
        proposals: Renegotiations opened on chain, and how many by nodes other than the leader.
        spans: Seconds from each proposal on chain to its coming into force.
        places: MEs that were ever nodes, without the leader, and how many won it by a bid.
    """

    buyers: Buyers
    rows: int
    nodes: int
    external: int
    proposals: int
    by_others: int
    spans: tuple[int, ...]
    places: int
    won: int


@dataclass(frozen=True)
class Measure:
    """One measure of an axis; the score is from 0 to 1."""

    name: str
    value: str
    formula: str
    score: Fraction


@dataclass(frozen=True)
class Axis:
    name: str
    measures: tuple[Measure, ...]

    @property
    def score(self) -> Fraction:
        return sum((each.score for each in self.measures), Fraction(0)) / len(self.measures)


@dataclass(frozen=True)
class Scorecard:
    facts: Facts
    value: Axis
    organising: Axis

    @property
    def phase(self) -> Phase:
        least = min(self.value.score, self.organising.score)
        if least >= ECOSYSTEM:
            return "ecosystem brand"
        return "scenario brand" if least >= SCENARIO else "high-end brand"


PHASES = (
    f"high-end brand: below {SCENARIO} on an axis; scenario brand: {SCENARIO} or more on both; "
    f"ecosystem brand: {ECOSYSTEM} or more on both"
)


def score(facts: Facts) -> Scorecard:
    """Compute the scorecard from measured facts."""
    buyers, nodes = facts.buyers, facts.nodes
    days = median(Fraction(span, DAY) for span in facts.spans) if facts.spans else None
    value = (
        _reached(
            "buyers",
            f"{buyers.distinct:,}",
            f"buyers / nodes / {BUYERS_PER_NODE}",
            _part(buyers.distinct, nodes * BUYERS_PER_NODE),
        ),
        _reached(
            "repeat buyers",
            f"{buyers.repeat:,}",
            f"repeat buyers / buyers / {REPEAT}",
            _part(buyers.repeat, buyers.distinct) / REPEAT,
        ),
        _reached(
            "orders per buyer",
            _decimal(buyers.orders_each),
            f"(orders / buyers - 1) / {ORDERS_PER_BUYER - 1}",
            (buyers.orders_each - 1) / (ORDERS_PER_BUYER - 1),
        ),
        _reached("rows", str(facts.rows), f"rows / {ROWS}", Fraction(facts.rows, ROWS)),
        _reached(
            "external nodes",
            f"{facts.external} of {nodes}",
            f"external nodes / nodes / {EXTERNAL}",
            _part(facts.external, nodes) / EXTERNAL,
        ),
    )
    organising = (
        _reached(
            "proposals by non-leaders",
            f"{facts.by_others} of {facts.proposals}",
            f"proposals by non-leaders / proposals / {BY_OTHERS}",
            _part(facts.by_others, facts.proposals) / BY_OTHERS,
        ),
        _reached(
            "days to consensus",
            "none" if days is None else _decimal(days),
            f"1 - median days from proposal to force / {DAYS}",
            Fraction(0) if days is None else 1 - days / DAYS,
        ),
        _reached(
            "places won by bid",
            f"{facts.won} of {facts.places}",
            f"places won by bid / places beside the leader's / {WON}",
            _part(facts.won, facts.places) / WON,
        ),
    )
    return Scorecard(facts, Axis("value expansion", value), Axis("self-organising", organising))


def buyers(events: Iterable[Happened], emc: str) -> Buyers:
    """Who bought, from an EMC's `Batch` and `Payout` events."""
    counts: Counter[str] = Counter()
    counts.update(
        each.payer if each.customer == NO_CUSTOMER else "0x" + each.customer.hex()
        for each in sold(events)
        # what was absorbed or only disbursed was ordered by nobody
        if each.payer not in (NATIVE, emc)
    )
    return Buyers(
        orders=counts.total(),
        distinct=len(counts),
        repeat=sum(count > 1 for count in counts.values()),
    )


def spans(decided: Sequence[tuple[str, Mapping[str, object], int]]) -> tuple[int, ...]:
    """Seconds from each proposal on chain to its coming into force.

    Args:
        decided: Name, arguments and time of the deciding contracts' events of one EMC, in order.
    """
    opened: dict[object, int] = {}
    found = []
    for name, args, time in decided:
        if name == "Proposed":
            # two nodes may open the same: the first counts
            opened.setdefault(args["terms_hash"], time)
        elif name == "Renegotiated" and args["terms_hash"] in opened:
            found.append(time - opened.pop(args["terms_hash"]))
    return tuple(found)


def proposals(decided: Sequence[tuple[str, Mapping[str, object], int]]) -> tuple[int, int]:
    """Renegotiations opened on chain, and how many by nodes other than the leader (row 0)."""
    rows = [args["row"] for name, args, _ in decided if name == "Proposed"]
    return len(rows), sum(row != 0 for row in rows)


def _reached(name: str, value: str, formula: str, part: Fraction) -> Measure:
    return Measure(name, value, formula, min(max(part, Fraction(0)), Fraction(1)))


def _part(count: int, of: int) -> Fraction:
    return Fraction(count, of) if of else Fraction(0)


def _decimal(value: Fraction) -> str:
    return f"{float(value):.2f}"
