"""The audit store: one DuckDB file, its tables as schema.sql says."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from emc.core.text import counted
from emc.errors import EMCError

# more threads only wait for each other here; what is written goes into the file at once instead of
# beside it first
WRITING = {"threads": "1", "checkpoint_threshold": "1MB"}
# of the tables; a store of another format is made again
FORMAT = "6"
# rebuilt by each run, one EMC after the other
REBUILT = (
    "epochs",
    "measures",
    "rows",
    "pages",
    "ledger",
    "books",
    "standings",
    "ratings",
    "reviews",
    "checkouts",
    "checkout_ledger",
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
    is_new, is_bare = not path.exists(), False
    try:
        if writes:
            path.parent.mkdir(parents=True, exist_ok=True)
        store = duckdb.connect(str(path), read_only=not writes, config=WRITING if writes else {})
    except (duckdb.Error, OSError) as error:
        raise EMCError(
            f"{path} cannot be opened: {first_line(error)}",
            "name a file that `emc audit sync` made, and close other programs that have it open",
        ) from None
    try:
        if writes:
            # in one piece: each table for itself would be written to the disk
            store.execute(f"BEGIN; {schema()} COMMIT")
            store.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", [FORMAT])
        if meta(store).get("format") != FORMAT:
            raise EMCError(f"{path} is a store of another version", "sync into a new file")
        yield store
    except duckdb.CatalogException as error:
        raise EMCError(f"{path} is no audit store: {first_line(error)}", "name another") from None
    except BaseException:
        # a store of nothing helps nobody
        is_bare = is_new and not store.execute("SELECT 1 FROM emcs LIMIT 1").fetchall()
        raise
    finally:
        store.close()
        if is_bare:
            path.unlink()


def meta(store: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the store is about."""
    return dict(store.execute("SELECT name, value FROM meta").fetchall())


def first_line(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split())[:300] or type(error).__name__


# what a DECIMAL(38, 0) cannot hold is left out, and whatever needs it is reported as wrong
LARGEST = 10**38 - 1
_LOW = 2**64 - 1
_AMOUNT = "DECIMAL(38,0)"


def columns(table: str) -> dict[str, str]:
    """A table's columns and their types."""
    return _tables()[table]


@cache
def _tables() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    with duckdb.connect() as store:
        store.execute(schema())
        for table, name, kind in store.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE NOT internal ORDER BY table_name, column_index"
        ).fetchall():
            found.setdefault(table, {})[name] = kind
    return found


def insert(
    store: duckdb.DuckDBPyConnection, table: str, values: Mapping[str, Sequence[Any]]
) -> None:
    """Add lines, given by the column: one by one would take a hundred times as long."""
    kinds = columns(table)
    lines = {len(each) for each in values.values()}
    assert len(lines) == 1, table
    if lines == {0}:
        return
    arrays: dict[str, Any] = {}
    selected = []
    same: list[str] = []
    for name, column in values.items():
        kind = kinds[name]
        if kind == _AMOUNT and _is_short(column):
            arrays[name] = np.array(column, dtype="u8")
            selected.append(f"{name}::{kind} AS {name}")
        elif kind == _AMOUNT:
            arrays[f"{name}_high"] = np.array([_half(each, 64) for each in column], dtype="u8")
            arrays[f"{name}_low"] = np.array([_half(each, 0) for each in column], dtype="u8")
            selected.append(
                f"CASE WHEN {name}_high < 5421010862427522170 THEN "
                f"({name}_high::HUGEINT * 18446744073709551616::HUGEINT + {name}_low::HUGEINT)"
                f"::{_AMOUNT} END AS {name}"
            )
        elif kind == "VARCHAR" and None not in column and column.count(column[0]) == len(column):
            # an EMC, a token: one text for all lines
            same.append(column[0])
            selected.append(f"?::{kind} AS {name}")
        else:
            has_gaps = kind == "VARCHAR" or None in column
            dtype = object if has_gaps else _DTYPES[kind]
            arrays[name] = np.array(column, dtype=dtype)
            selected.append(f"{name}::{kind} AS {name}")
    store.register("incoming", arrays)
    store.execute(f"INSERT INTO {table} BY NAME SELECT {', '.join(selected)} FROM incoming", same)
    store.unregister("incoming")


def insert_lines(
    store: duckdb.DuckDBPyConnection,
    table: str,
    lines: Sequence[Sequence[Any]],
    order: Sequence[str] | None = None,
) -> None:
    """Add lines with a value for each column, as ``insert`` does.

    Args:
        order: Of the columns; none: the table's own.
    """
    if lines:
        names = order or list(columns(table))
        insert(store, table, dict(zip(names, zip(*lines, strict=True), strict=True)))


_DTYPES = {"BIGINT": "i8", "INTEGER": "i4", "UBIGINT": "u8", "BOOLEAN": "?"}


def _is_short(column: Sequence[int | None]) -> bool:
    """Whether all amounts are there and have at most 64 bits."""
    return None not in column and min(column) >= 0 and max(column) <= _LOW  # type: ignore[type-var,operator]


def _half(value: int | None, shift: int) -> int:
    """64 bits of an amount; the highest value if it is missing or too large."""
    if value is None or not 0 <= value <= LARGEST:
        return _LOW
    return value >> shift & _LOW


class Counts(NamedTuple):
    """How much there is of an EMC: payment runs, their payments, and rows of them that were due
    nothing.
    """

    runs: int
    payments: int
    of_nothing: int

    @property
    def text(self) -> str:
        """For people, the same everywhere."""
        nothing = f" (and {self.of_nothing:,} of nothing)" if self.of_nothing else ""
        return f"{counted(self.payments, 'payment')}{nothing} of {counted(self.runs, 'run')}"


def counts(db: duckdb.DuckDBPyConnection, emcs: Sequence[str]) -> dict[str, Counts]:
    """How much there is of EMCs; of all in one question."""
    found = db.execute(
        "SELECT emc, runs, payments, of_nothing FROM counts WHERE emc IN (SELECT unnest(?))",
        [list(emcs)],
    ).fetchall()
    return {emc: Counts(*numbers) for emc, *numbers in found}


def emcs(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The EMCs in a store."""
    found = db.execute("SELECT emc FROM emcs ORDER BY made_block, emc").fetchall()
    return [emc for (emc,) in found]


def ask(db: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What a question of the reader's own finds: names of the columns, and lines. It reads the
    store and nothing else.

    Raises:
        EMCError: the question makes no sense to the store.
    """
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")
    try:
        found = db.execute(query)
        return [name for name, *_ in found.description or ()], found.fetchall()
    except duckdb.Error as error:
        raise EMCError(
            f"the store does not answer: {first_line(error)}", "see docs/audit.md"
        ) from None
