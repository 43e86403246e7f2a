"""emc assess: values of a goal that the chain cannot see, and reports of plan against actual."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import (
    decide,
    goal_view,
    naming,
    output,
    proposal_commands,
    proposal_view,
    talk,
)
from emc.cli.shared.groups import Group
from emc.cli.shared.proposal_view import Reader
from emc.core.terms import ASSESSOR, MAX_ITEM
from emc.errors import EMCError
from emc.files.proposal import Assessment, Change

if TYPE_CHECKING:
    from emc.client.open_changes import OpenValue
    from emc.client.standing import Standing


@click.group(cls=Group)
def assess() -> None:
    """Measure the leading goal where the chain cannot: users, contracts, satisfaction.

    Where the goal has several such measures, --measure says which.

    \b
    An assessment from start to end:
      emc assess value 0x... --amount 21500 --evidence count.pdf --account leader
      emc assess goal 0x...
      emc assess finalise 0x... --submitter 0 --account anybody
    """


submitter_option = click.option(
    "--submitter",
    "told",
    help="Whose value: number, key or name of its row; 128: the assessor named in the terms.  "
    "[default: the only one who submitted]",
)


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
    help="In the measure's unit; asked for if it is not named.",
)
@decide.measure_option
@click.option("--measured", type=click.IntRange(0), help="As of when, Unix seconds. [default: now]")
@click.option("--evidence", type=click.Path(path_type=Path), help="A file whose hash is kept.")
@decide.account_option
@decide.network_option
@decide.yes_option
def value(
    target: str,
    amount: int,
    measure: str | None,
    measured: int | None,
    evidence: Path | None,
    account: str,
    network: str,
    yes: bool,
) -> None:
    """Submit a value of the leading goal of the EMC at TARGET.

    \b
    Example:
      emc assess value my.agreement.json --amount 21500 --evidence count.pdf --account leader
    """
    from emc.chain.edge import send

    with decide.opened(network, target, evidence) as (chain, system):
        standing = decide.standing_of(system, target)
        terms, signer = standing.terms, chain.account(account)
        metric = decide.metric_of(standing, measure, "nothing to submit")
        place = ASSESSOR
        if int(terms.assessment.assessor, 16) == 0:
            place = terms.place_of(standing.row_of(signer.address))
        measured_at = chain.now if measured is None else measured
        talk.confirm(f"Submit {amount:,} {metric.name}, {decide.moment(measured_at)}?", yes)
        send(
            "submitting the value",
            system.goals.assess,
            standing.emc,
            terms.head(),
            terms.packed_rows(),
            place,
            bytes(metric),
            amount,
            measured_at,
            decide.digest_of(evidence),
            sender=signer,
        )
        final_at = chain.now + terms.assessment.window
        talk.note(f"submitted; final {decide.left(final_at, chain.now)} unless nodes object")


@assess.command("object")
@click.argument("target")
@submitter_option
@decide.measure_option
@decide.account_option
@decide.network_option
@decide.yes_option
def object_(
    target: str, told: str | None, measure: str | None, account: str, network: str, yes: bool
) -> None:
    """Object to a value for the EMC at TARGET before it is final; your own is taken back.

    Your own can be taken back until the deadline, by the account that the row's ME has now.

    \b
    Example:
      emc assess object my.agreement.json --submitter 0 --account baker
    """
    from emc.chain.edge import send

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        terms, signer = standing.terms, chain.account(account)
        found = _open_value(standing, target, told, measure)
        submitter = found.submitter
        if submitter == ASSESSOR:
            is_own = str(found.told.account).lower() == signer.address.lower()
        else:
            is_own = standing.row_of(signer.address) == submitter
        talk.confirm("Take your value back?" if is_own else "Object to this value?", yes)
        if is_own:
            send(
                "taking back",
                system.goals.take_back,
                standing.emc,
                terms.head(),
                terms.packed_rows(),
                bytes(found.metric),
                submitter,
                sender=signer,
            )
        else:
            send(
                "objecting",
                system.goals.object,
                standing.emc,
                terms.head(),
                terms.packed_rows(),
                terms.place_of(standing.row_of(signer.address)),
                bytes(found.metric),
                submitter,
                sender=signer,
            )
        talk.note("taken back" if is_own else "objected")


@assess.command()
@click.argument("target")
@submitter_option
@decide.measure_option
@decide.account_option
@decide.network_option
def finalise(
    target: str, told: str | None, measure: str | None, account: str, network: str
) -> None:
    """Have a value of the EMC at TARGET counted whose window is over; anybody may.

    \b
    Example:
      emc assess finalise my.agreement.json --submitter 0 --account leader
    """
    from emc.chain.edge import send

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        found = _open_value(standing, target, told, measure)
        submitter = found.submitter
        send(
            "counting the value",
            system.goals.finalise,
            standing.emc,
            standing.terms.head(),
            standing.terms.packed_rows(),
            bytes(found.metric),
            submitter,
            [],
            sender=chain.account(account),
        )
        _, measured_at = system.goals.value_of(standing.emc, bytes(found.metric))
        if int(measured_at) != int(found.told.measured_at):
            talk.note("dropped: a later value is final, or the goal counts something else now")
            return
        is_open = bool(standing.agreement.contract.is_gate_open())
        talk.note(f"counted; the gate is {'open' if is_open else 'closed'}")


@assess.command()
@click.argument("target")
@submitter_option
@decide.measure_option
@decide.out_option
@decide.network_option
def propose(target: str, told: str | None, measure: str | None, out: Path, network: str) -> None:
    """Draw up that every node lets an open value of the EMC at TARGET be final at once.

    \b
    Example:
      emc assess propose my.agreement.json --submitter 0 --out value.json
    """
    with decide.opened(network, target, out=out) as (_, system):
        standing = decide.standing_of(system, target)
        found = _open_value(standing, target, told, measure)
        submitter = found.submitter
        if not found.metric.word:
            raise EMCError(f"the word of {found.metric.name} is not known", "say it by --measure")
        change = Assessment(
            metric=found.metric.word,
            submitter=submitter,
            amount=int(found.told.amount),
            measured_at=int(found.told.measured_at),
            evidence="0x" + bytes(found.told.evidence).hex(),
        )
        proposal_view.show(
            decide.draw_up(standing, change, out), Reader(naming.paper_of(standing, None, target))
        )


@assess.command()
@click.argument("target")
@decide.network_option
@output.json_option
def goal(target: str, network: str, as_json: bool) -> None:
    """Say how the goal of the EMC at TARGET stands, its open values, and what nodes reported.

    \b
    Example:
      emc assess goal my.agreement.json
    """
    from emc.client import open_changes

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        reports = goal_view.reports(standing)
        values = open_changes.open_values(standing)
        if as_json:
            output.print_json(
                {
                    **goal_view.machine(standing),
                    "open": [
                        {
                            "metric": found.metric.word,
                            "submitter": found.submitter,
                            "amount": str(int(found.told.amount)),
                            "measured_at": int(found.told.measured_at),
                            "final_at": int(found.told.final_at),
                        }
                        for found in values
                    ],
                    "reports": reports,
                }
            )
            return
        talk.facts(f"Goal of {standing.emc}", goal_view.facts(standing))
        for found in values:
            amount = goal_view.amount(standing, found.metric, int(found.told.amount))
            output.line(
                f"open value by {found.by}: {amount}, "
                f"final {decide.left(int(found.told.final_at), chain.now)}"
            )
        for report in reports:
            signed = ", ".join(str(row) for row in report["countersigned"])
            output.line(
                f"report {report['report']} by row {report['row']}: {report['item']}: "
                f"{report['amount']}" + (f", countersigned by row {signed}" if signed else "")
            )


@assess.command()
@click.argument("target")
@click.option("--item", required=True, help="What it is about, as the canvas names it.")
@click.option("--amount", default=0, type=click.IntRange(0), help="How much of it is done.")
@click.option("--evidence", type=click.Path(path_type=Path), help="A file whose hash is kept.")
@decide.account_option
@decide.network_option
def report(
    target: str, item: str, amount: int, evidence: Path | None, account: str, network: str
) -> None:
    """Report on an obligation or a goal of your own in the EMC at TARGET.

    \b
    Example:
      emc assess report my.agreement.json --item "ovens delivered" --amount 120 --account baker
    """
    from emc.chain.edge import send

    if len(item.encode()) > MAX_ITEM:
        raise EMCError("--item is too long", f"at most {MAX_ITEM} bytes")
    with decide.opened(network, target, evidence) as (chain, system):
        standing = decide.standing_of(system, target)
        terms, signer = standing.terms, chain.account(account)
        send(
            "reporting",
            system.goals.report,
            standing.emc,
            terms.head(),
            terms.packed_rows(),
            terms.place_of(standing.row_of(signer.address)),
            item,
            amount,
            decide.digest_of(evidence),
            sender=signer,
        )
        talk.note(f"reported; others may countersign report {len(goal_view.reports(standing)) - 1}")


@assess.command()
@click.argument("target")
@click.option("--report", "number", required=True, type=click.IntRange(0), help="Its number.")
@decide.account_option
@decide.network_option
def countersign(target: str, number: int, account: str, network: str) -> None:
    """Confirm the report of another node of the EMC at TARGET.

    \b
    Example:
      emc assess countersign my.agreement.json --report 0 --account leader
    """
    from emc.chain.edge import send

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        terms, signer = standing.terms, chain.account(account)
        send(
            "countersigning",
            system.goals.countersign,
            standing.emc,
            terms.head(),
            terms.packed_rows(),
            terms.place_of(standing.row_of(signer.address)),
            number,
            sender=signer,
        )
        talk.note(f"report {number} is countersigned")


@assess.command()
@click.argument("target")
@decide.account_option
@decide.network_option
@decide.yes_option
def miss(target: str, account: str, network: str, yes: bool) -> None:
    """Keep for good that the EMC at TARGET missed its goal by more than the margin; anybody may.

    \b
    Example:
      emc assess miss my.agreement.json --account leader
    """
    from emc.chain.edge import send

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        talk.confirm("Keep that the goal is missed, so that no later sale undoes it?", yes)
        terms = standing.terms
        send(
            "recording the miss",
            system.goals.record_miss,
            standing.emc,
            terms.head(),
            terms.packed_rows(),
            sender=chain.account(account),
        )
        talk.note("kept: the EMC may be disbanded for it")


@assess.command()
@click.argument("target")
@submitter_option
@decide.measure_option
@decide.account_option
@decide.network_option
def drop(target: str, told: str | None, measure: str | None, account: str, network: str) -> None:
    """Drop a value of the EMC at TARGET that nobody had counted for thirty days; anybody may.

    \b
    Example:
      emc assess drop my.agreement.json --submitter 0 --account leader
    """
    from emc.chain.edge import send

    with decide.opened(network, target) as (chain, system):
        standing = decide.standing_of(system, target)
        found = _open_value(standing, target, told, measure)
        submitter = found.submitter
        send(
            "dropping the value",
            system.goals.drop,
            standing.emc,
            bytes(found.metric),
            submitter,
            sender=chain.account(account),
        )
        talk.note("dropped: it delays no end any more")


def _open_value(
    standing: "Standing", target: str, told: str | None, measure: str | None
) -> "OpenValue":
    """The open value that is meant: of a submitter, of a measure, or the only one."""
    from emc.client import open_changes
    from emc.core.terms import Metric

    found, whose = open_changes.open_values(standing), "nobody"
    if told is not None:
        paper = naming.paper_of(standing, None, target)
        submitter = naming.row_of(told, paper, ASSESSOR, "--submitter")
        found = [each for each in found if each.submitter == submitter]
        whose = f"row {submitter}"
    if measure is not None:
        metric = Metric.of(measure)
        found = [replace(each, metric=metric) for each in found if each.metric == metric]
    if not found:
        raise EMCError(
            f"{whose} has {'an' if told is None else 'no'} open value", "see `emc assess goal`"
        )
    if len(found) > 1:
        if len({each.submitter for each in found}) > 1:
            raise EMCError(
                f"{len(found)} values are open, by {', '.join(each.by for each in found)}",
                "say whose with --submitter",
            )
        names = " or ".join(each.metric.name for each in found)
        raise EMCError(f"{found[0].by} has {len(found)} open values", f"say --measure {names}")
    return found[0]


proposal_commands.add_all(assess, Change.ASSESSMENT)
