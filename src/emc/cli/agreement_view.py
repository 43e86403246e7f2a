"""An agreement on a terminal and for a program: what it would do to each row."""

from datetime import UTC, datetime

from emc.bundle import Bundle
from emc.cli import output, talk
from emc.terms import Row
from emc.units import format_part
from emc.waterfall import entitlement, page


def show(bundle: Bundle, row: Row) -> None:
    """A node's own numbers, and what they mean at some proceeds."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    label = bundle.labels[row.id]
    counted = bundle.canvas.leading_goal.counted_in(money)
    moment = datetime.fromtimestamp(terms.ends_at, UTC)
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
            "income starts at": f"{counted.format(terms.gate_at)} (gate: {goal.gate.name.lower()})",
            "benchmark, target": f"{counted.format(goal.benchmark)}, {counted.format(goal.target)}",
            "ends": f"{moment:%Y-%m-%d %H:%M} UTC",
            "if it fails, held money goes to": terms.backstop,
        },
    )
    if goal.metric.is_assessed:
        _show_values(bundle, row)
        return
    levels = sorted({goal.benchmark // 2, goal.benchmark, goal.target, goal.target * 3 // 2})
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


def _show_values(bundle: Bundle, row: Row) -> None:
    """What a node earns of the next sales while some value is the last that nodes assessed."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.terms.goal
    sample = money.parse("100000")
    lines = []
    for value in (0, goal.benchmark, goal.target):
        ahead = page(terms, covers={}, value=value).entitlement(row, sample)
        lines.append(
            [
                f"{value:,} {goal.metric.name.lower()}",
                money.format(ahead.flows),
                money.format(ahead.held),
            ]
        )
    output.line(f"Of {money.format(sample)} of proceeds, once costs are covered")
    columns = [
        output.Column("last value", "right"),
        output.Column("you are paid", "right"),
        output.Column("held for you", "right"),
    ]
    output.table(columns, lines)
