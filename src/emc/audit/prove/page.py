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
    terms: Terms, epoch: int, start: int, covers: Mapping[int, int], value: int, is_open: bool
) -> Page:
    """The page of terms that come into force.

    Args:
        start: Proceeds that earlier pages shared out.
        value: The last final assessment of the goal's metric.
        is_open: Whether the gate has opened before.
    """
    rest = PPM - sum(row.running for row in terms.rows)
    cost_end = sum(covers.values()) * PPM
    base_end: int | None
    leading_end: int | None
    opens_at = gate(terms, value)
    if terms.metric == "proceeds":
        base_end = max(cost_end, max(terms["goal.benchmark"] - start, 0) * rest)
        leading_end = max(base_end, max(terms["goal.target"] - start, 0) * rest)
    elif value < terms["goal.benchmark"]:
        base_end = leading_end = None
    elif value < terms["goal.target"]:
        base_end, leading_end = cost_end, None
    else:
        base_end = leading_end = cost_end
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


def gate(terms: Terms, value: int) -> int | None:
    """The cumulative proceeds that open the gate; none while it waits for an assessment."""
    waits_for = {
        "none": 0,
        "benchmark": terms["goal.benchmark"],
        "target": terms["goal.target"],
    }[terms.gate]
    if terms.metric == "proceeds":
        return waits_for
    return 0 if value >= waits_for else None


def may_end(page: Page, since: int, value: int) -> bool:
    """Whether the terms let anybody end the EMC before its date, since its target is reached."""
    terms = page.terms
    if not terms["goal.ends_emc"]:
        return False
    if terms.metric != "proceeds":
        return value >= terms["goal.target"]
    end = page.ends[2]
    return end is not None and since * page.rest >= end


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
