"""What each row is entitled to at given proceeds: one non-decreasing function per row.

The formulae are those of docs/specification.md; all arithmetic is exact, rounded down once per
band.
"""

from dataclasses import dataclass

from emc.terms import Row, Terms
from emc.units import PPM


@dataclass(frozen=True)
class Spans:
    """Proceeds up to some amount by where they went, in base units times PPM."""

    running: int
    cost: int
    base: int
    leading: int
    upside: int


@dataclass(frozen=True)
class Entitlement:
    """What one row may have at given proceeds, in base units.

    ``flows`` is paid whatever the gate does; ``held`` waits behind it while it is closed.
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


def spans(terms: Terms, proceeds: int) -> Spans:
    """How much of the proceeds lies in each band when the gate plays no part."""
    rest = PPM - terms.running
    net = proceeds * rest
    ends = (
        sum(row.cost for row in terms.rows) * PPM,
        terms.goal.benchmark * rest,
        terms.goal.target * rest,
    )
    reached = [min(net, end) for end in ends]
    return Spans(
        running=proceeds * PPM,
        cost=reached[0],
        base=reached[1] - reached[0],
        leading=reached[2] - reached[1],
        upside=net - reached[2],
    )


def entitlement(
    terms: Terms, row: Row, proceeds: int, *, is_open: bool | None = None
) -> Entitlement:
    """What the row is paid, and what is held for it, at the given proceeds.

    Args:
        is_open: Whether the gate is open; told by the proceeds unless the EMC has ended, after
            which the gate stays as it was.
    """
    part = spans(terms, proceeds)
    if is_open is None:
        is_open = proceeds >= terms.gate_at
    covers = sum(each.cost for each in terms.rows)
    cost = row.cost * part.cost // (covers * PPM) if covers else 0
    running = row.running * part.running
    income = row.base * part.base + row.leading * part.leading + row.upside * part.upside
    earned = cost + (running + income) // PPM**2
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
