"""A leading goal on a terminal and for a program, and what nodes reported."""

from typing import TYPE_CHECKING, Any

from emc.cli.shared import decide
from emc.core.text import printable

if TYPE_CHECKING:
    from emc.client.standing import Standing
    from emc.core.terms import Measure, Metric


def facts(standing: "Standing") -> dict[str, str]:
    """The leading goal, plan against actual, for people."""
    goal = standing.terms.goal
    verdict = _verdict(standing)
    return {
        **dict(_told(standing, each) for each in goal.measures),
        "verdict": f"open until {decide.moment(goal.deadline)}" if verdict == "open" else verdict,
        "gate": f"{goal.gate.name.lower()}, {'open' if standing.life.is_open else 'closed'}",
    }


def amount(standing: "Standing", metric: "Metric", value: int) -> str:
    """An amount of a measure, for people."""
    return f"{value:,} {metric.name}" if metric.is_assessed else standing.currency.format(value)


def _told(standing: "Standing", measure: "Measure") -> tuple[str, str]:
    metric, at = measure.metric, standing.values.get(measure.metric, (0, 0))[1]
    reached, benchmark, target = (
        amount(standing, metric, each)
        for each in (standing.reached(measure), measure.benchmark, measure.target)
    )
    measured = f", measured {decide.moment(at)}" if at else ""
    return metric.name, f"{reached}{measured}; benchmark {benchmark}, target {target}"


def machine(standing: "Standing") -> dict[str, Any]:
    """The same for a program: base units, or the metric's whole units."""
    goal = standing.terms.goal
    return {
        "emc": standing.emc,
        "measures": [
            {
                "metric": each.metric.word,
                "hash": "0x" + each.metric.hex(),
                "benchmark": str(each.benchmark),
                "target": str(each.target),
                "actual": str(standing.reached(each)),
                "measured_at": standing.values.get(each.metric, (0, standing.now))[1],
            }
            for each in goal.measures
        ],
        "deadline": goal.deadline,
        "verdict": _verdict(standing),
        "gate": goal.gate.name.lower(),
        "is_open": standing.life.is_open,
    }


def _verdict(standing: "Standing") -> str:
    terms = standing.terms
    if all(standing.reached(each) >= each.target for each in terms.goal.measures):
        return "achieved"
    return "missed" if standing.now > terms.closes_at else "open"


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
