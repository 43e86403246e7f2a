"""emc scorecard: where an EMC is between the two axes of RenDanHeYi."""

from pathlib import Path
from typing import Any

import click

from emc.cli.shared import extras, options, output, sessions, talk
from emc.core.scorecard import PHASES, Scorecard, score
from emc.files import targets
from emc.files.whole import check_free, replace_file


@click.command()
@click.argument("target")
@options.local_network
@click.option("--svg", type=options.FILE, help="Write a picture to this file.")
@output.json_option
def scorecard(target: str, network: str, svg: Path | None, as_json: bool) -> None:
    """Place the EMC at TARGET, an address or an agreement file, on the axes of RenDanHeYi.

    Value expansion is measured by buyers, repeat buyers, orders per buyer, rows and external nodes.
    Self-organising is measured by proposals of nodes other than the leader, days until a proposal
    comes into force, and places won by a bid. Everything is read from events, and every formula is
    printed.

    \b
    Example:
      emc scorecard my.agreement.json --svg scorecard.svg
    """
    from emc.client import observed

    emc = targets.target(target).emc
    if svg is not None:
        check_free(svg, "--svg")
        extras.need("drawsvg")
    with sessions.opened(network) as session:
        card = score(observed.facts(session.system, emc))
    if svg is not None:
        from emc.core.scorecard_picture import svg as picture

        replace_file(svg, picture(card, f"EMC {emc}"))
        talk.note(f"picture: {svg}")
    if as_json:
        output.print_json({"emc": emc, **machine(card)})
        return
    show(card, f"Scorecard of {emc}")


def show(card: Scorecard, title: str) -> None:
    """A scorecard for people, its formulae beside its figures."""
    output.line(title, "bold")
    rows = []
    for axis in (card.value, card.organising):
        rows += [
            [each.name, each.value, f"{float(each.score):.1%}", each.formula]
            for each in axis.measures
        ]
        rows.append([axis.name.upper(), "", f"{float(axis.score):.1%}", "mean of the above"])
    output.table(output.columns("measure", ">is", ">score", "formula, from 0 to 1"), rows)
    output.line()
    output.line(f"phase: {card.phase}", "bold")
    output.line(f"({PHASES})")


def machine(card: Scorecard) -> dict[str, Any]:
    """A scorecard for a program; scores are exact fractions."""
    buyers = card.facts.buyers
    return {
        "phase": card.phase,
        "orders": buyers.orders,
        "buyers": buyers.distinct,
        "repeat_buyers": buyers.repeat,
        "axes": [
            {
                "name": axis.name,
                "score": str(axis.score),
                "measures": [output.plain(each, "score") for each in axis.measures],
            }
            for axis in (card.value, card.organising)
        ],
    }
