"""emc leave: a node gives notice, and goes when it is over."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import dates, naming, options, output, senders, sessions, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.senders import Sender
from emc.core.units import format_span

if TYPE_CHECKING:
    from emc.client.leaving import Departure
    from emc.client.standing import Standing


@click.group(cls=Group)
def leave() -> None:
    """Leave an EMC with the notice of its terms; the node keeps what it has earned.

    \b
    Leaving from start to end:
      emc leave notice 0x... --account courier
      emc leave status 0x...
      emc leave submit 0x... --row 2 --account anybody
    """


@leave.command()
@click.argument("target")
@click.option("--take-back", is_flag=True, help="Withdraw the notice and stay.")
@senders.asked
def notice(target: str, take_back: bool, by: Sender) -> None:
    """Give notice that your node leaves the EMC at TARGET.

    \b
    Example:
      emc leave notice my.agreement.json --account courier
    """
    from emc.client import leaving

    with by.standing(target) as (standing, signer):
        row = standing.row_of(signer.address)
        if take_back:
            by.confirm(f"Keep row {row} after all?")
            leaving.take_back_notice(standing, signer)
            talk.note("the notice is withdrawn")
            return
        show(standing, leaving.departure(standing, row), naming.names_of(standing, None, target))
        by.confirm(f"Give notice for row {row}?")
        leaving.give_notice(standing, signer)
        span = format_span(standing.terms.leaving.notice)
        talk.note(f"notice is given; row {row} can go after {span}")


def show(standing: "Standing", departure: "Departure", names: dict[int, str]) -> None:
    """What leaving means to a row."""
    money, row = standing.currency, departure.row
    held = money.format(departure.held)
    talk.facts(
        f"Row {naming.called(names, row)} leaves {standing.emc}",
        {
            "shares fall to": f"row {naming.called(names, departure.sink)}",
            "waits for you already": money.format(departure.credited),
            "held for you": held if standing.life.is_open else f"{held}, paid when the gate opens",
            "uncovered costs that lapse": money.format(departure.lapsing),
        },
    )


@leave.command()
@click.argument("target")
@click.option("--row", "leaver", required=True, help="Who leaves: number, key or name of its row.")
@senders.plain
@options.agreement
def submit(target: str, leaver: str, agreement: Path | None, by: Sender) -> None:
    """Execute the exit of a node of the EMC at TARGET once its notice is over; anyone may.

    \b
    Example:
      emc leave submit my.agreement.json --row 2 --account leader
    """
    from emc.client import leaving

    with by.standing(target) as (standing, signer):
        row = naming.row_of(leaver, naming.paper_of(standing, agreement, target))
        leaving.leave(standing, row, signer)
        talk.note(f"row {row} has left; epoch {standing.epoch + 1} begins")


@leave.command()
@click.argument("target")
@options.local_network
@output.json_option
def status(target: str, network: str, as_json: bool) -> None:
    """Show who of the EMC at TARGET has given notice, and what waits for former nodes.

    \b
    Example:
      emc leave status my.agreement.json
    """
    from emc.client import leaving

    with sessions.opened(network, target) as session:
        standing = session.standing(target)
        notices = leaving.notices(standing)
        if as_json:
            output.print_json(
                {
                    "emc": standing.emc,
                    "notices": [{"row": row, "leaves_at": at} for row, at in notices.items()],
                    "left": [
                        {"row": each.row, "me": str(each.me), "held": str(each.held)}
                        for each in standing.formers
                    ],
                }
            )
            return
        money, names = standing.currency, naming.names_of(standing, None, target)
        for row_id, at in notices.items():
            output.line(f"row {naming.called(names, row_id)} leaves {dates.left(at, standing.now)}")
        for each in standing.formers:
            who = naming.called(names, each.row)
            output.line(f"row {who} has left; {money.format(each.held)} held for it")
        if not notices and not standing.formers:
            output.line("nobody has given notice, and nothing is held for former nodes")
