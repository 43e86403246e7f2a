"""emc assess: values of a goal that the chain cannot see, and reports of plan against actual."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import (
    dates,
    goal_view,
    naming,
    options,
    output,
    proposal_commands,
    proposals,
    senders,
    sessions,
    talk,
)
from emc.cli.shared.groups import Group
from emc.cli.shared.senders import Sender
from emc.core.limits import MAX_ITEM
from emc.core.terms import ASSESSOR, Metric
from emc.core.text import printable
from emc.errors import EMCError
from emc.files import digests
from emc.files.proposal import Change

if TYPE_CHECKING:
    from emc.client.open_changes import OpenValue
    from emc.client.standing import Standing


@click.group(cls=Group)
def assess() -> None:
    """Assess what the chain cannot see of the leading goal: users, contracts, satisfaction.

    If the goal has several such measures, --measure says which.

    \b
    An assessment from start to end:
      emc assess value 0x... --amount 21500 --evidence count.pdf --account leader
      emc assess goal 0x...
      emc assess finalise 0x... --submitter 0 --account anybody
    """


@dataclass(frozen=True)
class Meant:
    """An open value as a person names it."""

    submitter: str | None
    measure: str | None

    def of(self, standing: "Standing", target: str) -> "OpenValue":
        """The value that is meant: of a submitter, of a measure, or the only one."""
        from emc.client import open_changes

        submitter, metric = None, Metric.of(self.measure) if self.measure else None
        if self.submitter is not None:
            paper = naming.paper_of(standing, None, target)
            submitter = naming.row_of(self.submitter, paper, ASSESSOR, "--submitter")
        return open_changes.value_of(standing, submitter, metric)


def value_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which open value is meant, as `meant`."""

    @wraps(command)
    def naming_one(submitter: str | None, measure: str | None, **others: Any) -> Any:
        return command(meant=Meant(submitter, measure), **others)

    return click.option(
        "--submitter",
        help="Whose value: number, key or name of its row; 128: the assessor named in the terms.  "
        "[default: the only one who submitted]",
    )(options.measure(naming_one))


