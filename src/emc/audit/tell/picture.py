"""What the charts of a report show, as plain data; amounts as numbers of the currency."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import duckdb

from emc.audit.tell import curves
from emc.audit.tell.statements import BACKSTOP, Line
from emc.audit.tell.subjects import Subject

# more points than a screen has columns show nothing
MOST_POINTS = 1_500
# rows that the flow names; the rest are one
MOST_ROWS = 12
PARTS = {
    "running": "Running cost",
    "cost": "Cost cover",
    "base": "Base",
    "leading": "Leading",
    "upside": "Upside",
}
BANDS = ("Cost", "Base", "Leading", "Upside")
Namer = Callable[[int], str]


def scaled(subject: Subject, units: int | Fraction) -> float:
    """A number for a chart, which cannot be more exact than a screen."""
    return float(Fraction(units) / 10**subject.money.decimals)


class End(NamedTuple):
    """Where money comes from or goes to; two rows may have one name, and be called like a band."""

    kind: str
    name: str
    row_id: int | None = None


def flow(
    subject: Subject, lines: list[Line], came: Mapping[str, int], books: Mapping[str, int],
    name: Namer,
) -> dict[str, Any]:  # fmt: skip
    """From sales through the bands to the rows, and what lies in the EMC."""
    links: dict[tuple[End, End], int] = defaultdict(int)
    sales = End("source", "Sales")
    source = End("source", "Proceeds") if came["absorbed"] else sales
    if came["absorbed"]:
        links[sales, source] += came["sale"]
        links[End("source", "Transfers"), source] += came["absorbed"]
    ranked = sorted(lines, key=lambda line: -line.earned)
    shown = {line.row_id for line in ranked[: MOST_ROWS if len(ranked) > MOST_ROWS + 1 else 99]}
    others = End("row", f"{len(ranked) - len(shown)} other rows")
    for line in lines:
        if line.row_id == BACKSTOP:
            continue
        is_named = line.row_id in shown
        to = End("row", name(line.row_id), line.row_id) if is_named else others
        for part, label in PARTS.items():
            amount = getattr(line, part)
            links[source, End(part, label)] += amount
            links[End(part, label), to] += amount
    swept = sum(line.earned for line in lines if line.row_id == BACKSTOP)
    links[source, End("held", "Backstop")] += swept
    links[source, End("held", "Held behind the gate")] += books["held"]
    links[source, End("held", "Pending")] += books["pending"]
    links[source, End("held", "Dust")] += books["dust"]
    # what is too thin to be seen would only write over its neighbour
    least = books["received"] // 2_000
    present = {pair: amount for pair, amount in links.items() if amount > least}
    used = list(dict.fromkeys(end for pair in present for end in pair))
    return {
        "nodes": [{"name": each.name, "kind": each.kind} for each in used],
        "links": [
            {
                "source": used.index(one),
                "target": used.index(other),
                "value": scaled(subject, amount),
                "text": subject.money.format(amount),
            }
            for (one, other), amount in present.items()
        ],
    }


def entitlements(
    store: duckdb.DuckDBPyConnection,
    subject: Subject,
    proceeds: int,
    levels: Mapping[str, int],
    name: Namer,
) -> dict[str, Any] | None:
    """Each row's line, and where the bands of the page in force end."""
    pages = curves.read(store, subject.emc)
    if not pages:
        return None
    last = pages[-1]
    ends = [end for end in last.ends if end is not None and end > last.start]
    reach = max([*ends, *levels.values(), proceeds, 1])
    until = max(reach + reach // 6, last.start + 1)

    def number(units: int | Fraction) -> float:
        return scaled(subject, units)

    bands: list[dict[str, Any]] = []
    for place, page in enumerate(pages):
        begins = page.start
        stops = pages[place + 1].start if place + 1 < len(pages) else until
        for label, end in zip(BANDS, (*page.ends, stops), strict=True):
            to = stops if end is None else min(end, stops)
            if to <= begins:
                continue
            if bands and bands[-1]["name"] == label:
                bands[-1]["to"] = number(to)
            else:
                bands.append({"name": label, "from": number(begins), "to": number(to)})
            begins = to
    return {
        "now": number(proceeds),
        "until": number(until),
        "bands": bands,
        "rows": [
            {
                "row": curve.row_id,
                "name": name(curve.row_id),
                "x": [number(at) for at in curve.at],
                "y": [number(each) for each in curve.entitled],
                "ahead": [number(at) for at in curve.ahead],
                "lower": [number(each) for each in curve.lower],
                "upper": [number(each) for each in curve.upper],
            }
            for curve in curves.curves(pages, proceeds, until)
        ],
    }


def progress(store: duckdb.DuckDBPyConnection, subject: Subject) -> dict[str, Any]:
    """Proceeds over time, thinned out, and what each point of time brought."""
    points = [
        (timestamp, int(received))
        for timestamp, received in store.execute(
            "SELECT timestamp, max(received) FROM books WHERE emc = ? GROUP BY ALL ORDER BY 1",
            [subject.emc],
        ).fetchall()
    ]
    # the wait for the first sale is no part of the story
    while len(points) > 1 and points[1][1] == 0:
        del points[0]
    step = max(1, -(-len(points) // MOST_POINTS))
    kept = points[::step] + (points[-1:] if len(points) % step != 1 and step > 1 else [])
    opened = store.execute(
        "SELECT min(timestamp) FROM books WHERE emc = ? AND is_open AND epoch > 0", [subject.emc]
    ).fetchone()
    return {
        "times": [timestamp * 1000 for timestamp, _ in kept],
        "proceeds": [scaled(subject, received) for _, received in kept],
        "opened": opened[0] * 1000 if opened and opened[0] else None,
    }


def shares(store: duckdb.DuckDBPyConnection, subject: Subject, name: Namer) -> dict[str, Any]:
    """Each row's shares by epoch, in percent."""
    found: dict[int, dict[int, list[float]]] = defaultdict(dict)
    epochs: list[int] = []
    for epoch, row_id, *parts in store.execute(
        "SELECT epoch, row_id, share_base, share_leading, share_upside FROM rows WHERE emc = ? "
        "ORDER BY epoch, place",
        [subject.emc],
    ).fetchall():
        if epoch not in epochs:
            epochs.append(epoch)
        found[row_id][epoch] = [part / 10_000 for part in parts]
    return {
        "epochs": epochs,
        "rows": [
            {
                "row": row_id,
                "name": name(row_id),
                "shares": [[by.get(epoch, [0, 0, 0])[at] for epoch in epochs] for at in range(3)],
            }
            for row_id, by in found.items()
        ],
    }


def movements(store: duckdb.DuckDBPyConnection, subject: Subject) -> dict[str, Any]:
    """Every event that moved money, as short as it can be written; amounts are base units."""
    parties: dict[str, int] = {}
    lines: dict[tuple[int, int], list[Any]] = {}
    query = (
        "SELECT l.block, l.log_index, l.timestamp, l.tx, l.kind, l.epoch, l.row_id, l.party, "
        "l.amount, p.kind, p.number FROM ledger l "
        "LEFT JOIN payouts p USING (emc, block, log_index) WHERE l.emc = ? "
        "ORDER BY block, log_index, place"
    )
    for block, index, time, tx, kind, epoch, row_id, party, amount, run, number in store.execute(
        query, [subject.emc]
    ).fetchall():
        line = lines.get((block, index))
        if line is None:
            who = parties.setdefault(party, len(parties)) if row_id is None else -1
            line = [time, block, tx, run or kind, who, epoch, number or "", "0", []]
            lines[block, index] = line
        if row_id is None:
            line[7] = str(int(amount))
        else:
            waits = kind in ("credit", "release", "sweep_credit")
            line[8].append([row_id, str(int(amount)), *([1] if waits else [])])
    return {"parties": list(parties), "lines": list(lines.values())}
