"""emc expel: a charge with a cited clause, a cure period, and the vote of the others."""

from pathlib import Path

import click
from eth_utils.crypto import keccak

from emc.cli.shared import decide, proposal_commands, proposal_view, talk
from emc.errors import EMCError
from emc.files.proposal import Change, Expulsion

MAX_CLAUSE = 128


@click.group()
def expel() -> None:
    """Expel a node that lost its key or broke a clause, by the quorum of the others.

    \b
    An expulsion from start to end:
      emc expel charge 0x... --row 2 --clause "delivers by the tenth" --account leader
      emc expel propose 0x... --row 2 --clause "delivers by the tenth" --out expel.json
      emc expel sign expel.json --account baker
      emc expel submit expel.json --account leader
    """


row_option = click.option("--row", required=True, type=click.IntRange(0, 127), help="The accused.")


@expel.command()
@click.argument("target")
@row_option
@click.option("--clause", required=True, help="The clause that was broken, as the canvas words it.")
@click.option(
    "--evidence", type=click.Path(path_type=Path), help="A file whose hash goes with the charge."
)
@click.option("--drop", is_flag=True, help="No longer stand by the charge.")
@decide.account_option
@decide.network_option
@decide.yes_option
def charge(
    target: str,
    row: int,
    clause: str,
    evidence: Path | None,
    drop: bool,
    account: str,
    network: str,
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

    if len(clause.encode()) > MAX_CLAUSE:
        raise EMCError("--clause is too long", f"at most {MAX_CLAUSE} bytes: cite its beginning")
    with decide.opened(network, target, evidence) as (chain, system):
        standing = decide.standing_of(system, target)
        signer = chain.account(account)
        terms = standing.terms
        terms.place_of(row)
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
@click.option("--clause", required=True, help="The clause, exactly as it was cited.")
@decide.out_option
@decide.network_option
@decide.agreement_option
def propose(
    target: str,
    row: int,
    clause: str,
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
        standing = decide.standing_of(system, target)
        names = decide.names_of(standing, agreement, target)
        raised_at, _ = system.conduct.charge_of(standing.emc, row, keccak(text=clause))
        change = Expulsion(accused=row, clause=clause)
        proposal_view.show(decide.draw_up(standing, change, out), names)
        cured_by = int(raised_at) + standing.terms.leaving.cure
        talk.note(f"can be submitted {decide.left(cured_by, standing.now)}")


proposal_commands.add_all(expel, Change.EXPULSION)
