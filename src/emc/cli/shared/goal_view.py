"""A leading goal on a terminal and for a program, and what nodes reported."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emc.cli.shared import dates
from emc.core.terms import Metric
from emc.core.text import printable
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.assessing import Report
    from emc.client.standing import Standing
    from emc.core.terms import Measure


def facts(standing: "Standing") -> dict[str, str]:
    """The leading goal, plan against actual, for people."""
    goal = standing.terms.goal
    verdict = standing.verdict
    return {
        **dict(_told(standing, each) for each in goal.measures),
        "verdict": f"open until {dates.moment(goal.deadline)}" if verdict == "open" else verdict,
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
    measured = f", measured {dates.moment(at)}" if at else ""
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
        "verdict": standing.verdict,
        "gate": goal.gate.name.lower(),
        "is_open": standing.life.is_open,
    }


def machine_reports(found: "Sequence[Report]") -> list[dict[str, Any]]:
    """What nodes reported, for a program."""
    return [
        {
            "report": each.number,
            "row": each.row,
            "item": printable(each.item),
            "amount": str(each.amount),
            "evidence": "0x" + each.evidence.hex(),
            "countersigned": list(each.countersigned),
        }
        for each in found
    ]


def metric_of(standing: "Standing", measure: str | None, instead: str = "") -> Metric:
    """The assessed measure that is meant: the one named, else the only one.

    Args:
        instead: What to do where the goal is proceeds alone.

    Raises:
        EMCError: there is none of that name, none at all, or several and none is named.
    """
    assessed = standing.terms.goal.assessed
    if not assessed:
        raise EMCError("this EMC's goal is proceeds, which the contract counts", instead)
    if measure is None:
        if len(assessed) > 1:
            names = " or ".join(each.metric.name for each in assessed)
            raise EMCError("this EMC's goal has several measures", f"say --measure {names}")
        return assessed[0].metric
    metric = Metric.of(measure)
    if not metric.is_assessed:
        raise EMCError("proceeds count themselves", instead)
    standing.terms.goal.measure(metric)
    return metric
