"""What each row is entitled to at given proceeds: one non-decreasing function per row.

The formulae are those of docs/specification.md; all arithmetic is exact, rounded down once per
band.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emc.core.terms import Metric, Row, Terms, Tranche
from emc.core.units import PPM


@dataclass(frozen=True)
class Spans:
    """Proceeds up to some amount, divided into bands, in base units times PPM."""

    running: int
    cost: int
    base: int
    leading: int
    upside: int


@dataclass(frozen=True)
class Entitlement:
    """What one row may have at given proceeds, in base units.

    ``flows`` is paid in any case; ``held`` waits behind the gate while it is closed.
    ``running``, ``cost``, ``base``, ``leading`` and ``upside`` say where it comes from, each
    rounded down
    by itself, for people to read.
    """

    flows: int
    held: int
    running: int
    cost: int
    base: int
    leading: int
    upside: int

    @property
    def total(self) -> int:
        return self.flows + self.held


@dataclass(frozen=True)
class Page:
    """What terms mean for money from some point on, in proceeds since then.

    Args:
        covers: What is still open of each row's cost cover, by row id.
        ends: Where COST, BASE and LEADING end, in base units times PPM after running costs; none
            for a band that never ends.
        gate_at: Proceeds from which income flows; none where an assessed measure keeps it shut.
    """

    terms: Terms
    start: int
    covers: Mapping[int, int]
    ends: tuple[int, int | None, int | None]
    gate_at: int | None

    def spans(self, since: int) -> Spans:
        """How much falls into each band, regardless of the gate."""
        net = since * (PPM - self.terms.running)
        reached = [net if end is None else min(net, end) for end in self.ends]
        return Spans(
            running=since * PPM,
            cost=reached[0],
            base=reached[1] - reached[0],
            leading=reached[2] - reached[1],
            upside=net - reached[2],
        )

    def is_open(self, since: int) -> bool:
        """Whether income flows."""
        return self.gate_at is not None and since >= self.gate_at

    def open_cover(self, row: Row, since: int) -> int:
        """What is still open of a row's cost cover."""
        cover = self.covers.get(row.id, 0)
        return cover - (cover * self.spans(since).cost // self.ends[0] if cover else 0)

    def flows(self, since: int, is_open: bool) -> list[int]:
        """What each row is paid of the proceeds since the page's start: `entitlement(...).flows` of
        all, with what they share worked out once.
        """
        part = self.spans(since)
        found = []
        for row in self.terms.rows:
            cover = self.covers.get(row.id, 0)
            flowing = row.running * part.running
            if is_open:
                flowing += row.base * part.base + row.leading * part.leading
                flowing += row.upside * part.upside
            found.append((cover * part.cost // self.ends[0] if cover else 0) + flowing // PPM**2)
        return found

    def entitlement(self, row: Row, since: int, *, is_open: bool | None = None) -> Entitlement:
        """What the row is paid, and what is held for it, of the proceeds since the page's start.

        Args:
            is_open: Whether the gate is open; by default the proceeds decide.
        """
        part = self.spans(since)
        cover = self.covers.get(row.id, 0)
        cost = cover * part.cost // self.ends[0] if cover else 0
        running = row.running * part.running
        income = row.base * part.base + row.leading * part.leading + row.upside * part.upside
        earned = cost + (running + income) // PPM**2
        if is_open is None:
            is_open = self.is_open(since)
        flows = earned if is_open else cost + running // PPM**2
        return Entitlement(
            flows=flows,
            held=earned - flows,
            running=running // PPM**2,
            cost=cost,
            base=row.base * part.base // PPM**2,
            leading=row.leading * part.leading // PPM**2,
            upside=row.upside * part.upside // PPM**2,
        )


def page(
    terms: Terms,
    *,
    start: int = 0,
    covers: Mapping[int, int] | None = None,
    values: Mapping[Metric, int] | None = None,
    is_open: bool = False,
) -> Page:
    """What terms mean from `start` on.

    Args:
        start: Cumulative proceeds.
        covers: What is still open of the cost covers, by row id; by default all of them.
        values: The last final assessments, by metric.
        is_open: Whether the gate is open already.
    """
    goal = terms.goal
    rest = PPM - terms.running
    if covers is None:
        covers = {row.id: row.cost for row in terms.rows}
    cost_end = sum(covers.values()) * PPM
    # without a measure of proceeds, no amount of them ends a tranche
    benchmark, target = (
        (proceeds.benchmark, proceeds.target) if (proceeds := goal.proceeds) else (0, 0)
    )
    tranche = goal.tranche(values or {})
    base_end = max(cost_end, max(benchmark - start, 0) * rest)
    leading_end = max(base_end, max(target - start, 0) * rest)
    ends = (
        cost_end,
        base_end if tranche >= Tranche.LEADING else None,
        leading_end if tranche >= Tranche.UPSIDE else None,
    )
    gate_at = None if goal.gate and tranche <= goal.gate else max(terms.gate_at - start, 0)
    return Page(terms, start, covers, ends, 0 if is_open else gate_at)


def entitlement(
    terms: Terms, row: Row, proceeds: int, *, is_open: bool | None = None
) -> Entitlement:
    """What the row is paid, and what is held for it, at the given proceeds of a first epoch."""
    return page(terms).entitlement(row, proceeds, is_open=is_open)
