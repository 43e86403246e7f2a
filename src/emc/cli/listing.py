"""emc list: the EMCs of a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import dates, options, output, sessions, talk, titles

if TYPE_CHECKING:
    from emc.client.mine import Place
    from emc.client.roll import Entry


@click.command("list")
@options.local_network
@click.option(
    "--me",
    type=options.ME,
    help="Only EMCs of this ME: what it has earned, what is waiting, what it can do.",
)
@titles.option
@output.json_option
def command(network: str, me: int | None, canvases: Path, as_json: bool) -> None:
    """List the EMCs that were made on a network, with stage, title and proceeds.

    The chain knows only the hash of a canvas, so a title is shown only if its file is known here.

    \b
    Examples:
      emc list
      emc list --me 3 --network ethereum:sepolia
    """
    from emc.client import mine, roll

    with sessions.opened(network) as session:
        if me is not None:
            called = titles.known(canvases)
            places = mine.places(session.system, me, called.words)
        else:
            found = roll.read(session.system)
    if me is not None:
        _mine(me, places, titles.of_entries(called, [each.entry for each in places]), as_json)
        return
    called = titles.known(canvases, {each.terms.canvas for each in found if each.terms})
    if as_json:
        output.print_json([_data(each, called) for each in found])
        return
    if not found:
        talk.note("no EMC was made here")
        return
    columns = output.columns("EMC", "stage", "title", ">nodes", ">proceeds", "ends")
    lines = []
    for each in found:
        if each.terms is None or each.currency is None:
            lines.append([each.emc, "?", each.fault, "", "", ""])
            continue
        lines.append(
            [
                each.emc,
                each.stage,
                called.titles.get(each.terms.canvas, ""),
                str(len(each.terms.nodes)),
                each.currency.format(each.total),
                dates.moment(each.terms.ends_at),
            ]
        )
    output.table(columns, lines)


def _data(each: "Entry", called: titles.Folder) -> dict[str, Any]:
    return {
        "emc": each.emc,
        "stage": each.stage,
        "title": called.titles.get(each.terms.canvas) if each.terms else None,
        "currency": each.terms.currency if each.terms else None,
        "nodes": len(each.terms.nodes) if each.terms else None,
        "proceeds": str(each.total),
        "ends_at": each.terms.ends_at if each.terms else None,
        "fault": each.fault or None,
    }


def _mine(me: int, places: "list[Place]", names: dict[str, str], as_json: bool) -> None:
    """What one ME has in its EMCs."""
    if as_json:
        output.print_json([_own(each, names) for each in places])
        return
    titles.note_faults(places)
    found = [each for each in places if each.standing is not None]
    if not found:
        talk.note(f"ME {me} is in no EMC here")
        return
    right = (">earned", ">of it waiting", ">held", ">to do")
    lines = []
    for each in found:
        assert each.standing is not None
        money = each.standing.currency
        amounts = (each.earned, each.waiting, each.held)
        rows = ", ".join(str(row) for row in each.rows)
        lines.append(
            [
                each.entry.emc,
                each.entry.stage,
                names.get(each.entry.emc, ""),
                rows,
                *(money.format(units) for units in amounts),
                str(len(each.now)),
            ]
        )
    output.table(output.columns("EMC", "stage", "title", "row", *right), lines)
    for text in _together(found):
        output.line(text)
    tasks = [(each, task) for each in found for task in each.now]
    if tasks:
        output.line()
        output.line("What can be done now", style="bold")
        output.table(
            output.columns("EMC", "what", "until", "how"),
            [
                [
                    names.get(each.entry.emc, each.entry.emc),
                    task.told,
                    dates.moment(task.until) if task.until else "",
                    options.pasted(task.command, each.entry.emc),
                ]
                for each, task in tasks
            ],
        )


def _together(found: "list[Place]") -> Iterator[str]:
    """What an ME has in each currency."""
    sums: dict[str, list[Place]] = {}
    for each in found:
        assert each.standing is not None
        sums.setdefault(each.standing.terms.currency, []).append(each)
    for places in sums.values():
        assert places[0].standing is not None
        show = places[0].standing.currency.format
        earned, waiting, held = (
            sum(getattr(each, name) for each in places) for name in ("earned", "waiting", "held")
        )
        yield f"together {show(earned)} earned, {show(waiting)} of it waiting; {show(held)} held"


def _own(each: "Place", names: dict[str, str]) -> dict[str, Any]:
    terms = each.entry.terms
    return {
        "emc": each.entry.emc,
        "stage": each.entry.stage,
        "title": names.get(each.entry.emc),
        "currency": terms.currency if terms else None,
        "rows": list(each.rows),
        "earned": str(each.earned),
        "waiting": str(each.waiting),
        "held": str(each.held),
        "tasks": [
            {
                "what": task.what,
                "command": options.pasted(task.command, each.entry.emc),
                "since": task.since,
                "until": task.until,
            }
            for task in each.tasks
        ],
        "proceeds": str(each.entry.total),
        "ends_at": terms.ends_at if terms else None,
        "fault": each.fault or None,
    }
