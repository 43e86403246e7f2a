"""emc status: an EMC on one screen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import decide, goal_view, output, talk
from emc.core.units import format_part
from emc.errors import EMCError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emc.client.agenda import Task
    from emc.client.status import Moment, Progress, Status
    from emc.client.system import System
    from emc.files.bundle import Bundle

RULE = (
    "The plan is a straight line from start to deadline. ON_TRACK: at or above it; BEHIND: below "
    "it; ACHIEVED: reached; MISSED: not reached in time; UPCOMING: before the start."
)
MOST_DATES = 6


@click.command()
@click.argument("target", required=False)
@decide.network_option
@decide.agreement_option
@output.json_option
def command(target: str | None, network: str, agreement: Path | None, as_json: bool) -> None:
    """Say how the EMC at TARGET stands: life cycle, goal, money, next dates, who has to do what.

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
    from emc.files import bundle

    target = target or _only_agreement()
    file = None if target.startswith("0x") else bundle.read(Path(target))
    with decide.opened(network, target, agreement) as (_, system):
        if file is not None:
            stage = system.stage(file)
            if stage == NOT_MADE:
                _before(system, file, as_json)
                return
        standing = decide.standing_of(system, target)
        found = status.of(standing)
        names = decide.names_of(standing, agreement, target)
        if as_json:
            output.print_json(machine(found, names))
            return
        title = file.canvas.title if file is not None else standing.emc
        show(found, title, target, names)


def _only_agreement() -> str:
    found = sorted(Path().glob("*.agreement.json"))
    if len(found) != 1:
        what = "no agreement file is" if not found else f"{len(found)} agreement files are"
        raise EMCError(f"{what} in this folder", "name one, or an address; see `emc list`")
    return str(found[0])


def _before(system: "System", file: "Bundle", as_json: bool) -> None:
    """An agreement that is not made yet: who has signed or approved."""
    from emc.client.agreement import NOT_MADE

    missing = system.missing(file)
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
            or "nobody: `emc deploy` makes it, and it is active then",
            "to be made before": decide.moment(deadline),
        },
    )


def show(found: "Status", title: str, target: str, names: dict[int, str]) -> None:
    """One screen."""
    standing, books = found.standing, found.accounts
    money = standing.currency

    def counted(each: "Progress", amount: int) -> str:
        return goal_view.amount(standing, each.measure.metric, amount)

    gate = "open"
    if not standing.life.is_open:
        short = [counted(each, each.to_gate) for each in found.goal if each.to_gate]
        gate = f"closed, {' and '.join(short) or 'nothing'} to go; {money.format(books.held)} held"
    talk.facts(
        title,
        {
            "EMC": standing.emc,
            "stage": f"{standing.stage}, epoch {standing.epoch}",
            "proceeds": money.format(books.received),
            "paid": money.format(books.paid),
            "waits": f"{money.format(books.credited)} as credits, "
            f"{money.format(books.pending)} gathering",
            "gate": gate,
            "tranche": f"the next unit falls into {found.band}",
        },
    )
    output.line()
    show_rows(found, names)
    output.line()
    right = [output.Column(each, "right") for each in ("amount", "actual", "planned by now")]
    output.table(
        [output.Column("goal"), *right, output.Column("verdict")],
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
    if found.dates:
        output.line()
        show_dates(found.dates)
    output.line()
    output.line("Who has to do what", style="bold")
    now = [task for task in found.tasks if task.since <= standing.now]
    if not now:
        output.line("  nothing waits")
        return
    columns = [output.Column(each) for each in ("who", "what", "until", "how")]
    output.table(columns, [_cells(task, target, names) for task in now])


def show_dates(dates: "Sequence[Moment]") -> None:
    """What lies ahead; several things may come in the same minute."""
    talk.facts("Next dates", [(decide.moment(each.at), each.name) for each in dates[:MOST_DATES]])


def show_rows(found: "Status", names: dict[int, str]) -> None:
    """What each row has a share of, and what it was paid so far."""
    money = found.standing.currency
    right = ("base", "leading", "upside", "paid", "credited", "held")
    lines = []
    for each in found.rows:
        shares = [format_part(ppm) for ppm in each.shares] if each.shares else ["left", "", ""]
        amounts = (each.paid, each.credited, each.held)
        cells = [money.format(amount, symbol=False) for amount in amounts]
        lines.append([decide.called(names, each.row), *shares, *cells])
    columns = [output.Column("row"), *(output.Column(each, "right") for each in right)]
    output.table(columns, lines)


def _cells(task: "Task", target: str, names: dict[int, str]) -> list[str]:
    who = task.who
    if who.startswith("row ") and int(who[4:]) in names:
        who = decide.called(names, int(who[4:]))
    until = decide.moment(task.until) if task.until else ""
    return [who, task.what, until, task.command.replace("TARGET", target)]


def _name(each: "Progress") -> str:
    """What a program calls a measure: its word, else its whole hash."""
    metric = each.measure.metric
    return metric.word or "0x" + metric.hex()


def machine(found: "Status", names: dict[int, str]) -> dict[str, Any]:
    """The same for a program: base units, Unix seconds."""
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
            {
                "row": each.row,
                "name": names.get(each.row),
                "shares": each.shares,
                "paid": str(each.paid),
                "credited": str(each.credited),
                "held": str(each.held),
            }
            for each in found.rows
        ],
        "is_open": standing.life.is_open,
        "to_gate": {_name(each): str(each.to_gate) for each in found.goal},
        "tranche": found.band,
        "goal": [
            {
                "metric": _name(each),
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
        "dates": [{"what": each.name, "at": each.at} for each in found.dates],
        "tasks": [
            {
                "who": task.who,
                "what": task.what,
                "command": task.command.replace("TARGET", standing.emc),
                "since": task.since,
                "until": task.until,
            }
            for task in found.tasks
        ],
    }
