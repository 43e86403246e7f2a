"""What EMCs are called: titles from the agreement files and canvases of a folder."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import options, talk
from emc.core.text import printable
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.mine import Place
    from emc.client.roll import Entry

MOST_FILES = 200

option = click.option(
    "--canvases",
    type=options.FILE,
    default=".",
    show_default=True,
    help="A folder with agreement files or canvases, for titles.",
)


@dataclass(frozen=True)
class Folder:
    """What a folder knows.

    Args:
        titles: By the hash of the canvas.
        words: Of measures: the chain has only their hashes.
        rows: Names by row id, by the hash of the canvas.
    """

    titles: Mapping[bytes, str]
    words: tuple[str, ...]
    rows: Mapping[bytes, Mapping[int, str]]


def known(folder: Path, wanted: set[bytes] | None = None) -> Folder:
    """Titles of the canvases in a folder; what cannot be read is left out.

    Args:
        wanted: Hashes of canvases that are enough.
    """
    from emc.files import bundle, canvas

    titles: dict[bytes, str] = {}
    words: dict[str, None] = {}
    rows: dict[bytes, dict[int, str]] = {}
    agreements = sorted(folder.glob("*.agreement.json"))
    for path in [*agreements, *sorted(folder.glob("*.yaml"))][:MOST_FILES]:
        if wanted is not None and wanted <= titles.keys():
            break
        try:
            paper = bundle.read(path) if path.suffix == ".json" else None
            made = paper.canvas if paper else canvas.load(path)
        except EMCError:
            continue
        if paper:
            rows[made.hash()] = {each.row: printable(each.name) for each in paper.labels}
        titles[made.hash()] = printable(made.title)
        words |= dict.fromkeys(each.metric for each in made.leading_goal.measures)
    return Folder(titles, tuple(words), rows)


def of_entries(called: Folder, found: "Iterable[Entry]") -> dict[str, str]:
    """Titles by address, of those that have one; two of the same title are told apart."""
    named = {
        each.emc: called.titles[each.terms.canvas]
        for each in found
        if each.terms is not None and each.terms.canvas in called.titles
    }
    often = Counter(named.values())
    return {
        emc: f"{title} ({emc[:8]}..)" if often[title] > 1 else title for emc, title in named.items()
    }


def note_faults(found: "Iterable[Place]") -> None:
    """Say which EMCs could not be read."""
    for place in found:
        if place.fault:
            talk.note(f"{place.entry.emc}: {place.fault}")
