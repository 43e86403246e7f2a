"""emc agenda: what comes, and when, for one ME over all EMCs of a chain."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import dates, options, output, sessions, talk, titles
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.mine import Date


@click.command()
@options.local_network
@click.option("--me", type=options.ME, required=True, help="The ME whose dates to show: its id.")
@click.option(
    "--ics",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a calendar file with alarms a day and an hour before.",
)
@titles.option
@output.json_option
def command(network: str, me: int, ics: Path | None, canvases: Path, as_json: bool) -> None:
    """Show all future dates of an ME: windows, deadlines, times to rate and to reveal, ends.

    Covers all EMCs in which it is or was a node, the calls that it leads and its bids. Importing
    the calendar file again replaces the earlier entries.

    \b
    Examples:
      emc agenda --me 3
      emc agenda --me 3 --ics emc.ics --network sepolia
    """
    from emc.client import mine

    with sessions.opened(network) as session:
        called = titles.known(canvases)
        found = mine.places(session.system, me, called.words)
        ahead = [
            replace(each, command=options.pasted(each.command, each.where))
            for each in mine.dates(session.system, me, found)
        ]
        chain_id, now = session.chain.id, session.now
    names = titles.of_entries(called, [each.entry for each in found])
    if ics is not None:
        _write(ics, ahead, names, chain_id, now, me)
    if as_json:
        output.print_json([_data(each, names) for each in ahead])
        return
    titles.note_faults(found)
    if not ahead:
        talk.note(f"there are no future dates of ME {me}")
        return
    output.table(
        output.columns("", "where", "what", "how"),
        [
            [
                dates.moment(each.at),
                names.get(each.where, each.where),
                f"last moment: {each.what}" if each.is_last else each.what,
                each.command,
            ]
            for each in ahead
        ],
    )


def _write(
    path: Path, ahead: "list[Date]", names: Mapping[str, str], chain_id: int, now: int, me: int
) -> None:
    from emc.client import calendar
    from emc.files.whole import replace_file

    if path.suffix.lower() != ".ics":
        raise EMCError(
            f"--ics {path} does not end in .ics", "use that ending: calendars require it"
        )
    title = f"EMCs of ME {me}"
    replace_file(
        path,
        calendar.written(ahead, chain_id, now, lambda where: names.get(where, where), title),
    )
    talk.note(f"calendar: {path}")


def _data(each: "Date", names: Mapping[str, str]) -> dict[str, object]:
    return {
        "at": each.at,
        "where": each.where,
        "title": names.get(each.where),
        "what": each.what,
        "command": each.command,
        "is_last": each.is_last,
    }
