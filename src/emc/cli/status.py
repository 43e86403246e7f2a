"""emc status: an EMC on one screen."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import dates, goal_view, naming, options, output, sessions, talk, terms_view
from emc.core import view
from emc.core.units import format_part
from emc.errors import EMCError
from emc.files import targets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emc.client.open_changes import OpenChange
    from emc.client.status import Moment, Progress, Status
    from emc.files.bundle import Bundle

RULE = (
    "The plan is a straight line from start to deadline. ON_TRACK: at or above it; BEHIND: below "
    "it; ACHIEVED: reached; MISSED: not reached in time; UPCOMING: before the start."
)
MOST_DATES = 6


@click.command()
@click.argument("target", required=False)
@options.local_network
@options.agreement
@output.json_option
def command(target: str | None, network: str, agreement: Path | None, as_json: bool) -> None:
    """Show the state of the EMC at TARGET: life cycle, goal, money, next dates, who has to do what.

    TARGET is an address or an agreement file; without one, the only agreement file in this folder.
    The plan of the goal is a straight line from start to deadline: ON_TRACK at or above it, BEHIND
    below it, ACHIEVED once reached, MISSED when the deadline has passed, UPCOMING before the start.

    \b
    Examples:
      emc status
      emc status my.agreement.json --json
      emc status 0x5FbD...0aa3 --network ethereum:sepolia
    """
    from emc.client import status
    from emc.client.agreement import NOT_MADE

    target = target or _only_agreement()
    file = targets.target(target).paper
    with sessions.opened(network, target, agreement) as session:
        if file is not None:
            stage = session.system.stage(file)
            if stage == NOT_MADE:
                _before(session.formation(file).missing(), file, target, as_json)
                return
        standing = session.standing(target, agreement)
        paper = naming.paper_of(standing, agreement, target)
        screen = Screen(status.of(standing), paper, target)
        if as_json:
            output.print_json(machine(screen))
            return
        show(screen)


def _only_agreement() -> str:
    found = sorted(Path().glob("*.agreement.json"))
    if len(found) != 1:
        what = "no agreement file is" if not found else f"{len(found)} agreement files are"
        raise EMCError(f"{what} in this folder", "name one, or an address; see `emc list`")
    return str(found[0])


def _before(missing: dict[int, str], file: "Bundle", target: str, as_json: bool) -> None:
    """An agreement that is not made yet: who has signed or approved."""
    from emc.client.agreement import NOT_MADE

    deadline = file.terms.goal.deadline
    if as_json:
        output.print_json(
            {
                "emc": file.emc,
                "stage": NOT_MADE,
                "missing": missing,
                "deadline": deadline,
                "ends_at": file.terms.ends_at,
            }
        )
        return
    nodes = len(file.terms.nodes)
    talk.facts(
        file.canvas.title,
        {
            "EMC": file.emc,
            "stage": NOT_MADE,
            "agreed": f"{nodes - len(missing)} of {nodes} nodes",
            "still to sign": ", ".join(file.called(missing))
            or "nobody: anyone can make the EMC now",
            "to be made before": dates.moment(deadline),
        },
    )
    if not missing:
        output.command(options.pasted("emc deploy TARGET", target))


@dataclass(frozen=True)
class Screen:
    """What is shown of an EMC.

    Args:
        paper: Its agreement, if it is known here.
        target: What named it, for commands that can be pasted.
    """

    found: "Status"
    paper: "Bundle | None"
    target: str

    @property
    def names(self) -> dict[int, str]:
        return naming.names_at(self.found.standing, self.paper)


def show(screen: Screen) -> None:
    """One screen."""
    found, names = screen.found, screen.names
    standing, books = found.standing, found.accounts
    money = standing.currency

    def counted(each: "Progress", amount: int) -> str:
        return goal_view.amount(standing, each.measure.metric, amount)

    gate = "open"
    if not standing.life.is_open:
        short = [counted(each, each.to_gate) for each in found.goal if each.to_gate]
        gate = f"closed, {' and '.join(short) or 'nothing'} to go; {money.format(books.held)} held"
    talk.facts(
        screen.paper.canvas.title if screen.paper is not None else standing.emc,
        {
            **({"EMC": standing.emc} if screen.paper is not None else {}),
            "stage": terms_view.STAGES[standing.stage],
            "epoch": f"{standing.epoch}: the terms in force; `emc terms` says them in words",
            "proceeds": money.format(books.received),
            "paid": money.format(books.paid),
            "waits as credits": f"{money.format(books.credited)}, for rows that could not be paid",
            "not shared out yet": money.format(books.pending),
            "gate": gate,
            "tranche": f"the next unit falls into {found.band}",
        },
    )
    output.line()
    show_rows(found, names)
    output.line()
    _show_goal(found, counted)
    for change in found.proposals:
        _show_proposal(screen, change)
    if found.dates:
        output.line()
        show_dates(found.dates)
    output.line()
    show_tasks(screen)


def _show_goal(found: "Status", counted: "Callable[[Progress, int], str]") -> None:
    output.table(
        output.columns("goal", ">amount", ">actual", ">planned by now", "verdict"),
        [
            [
                level.name,
                counted(each, level.amount),
                counted(each, level.actual),
                counted(each, level.planned),
                level.verdict.value,
            ]
            for each in found.goal
            for level in each.levels
        ],
    )
    output.line(RULE)


def _show_proposal(screen: Screen, change: "OpenChange") -> None:
    """The shares that are proposed, beside today's, and what can be done about them."""
    output.line()
    rows = ", ".join(naming.called(screen.names, row) for row in change.rows)
    until = dates.moment(change.until)
    output.line(f"row {rows} proposes new shares, to be agreed by {until}", style="bold")
    terms_view.show_changes(_changes(screen, change))
    for task in screen.found.tasks:
        if task.change != change:
            continue
        since = (
            f" from {dates.moment(task.since)}" if task.since > screen.found.standing.now else ""
        )
        until = f" until {dates.moment(task.until)}" if task.until != change.until else ""
        output.line(f"{task.who}: {task.act}{since}{until}")
        output.command(options.pasted(task.command, screen.target))


