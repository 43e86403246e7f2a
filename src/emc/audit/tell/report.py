"""One page that shows an EMC's whole life: a single HTML file that asks nobody for anything."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from emc.audit.prove.life import BOOKS
from emc.audit.prove.records import CRITERIA
from emc.audit.read.store import counts, meta
from emc.audit.tell import changed, picture, statements
from emc.audit.tell.statements import BACKSTOP
from emc.audit.tell.subjects import Subject, last_books, plain
from emc.core.units import format_part

CAUSES = {
    "made": "signed by all",
    "renegotiated": "renegotiation",
    "amended": "amendment",
    "left": "a node left",
    "expelled": "a node was expelled",
}
FINDINGS = {
    "credit_waiting": "Credits that wait",
    "refusing_payee": "Payees that take no money",
    "duplicate_order": "Orders paid more than once",
    "duplicate_buyer": "Buyers that come again",
    "concentration": "One buyer brought most proceeds",
    "self_dealing": "Parties on both sides",
    "returns": "Much that was given back",
    "refund_to_party": "Refunds to parties",
    "other_cashier": "Cashiers that the canvas does not name",
    "late_due": "Orders that wait longer than the canvas says",
    "circulation": "Sales one after the other in a transaction",
    "late_assessment": "Late assessments",
    "withheld_rating": "Ratings held back",
    "foreign_code": "Code that this version does not know",
    "fee_token": "A token that keeps a fee",
    "odd_token": "A token whose events do not tell what it moves",
}


@dataclass(frozen=True)
class Naming:
    """What to call an EMC and its rows."""

    title: str
    rows: Mapping[int, str]
    mes: Mapping[int, int]

    def row(self, row_id: int) -> str:
        if row_id == BACKSTOP:
            return "Backstop"
        if row_id in self.rows:
            return plain(self.rows[row_id])
        me = self.mes.get(row_id)
        return f"Row {row_id}" if me is None else f"Row {row_id}, ME {me}"


def page(
    store: duckdb.DuckDBPyConnection,
    subject: Subject,
    title: str | None,
    rows: Mapping[tuple[str, int], str],
) -> str:
    """The report on one EMC as HTML.

    Args:
        rows: Who sits in a row, by EMC and row id.
    """
    emc = subject.emc
    lines = statements.lines(store, [subject]) if _has_rows(store, emc) else []
    naming = Naming(
        title or f"EMC {emc[:10]}",
        {row: name for (of, row), name in rows.items() if of == emc},
        {line.row_id: line.me for line in lines if line.me is not None},
    )
    books = last_books(store, emc)
    terms = _terms(store, subject)
    levels = terms["levels"]
    came = dict.fromkeys(("sale", "absorbed"), 0) | {
        kind: int(amount)
        for kind, amount in store.execute(
            "SELECT kind, sum(amount) FROM ledger WHERE emc = ? AND row_id IS NULL GROUP BY kind",
            [emc],
        ).fetchall()
    }
    charts = {
        "symbol": subject.money.symbol,
        "decimals": subject.money.decimals,
        "levels": {name: picture.scaled(subject, units) for name, units in levels.items()},
        "times": {name: terms[name] * 1000 for name in ("starts_at", "deadline", "ends_at")},
        "flow": picture.flow(subject, lines, came, books, naming.row),
        "entitlements": picture.entitlements(store, subject, books["received"], levels, naming.row),
        "progress": picture.progress(store, subject),
        "shares": picture.shares(store, subject, naming.row),
        "ledger": picture.movements(store, subject),
        "names": {line.row_id: naming.row(line.row_id) for line in lines}
        | {BACKSTOP: naming.row(BACKSTOP)},
    }
    scripts = [_library(), text("tables.js"), text("report.js")]
    return (
        environment()
        .get_template("report.html")
        .render(
            naming=naming,
            subject=subject,
            money=subject.money,
            chain_id=meta(store).get("chain_id", "?"),
            version=version("emc-agreements"),
            counts=counts(store, [emc])[emc],
            books=books,
            places=BOOKS,
            lines=lines,
            sales=statements.sales(store, [emc])[emc],
            terms=terms,
            epochs=_epochs(store, emc),
            changes=changed.of_epochs(store, subject, naming.row),
            said=changed.said(store, subject, naming.row),
            share_table=charts["shares"],
            faults=_faults(store, emc),
            findings=_findings(store, emc),
            reviews=_reviews(store, emc, naming),
            criteria=CRITERIA,
            charts=_json(charts),
            style=Markup(text("report.css")),
            scripts=[Markup(script) for script in scripts],
            policy=policy(scripts),
            part=format_part,
        )
    )


def policy(scripts: list[str]) -> str:
    """What a browser lets the page do: run these scripts, draw, and nothing else."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'"
        for each in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _library() -> str:
    """The charting library, from the package that ships it."""
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    # what a page would take for the end of the script
    return text.replace("</script", "<\\/script")


