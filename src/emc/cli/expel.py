"""emc expel: a charge with a cited clause, a cure period, and the vote of the others."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from eth_utils.crypto import keccak

from emc.cli.shared import decide, naming, proposal_commands, proposal_view, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.proposal_view import Reader
from emc.core.terms import MAX_CLAUSE
from emc.core.text import printable
from emc.errors import EMCError
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
    help="The clause that was broken, as the canvas words it.  "
    "[default: the one that stands against the row]",
)
@click.option(
    "--evidence", type=click.Path(path_type=Path), help="A file whose hash goes with the charge."
)
@click.option("--drop", is_flag=True, help="No longer stand by the charge.")
@decide.account_option
@decide.network_option
@decide.agreement_option
@decide.yes_option
def charge(
    target: str,
    accused: str,
    clause: str | None,
    evidence: Path | None,
    drop: bool,
    account: str,
    network: str,
    agreement: Path | None,
    yes: bool,
) -> None:
    """Charge a node of the EMC at TARGET; it has the cure period of the terms to mend it.

    Who charges the same clause again joins the charge: its clock goes on, and it stands when others
    drop it.

    \b
    Example:
      emc expel charge 0x... --row 2 --clause "delivers by the tenth" --account leader
    """
    from emc.chain.edge import send

    if clause is not None and len(clause.encode()) > MAX_CLAUSE:
        raise EMCError("--clause is too long", f"at most {MAX_CLAUSE} bytes: cite its beginning")
    with decide.opened(network, target, evidence) as (chain, system):
        standing = decide.standing_of(system, target)
        signer = chain.account(account)
        terms = standing.terms
        row = naming.row_of(accused, naming.paper_of(standing, agreement, target))
        terms.place_of(row)
        clause = _clause(standing, row, clause)
        place = terms.place_of(standing.row_of(signer.address))
        base = (standing.emc, terms.head(), terms.packed_rows(), place, row)
        if drop:
            talk.confirm(f"Drop your charge against row {row}?", yes)
            cited = keccak(text=clause)
            send("dropping", system.conduct.drop_charge, *base, cited, sender=signer)
            talk.note("the charge is dropped")
            return
        talk.confirm(f"Charge row {row} with: {clause}?", yes)
        digest = decide.digest_of(evidence)
        send("charging", system.conduct.charge, *base, clause, digest, sender=signer)
        raised_at, _ = system.conduct.charge_of(standing.emc, row, keccak(text=clause))
        cured_by = int(raised_at) + terms.leaving.cure
        talk.note(f"charged; the others can expel it {decide.left(cured_by, chain.now)}")


@expel.command()
@click.argument("target")
@row_option
@click.option(
    "--clause",
    help="The clause, exactly as it was cited.  [default: the one that stands against the row]",
)
@decide.out_option
@decide.network_option
@decide.agreement_option
def propose(
    target: str,
    accused: str,
    clause: str | None,
    out: Path,
    network: str,
    agreement: Path | None,
) -> None:
    """Draw up the expulsion of a node of the EMC at TARGET that was charged.

    \b
    Example:
      emc expel propose 0x... --row 2 --clause "delivers by the tenth" --out expel.json
    """
    with decide.opened(network, target, agreement, out=out) as (_, system):
        standing = decide.standing_of(system, target, agreement)
        paper = naming.paper_of(standing, agreement, target)
        row = naming.row_of(accused, paper)
        clause = _clause(standing, row, clause)
        raised_at, _ = system.conduct.charge_of(standing.emc, row, keccak(text=clause))
        change = Expulsion(accused=row, clause=clause)
        proposal_view.show(decide.draw_up(standing, change, out), Reader(paper))
        cured_by = int(raised_at) + standing.terms.leaving.cure
        talk.note(f"can be submitted {decide.left(cured_by, standing.now)}")


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
