"""emc list: the EMCs of a network."""

from pathlib import Path

import click

from emc.cli.shared import decide, output, talk
from emc.core.text import printable
from emc.errors import EMCError

MOST_FILES = 200


@click.command("list")
@decide.network_option
@click.option("--me", type=click.IntRange(1), help="Only EMCs in which this ME is a node.")
@click.option(
    "--canvases",
    type=click.Path(path_type=Path),
    default=".",
    show_default=True,
    help="A folder with agreement files or canvases: titles come from there.",
)
@output.json_option
def command(network: str, me: int | None, canvases: Path, as_json: bool) -> None:
    """List the EMCs that were made on a network, with stage, title and proceeds.

    The chain knows the hash of a canvas only; a title is shown where the folder has the canvas.

    \b
    Examples:
      emc list
      emc list --me 3 --network ethereum:sepolia
    """
    from emc.client import roll

    with decide.opened(network) as (_, system):
        found = roll.read(system, me)
    titles = _titles(canvases, {each.terms.canvas for each in found if each.terms})
    if as_json:
        output.print_json(
            [
                {
                    "emc": each.emc,
                    "stage": each.stage,
                    "title": titles.get(each.terms.canvas) if each.terms else None,
                    "currency": each.terms.currency if each.terms else None,
                    "nodes": len(each.terms.nodes) if each.terms else None,
                    "proceeds": str(each.total),
                    "ends_at": each.terms.ends_at if each.terms else None,
                    "fault": each.fault or None,
                }
                for each in found
            ]
        )
        return
    if not found:
        talk.note("no EMC was made here")
        return
    columns = [
        output.Column("EMC"),
        output.Column("stage"),
        output.Column("title"),
        output.Column("nodes", "right"),
        output.Column("proceeds", "right"),
        output.Column("ends"),
    ]
    lines = []
    for each in found:
        if each.terms is None or each.currency is None:
            lines.append([each.emc, "?", each.fault, "", "", ""])
            continue
        lines.append(
            [
                each.emc,
                each.stage,
                titles.get(each.terms.canvas, ""),
                str(len(each.terms.nodes)),
                each.currency.format(each.total),
                decide.moment(each.terms.ends_at),
            ]
        )
    output.table(columns, lines)


def _titles(folder: Path, wanted: set[bytes]) -> dict[bytes, str]:
    """Titles of the canvases in a folder, by hash."""
    from emc.files import bundle, canvas

    titles: dict[bytes, str] = {}
    agreements = sorted(folder.glob("*.agreement.json"))
    for path in [*agreements, *sorted(folder.glob("*.yaml"))][:MOST_FILES]:
        if wanted <= titles.keys():
            break
        try:
            if path.suffix == ".json":
                read = bundle.read(path)
                titles[read.terms.canvas] = printable(read.canvas.title)
            else:
                whole = canvas.load(path)
                titles[whole.hash()] = printable(whole.title)
        except EMCError:
            continue
    return titles
