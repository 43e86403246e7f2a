"""What each change of terms changed, and what nodes said of themselves: for people."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb

from emc.audit.prove.signed import GATES, METRICS
from emc.audit.tell.subjects import Subject, plain
from emc.core.units import format_moment, format_part, format_span

Namer = Callable[[int], str]
Writer = Callable[[Any], str]
NOBODY = "0x" + "0" * 40
# kinds of EMC, as the terms number them
KINDS = {1: "users", 2: "other EMCs"}
# of a row, as the table `rows` has it
PARTS = {
    "share_base": "Base share",
    "share_leading": "Leading share",
    "share_upside": "Upside share",
    "lower": "lower bound",
    "upper": "upper bound",
    "running": "running cost",
}
# of the terms: a rule's place, and its words
RULES = {
    "kind": "whom it serves",
    "canvas": "canvas",
    "backstop": "backstop",
    "sink": "who gets the share of a leaver",
    "starts_at": "start of sales",
    "ends_at": "end",
    "disburse_at": "proceeds that gather before a payout",
    "goal.deadline": "deadline of the goal",
    "goal.gate": "gate",
    "goal.ends_emc": "whether the target ends it",
    "renegotiation.quorum": "quorum of a renegotiation",
    "renegotiation.interval": "time between two renegotiations",
    "renegotiation.window": "time to object to a renegotiation",
    "renegotiation.objections": "objections that stop a renegotiation",
    "leaving.notice": "notice before leaving",
    "leaving.cure": "time to cure a charge",
    "leaving.expulsion": "quorum of an expulsion",
    "leaving.margin": "margin of a missed goal",
    "assessment.assessor": "assessor",
    "assessment.window": "time to object to a value",
    "assessment.objections": "objections that discard a value",
    "assessment.grace": "time for a value after the deadline",
    "review.commit": "time to commit to ratings",
    "review.reveal": "time to reveal ratings",
    "bar.registry": "where the bar looks",
    "bar.stars": "stars of the bar, in hundredths",
    "bar.emcs": "EMCs of the bar",
    "bar.proceeds": "proceeds of the bar, in base units",
    "bar.currency": "currency of the bar",
    "bar.admits_unrated": "whether the bar admits the unrated",
}


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
    rows, terms = _rows(store, subject.emc), _terms(store, subject.emc)
    found = {}
    for epoch in sorted(rows)[1:]:
        before = max(each for each in rows if each < epoch)
        found[epoch] = [
            *_of_terms(subject, terms.get(before, {}), terms.get(epoch, {}), name),
            *_of_rows(subject, rows[before], rows[epoch], name),
        ]
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
    return METRICS.get(int(told, 16), f"{told[:10]}..")


def _rows(store: duckdb.DuckDBPyConnection, emc: str) -> dict[int, dict[int, Mapping[str, Any]]]:
    """Rows by epoch and id."""
    names = ("epoch", "row_id", *PARTS, "cost", "payee", "controller", "is_node")
    found: dict[int, dict[int, Mapping[str, Any]]] = {}
    for line in store.execute(
        f"SELECT {', '.join(names)} FROM rows WHERE emc = ? ORDER BY epoch, place", [emc]
    ).fetchall():
        row = dict(zip(names, line, strict=True))
        found.setdefault(row["epoch"], {})[row["row_id"]] = row
    return found


def _terms(store: duckdb.DuckDBPyConnection, emc: str) -> dict[int, Mapping[str, str]]:
    """Rules by epoch and place; those of an epoch that names none are those before it."""
    told = {
        int(args.get("epoch", 1)): dict(_flat(args["terms"]))
        for (text,) in store.execute(
            "SELECT args FROM events WHERE emc = ? AND name IN ('Made', 'Amended')", [emc]
        ).fetchall()
        for args in [json.loads(text)]
        if isinstance(args.get("terms"), Mapping)
    }
    found: dict[int, Mapping[str, str]] = {}
    last: Mapping[str, str] = {}
    for (epoch,) in store.execute(
        "SELECT epoch FROM epochs WHERE emc = ? ORDER BY epoch", [emc]
    ).fetchall():
        last = found[epoch] = told.get(epoch, last)
    return found


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        elif isinstance(value, list):
            for place, each in enumerate(value, start=1):
                yield from _flat(each, f"{before}{key}.{place}.")
        else:
            yield before + key, str(value)


def _of_terms(
    subject: Subject, before: Mapping[str, str], after: Mapping[str, str], name: Namer
) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, ""), after.get(key, "")
        if old == new:
            continue
        write = _writer(subject, key, before if key in before else after, name)
        yield Change(_rule(key), write(old) if old else "none", write(new) if new else "none")


def _rule(key: str) -> str:
    if key.startswith("goal.measures."):
        _, _, place, part = key.split(".")
        return f"{'what is measured' if part == 'metric' else part}, measure {place}"
    return RULES.get(key, key.replace("_", " ").replace(".", " "))


def _writer(subject: Subject, key: str, terms: Mapping[str, str], name: Namer) -> Writer:
    """How people read the value of a rule."""
    part = key.rpartition(".")[2]
    if part in ("quorum", "objections", "expulsion", "margin"):
        return lambda value: format_part(int(value))
    if part in ("starts_at", "ends_at", "deadline"):
        return lambda value: format_moment(int(value)) if int(value) else "at once"
    if part in ("interval", "window", "notice", "cure", "grace", "commit", "reveal"):
        return lambda value: format_span(int(value)) if int(value) else "none"
    if key == "kind":
        return lambda value: KINDS.get(int(value)) or plain(value)
    if part == "gate":
        return lambda value: GATES[int(value)]
    if part == "metric":
        return lambda value: metric(value) if int(value, 16) else "nothing"
    if part == "sink":
        return lambda value: name(int(value))
    if key == "disburse_at":
        return lambda value: subject.money.format(int(value))
    if part in ("benchmark", "target"):
        measure = terms.get(f"{key.rpartition('.')[0]}.metric", "0x0")
        is_money = METRICS.get(int(measure, 16)) == "proceeds"
        return lambda value: subject.money.format(int(value)) if is_money else f"{int(value):,}"
    if part in ("ends_emc", "admits_unrated"):
        return lambda value: "yes" if value.lower() == "true" else "no"
    return lambda value: "nobody" if value == NOBODY else plain(value)


def _of_rows(
    subject: Subject,
    before: Mapping[int, Mapping[str, Any]],
    after: Mapping[int, Mapping[str, Any]],
    name: Namer,
) -> Iterator[Change]:
    for row_id in dict.fromkeys([*before, *after]):
        who, old, new = name(row_id), before.get(row_id), after.get(row_id)
        if old is None or new is None:
            yield Change(who, "not in it" if old is None else "in it", _joined(new))
            continue
        for part, text in PARTS.items():
            if old[part] != new[part]:
                yield Change(f"{who}: {text}", format_part(old[part]), format_part(new[part]))
        if old["cost"] != new["cost"]:
            costs = (subject.money.format(int(each["cost"])) for each in (old, new))
            yield Change(f"{who}: cost cover", *costs)
        if old["payee"] != new["payee"]:
            yield Change(f"{who}: payee", old["payee"], new["payee"])
        if not new["is_node"] and old["controller"] != new["controller"]:
            yield Change(f"{who}: controller", old["controller"], new["controller"])


def _joined(row: Mapping[str, Any] | None) -> str:
    """What a row that joined has; that it has left."""
    if row is None:
        return "has left"
    shares: Sequence[str] = [
        format_part(row[part]) for part in ("share_base", "share_leading", "share_upside")
    ]
    return f"joins with {', '.join(shares)} of Base, Leading, Upside"
