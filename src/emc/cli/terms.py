"""emc terms: the terms in force, in words, from an address alone."""

from pathlib import Path

import click

from emc.cli.shared import naming, options, output, proposals, sessions, talk, terms_view
from emc.core import view
from emc.errors import EMCError


@click.command()
@click.argument("target")
@click.option("--row", "told", help="Show this row first: its number, key or name.")
@click.option("--epoch", type=click.IntRange(1), help="Show the terms of an earlier epoch.")
@proposals.canvas_option
@options.local_network
@options.agreement
@output.json_option
def command(
    target: str,
    told: str | None,
    epoch: int | None,
    canvas: Path | None,
    network: str,
    agreement: Path | None,
    as_json: bool,
) -> None:
    """Show in words the terms in force of the EMC at TARGET, an address or an agreement file.

    Shows every row with its shares, bounds, costs, payee and controller in full, then every rule
    with its numbers. The terms are rebuilt from events and compared with the hash that Consent
    keeps. What nodes promised is in the canvas, and shown if its agreement file is known here.

    \b
    Examples:
      emc terms 0x5FbD...0aa3
      emc terms my.agreement.json --row bakery
    """
    with sessions.opened(network, target, agreement) as session:
        standing = session.standing(target, agreement)
        paper = naming.paper_of(standing, agreement, target)
        number = epoch or standing.epoch
        if number not in standing.epochs:
            raise EMCError(
                f"--epoch {number}: there is no such epoch", f"the last is {standing.epoch}"
            )
        terms = standing.epochs[number]
        own = None
        if told is not None:
            own = naming.row_of(told, paper)
            terms.place_of(own)
        known = naming.known_at(standing, terms, paper, canvas=proposals.canvas_of(canvas))
        found = view.of(terms, known, own)
        is_in_force = number == standing.epoch
        if as_json:
            output.print_json(
                {
                    "emc": standing.emc,
                    "stage": standing.stage,
                    "epoch": number,
                    "is_in_force": is_in_force,
                    "terms_hash": "0x" + terms.hash().hex(),
                    **terms_view.machine(found),
                }
            )
            return
        talk.facts(
            f"Terms of {standing.emc}",
            {
                "stage": terms_view.STAGES[standing.stage],
                "epoch": f"{number}, {'in force' if is_in_force else 'no longer in force'}",
                "terms hash": "0x" + terms.hash().hex(),
            },
        )
        terms_view.show(found)