def _amount(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    """The value that was named, or is asked for where somebody is at the keyboard."""
    if value is not None or ctx.resilient_parsing:
        return value
    return int(click.IntRange(0).convert(talk.asked("Value, whole units", param, ctx), param, ctx))


@assess.command()
@click.argument("target")
@click.option(
    "--amount",
    type=click.IntRange(0),
    callback=_amount,
    help="The value, in the measure's unit; asked for if missing.",
)
@options.measure
@click.option("--measured", type=click.IntRange(0), help="As of when, Unix seconds. [default: now]")
@click.option("--evidence", type=options.FILE, help="A file whose hash is kept.")
@senders.asked
def value(
    target: str,
    amount: int,
    measure: str | None,
    measured: int | None,
    evidence: Path | None,
    by: Sender,
) -> None:
    """Submit a value of the leading goal of the EMC at TARGET.

    \b
    Example:
      emc assess value my.agreement.json --amount 21500 --evidence count.pdf --account leader
    """
    from emc.client import assessing

    with by.standing(target, evidence) as (standing, signer):
        metric = goal_view.metric_of(standing, measure, "nothing to submit")
        measured_at = standing.now if measured is None else measured
        by.confirm(f"Submit {amount:,} {metric.name}, {dates.moment(measured_at)}?")
        what = metric, amount, measured_at, digests.digest(evidence)
        final_at = assessing.submit(standing, signer, *what)
        talk.note(f"submitted; final {dates.left(final_at, standing.now)} unless nodes object")


@assess.command("object")
@click.argument("target")
@value_options
@senders.asked
def object_(target: str, meant: Meant, by: Sender) -> None:
    """Object to a value of the EMC at TARGET before it is final, or take back your own.

    You can take back your own until the deadline, with your ME's current account.

    \b
    Example:
      emc assess object my.agreement.json --submitter 0 --account baker
    """
    from emc.client import assessing

    with by.standing(target) as (standing, signer):
        found = meant.of(standing, target)
        is_own = assessing.is_own(standing, signer, found)
        by.confirm("Take your value back?" if is_own else "Object to this value?")
        act = assessing.take_back if is_own else assessing.object_
        act(standing, signer, found)
        talk.note("taken back" if is_own else "objected")


@assess.command()
@click.argument("target")
@value_options
@senders.plain
def finalise(target: str, meant: Meant, by: Sender) -> None:
    """Finalise a value of the EMC at TARGET once its window is over; anyone may.

    \b
    Example:
      emc assess finalise my.agreement.json --submitter 0 --account leader
    """
    from emc.client import assessing

    with by.standing(target) as (standing, signer):
        if not assessing.finalise(standing, signer, meant.of(standing, target)):
            talk.note("dropped: a later value is final, or the goal counts something else now")
            return
        talk.note(
            f"finalised; the gate is {'open' if standing.agreement.is_gate_open else 'closed'}"
        )


@assess.command()
@click.argument("target")
@value_options
@options.proposal_out
@options.local_network
def propose(target: str, meant: Meant, out: Path, network: str) -> None:
    """Propose that an open value of the EMC at TARGET become final at once, by every node.

    \b
    Example:
      emc assess propose my.agreement.json --submitter 0 --out value.json
    """
    from emc.client import open_changes

    with sessions.opened(network, target, out=out) as session:
        standing = session.standing(target)
        found = meant.of(standing, target)
        if not found.metric.word:
            raise EMCError(
                f"the name of measure {found.metric.name} is not known", "name it with --measure"
            )
        paper = naming.paper_of(standing, None, target)
        proposals.draw_up(standing, open_changes.assessment(found), out, paper)


@assess.command()
@click.argument("target")
@options.local_network
@output.json_option
def goal(target: str, network: str, as_json: bool) -> None:
    """Show the goal of the EMC at TARGET, its open values, and what nodes reported.

    \b
    Example:
      emc assess goal my.agreement.json
    """
    from emc.client import assessing, open_changes

    with sessions.opened(network, target) as session:
        standing = session.standing(target)
        reports = assessing.reports(standing)
        values = open_changes.open_values(standing)
        if as_json:
            output.print_json(
                {
                    **goal_view.machine(standing),
                    "open": [
                        {
                            "metric": found.metric.word,
                            "submitter": found.submitter,
                            "amount": str(found.amount),
                            "measured_at": found.measured_at,
                            "final_at": found.final_at,
                        }
                        for found in values
                    ],
                    "reports": goal_view.machine_reports(reports),
                }
            )
            return
        talk.facts(f"Goal of {standing.emc}", goal_view.facts(standing))
        for found in values:
            amount = goal_view.amount(standing, found.metric, found.amount)
            output.line(
                f"open value by {found.by}: {amount}, "
                f"final {dates.left(found.final_at, session.now)}"
            )
        for report in reports:
            signed = ", ".join(map(str, report.countersigned))
            output.line(
                f"report {report.number} by row {report.row}: {printable(report.item)}: "
                f"{report.amount}" + (f", countersigned by row {signed}" if signed else "")
            )


@assess.command()
@click.argument("target")
@click.option("--item", required=True, help="The obligation or goal, as the canvas names it.")
@click.option("--amount", default=0, type=click.IntRange(0), help="How much of it has been done.")
@click.option("--evidence", type=options.FILE, help="A file whose hash is kept.")
@senders.plain
def report(target: str, item: str, amount: int, evidence: Path | None, by: Sender) -> None:
    """Report on an obligation or a goal of your own in the EMC at TARGET.

    \b
    Example:
      emc assess report my.agreement.json --item "ovens delivered" --amount 120 --account baker
    """
    from emc.client import assessing

    if len(item.encode()) > MAX_ITEM:
        raise EMCError("--item is too long", f"at most {MAX_ITEM} bytes")
    with by.standing(target, evidence) as (standing, signer):
        number = assessing.report(standing, signer, item, amount, digests.digest(evidence))
        talk.note(f"reported; others may countersign report {number}")


@assess.command()
@click.argument("target")
@click.option(
    "--report", "number", required=True, type=click.IntRange(0), help="The report's number."
)
@senders.plain
def countersign(target: str, number: int, by: Sender) -> None:
    """Confirm the report of another node of the EMC at TARGET.

    \b
    Example:
      emc assess countersign my.agreement.json --report 0 --account leader
    """
    from emc.client import assessing

    with by.standing(target) as (standing, signer):
        assessing.countersign(standing, signer, number)
        talk.note(f"report {number} is countersigned")


@assess.command()
@click.argument("target")
@senders.asked
def miss(target: str, by: Sender) -> None:
    """Record for good that the EMC at TARGET missed its goal by more than the margin; anyone may.

    \b
    Example:
      emc assess miss my.agreement.json --account leader
    """
    from emc.client import assessing

    with by.standing(target) as (standing, signer):
        by.confirm("Record that the goal is missed, so that no later sale undoes it?")
        assessing.record_miss(standing, signer)
        talk.note("recorded: the EMC may be disbanded for it")


@assess.command()
@click.argument("target")
@value_options
@senders.plain
def drop(target: str, meant: Meant, by: Sender) -> None:
    """Drop a value of the EMC at TARGET that nobody finalised for thirty days; anyone may.

    \b
    Example:
      emc assess drop my.agreement.json --submitter 0 --account leader
    """
    from emc.client import assessing

    with by.standing(target) as (standing, signer):
        assessing.drop(standing, signer, meant.of(standing, target))
        talk.note("dropped: it no longer delays the end")


proposal_commands.add_all(assess, Change.ASSESSMENT)
