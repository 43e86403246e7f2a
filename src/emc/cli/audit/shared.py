"""What commands that read a checked store share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from emc.errors import EMCError

if TYPE_CHECKING:
    import duckdb

Command = TypeVar("Command", bound=Callable[..., Any])

store_option = click.option(
    "--store",
    "path",
    type=click.Path(path_type=Path),
    default=Path("audit.duckdb"),
    show_default=True,
    help="The file that `emc audit sync` and `emc audit run` keep.",
)
emc_option = click.option("--emc", help="Address of one EMC.")
agreements_option = click.option(
    "--agreement",
    "agreements",
    type=click.Path(path_type=Path),
    multiple=True,
    help="An agreement file, to show rows by name; repeatable.",
)


@dataclass(frozen=True)
class Names:
    """What people call EMCs and rows."""

    titles: Mapping[str, str]
    rows: Mapping[tuple[str, int], str]


def write(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        EMCError: it cannot be written.
    """
    from emc.files.whole import replace_file

    try:
        replace_file(path, text)
    except OSError as error:
        raise EMCError(f"{path} cannot be written: {error.strerror}", "name another") from None


def names_of(store: "duckdb.DuckDBPyConnection", agreements: tuple[Path, ...]) -> Names:
    """Names from agreement files whose terms the chain knows.

    Raises:
        EMCError: a file is not an agreement, or of no EMC in the store.
    """
    titles: dict[str, str] = {}
    rows: dict[tuple[str, int], str] = {}
    if not agreements:
        return Names(titles, rows)
    from emc.files import bundle

    known = {
        (emc.lower(), digest): emc
        for emc, digest in store.execute("SELECT emc, terms_hash FROM emcs").fetchall()
    }
    for path in agreements:
        agreement = bundle.read(path)
        terms = agreement.terms
        emc = known.get((agreement.emc.lower(), "0x" + terms.hash().hex()))
        if emc is None:
            raise EMCError(
                f"{path} is about {agreement.emc}, which this store does not have",
                "name the agreement of an EMC that was synced",
            )
        titles[emc] = agreement.canvas.title
        for row, label in zip(terms.rows, agreement.labels, strict=True):
            rows[emc, row.id] = label.name
    return Names(titles, rows)
