"""Tables as CSV and Parquet: complete, exact, harmless in a spreadsheet, replaced as a whole."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import polars
import pytest

from emc.audit.read.store import open_store
from emc.audit.tell import export
from emc.audit.tell.spreadsheet import guarded, guarded_sql
from emc.audit.tell.subjects import Subject
from emc.errors import EMCError
from tests.exports import history
from tests.exports.history import CHAIN, Life, address

FORMULAS = [
    "=1+1",
    "+49 30",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    '"=1"',
    "'=1",
    "a;=1",
    'a,"=HYPERLINK(1)',
    "a|@x",
    "＝1",  # noqa: RUF001
]
HARMLESS = ["bread", "3-2", "a=b", "0x00", "2026-01-01", "x, y", "", "a - b"]


def emcs(checked: list[Subject]) -> list[str]:
    return [each.emc for each in checked]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_could_run_gets_an_apostrophe(text: str) -> None:
    safe = guarded(text)
    for part in re.split(r"[,;|]", safe):
        assert not re.match(r"[\s\"]*[=+\-@＝]", part), safe  # noqa: RUF001
    assert not re.search(r"[\t\r\n]", safe)
    assert "'" in safe


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


def test_the_store_guards_text_as_python_does() -> None:
    with duckdb.connect() as db:
        for text in [*FORMULAS, *HARMLESS, "it's; =x", "ключ"]:
            (found,) = db.execute(f"SELECT {guarded_sql('$1')}", [text]).fetchone() or ("",)
            assert found == guarded(text), text


def test_no_cell_of_an_export_begins_a_formula(tmp_path: Path) -> None:
    life = history.kiosk()
    life.symbol = "=cmd"
    life.tables["emcs"][0]["symbol"] = "=cmd|' /C calc'!A0"
    life.tables["findings"] += [
        {"emc": life.emc, "kind": "refusing_payee", "text": text, "party": text}
        for text in FORMULAS
    ]
    file = history.write(tmp_path / "audit.duckdb", life)
    with open_store(file) as store:
        export.as_csv(store, tmp_path / "out", [life.emc])
    found = read(tmp_path / "out" / "findings.csv")
    assert len(found) == len(FORMULAS)
    for path in (tmp_path / "out").glob("*.csv"):
        for delimiter in ",;":
            with path.open(newline="") as lines:
                cells = [cell for line in csv.reader(lines, delimiter=delimiter) for cell in line]
            number = re.compile(r"-?[\d.]+$")
            wrong = [
                each for each in cells if re.match(r"[=+\-@\t\r]", each) and not number.match(each)
            ]
            assert not wrong, path.name


def test_csv_has_every_table_with_amounts_in_the_decimals_of_the_currency(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life], tmp_path: Path
) -> None:
    counts = export.as_csv(store, tmp_path, emcs(checked))
    assert set(counts) == {path.name for path in tmp_path.iterdir()}
    assert set(counts) == {f"{each}.csv" for each in (*export.TABLES, "statements")}
    for life in lives:
        ledger = [each for each in read(tmp_path / "ledger.csv") if each["emc"] == life.emc]
        ours = life.tables["ledger"]
        assert len(ledger) == len(ours)
        assert {each["symbol"] for each in ledger} == {life.symbol}
        for name in ("amount", "of_cost", "of_running", "of_base", "of_leading", "of_upside"):
            shown = [each[name] for each in ledger]
            assert all(
                len(each.partition(".")[2]) == life.decimals and "E" not in each for each in shown
            )
            assert all(re.fullmatch(r"\d+(\.\d+)?", each) for each in shown)
            whole = Decimal(10) ** life.decimals
            assert [Decimal(each) * whole for each in shown] == [each[name] for each in ours]


def test_statements_add_up_to_the_ledger(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life], tmp_path: Path
) -> None:
    export.as_csv(store, tmp_path, emcs(checked))
    found = read(tmp_path / "statements.csv")
    for life in lives:
        paid = sum(Decimal(each["paid"]) for each in found if each["emc"] == life.emc)
        assert paid * 10**life.decimals == sum(life.paid.values())


def test_two_engines_read_the_parquet_with_the_totals_of_the_books(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life], tmp_path: Path
) -> None:
    counts = export.as_parquet(store, tmp_path, emcs(checked), CHAIN)
    assert counts["ledger"] == sum(len(life.tables["ledger"]) for life in lives)
    ours = {
        (life.emc, kind): sum(
            each["amount"] for each in life.tables["ledger"] if each["kind"] == kind
        )
        for life in lives
        for kind in {each["kind"] for each in life.tables["ledger"]}
    }
    for life in lives:
        books = life.tables["books"][-1]
        came = sum(ours.get((life.emc, kind), 0) for kind in ("sale", "absorbed"))
        assert came == books["received"]
    files = f"{tmp_path}/ledger/**/*.parquet"
    with duckdb.connect() as engine:
        by_duckdb = engine.execute(
            "SELECT emc, kind, sum(amount), any_value(chain_id) FROM "
            f"read_parquet('{files}', hive_partitioning = true) GROUP BY ALL"
        ).fetchall()
        codecs = engine.execute(
            f"SELECT DISTINCT compression FROM parquet_metadata('{files}')"
        ).fetchall()
    assert {(emc, kind): int(total) for emc, kind, total, _ in by_duckdb} == ours
    assert {chain for *_, chain in by_duckdb} == {CHAIN}
    assert codecs == [("ZSTD",)]
    by_polars = (
        polars.scan_parquet(files, hive_partitioning=True)
        .group_by("emc", "kind", "chain_id")
        .agg(polars.col("amount").sum())
        .collect()
        .rows()
    )
    assert {(emc, kind): int(total) for emc, kind, _, total in by_polars} == ours
    assert {chain for _, _, chain, _ in by_polars} == {CHAIN}


@pytest.mark.parametrize("table", ["books", "payouts", "payments", "rows", "epochs", "events"])
def test_every_table_is_below_its_chain_and_emc(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], tmp_path: Path, table: str
) -> None:
    counts = export.as_parquet(store, tmp_path, emcs(checked), CHAIN)
    found = {
        path.relative_to(tmp_path / table).parts[:2]
        for path in (tmp_path / table).rglob("*.parquet")
    }
    if table not in counts:
        assert not (tmp_path / table).exists(), "an empty folder stops some engines"
        return
    assert found == {(f"chain_id={CHAIN}", f"emc={each.emc}") for each in checked}


def test_an_export_again_leaves_nothing_of_the_one_before(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    export.as_parquet(store, tmp_path, emcs(checked), CHAIN)
    export.as_parquet(store, tmp_path, [checked[0].emc], CHAIN)
    export.as_csv(store, tmp_path, emcs(checked))
    export.as_csv(store, tmp_path, [checked[0].emc])
    folders = [each.name for each in (tmp_path / "ledger" / f"chain_id={CHAIN}").iterdir()]
    assert folders == [f"emc={checked[0].emc}"]
    assert {each["emc"] for each in read(tmp_path / "ledger.csv")} == {checked[0].emc}
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_a_table_that_has_no_lines_any_more_loses_its_folder(
    store: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    kiosk, stall = address(0xE3), address(0xE2)
    life = history.kiosk()
    life.tables["findings"].append({"emc": life.emc, "kind": "concentration", "text": "one buyer"})
    with open_store(history.write(tmp_path / "audit.duckdb", life)) as other:
        export.as_parquet(other, tmp_path / "out", [kiosk], CHAIN)
    assert (tmp_path / "out" / "findings").exists()
    export.as_parquet(store, tmp_path / "out", [stall], CHAIN)
    assert not (tmp_path / "out" / "findings").exists()


def test_an_export_that_fails_changes_nothing(
    store: duckdb.DuckDBPyConnection,
    checked: list[Subject],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export.as_csv(store, tmp_path, [checked[0].emc])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    copy = export._copy

    def full(db: duckdb.DuckDBPyConnection, query: str, to: Path, how: str) -> int:
        if to.name == "payouts.csv":
            raise OSError(28, "No space left on device")
        return copy(db, query, to, how)

    monkeypatch.setattr(export, "_copy", full)
    with pytest.raises(EMCError, match="cannot be written: No space left on device"):
        export.as_csv(store, tmp_path, emcs(checked))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_no_export_made_is_left_alone(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], tmp_path: Path
) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "letter.txt").write_text("mine")
    with pytest.raises(EMCError, match="ledger was not made by an export"):
        export.as_parquet(store, tmp_path, emcs(checked), CHAIN)
    assert (tmp_path / "ledger" / "letter.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]


def test_a_file_in_place_of_the_folder_is_named(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(EMCError, match="out cannot be written"):
        export.as_csv(store, tmp_path / "out", emcs(checked))


def test_an_emc_that_is_not_in_the_store_is_named(store: duckdb.DuckDBPyConnection) -> None:
    from emc.audit.tell.subjects import one, subjects

    with pytest.raises(EMCError, match="is not in this store, or not checked"):
        subjects(store, address(0xFF))
    with pytest.raises(EMCError, match="this store has 3 EMCs"):
        one(store, None)
