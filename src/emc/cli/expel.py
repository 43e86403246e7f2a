"""emc expel: a charge with a cited clause, a cure period, and the vote of the others."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import (
    dates,
    naming,
    options,
    proposal_commands,
    proposals,
    senders,
    sessions,
    talk,
)
from emc.cli.shared.groups import Group
from emc.cli.shared.senders import Sender
from emc.core.limits import MAX_CLAUSE
from emc.core.text import printable
from emc.errors import EMCError
from emc.files import digests
from emc.files.proposal import Change, Expulsion

if TYPE_CHECKING:
    from emc.client.standing import Standing


@click.group(cls=Group)
def expel() -> None:
    """Expel a node that lost its key or broke a clause, by the quorum of the others.

    \b
    An expulsion from start to end:
      emc expel charge 0x... --row 2 --clause "delivers by the tenth" --account leader
      emc expel propose 0x... --row 2 --clause "delivers by the tenth" --out expel.json
      emc expel sign expel.json --account baker
      emc expel submit expel.json --account leader
    """


row_option = click.option(
    "--row", "accused", required=True, help="The accused: number, key or name of its row."
)


@expel.command()
@click.argument("target")
@row_option
@click.option(
    "--clause",
    help="The broken clause, in the canvas's words.  "
    "[default: the one that the row is charged with]",
)
@click.option("--evidence", type=options.FILE, help="A file whose hash is added to the charge.")
@click.option("--drop", is_flag=True, help="Drop your charge.")
@options.agreement
@senders.asked
def charge(
    target: str,
    accused: str,
    clause: str | None,
    evidence: Path | None,
    drop: bool,
    agreement: Path | None,
    by: Sender,
) -> None:
    """Charge a node of the EMC at TARGET; it has the cure period of the terms to remedy the breach.

    Charging the same clause as another node joins that charge: its clock goes on, and it stands
    even if the others drop theirs.

    \b
    Example:
      emc expel charge 0x... --row 2 --clause "delivers by the tenth" --account leader
    """
    from emc.client import leaving

    if clause is not None and len(clause.encode()) > MAX_CLAUSE:
        raise EMCError("--clause is too long", f"at most {MAX_CLAUSE} bytes: cite its beginning")
    with by.standing(target, evidence) as (standing, signer):
        row = naming.row_of(accused, naming.paper_of(standing, agreement, target))
        standing.terms.place_of(row)
        clause = _clause(standing, row, clause)
        if drop:
            by.confirm(f"Drop your charge against row {row}?")
            leaving.drop_charge(standing, row, clause, signer)
            talk.note("the charge is dropped")
            return
        by.confirm(f"Charge row {row} with: {clause}?")
        cured_by = leaving.charge(standing, row, clause, digests.digest(evidence), signer)
        talk.note(f"charged; the others can expel it {dates.left(cured_by, standing.now)}")


@expel.command()
@click.argument("target")
@row_option
@click.option(
    "--clause",
    help="The clause, exactly as cited.  [default: the one that the row is charged with]",
)
@options.proposal_out
@options.local_network
@options.agreement
def propose(
    target: str,
    accused: str,
    clause: str | None,
    out: Path,
    network: str,
    agreement: Path | None,
) -> None:
    """Draw up the expulsion of a charged node of the EMC at TARGET.

    \b
    Example:
      emc expel propose 0x... --row 2 --clause "delivers by the tenth" --out expel.json
    """
    from emc.client import leaving

    with sessions.opened(network, target, agreement, out=out) as session:
        standing = session.standing(target, agreement)
        paper = naming.paper_of(standing, agreement, target)
        row = naming.row_of(accused, paper)
        clause = _clause(standing, row, clause)
        change = Expulsion(accused=row, clause=clause)
        proposals.draw_up(standing, change, out, paper)
        cured_by = leaving.cured_by(standing, row, clause)
        talk.note(f"can be submitted {dates.left(cured_by, standing.now)}")


def _clause(standing: "Standing", row: int, clause: str | None) -> str:
    """The clause that was named, else the only one that stands against a row.

    Raises:
        EMCError: none is named, and not exactly one stands.
    """
    from emc.client import open_changes

    if clause is not None:
        return clause
    found = [cited for accused, cited, _, _ in open_changes.charges(standing) if accused == row]
    if len(found) == 1 and found[0].is_whole:
        return str(found[0])
    if not found:
        raise EMCError(f"row {row} is charged with nothing", "cite the clause with --clause")
    if len(found) == 1:
        raise EMCError(
            f"what row {row} is charged with is no text: {printable(found[0])}",
            "charge it with a clause of the canvas: --clause",
        )
    raise EMCError(
        f"row {row} is charged with {len(found)} clauses: {'; '.join(map(printable, found))}",
        "say which with --clause",
    )


proposal_commands.add_all(expel, Change.EXPULSION)
