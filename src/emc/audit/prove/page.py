"""What proceeds mean for each row under terms in force: docs/specification.md#the-waterfall.

Amounts of a page count from its start; spans of tranches are in millionths of a base unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from emc.audit.prove.signed import PPM, Row, Terms

P2 = PPM * PPM
# what a payment is made of, in this order
PARTS = ("cost", "running", "base", "leading", "upside")
Parts = tuple[int, int, int, int, int]
NOTHING: Parts = (0, 0, 0, 0, 0)


class Spans(NamedTuple):
    """How much of the proceeds lies in each band."""

    cost: int
    base: int
    leading: int
    upside: int


@dataclass(frozen=True)
class Page:
    """One stretch of an EMC's life in which nothing about shares changes.

    Args:
        covers: What is open of each row's cost cover when it begins, by row id.
        ends: Where COST, BASE and LEADING end; none: never.
        gate_at: Proceeds that open the gate; none: they never do.
    """

    terms: Terms
    epoch: int
    start: int
    covers: Mapping[int, int]
    rest: int
    ends: tuple[int, int | None, int | None]
    gate_at: int | None
    opens_at_once: bool

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.terms.rows

    @property
    def cover(self) -> int:
        """All open cost covers."""
        return sum(self.covers.values())

    def spans(self, at: int, is_open: bool) -> Spans:
        """How proceeds are spread over the bands; only costs flow behind a closed gate."""
        net = at * self.rest
        cost_end, base_end, leading_end = self.ends
        cost = min(net, cost_end)
        if not is_open:
            return Spans(cost, 0, 0, 0)
        base = (net if base_end is None else min(net, base_end)) - cost
        leading = (net if leading_end is None else min(net, leading_end)) - base - cost
        return Spans(cost, base, leading, net - leading - base - cost)

    def owed(self, row: Row, at: int, spans: Spans) -> tuple[int, int]:
        """A row's entitlement: cost cover, and everything else."""
        base, leading, upside = row.shares
        income = row.running * at * PPM
        income += base * spans.base + leading * spans.leading + upside * spans.upside
        cover = self.cover
        cost = self.covers[row.id] * spans.cost // (cover * PPM) if cover else 0
        return cost, income // P2

    def held(self, at: int) -> int:
        """What a closed gate keeps of the page's proceeds, as one amount rounded up."""
        return -(-(at * self.rest - min(at * self.rest, self.ends[0])) // PPM)

    def still_open(self, row: Row, at: int) -> int:
        """What is open of a row's cost cover, rounded up: what was covered is rounded down."""
        covered, _ = self.owed(row, at, self.spans(at, False))
        return self.covers[row.id] - covered


def begin(
    terms: Terms,
    epoch: int,
    start: int,
    covers: Mapping[int, int],
    values: Mapping[int, int],
    is_open: bool,
) -> Page:
    """The page of terms that come into force.

    Args:
        start: Proceeds that earlier pages shared out.
        values: The last final assessments, by metric.
        is_open: Whether the gate has opened before.
    """
    rest = PPM - sum(row.running for row in terms.rows)
    cost_end = sum(covers.values()) * PPM
    base_end: int | None = None
    leading_end: int | None = None
    opens_at = gate(terms, values)
    tranche, measure = terms.tranche(values), terms.proceeds
    # an assessed goal ends no tranche at an amount of proceeds
    benchmark, target = (measure.benchmark, measure.target) if measure else (0, 0)
    if tranche > 0:
        base_end = max(cost_end, max(benchmark - start, 0) * rest)
    if tranche > 1:
        leading_end = max(cost_end, max(target - start, 0) * rest)
    if is_open:
        opens_at = 0
    elif opens_at is not None:
        opens_at = max(opens_at - start, 0)
    return Page(
        terms,
        epoch,
        start,
        covers,
        rest,
        (cost_end, base_end, leading_end),
        opens_at,
        opens_at == 0,
    )


def gate(terms: Terms, values: Mapping[int, int]) -> int | None:
    """The cumulative proceeds that open the gate; none while it waits for an assessment."""
    opens_at = 0
    for measure in terms.measures:
        waits_for = {"none": 0, "benchmark": measure.benchmark, "target": measure.target}[
            terms.gate
        ]
        if measure.is_proceeds:
            opens_at = waits_for
        elif values.get(measure.metric, 0) < waits_for:
            return None
    return opens_at


def may_end(page: Page, since: int) -> bool:
    """Whether the terms let anybody end the EMC before its date, since its target is reached."""
    end = page.ends[2]
    if not page.terms["goal.ends_emc"] or end is None:
        return False
    return page.terms.proceeds is None or since * page.rest >= end


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of an amount by weight, none below zero, that sum to it."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = []
    before = weight = 0
    for each in weights:
        weight += each
        upto = amount * weight // total
        parts.append(upto - before)
        before = upto
    return parts


def parts_of(
    row: Row, cost: int, income: int, at: int, spans: Spans, was_at: int, was: Spans
) -> Parts:
    """What a payment is made of.

    Args:
        cost: What it holds of the cost cover.
        income: Everything else that it holds.
    """
    if not income:
        return (cost, 0, 0, 0, 0)
    base, leading, upside = row.shares
    weights = (
        row.running * (at - was_at) * PPM,
        base * (spans.base - was.base),
        leading * (spans.leading - was.leading),
        upside * (spans.upside - was.upside),
    )
    running, base, leading, upside = spread(income, weights)
    return (cost, running, base, leading, upside)