def text(name: str) -> str:
    """One of the templates' files."""
    return (resources.files(__package__) / "templates" / name).read_text()


def _json(data: Any) -> Markup:
    """JSON that ends no script and opens no comment."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def environment() -> Environment:
    """What fills the pages: every text escaped."""
    made = Environment(
        loader=PackageLoader("emc.audit.tell"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day": lambda time: f"{datetime.fromtimestamp(time, UTC):%d %b %Y}",
        "moment": lambda time: f"{datetime.fromtimestamp(time, UTC):%d %b %Y, %H:%M} UTC",
        "count": lambda number: f"{number:,}",
        "plain": plain,
    }
    return made


def _has_rows(store: duckdb.DuckDBPyConnection, emc: str) -> bool:
    return bool(store.execute("SELECT 1 FROM standings WHERE emc = ? LIMIT 1", [emc]).fetchone())


def _terms(store: duckdb.DuckDBPyConnection, subject: Subject) -> dict[str, Any]:
    """The terms in force, as a page shows them; nothing yet if nobody signed."""
    names = "epoch, deadline, gate, starts_at, ends_at, disburse_at, backstop, ends_emc"
    found = store.execute(
        f"SELECT {names} FROM epochs WHERE emc = ? ORDER BY epoch DESC LIMIT 1", [subject.emc]
    ).fetchone() or (0, 0, "none", 0, 0, 0, "", False)
    terms = dict(zip(names.split(", "), found, strict=True))
    terms["disburse_at"] = int(terms["disburse_at"])
    measures = store.execute(
        "SELECT metric, benchmark, target FROM measures WHERE emc = ? AND epoch = ? ORDER BY place",
        [subject.emc, terms["epoch"]],
    ).fetchall()
    # lines of the charts
    terms["levels"] = {}
    for metric, benchmark, target in measures:
        if metric == "proceeds":
            terms["levels"] = {"benchmark": int(benchmark), "target": int(target)}
    terms["assessed"] = [_called(metric) for metric, *_ in measures if metric != "proceeds"]
    for place, name in enumerate(("benchmark", "target"), 1):
        terms[f"{name}_text"] = " and ".join(
            subject.money.format(int(each[place]))
            if each[0] == "proceeds"
            else f"{int(each[place]):,} {_called(each[0])}"
            for each in measures
        )
    return terms


def _called(metric: str) -> str:
    """A measure's word, else the beginning of its hash."""
    return f"{metric[:10]}.." if metric.startswith("0x") else metric


def _epochs(store: duckdb.DuckDBPyConnection, emc: str) -> list[dict[str, Any]]:
    names = ("epoch", "since", "cause", "terms_hash", "asked", "agreed")
    found = store.execute(
        f"SELECT {', '.join(names)} FROM epochs WHERE emc = ? ORDER BY epoch", [emc]
    ).fetchall()
    epochs = [dict(zip(names, each, strict=True)) for each in found]
    return [each | {"cause": CAUSES.get(each["cause"], each["cause"])} for each in epochs]


def _faults(store: duckdb.DuckDBPyConnection, emc: str) -> list[str]:
    found = store.execute("SELECT text FROM faults WHERE emc = ? ORDER BY place", [emc]).fetchall()
    return [str(text) for (text,) in found]


def _findings(store: duckdb.DuckDBPyConnection, emc: str) -> list[tuple[str, list[str]]]:
    """Texts by kind, the most frequent last."""
    found: dict[str, list[str]] = {}
    for kind, text in store.execute(
        "SELECT kind, text FROM findings WHERE emc = ? ORDER BY block", [emc]
    ).fetchall():
        found.setdefault(FINDINGS.get(kind, kind), []).append(text)
    return sorted(found.items(), key=lambda each: len(each[1]))


def _reviews(store: duckdb.DuckDBPyConnection, emc: str, naming: Naming) -> list[dict[str, Any]]:
    found = store.execute(
        f"SELECT row_id, has_committed, has_revealed, {', '.join(CRITERIA)} FROM reviews "
        "WHERE emc = ? ORDER BY row_id",
        [emc],
    ).fetchall()
    return [
        {
            "name": naming.row(row_id),
            "given": "revealed" if revealed else "withheld" if committed else "none",
            "stars": [stars and stars / 100 for stars in medians],
        }
        for row_id, committed, revealed, *medians in found
    ]
