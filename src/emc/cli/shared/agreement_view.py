"""An agreement on a terminal and for a program: what it would do to each row."""

from collections.abc import Callable, Mapping
from typing import Any

from emc.cli.shared import output, talk
from emc.cli.shared.decide import moment
from emc.core.terms import Gate, Measure, Row
from emc.core.units import format_part, format_span
from emc.core.waterfall import entitlement, page
from emc.files.bundle import Bundle


def show(bundle: Bundle, row: Row) -> None:
    """A node's own numbers, and what they mean at some proceeds."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    label = bundle.labels[row.id]
    gate = f"gate: {goal.gate.name.lower()}"
    talk.facts(
        f"{bundle.canvas.title}: {label.name}, {label.role}",
        {
            "EMC": bundle.emc,
            "terms hash": "0x" + terms.hash().hex(),
            "your ME": str(row.party),
            "your payee": row.payee,
            "share below the benchmark": format_part(row.base),
            "share up to the target": format_part(row.leading),
            "share beyond it": format_part(row.upside),
            "never outside": f"{format_part(row.lower)} to {format_part(row.upper)}",
            "running cost": f"{format_part(row.running)} of every sale",
            "cost cover": money.format(row.cost),
            "income starts at": f"{_all(bundle, lambda each: each.opens_at(goal.gate))} ({gate})",
            "benchmark, target": f"{_all(bundle, lambda each: each.benchmark)}, "
            f"{_all(bundle, lambda each: each.target)}",
            "ends": moment(terms.ends_at),
            "if it fails, held money goes to": terms.backstop,
        },
    )
    if goal.assessed:
        _show_values(bundle, row)
        return
    (measure,) = goal.measures
    benchmark, target = measure.benchmark, measure.target
    levels = sorted({benchmark // 2, benchmark, target, target * 3 // 2})
    output.table(
        [
            output.Column("proceeds", "right"),
            output.Column("you are paid", "right"),
            output.Column("held for you", "right"),
        ],
        [
            [
                money.format(level),
                money.format(entitlement(terms, row, level).flows),
                money.format(entitlement(terms, row, level).held),
            ]
            for level in levels
        ],
    )


def _all(bundle: Bundle, of: Callable[[Measure], int]) -> str:
    """An amount of every measure."""
    return " and ".join(
        bundle.currency.format(of(each))
        if not each.metric.is_assessed
        else f"{of(each):,} {each.metric.name}"
        for each in bundle.terms.goal.measures
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
    columns = [
        output.Column("last values" if len(goal.assessed) > 1 else "last value", "right"),
        output.Column("you are paid", "right"),
        output.Column("held for you", "right"),
    ]
    output.table(columns, lines)


def explain(bundle: Bundle, said: Mapping[int, str], stage: str) -> None:
    """The whole agreement: what it does to each row, and by which rules.

    Args:
        said: By row, whether it has agreed; if not, why what it signed does not count.
        stage: How far the EMC is, if the chain was asked.
    """
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    canvas = bundle.canvas
    token = "native coin" if int(terms.currency, 16) == 0 else terms.currency
    talk.facts(
        canvas.title,
        {
            "scenario": canvas.scenario,
            "EMC": bundle.emc,
            "chain": str(bundle.chain_id),
            "stage": stage or "unknown, no chain was asked",
            "terms hash": "0x" + terms.hash().hex(),
            "canvas hash": "0x" + terms.canvas.hex(),
            "currency": f"{money.symbol}, {token}",
            "runs": f"{moment(terms.starts_at)} to {moment(terms.ends_at)}",
            "goal": f"{' and '.join(each.metric.name for each in goal.measures)}: "
            f"benchmark {_all(bundle, lambda each: each.benchmark)}, "
            f"target {_all(bundle, lambda each: each.target)}, by {moment(goal.deadline)}",
            "gate": _GATES[goal.gate],
            "if it fails": f"what the gate holds goes to {terms.backstop}",
            "shares change": f"by {format_part(terms.renegotiation.quorum)} of the nodes, "
            "inside the bounds below",
            "anything else": "only by every node",
            "leaving": f"after {format_span(terms.leaving.notice)}; its shares fall to "
            f"{_name(bundle, terms.sink)}",
        },
    )
    output.line()
    _show_rows(bundle)
    if not goal.assessed:
        output.line()
        _show_levels(bundle)
    output.line()
    output.table(
        [output.Column(each) for each in ("node", "ME", "says")],
        [
            [_name(bundle, row.id), str(row.party), said.get(row.id, "missing")]
            for row in terms.nodes
        ],
    )


_GATES = {
    Gate.NONE: "none: income flows from the first sale",
    Gate.BENCHMARK: "income is held until the benchmark is reached; costs always flow",
    Gate.TARGET: "income is held until the target is reached; costs always flow",
}


def _name(bundle: Bundle, row: int) -> str:
    return bundle.labels[row].name


def _show_rows(bundle: Bundle) -> None:
    names = ("base", "leading", "upside", "never outside", "running cost", "cost cover")
    columns = [
        output.Column("row"),
        *(output.Column(each, "right") for each in names),
        output.Column("paid at"),
    ]
    lines = [
        [
            _name(bundle, row.id),
            *(format_part(share) for share in row.shares),
            f"{format_part(row.lower)} to {format_part(row.upper)}",
            format_part(row.running),
            bundle.currency.format(row.cost, symbol=False),
            row.payee,
        ]
        for row in bundle.terms.rows
    ]
    output.table(columns, lines)


def _show_levels(bundle: Bundle) -> None:
    """What each row is paid at some proceeds."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    (measure,) = goal.measures
    levels = sorted({measure.benchmark // 2, measure.benchmark, measure.target})
    columns = [output.Column("paid at proceeds of")]
    for level in levels:
        columns.append(output.Column(money.format(level, symbol=False), "right"))
        columns.append(output.Column("held", "right"))
    lines = []
    for row in terms.rows:
        cells = [_name(bundle, row.id)]
        for level in levels:
            due = entitlement(terms, row, level)
            cells += [money.format(each, symbol=False) for each in (due.flows, due.held)]
        lines.append(cells)
    output.table(columns, lines)


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
    }
