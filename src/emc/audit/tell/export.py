"""The tables of a store as CSV and as Parquet: each file whole or not at all."""

import csv
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import duckdb

from emc.audit.tell.spreadsheet import guarded, guarded_sql
from emc.audit.tell.statements import TABLE as STATEMENTS
from emc.errors import EMCError
from emc.files.whole import replace_file

# tables in the order in which somebody reads them; those without EMC are the same for all
TABLES = (
    "verdicts",
    "faults",
    "findings",
    "emcs",
    "epochs",
    "measures",
    "rows",
    "pages",
    "standings",
    "ledger",
    "books",
    "payouts",
    "payments",
    "orders",
    "checkouts",
    "checkout_ledger",
    "sales",
    "counts",
    "transfers",
    "events",
    "ratings",
    "reviews",
    "accounts",
)
_ORDERED = ("block", "log_index", "epoch", "place", "row_id")


def as_csv(store: duckdb.DuckDBPyConnection, out: Path, emcs: list[str]) -> dict[str, int]:
    """One file for each table, amounts as decimals; lines by file.

    Raises:
        EMCError: a file cannot be written.
    """
    _prepare(store, emcs)
    counts = {}
    with _staged(out) as stage:
        for table in TABLES:
            counts[f"{table}.csv"] = _copy(
                store, _for_people(store, table), stage / f"{table}.csv", "FORMAT csv, HEADER"
            )
        counts["statements.csv"] = _copy(
            store,
            _readable(store, f"({STATEMENTS})", "emc, row_id"),
            stage / "statements.csv",
            "FORMAT csv, HEADER",
        )
    return counts


def as_parquet(
    store: duckdb.DuckDBPyConnection, out: Path, emcs: list[str], chain_id: int
) -> dict[str, int]:
    """One folder for each table, below it chain_id=.../emc=..., amounts in base units.

    Raises:
        EMCError: a file cannot be written, or a folder is there that no export made.
    """
    _prepare(store, emcs)
    counts = {}
    with _staged(out, TABLES) as stage:
        for table in TABLES:
            names = _columns(store, table)
            by = "chain_id, emc" if "emc" in names else "chain_id"
            query = f"SELECT {chain_id} AS chain_id, * FROM {table}{_chosen(names)}"
            if "emc" in names:
                # what the registry logged belongs to no EMC
                query = (
                    f"SELECT * REPLACE (coalesce(nullif(emc, ''), 'none') AS emc) FROM ({query})"
                )
            counts[table] = _copy(
                store,
                f"{query} ORDER BY {_order(names)}",
                stage / table,
                f"FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({by})",
            )
            if not counts[table]:
                # engines refuse a folder without a file
                shutil.rmtree(stage / table, ignore_errors=True)
    return {name: count for name, count in counts.items() if count}


def references(out: Path, called: Iterable[tuple[int, str]]) -> dict[str, int]:
    """Write down what a merchant calls its orders beside the numbers that the chain knows."""
    lines = [[str(number), guarded(text)] for number, text in called]
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([["number", "reference"], *lines])
    replace_file(out / "references.csv", text.getvalue())
    return {"references.csv": len(lines)}


def _prepare(store: duckdb.DuckDBPyConnection, emcs: list[str]) -> None:
    store.execute("CREATE OR REPLACE TEMP TABLE chosen (emc VARCHAR)")
    store.execute("INSERT INTO chosen SELECT unnest(?)", [emcs])
    store.execute(
        "CREATE OR REPLACE TEMP MACRO decimal_text(a, d) AS CASE WHEN d = 0 THEN a::VARCHAR ELSE "
        "(CASE WHEN a < 0 THEN '-' ELSE '' END) || "
        "regexp_replace(lpad(abs(a)::VARCHAR, greatest(length(abs(a)::VARCHAR), d + 1)::INTEGER, "
        "'0'), '(.{' || d || '})$', '.\\1') END"
    )


def _columns(store: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    return {
        name: kind
        for name, kind, *_ in store.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    }


def _chosen(names: dict[str, str], of: str = "") -> str:
    if "emc" not in names:
        return ""
    return f" WHERE {of}emc = '' OR {of}emc IN (FROM chosen)"


def _order(names: dict[str, str]) -> str:
    keys = [name for name in ("emc", *_ORDERED) if name in names]
    return ", ".join(keys or list(names)[:1])


def _for_people(store: duckdb.DuckDBPyConnection, table: str) -> str:
    names = _columns(store, table)
    return _readable(store, table, _order(names))


def _readable(store: duckdb.DuckDBPyConnection, source: str, order: str) -> str:
    """A table with amounts as decimals beside their currency, and text that does nothing."""
    names = _columns(store, source)
    has_money = "emc" in names and any(kind.startswith("DECIMAL") for kind in names.values())
    selected = []
    for name, kind in names.items():
        if kind.startswith("DECIMAL") and has_money:
            shown = f"decimal_text({name}, coalesce(_c.decimals, 0))"
            if name in ("benchmark", "target"):
                # a measure that is assessed counts users, contracts or points
                shown = f"CASE WHEN metric = 'proceeds' THEN {shown} ELSE {name}::VARCHAR END"
            selected.append(f"{shown} AS {name}")
        elif kind == "VARCHAR":
            selected.append(f"{guarded_sql(f't.{name}')} AS {name}")
        else:
            selected.append(f"t.{name}")
    join = ""
    if has_money:
        join = " LEFT JOIN (SELECT emc, decimals, symbol FROM emcs) _c ON _c.emc = t.emc"
        if "symbol" not in names:
            selected.append(f"{guarded_sql('_c.symbol')} AS symbol")
    where = _chosen(names, "t.")
    keys = ", ".join(f"t.{key.strip()}" for key in order.split(","))
    return f"SELECT {', '.join(selected)} FROM {source} t{join}{where} ORDER BY {keys}"


def _copy(store: duckdb.DuckDBPyConnection, query: str, to: Path, how: str) -> int:
    target = str(to).replace("'", "''")
    (count,) = store.execute(f"COPY ({query}) TO '{target}' ({how})").fetchone() or (0,)
    return int(count)


@contextmanager
def _staged(out: Path, folders: tuple[str, ...] = ()) -> Iterator[Path]:
    """A folder whose entries take their places in `out` together, once all are written.

    Args:
        folders: Those of an earlier export that go even if nothing replaces them.

    Raises:
        EMCError: one cannot be written.
    """
    stage = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=out, prefix=".export-"))
        (stage / "new").mkdir()
        yield stage / "new"
        entries = {each.name: each for each in sorted((stage / "new").iterdir())}
        for name in (*entries, *folders):
            _check_place(out / name, is_folder=name in folders)
        for name in folders:
            if (out / name).is_dir():
                os.rename(out / name, stage / name)
        for name, entry in entries.items():
            os.replace(entry, out / name)
    except (OSError, duckdb.IOException) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise EMCError(f"{out} cannot be written: {said}", "name another folder") from None
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def _check_place(place: Path, *, is_folder: bool) -> None:
    """What an earlier export made is replaced, anything else is not."""
    if place.is_symlink() or (place.exists() and place.is_dir() != is_folder):
        raise EMCError(f"{place} is in the way", "name another folder")
    inside = place.iterdir() if is_folder and place.is_dir() else ()
    if any(not each.name.startswith("chain_id=") for each in inside):
        raise EMCError(f"{place} was not made by an export", "name another folder")
