"""Gross, refunds and net of a shop whose orders can go back: the same in every book."""

import csv
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import polars
import pytest
from click.testing import CliRunner

from emc.audit.read.store import open_store
from emc.audit.tell import export, journals, report, statements
from emc.audit.tell.subjects import Subject, one
from emc.cli import emc
from tests.exports import history
from tests.exports.history import CHAIN, address
from tests.exports.test_journals import beancount_totals, hledger, hledger_totals, needs_hledger

EMC = address(0xE6)
LABEL = EMC[:10]
# in cents: three orders booked of 150.09, less 20.00 given back; one after the end, of 50.05
BOOKED = 150_09 - 20_00 + 50_05
AMOUNTS = {
    "straight": 300_00,
    "booked": BOOKED,
    "absorbed": 1,
    "gross": 300_00 + BOOKED + 1,
    "refunded": 24_00,
    "net": 300_00 + BOOKED + 1 - 24_00,
    "placed": 6 * 50_00 + 21,
    "given_back": 70_01,
    "waits": 50_06,
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history.write(tmp_path_factory.mktemp("shop") / "audit.duckdb", history.shop())


@pytest.fixture
def store(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_store(file) as opened:
        yield opened


@pytest.fixture
def subject(store: duckdb.DuckDBPyConnection) -> Subject:
    return one(store, EMC)


def ask(file: Path, *words: str) -> str:
    answer = CliRunner().invoke(emc, ["audit", *words, "--store", str(file)])
    assert answer.exit_code == 0, answer.output
    return answer.output


def euro(units: int) -> Decimal:
    return Decimal(units).scaleb(-2)


def test_what_came_in_is_told_by_its_way_and_refunds_by_their_payers(
    store: duckdb.DuckDBPyConnection,
) -> None:
    sales = statements.sales(store, [EMC])[EMC]
    assert sales.amounts == AMOUNTS
    assert sales.refunds == (
        (address(0xA000), 0, 10_00),
        (address(0xD1), None, 9_00),
        (address(0xA003), 3, 5_00),
    )


def test_a_row_that_refunds_has_that_less_in_its_own_statement_and_nobody_else_has(
    store: duckdb.DuckDBPyConnection, subject: Subject
) -> None:
    found = {each.row_id: each for each in statements.lines(store, [subject])}
    assert {row: each.refunded for row, each in found.items()} == {0: 10_00, 1: 0, 2: 0, 3: 5_00}
    assert all(each.net == each.earned - each.refunded for each in found.values())
    assert all(each.earned == each.paid + each.credit for each in found.values())


# what orders add to the accounts of an EMC, as docs/export.md says
ACCOUNTS = {
    name: euro(units)
    for name, units in (
        (f"Assets:{LABEL}:Checkout", AMOUNTS["waits"]),
        (f"Liabilities:{LABEL}:Buyers", -AMOUNTS["waits"]),
        (f"Income:{LABEL}:Sales", -AMOUNTS["straight"]),
        (f"Income:{LABEL}:Booked", -BOOKED),
        (f"Income:{LABEL}:Absorbed", -1),
        (f"Income:{LABEL}:Refunds", AMOUNTS["refunded"]),
        (f"Equity:{LABEL}:Refunds:Row0-ME1", -10_00),
        (f"Equity:{LABEL}:Refunds:Row3", -5_00),
        (f"Equity:{LABEL}:Refunds:Others", -9_00),
    )
}


@pytest.mark.parametrize("by_day", [False, True], ids=["by run", "by day"])
def test_beancount_ties_booked_sales_to_their_orders(
    store: duckdb.DuckDBPyConnection, subject: Subject, by_day: bool
) -> None:
    made = journals.make(store, [subject], "Books", {}, by_day=by_day)
    totals, errors, _ = beancount_totals(journals.write(made, "beancount"))
    assert errors == []
    assert {name: totals[name] for name in ACCOUNTS} == ACCOUNTS
    income = -sum(total for name, total in totals.items() if name.startswith("Income:"))
    assert income == euro(AMOUNTS["net"])


@needs_hledger
@pytest.mark.parametrize("by_day", [False, True], ids=["by run", "by day"])
def test_hledger_has_the_same_totals(
    store: duckdb.DuckDBPyConnection, subject: Subject, by_day: bool, tmp_path: Path
) -> None:
    made = journals.make(store, [subject], "Books", {}, by_day=by_day)
    path = tmp_path / "emc.hledger"
    path.write_text(journals.write(made, "hledger"))
    answer = hledger(path, "check", "--strict", "ordereddates")
    assert (answer.returncode, answer.stderr) == (0, "")
    totals, _, _ = beancount_totals(journals.write(made, "beancount"))
    assert hledger_totals(path) == {name: total for name, total in totals.items() if total}


@pytest.mark.parametrize(
    ("account", "other"),
    [
        (f"Income:{LABEL}:Booked", f"Income:{LABEL}:Sales"),
        (f"Income:{LABEL}:Refunds", f"Equity:{LABEL}:Refunds:Row0-ME1"),
        (f"Assets:{LABEL}:Checkout", f"Liabilities:{LABEL}:Buyers"),
    ],
    ids=["booked", "refunded", "waiting"],
)
def test_both_programs_refuse_orders_that_do_not_tie(
    store: duckdb.DuckDBPyConnection, subject: Subject, account: str, other: str, tmp_path: Path
) -> None:
    made = journals.make(store, [subject], "Books", {})
    at = next(
        place
        for place, each in enumerate(made.transactions)
        if {account, other} <= {posting.account for posting in each.postings}
    )
    wrong = made.transactions[at]
    shifted = tuple(
        journals.Posting(each.account, each.units + 1 * (each.account == account)
                         - 1 * (each.account == other))
        for each in wrong.postings
    )  # fmt: skip
    made.transactions[at] = wrong.__class__(wrong.emc, wrong.time, wrong.title, wrong.tx, shifted)
    _, errors, _ = beancount_totals(journals.write(made, "beancount"))
    assert any(f"Balance failed for '{account}'" in each for each in errors)
    path = tmp_path / "wrong.hledger"
    path.write_text(journals.write(made, "hledger"))
    assert "balance assertion" in hledger(path, "check").stderr


def test_an_emc_without_orders_has_no_accounts_for_them(tmp_path: Path) -> None:
    kiosk = history.write(tmp_path / "audit.duckdb", history.kiosk())
    with open_store(kiosk) as other:
        made = journals.make(other, [one(other, None)], "Books", {})
    assert not [name for name in made.accounts if re.search("Checkout|Buyers|Refunds|Booked", name)]


def test_tables_have_them_in_decimals_and_in_base_units(
    store: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    export.as_csv(store, tmp_path / "csv", [EMC])
    (line,) = csv.DictReader((tmp_path / "csv" / "sales.csv").open())
    assert {name: Decimal(line[name]) for name in AMOUNTS} == {
        name: euro(units) for name, units in AMOUNTS.items()
    }
    moves = list(csv.DictReader((tmp_path / "csv" / "checkout_ledger.csv").open()))
    assert sum(Decimal(each["amount"]) for each in moves if each["kind"] == "booked") == euro(
        BOOKED
    )
    export.as_parquet(store, tmp_path / "lake", [EMC], CHAIN)
    lake = polars.read_parquet(tmp_path / "lake" / "sales" / "**" / "*.parquet")
    assert {name: int(lake[name][0]) for name in AMOUNTS} == AMOUNTS


def test_the_statement_of_an_emc_is_gross_refunds_and_net(file: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sales.csv"
    shown = ask(file, "statement", "--csv", str(sheet))
    lines = {line.rsplit(None, 1)[0].strip(): line.split()[-1] for line in shown.splitlines()}
    told = ("gross", "refunded", "net", "given back", "waits")
    assert [lines[name] for name in told] == ["480.15", "24.00", "456.15", "70.01", "50.06"]
    assert f"refunded by {address(0xA000)}, row 0: 10.00 EUR" in shown
    assert f"refunded by {address(0xD1)}: 9.00 EUR" in shown
    (found,) = json.loads(ask(file, "statement", "--json"))["sales"]
    assert {name: Decimal(found[name]) for name in AMOUNTS} == {
        name: euro(units) for name, units in AMOUNTS.items()
    }
    assert [each["row_id"] for each in found["refunds"]] == [0, None, 3]
    (line,) = csv.DictReader(sheet.open())
    assert (line["emc"], line["net"], line["verdict"]) == (EMC, "456.15", "RECONCILED")
    own = ask(file, "statement", "--row", "0")
    assert re.search(r"refunded +10\.00", own)
    assert re.search(r"net +", own)
    assert "refunded" not in ask(file, "statement", "--row", "1")


def test_the_report_has_a_part_of_its_own_for_them(
    store: duckdb.DuckDBPyConnection, subject: Subject, tmp_path: Path
) -> None:
    text = " ".join(report.page(store, subject, None, {}).split())
    part = text[text.index('id="returns"') :]
    assert f">{euro(BOOKED):,.2f} EUR<" in part
    for name in ("gross", "refunded", "net", "given_back", "waits"):
        assert f">{euro(AMOUNTS[name]):,.2f}<" in part, name
    assert "Row 3" in part
    assert "somebody else" in part
    kiosk = history.write(tmp_path / "audit.duckdb", history.kiosk())
    with open_store(kiosk) as other:
        assert 'id="returns"' not in report.page(other, one(other, None), None, {})
