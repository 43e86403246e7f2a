"""The audit store: one DuckDB file, its tables as schema.sql says."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import duckdb

from emc.errors import EMCError

# of the tables; a store of another format is made anew
FORMAT = "1"
# rebuilt by each run, one EMC after the other
REBUILT = (
    "epochs",
    "rows",
    "pages",
    "ledger",
    "books",
    "standings",
    "ratings",
    "reviews",
    "faults",
    "findings",
    "verdicts",
)


def schema() -> str:
    """The tables, as SQL."""
    return (resources.files(__package__) / "schema.sql").read_text()


@contextmanager
def open_store(path: Path, *, writes: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A store; made if it is to be written and is not there.

    Raises:
        EMCError: it is not there, is not a store, or somebody else writes it.
    """
    if not writes and not path.exists():
        raise EMCError(f"there is no store {path}", "make it with `emc audit sync`")
    try:
        if writes:
            path.parent.mkdir(parents=True, exist_ok=True)
        store = duckdb.connect(str(path), read_only=not writes)
    except (duckdb.Error, OSError) as error:
        raise EMCError(
            f"{path} cannot be opened: {first_line(error)}",
            "name a file that `emc audit sync` made, and end whatever else has it open",
        ) from None
    try:
        if writes:
            store.execute(schema())
            store.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", [FORMAT])
        if meta(store).get("format") != FORMAT:
            raise EMCError(f"{path} is a store of another version", "sync into a new file")
        yield store
    except duckdb.CatalogException as error:
        raise EMCError(f"{path} is no audit store: {first_line(error)}", "name another") from None
    finally:
        store.close()


def meta(store: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the store is about."""
    return dict(store.execute("SELECT name, value FROM meta").fetchall())


def first_line(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split())[:300] or type(error).__name__
