"""The effect of a change on money: each row's income from now on, under old and new terms.

Pure: terms and what is still open of the cost covers in, base units out. The gate plays no part:
held money is earned money.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emc.core.terms import Metric, Row, Terms
from emc.core.waterfall import page


@dataclass(frozen=True)
class Outlook:
    """A row's income from now until proceeds reach a given amount."""

    level: int
    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class Headroom:
    """How far a row's shares may still move, ppm: the least room over its tranches."""

    down: int
    up: int


def levels(terms: Terms, total: int) -> list[int]:
    """Cumulative proceeds at which to show a change: benchmark, target and 1.5 times the target, as
    far as not yet reached; otherwise multiples of the proceeds so far.
    """
    proceeds = terms.goal.proceeds
    if proceeds is None:
        step = max(total, 10**6)
        return [total + step // 10, total + step // 2, total + step]
    ahead = [each for each in (proceeds.benchmark, proceeds.target) if each > total]
    return [*ahead, max(total, proceeds.target) * 3 // 2]


def outlooks(
    before: Terms,
    after: Terms,
    row: int,
    *,
    total: int,
    covers: Mapping[int, int],
    values: Mapping[Metric, int] | None = None,
    at: Sequence[int] | None = None,
) -> list[Outlook]:
    """A row's income from now on, at several levels of cumulative proceeds.

    Args:
        row: Row id; it earns nothing under terms without it.
        total: Cumulative proceeds now.
        covers: What is still open of the cost covers, by row id.
        values: The last final assessments, by metric.
    """
    chosen = levels(before, total) if at is None else at
    was, becomes = (
        _earned(terms, row, total, _covers(before, terms, covers), values, chosen)
        for terms in (before, after)
    )
    return [Outlook(level, old, new) for level, old, new in zip(chosen, was, becomes, strict=True)]


def headroom(row: Row) -> Headroom:
    """How far a row's shares may still move inside its bounds."""
    return Headroom(down=min(row.shares) - row.lower, up=row.upper - max(row.shares))


def _covers(before: Terms, terms: Terms, covers: Mapping[int, int]) -> dict[int, int]:
    """What would be open under other terms: more or less by as much as they cover more or less."""
    was = {row.id: row.cost for row in before.rows}
    return {
        row.id: max(covers.get(row.id, 0) + row.cost - was.get(row.id, 0), 0) for row in terms.rows
    }


def _earned(
    terms: Terms,
    row: int,
    total: int,
    covers: Mapping[int, int],
    values: Mapping[Metric, int] | None,
    at: Sequence[int],
) -> list[int]:
    found = [each for each in terms.rows if each.id == row]
    if not found:
        return [0] * len(at)
    ahead = page(terms, start=total, covers=covers, values=values)
    return [ahead.entitlement(found[0], level - total).total for level in at]