def _changes(screen: Screen, change: "OpenChange") -> "tuple[view.Changed, ...]":
    standing = screen.found.standing
    known = naming.known_at(standing, standing.terms, screen.paper)
    after = change.proposal.terms_after(standing.terms)
    return view.changes(view.of(standing.terms, known), view.of(after, known))


def show_tasks(screen: Screen) -> None:
    """What can be done now, by whom and how: each command on a line of its own, to be pasted."""
    output.line("Who has to do what", style="bold")
    # what is to be done about a proposal is said beside it
    own = [task for task in screen.found.tasks if task.change is None]
    now = [task for task in own if task.since <= screen.found.standing.now]
    if not now:
        output.line("  nothing else to do" if screen.found.proposals else "  nothing to do")
    for task in now:
        who = task.who
        if task.row is not None and who == f"row {task.row}":
            who = f"row {naming.called(screen.names, task.row)}"
        until = f", until {dates.moment(task.until)}" if task.until else ""
        output.pairs([(f"{who}:", f"{task.what}{until}")])
        if task.command:
            output.command(options.pasted(task.command, screen.target))


def show_dates(ahead: "Sequence[Moment]") -> None:
    """What lies ahead; several things may come in the same minute."""
    # what falls together with the last one is told too
    last = ahead[min(len(ahead), MOST_DATES) - 1].at
    shown = [each for each in ahead if each.at <= last]
    talk.facts("Next dates", [(dates.moment(each.at), each.name) for each in shown])


def show_rows(found: "Status", names: dict[int, str]) -> None:
    """What each row has a share of, and what it was paid so far."""
    money = found.standing.currency
    lines = []
    for each in found.rows:
        shares = [format_part(ppm) for ppm in each.shares] if each.shares else ["left", "", ""]
        amounts = (each.paid, each.credited, each.held)
        cells = [money.format(amount, symbol=False) for amount in amounts]
        lines.append([naming.called(names, each.row), *shares, *cells])
    right = (">base", ">leading", ">upside", ">paid", ">credited", ">held")
    output.table(output.columns("row", *right), lines)


def machine(screen: Screen) -> dict[str, Any]:
    """The same for a program: base units, Unix seconds."""
    found, names = screen.found, naming.names_in(screen.paper)
    standing, books = found.standing, found.accounts
    return {
        "emc": standing.emc,
        "stage": standing.stage,
        "epoch": standing.epoch,
        "now": standing.now,
        "accounts": {
            name: str(getattr(books, name))
            for name in ("received", "paid", "credited", "held", "pending", "dust")
        },
        "rows": [
            {**output.plain(each, "paid", "credited", "held"), "name": names.get(each.row)}
            for each in found.rows
        ],
        "is_open": standing.life.is_open,
        "to_gate": {each.measure.metric.full: str(each.to_gate) for each in found.goal},
        "tranche": found.band,
        "goal": [
            {
                "metric": each.measure.metric.full,
                "level": level.name,
                "amount": str(level.amount),
                "actual": str(level.actual),
                "planned": str(level.planned),
                "as_of": level.as_of,
                "verdict": level.verdict.value,
            }
            for each in found.goal
            for level in each.levels
        ],
        "proposals": [
            {
                "told": change.told,
                "rows": list(change.rows),
                "terms_hash": "0x" + change.proposal.terms_hash.hex(),
                "opened_at": change.opened_at,
                "until": change.until,
                "closes_at": change.closes_at,
                "changes": terms_view.machine_changes(_changes(screen, change)),
            }
            for change in found.proposals
        ],
        "dates": [{"what": each.name, "at": each.at} for each in found.dates],
        "tasks": [
            {
                "who": task.who,
                "what": task.what,
                # wherever it is run, the address is there
                "command": options.pasted(task.command, standing.emc),
                "since": task.since,
                "until": task.until,
            }
            for task in found.tasks
        ],
    }
