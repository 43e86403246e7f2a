"""emc disband: end the EMC before its date, together or because the goal was missed."""

from pathlib import Path

import click

from emc.cli.shared import options, proposal_commands, proposals, sessions
from emc.cli.shared.groups import Group
from emc.files.proposal import Change, Disbanding


@click.group(cls=Group)
def disband() -> None:
    """End an EMC early: by every node, or by fewer once its goal is missed by more than the margin.

    \b
    Disbanding from start to end:
      emc disband propose 0x... --out end.json
      emc disband sign end.json --account baker
      emc disband submit end.json --account leader
    """


@disband.command()
@click.argument("target")
@options.proposal_out
@options.local_network
def propose(target: str, out: Path, network: str) -> None:
    """Draw up the end of the EMC at TARGET, an address or an agreement file.

    \b
    Example:
      emc disband propose my.agreement.json --out end.json
    """
    with sessions.opened(network, target, out=out) as session:
        standing = session.standing(target)
        proposals.draw_up(standing, Disbanding(), out)


proposal_commands.add_all(disband, Change.DISBANDING)
