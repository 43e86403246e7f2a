"""A leading goal on a terminal and for a program, and what nodes reported."""

from typing import TYPE_CHECKING, Any

from emc.cli.shared import decide
from emc.core.text import printable

if TYPE_CHECKING:
    from emc.client.standing import Standing


def facts(standing: "Standing") -> dict[str, str]:
    """The leading goal, plan against actual, for people."""
    goal, money = standing.terms.goal, standing.currency

    def show(amount: int) -> str:
        if goal.metric.is_assessed:
            return f"{amount:,} {goal.metric.name.lower()}"
        return money.format(amount)

    actual = show(_reached(standing))
    if goal.metric.is_assessed and standing.value[1]:
        actual += f", measured {decide.moment(standing.value[1])}"
    verdict = _verdict(standing)
    return {
        "metric": goal.metric.name.lower(),
        "benchmark": show(goal.benchmark),
        "target": show(goal.target),
        "actual": actual,
        "verdict": f"open until {decide.moment(goal.deadline)}" if verdict == "open" else verdict,
        "gate": f"{goal.gate.name.lower()}, {'open' if standing.life.is_open else 'closed'}",
    }


def machine(standing: "Standing") -> dict[str, Any]:
    """The same for a program: base units, or the metric's whole units."""
    goal = standing.terms.goal
    return {
        "emc": standing.emc,
        "metric": goal.metric.name.lower(),
        "benchmark": str(goal.benchmark),
        "target": str(goal.target),
        "actual": str(_reached(standing)),
        "measured_at": standing.value[1] if goal.metric.is_assessed else standing.now,
        "deadline": goal.deadline,
        "verdict": _verdict(standing),
        "gate": goal.gate.name.lower(),
        "is_open": standing.life.is_open,
    }


def _reached(standing: "Standing") -> int:
    return standing.value[0] if standing.terms.goal.metric.is_assessed else standing.life.total


def _verdict(standing: "Standing") -> str:
    terms = standing.terms
    if _reached(standing) >= terms.goal.target:
        return "achieved"
    grace = terms.assessment.grace if terms.goal.metric.is_assessed else 0
    return "missed" if standing.now > terms.goal.deadline + grace else "open"


def reports(standing: "Standing") -> list[dict[str, Any]]:
    """What nodes reported, with who countersigned."""
    system = standing.system
    found: list[dict[str, Any]] = []
    for event in system.chain.events({str(system.goals.address): "Goals"}, standing.emc):
        args = event.args
        if event.name == "Reported":
            found.append(
                {
                    "report": args["report"],
                    "row": args["row"],
                    "item": printable(args["item"]),
                    "amount": str(args["amount"]),
                    "evidence": "0x" + bytes(args["evidence"]).hex(),
                    "countersigned": [],
                }
            )
        elif event.name == "Countersigned":
            found[args["report"]]["countersigned"].append(args["row"])
    return found
