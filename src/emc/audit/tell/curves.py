"""What each row is entitled to at any proceeds, page by page: lines for a chart.

Every line is straight between the ends of bands, so these points are all that a chart needs. Past
pages are what they were; beyond today's proceeds a row can be moved inside its bounds.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import duckdb

from emc.audit.prove.signed import PPM

TRANCHES = ("BASE", "LEADING", "UPSIDE")


@dataclass(frozen=True)
class Share:
    """A row of an epoch."""

    row_id: int
    shares: tuple[int, int, int]
    lower: int
    upper: int
    running: int
    cover: int


@dataclass(frozen=True)
class Page:
    """A stretch of proceeds under one table; an end is none if no proceeds reach it."""

    start: int
    rest: int
    ends: tuple[int, int | None, int | None]
    rows: tuple[Share, ...]

    def spans(self, at: int) -> tuple[int, int, int, int]:
        """Proceeds since the start in COST, BASE, LEADING and UPSIDE."""
        reached = [at if end is None else min(max(at, self.start), end) for end in self.ends]
        reached = [max(each, self.start) for each in reached]
        cost, base, leading = reached
        return cost - self.start, base - cost, leading - base, at - leading


@dataclass
class Curve:
    """A row's line: proceeds and what it is entitled to there, gate or not."""

    row_id: int
    at: list[int] = field(default_factory=list)
    entitled: list[Fraction] = field(default_factory=list)
    # beyond today: what lower and upper bound would make of it
    ahead: list[int] = field(default_factory=list)
    lower: list[Fraction] = field(default_factory=list)
    upper: list[Fraction] = field(default_factory=list)


def entitled(page: Page, row: Share, at: int, shares: tuple[int, int, int]) -> Fraction:
    """What a row has of the page's proceeds."""
    cost, *tranches = page.spans(at)
    whole = sum(each.cover for each in page.rows)
    # the band of costs is as wide as the covers need after running costs
    cover = Fraction(row.cover * cost * page.rest, whole * PPM) if whole else Fraction(0)
    income = sum(share * span for share, span in zip(shares, tranches, strict=True))
    running = Fraction(row.running * (at - page.start), PPM)
    return min(cover, Fraction(row.cover)) + running + Fraction(income * page.rest, PPM**2)


def curves(pages: Sequence[Page], now: int, until: int) -> list[Curve]:
    """A line for each row that ever was, in the order of the last table."""
    found: dict[int, Curve] = {}
    behind: dict[int, Fraction] = defaultdict(Fraction)
    for place, page in enumerate(pages):
        is_last = place + 1 == len(pages)
        end = until if is_last else pages[place + 1].start
        inner = {each for each in page.ends if each is not None and page.start < each < end}
        points = sorted({page.start, *inner, end} | ({now} if page.start < now < end else set()))
        for row in page.rows:
            curve = found.setdefault(row.row_id, Curve(row.row_id))
            base = behind[row.row_id]
            for at in points:
                if curve.at[-1:] != [at]:
                    curve.at.append(at)
                    curve.entitled.append(base + entitled(page, row, at, row.shares))
            if is_last:
                _look_ahead(curve, page, row, base, [at for at in points if at >= now])
            behind[row.row_id] += entitled(page, row, end, row.shares)
    order = [row.row_id for row in pages[-1].rows] if pages else []
    gone = sorted(set(found) - set(order))
    return [found[row_id] for row_id in (*order, *gone)]


def _look_ahead(curve: Curve, page: Page, row: Share, behind: Fraction, points: list[int]) -> None:
    if not points:
        return
    now = points[0]
    reached = behind + entitled(page, row, now, row.shares)
    for at in points:
        curve.ahead.append(at)
        for bound, line in ((row.lower, curve.lower), (row.upper, curve.upper)):
            bounds = (bound, bound, bound)
            moved = entitled(page, row, at, bounds) - entitled(page, row, now, bounds)
            line.append(reached + moved)


def read(store: duckdb.DuckDBPyConnection, emc: str) -> list[Page]:
    """The pages of an EMC."""
    covered: dict[int, int] = defaultdict(int)
    costs = store.execute(
        "SELECT block, log_index, row_id, of_cost FROM ledger WHERE emc = ? AND of_cost > 0 "
        "AND kind IN ('payment', 'credit') ORDER BY block, log_index",
        [emc],
    ).fetchall()
    rows: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for epoch, *row in store.execute(
        "SELECT epoch, row_id, share_base, share_leading, share_upside, lower, upper, running, "
        "cost FROM rows WHERE emc = ? ORDER BY epoch, place",
        [emc],
    ).fetchall():
        rows[epoch].append(tuple(int(each) for each in row))
    pages = []
    done = 0
    for epoch, block, index, start, rest, *ends in store.execute(
        "SELECT epoch, block, log_index, start, rest, cost_end, base_end, leading_end FROM pages "
        "WHERE emc = ? ORDER BY block, log_index",
        [emc],
    ).fetchall():
        while done < len(costs) and costs[done][:2] < (block, index):
            covered[costs[done][2]] += int(costs[done][3])
            done += 1
        shares = tuple(
            Share(row_id, (base, leading, upside), lower, upper, running,
                  max(cost - covered[row_id], 0))
            for row_id, base, leading, upside, lower, upper, running, cost in rows[epoch]
        )  # fmt: skip
        # a page counts from its start
        begins = int(start)
        cost, base, leading = (None if end is None else begins + int(end) for end in ends)
        pages.append(Page(begins, rest, (begins if cost is None else cost, base, leading), shares))
    return pages
