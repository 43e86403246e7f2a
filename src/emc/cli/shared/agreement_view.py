"""An agreement on a terminal and for a program: what it would do to each row."""

from collections.abc import Mapping
from typing import Any

from emc.cli.shared import naming, output, talk, terms_view
from emc.core import view
from emc.core.terms import Row
from emc.core.waterfall import entitlement, page
from emc.files.bundle import Bundle


def show(bundle: Bundle, row: Row) -> None:
    """What a node is about to sign: its own numbers first, then all the others and the rules."""
    label = bundle.labels[row.id]
    talk.facts(
        f"{bundle.canvas.title}: {label.name}, {label.role}",
        {"EMC": bundle.emc, "terms hash": "0x" + bundle.terms.hash().hex()},
    )
    output.line()
    _show_money(bundle, row)
    terms_view.show(view_of(bundle, row.id))


def view_of(bundle: Bundle, own: int | None = None) -> view.View:
    """The terms of an agreement in words."""
    return view.of(bundle.terms, naming.known_of(bundle), own)


_PAID = (">you are paid", ">held for you")


def _show_money(bundle: Bundle, row: Row) -> None:
    """What a node is paid at some proceeds."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    if goal.assessed:
        _show_values(bundle, row)
        return
    (measure,) = goal.measures
    benchmark, target = measure.benchmark, measure.target
    levels = sorted({benchmark // 2, benchmark, target, target * 3 // 2})
    dues = {level: entitlement(terms, row, level) for level in levels}
    output.table(
        output.columns(">proceeds", *_PAID),
        [[money.format(each) for each in (at, due.flows, due.held)] for at, due in dues.items()],
    )


def _show_values(bundle: Bundle, row: Row) -> None:
    """What a node earns of the next sales while some values are the last that nodes assessed; of
    proceeds beyond their target, where they are a measure too.
    """
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    sample = money.parse("100000")
    start = goal.proceeds.target if goal.proceeds else 0
    lines = []
    for at in range(3):
        values = {each.metric: (0, each.benchmark, each.target)[at] for each in goal.assessed}
        ahead = page(terms, start=start, covers={}, values=values).entitlement(row, sample)
        named = [f"{values[each.metric]:,} {each.metric.name}" for each in goal.assessed]
        lines.append([" and ".join(named), money.format(ahead.flows), money.format(ahead.held)])
    beyond = f", beyond {money.format(start)}" if start else ""
    output.line(f"Of {money.format(sample)} of proceeds{beyond}, once costs are covered")
    last = ">last values" if len(goal.assessed) > 1 else ">last value"
    output.table(output.columns(last, *_PAID), lines)


def explain(bundle: Bundle, said: Mapping[int, str], stage: str) -> None:
    """The whole agreement: what it does to each row, and by which rules.

    Args:
        said: By row, whether it has agreed; if not, why what it signed does not count.
        stage: How far the EMC is, if the chain was asked.
    """
    terms = bundle.terms
    talk.facts(
        bundle.canvas.title,
        {
            "EMC": bundle.emc,
            "chain": str(bundle.chain_id),
            "stage": stage or "unknown without a chain",
            "terms hash": "0x" + terms.hash().hex(),
        },
    )
    if not terms.goal.assessed:
        output.line()
        _show_levels(bundle)
    terms_view.show(view_of(bundle))
    output.line()
    output.table(
        output.columns("node", "ME", "says"),
        [
            [_name(bundle, row.id), str(row.party), said.get(row.id, "missing")]
            for row in terms.nodes
        ],
    )


def _name(bundle: Bundle, row: int) -> str:
    return bundle.labels[row].name


def _show_levels(bundle: Bundle) -> None:
    """What each row is paid at some proceeds."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    (measure,) = goal.measures
    levels = sorted({measure.benchmark // 2, measure.benchmark, measure.target})
    names = ["paid at proceeds of"]
    for level in levels:
        names += [f">{money.format(level, symbol=False)}", ">held"]
    lines = []
    for row in terms.rows:
        cells = [_name(bundle, row.id)]
        for level in levels:
            due = entitlement(terms, row, level)
            cells += [money.format(each, symbol=False) for each in (due.flows, due.held)]
        lines.append(cells)
    output.table(output.columns(*names), lines)


def machine(bundle: Bundle, said: Mapping[int, str]) -> dict[str, Any]:
    """The same for a program: ppm, base units, Unix seconds."""
    terms, goal = bundle.terms, bundle.terms.goal
    return {
        "kind": "agreement",
        "title": bundle.canvas.title,
        "emc": bundle.emc,
        "chain_id": bundle.chain_id,
        "accounts": list(bundle.accounts),
        "terms_hash": "0x" + terms.hash().hex(),
        "canvas_hash": "0x" + terms.canvas.hex(),
        "currency": terms.currency,
        "measures": [
            {
                "metric": each.metric.word,
                "benchmark": str(each.benchmark),
                "target": str(each.target),
            }
            for each in goal.measures
        ],
        "deadline": goal.deadline,
        "gate": goal.gate.name.lower(),
        "starts_at": terms.starts_at,
        "ends_at": terms.ends_at,
        "backstop": terms.backstop,
        "rows": [
            {
                "row": row.id,
                "name": _name(bundle, row.id),
                "is_node": row.is_node,
                "party": str(row.party),
                "payee": row.payee,
                "shares": list(row.shares),
                "bounds": [row.lower, row.upper],
                "running": row.running,
                "cost": str(row.cost),
                "said": said.get(row.id, "missing") if row.is_node else None,
            }
            for row in terms.rows
        ],
        "terms": terms_view.machine(view_of(bundle)),
    }
