"""Assessed values of a goal that the chain cannot see, and reports of nodes.

Prints nothing.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from emc.chain import edge
from emc.client.open_changes import OpenValue
from emc.client.standing import Standing
from emc.core.terms import ASSESSOR, Metric

if TYPE_CHECKING:
    from ape.api import AccountAPI


@dataclass(frozen=True)
class Report:
    """What a node reported.

    Args:
        evidence: Hash of a file; zeros without one.
        countersigned: The rows that confirmed it.
    """

    number: int
    row: int
    item: str
    amount: int
    evidence: bytes
    countersigned: tuple[int, ...] = ()


def submit(
    standing: Standing,
    account: "AccountAPI",
    metric: Metric,
    amount: int,
    measured_at: int,
    evidence: bytes,
) -> int:
    """Submit a value of a measure, as the assessor that the terms name, or without one as a node.

    Args:
        measured_at: Unix time as of which it was measured.
        evidence: Hash of a file; zeros without one.

    Returns:
        When it is final unless nodes object, in Unix time.
    """
    terms = standing.terms
    place = ASSESSOR if terms.assessment.has_assessor else standing.place_of(account.address)
    what = place, bytes(metric), amount, measured_at, evidence
    standing.send("submitting the value", standing.system.goals.assess, *what, sender=account)
    return standing.system.chain.now + terms.assessment.window


def is_own(standing: Standing, account: "AccountAPI", value: OpenValue) -> bool:
    """Whether a value was submitted for the account."""
    if value.submitter == ASSESSOR:
        return value.account.lower() == str(account.address).lower()
    return standing.row_of(account.address) == value.submitter


def take_back(standing: Standing, account: "AccountAPI", value: OpenValue) -> None:
    """Take back one's own value."""
    what = bytes(value.metric), value.submitter
    standing.send("taking back", standing.system.goals.take_back, *what, sender=account)


def object_(standing: Standing, account: "AccountAPI", value: OpenValue) -> None:
    """Object to a value of another."""
    what = standing.place_of(account.address), bytes(value.metric), value.submitter
    standing.send("objecting", standing.system.goals.object, *what, sender=account)


def finalise(standing: Standing, account: "AccountAPI", value: OpenValue) -> bool:
    """Finalise a value whose window is over.

    Returns:
        Whether it was; it is dropped where a later one is final, or nothing counts it any more.
    """
    nobody: list[Any] = []
    what = bytes(value.metric), value.submitter, nobody
    standing.send("counting the value", standing.system.goals.finalise, *what, sender=account)
    _, measured_at = standing.system.goals.value_of(standing.emc, bytes(value.metric))
    return value.measured_at == int(measured_at)


def drop(standing: Standing, account: "AccountAPI", value: OpenValue) -> None:
    """Drop a value that nobody has finalised."""
    what = standing.emc, bytes(value.metric), value.submitter
    edge.send("dropping the value", standing.system.goals.drop, *what, sender=account)


def record_miss(standing: Standing, account: "AccountAPI") -> None:
    """Record for good that the goal is missed."""
    standing.send("recording the miss", standing.system.goals.record_miss, sender=account)


def is_miss_recorded(standing: Standing) -> bool:
    """Whether the miss of these terms was recorded."""
    return any(each.name == "Missed" for each in standing.events("Goals"))


def report(
    standing: Standing, account: "AccountAPI", item: str, amount: int, evidence: bytes
) -> int:
    """Report on an obligation or a goal of one's own and return the report's number.

    Args:
        item: What it is about, as the canvas names it.
        evidence: Hash of a file; zeros without one.
    """
    what = standing.place_of(account.address), item, amount, evidence
    standing.send("reporting", standing.system.goals.report, *what, sender=account)
    return len(reports(standing)) - 1


def countersign(standing: Standing, account: "AccountAPI", number: int) -> None:
    """Confirm the report of another node."""
    what = standing.place_of(account.address), number
    standing.send("countersigning", standing.system.goals.countersign, *what, sender=account)


def reports(standing: Standing) -> list[Report]:
    """The reports of nodes, in order, with the rows that countersigned."""
    found: list[Report] = []
    for event in standing.events("Goals"):
        args = event.args
        if event.name == "Reported":
            what = args["item"], int(args["amount"]), bytes(args["evidence"])
            found.append(Report(int(args["report"]), int(args["row"]), *what))
        elif event.name == "Countersigned":
            number, before = args["report"], found[args["report"]]
            rows = (*before.countersigned, int(args["row"]))
            found[number] = replace(before, countersigned=rows)
    return found
