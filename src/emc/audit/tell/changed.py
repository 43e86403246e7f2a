"""What each change of terms changed, and what nodes said of themselves: for people.

Terms are put into the words in which nodes read them before they sign (`emc.core.view`).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb

from emc.audit.tell.subjects import Subject, plain
from emc.core import view
from emc.core.terms import Metric, Row, Terms
from emc.core.units import format_part
from emc.errors import EMCError

Namer = Callable[[int], str]


class Change(NamedTuple):
    """One thing that a change of terms changed."""

    what: str
    before: str
    after: str


class Said(NamedTuple):
    """A report of a node, or a final value of the goal."""

    at: int
    who: str
    what: str
    amount: str
    evidence: str
    countersigned: str


def of_epochs(
    store: duckdb.DuckDBPyConnection, subject: Subject, name: Namer
) -> dict[int, list[Change]]:
    """What changed by epoch, from the second on."""
    known = view.Known(subject.money)
    terms = _terms(store, subject.emc)
    found: dict[int, list[Change]] = {}
    for (_, old), (epoch, new) in pairwise(terms.items()):
        found[epoch] = []
        if old is not None and new is not None:
            found[epoch] += _changes(view.of(old, known), view.of(new, known), name)
    return found


def said(store: duckdb.DuckDBPyConnection, subject: Subject, name: Namer) -> list[Said]:
    """What nodes reported, and which values of the goal became final, in order."""
    found: list[Said] = []
    reports: dict[str, int] = {}
    for event, text, at in store.execute(
        "SELECT e.name, e.args, any_value(b.timestamp) FROM events e "
        "LEFT JOIN blocks b ON b.number = e.block WHERE e.emc = ? AND e.contract = 'Goals' "
        "AND e.name IN ('Reported', 'Countersigned', 'Finalised') "
        "GROUP BY e.block, e.log_index, e.name, e.args ORDER BY e.block, e.log_index",
        [subject.emc],
    ).fetchall():
        args = json.loads(text)
        if "unreadable" in args:
            continue
        if event == "Countersigned":
            place = reports.get(args["report"])
            if place is not None:
                known = found[place].countersigned
                who = name(int(args["row"]))
                found[place] = found[place]._replace(
                    countersigned=f"{known}, {who}" if known else who
                )
            continue
        if event == "Reported":
            reports[args["report"]] = len(found)
            who, what = name(int(args["row"])), plain(str(args["item"]))
        else:
            who, what = "final value", metric(args["metric"])
        amount, evidence = f"{int(args['amount']):,}", str(args.get("evidence", ""))
        is_proven = bool(evidence) and set(evidence[2:]) != {"0"}
        found.append(Said(at or 0, who, what, amount, evidence if is_proven else "", ""))
    return found


def metric(told: str) -> str:
    """A measure's word, else the beginning of its hash."""
    return Metric.read(bytes.fromhex(told[2:])).name


def _terms(store: duckdb.DuckDBPyConnection, emc: str) -> dict[int, Terms | None]:
    """The terms by epoch: rules as the last event told them, rows as the audit rebuilt them; none
    where what was told are no terms.
    """
    told = {
        int(args.get("epoch", 1)): args["terms"]
        for (text,) in store.execute(
            "SELECT args FROM events WHERE emc = ? AND name IN ('Made', 'Amended')", [emc]
        ).fetchall()
        for args in [json.loads(text)]
        if isinstance(args.get("terms"), Mapping)
    }
    rows = _rows(store, emc)
    found: dict[int, Terms | None] = {}
    last: Terms | None = None
    for epoch, sink in store.execute(
        "SELECT epoch, sink FROM epochs WHERE emc = ? ORDER BY epoch", [emc]
    ).fetchall():
        if epoch in told:
            try:
                last = Terms.from_packed(_packed(told[epoch]), [])
            except EMCError:
                last = None
        found[epoch] = last and replace(last, sink=sink, rows=tuple(rows.get(epoch, ())))
    return found


def _packed(value: Any) -> Any:
    """A struct of an event as Consent takes it."""
    if isinstance(value, Mapping):
        return tuple(map(_packed, value.values()))
    if isinstance(value, list):
        return list(map(_packed, value))
    if not isinstance(value, str):
        return value
    if value.startswith("0x"):
        return value if len(value) == 42 else bytes.fromhex(value[2:])
    return int(value)


def _rows(store: duckdb.DuckDBPyConnection, emc: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for epoch, row_id, me, controller, payee, base, leading, upside, *others in store.execute(
        "SELECT epoch, row_id, me, controller, payee, share_base, share_leading, share_upside, "
        "lower, upper, running, cost FROM rows WHERE emc = ? ORDER BY epoch, place",
        [emc],
    ).fetchall():
        party = controller if me is None else me
        lower, upper, running, cost = map(int, others)
        row = Row(row_id, party, payee, base, leading, upside, lower, upper, running, cost)
        found.setdefault(epoch, []).append(row)
    return found


def _changes(before: view.View, after: view.View, name: Namer) -> Iterator[Change]:
    """What a change hashes otherwise; what only reads otherwise because of that is left out."""
    for each in view.changes(before, after):
        who = "" if each.row is None else name(each.row)
        if each.how == "leaves":
            yield Change(who, "in it", "has left")
        elif each.how == "joins":
            parts = (line.part for line in each.whole if line.name.startswith("share"))
            shares = ", ".join(format_part(part or 0) for part in parts)
            yield Change(who, "not in it", f"joins with {shares} of Base, Leading, Upside")
        for line in each.lines:
            if any(old != new for old, new in line.values.values()):
                what = f"{who}: {line.name}" if who else line.name
                yield Change(what, line.old or "none", line.new or "none")
