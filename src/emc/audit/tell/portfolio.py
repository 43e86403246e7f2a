"""One page over several EMCs: of an ME, or of all in a store, with verdict, proceeds and income."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

import duckdb
from markupsafe import Markup

from emc.audit.prove.case import NOT_CHECKED, NOT_RECONCILED, RECONCILED
from emc.audit.read.store import meta
from emc.audit.tell import report, statements
from emc.audit.tell.subjects import Subject
from emc.core.units import Currency

WORST = (NOT_RECONCILED, NOT_CHECKED, RECONCILED)
# what an ME has of an EMC
COLUMNS = {"earned": "Earned", "paid": "Paid", "credit": "Credit", "held": "Held"}


@dataclass
class Entry:
    """An EMC on the page, in base units.

    Args:
        own: What the ME has of it, by the names of ``COLUMNS``.
    """

    subject: Subject
    title: str
    proceeds: int
    payments: int
    findings: int
    own: dict[str, int]


@dataclass
class Total:
    """What is in one currency."""

    token: str
    money: Currency
    emcs: int = 0
    proceeds: int = 0
    own: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))


def entries(
    store: duckdb.DuckDBPyConnection,
    subjects: list[Subject],
    titles: Mapping[str, str],
    me: int | None,
) -> list[Entry]:
    """The EMCs, or those in which an ME has or had a row; what does not tie first.

    Raises:
        EMCError: the ME is in none.
    """
    own: dict[str, dict[str, int]] = {}
    if me is not None:
        for line in statements.lines(store, subjects, me=me):
            sums = own.setdefault(line.emc, dict.fromkeys(COLUMNS, 0))
            for name in COLUMNS:
                sums[name] += getattr(line, name)
    numbers = {
        emc: (int(gross), payments, findings)
        for emc, gross, payments, findings in store.execute(
            "SELECT emc, sales.gross, counts.payments, coalesce(found.findings, 0) "
            "FROM sales JOIN counts USING (emc) LEFT JOIN "
            "(SELECT emc, count(*) AS findings FROM findings GROUP BY emc) AS found USING (emc)"
        ).fetchall()
    }
    found = [
        Entry(
            each,
            titles.get(each.emc, f"EMC {each.emc[:10]}"),
            *numbers[each.emc],
            own.get(each.emc, dict.fromkeys(COLUMNS, 0)),
        )
        for each in subjects
        if me is None or each.emc in own
    ]
    return sorted(found, key=lambda each: WORST.index(each.subject.verdict))


def totals(found: list[Entry]) -> list[Total]:
    """Sums by token."""
    sums: dict[str, Total] = {}
    for each in found:
        of = sums.setdefault(each.subject.token, Total(each.subject.token, each.subject.money))
        of.emcs += 1
        of.proceeds += each.proceeds
        for name in COLUMNS:
            of.own[name] += each.own[name]
    return list(sums.values())


def page(store: duckdb.DuckDBPyConnection, found: list[Entry], me: int | None) -> str:
    """The page as HTML, a file that asks nobody for anything."""
    scripts = [report.text("tables.js"), report.text("portfolio.js")]
    verdicts = Counter(each.subject.verdict for each in found)
    return (
        report.environment()
        .get_template("portfolio.html")
        .render(
            title="All EMCs" if me is None else f"EMCs of ME {me}",
            entries=found,
            totals=totals(found),
            columns=[] if me is None else list(COLUMNS.items()),
            verdicts=verdicts.most_common(),
            wrong=len(found) - verdicts[RECONCILED],
            chain_id=meta(store).get("chain_id", "?"),
            version=version("emc-agreements"),
            style=Markup(report.text("report.css")),
            scripts=[Markup(script) for script in scripts],
            policy=report.policy(scripts),
        )
    )
