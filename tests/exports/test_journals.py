"""Journals are judged by the programs that read them, and tell the same totals as the books."""

import csv
import io
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from beancount import loader
from beancount.core.data import Commodity, Transaction

from emc.audit.tell import journals
from emc.audit.tell.statements import BACKSTOP, lines
from emc.audit.tell.subjects import Subject
from emc.core.units import Currency
from tests.exports import history
from tests.exports.history import Life, address

needs_hledger = pytest.mark.skipif(
    shutil.which("hledger") is None, reason="the program hledger is not installed"
)
HOSTILE = (
    '"\n2020-01-01 open Assets:Stolen\n; date:2020-01-01, type:X [2020/1/1] | include /etc/passwd'
)


def journal(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], *, by_day: bool = False
) -> journals.Journal:
    names = {(checked[0].emc, 0): HOSTILE}
    return journals.make(store, checked, "Books", names, by_day=by_day)


def beancount_totals(text: str) -> tuple[dict[str, Decimal], list[str], list[object]]:
    """What each account came to, what the checker complains of, and all directives."""
    entries, errors, _ = loader.load_string(text)
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                totals[posting.account] += posting.units.number
    return totals, [each.message for each in errors], entries


def hledger(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["hledger", "-f", str(path), *arguments], capture_output=True, text=True, check=False
    )


def hledger_totals(path: Path) -> dict[str, Decimal]:
    answer = hledger(path, "balance", "--flat", "--no-total", "--output-format", "csv")
    assert answer.returncode == 0, answer.stderr
    found = list(csv.reader(io.StringIO(answer.stdout)))[1:]
    return {account: Decimal(amount.split(" ")[0]) for account, amount in found}


def expected_totals(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life]
) -> dict[str, Decimal]:
    """What our own books and statements say, by the accounts that docs/export.md names."""
    totals: dict[str, Decimal] = {}
    for subject in checked:
        life = next(each for each in lives if each.emc == subject.emc)
        books = life.tables["books"][-1]
        label = subject.emc[:10]
        one = Decimal(1).scaleb(-subject.money.decimals)
        for place, name in (
            ("Held", "held"),
            ("Pending", "pending"),
            ("Dust", "dust"),
            ("Owed", "credited"),
        ):
            totals[f"Assets:{label}:{place}"] = books[name] * one
        for kind, name in (("sale", "Sales"), ("absorbed", "Absorbed")):
            came = sum(each["amount"] for each in life.tables["ledger"] if each["kind"] == kind)
            totals[f"Income:{label}:{name}"] = -came * one
        for line in lines(store, [subject]):
            if line.row_id == BACKSTOP:
                totals[f"Expenses:{label}:Backstop"] = line.earned * one
                totals[f"Liabilities:{label}:Credits:Backstop"] = -line.credit * one
                continue
            row = f"Row{line.row_id}" + (f"-ME{line.me}" if line.me else "")
            for part in ("cost", "running", "base", "leading", "upside"):
                totals[f"Expenses:{label}:{row}:{part.title()}"] = getattr(line, part) * one
            totals[f"Liabilities:{label}:Credits:{row}"] = -line.credit * one
    return {account: total for account, total in totals.items() if total}


@pytest.mark.parametrize("by_day", [False, True], ids=["by run", "by day"])
def test_beancount_accepts_the_journal_and_its_totals_are_ours(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life], by_day: bool
) -> None:
    text = journals.write(journal(store, checked, by_day=by_day), "beancount")
    totals, errors, _ = beancount_totals(text)
    assert errors == []
    found = {account: total for account, total in totals.items() if total}
    assert found == expected_totals(store, checked, lives)


@needs_hledger
@pytest.mark.parametrize("by_day", [False, True], ids=["by run", "by day"])
def test_hledger_accepts_the_journal_and_its_totals_are_ours(
    store: duckdb.DuckDBPyConnection,
    checked: list[Subject],
    lives: list[Life],
    by_day: bool,
    tmp_path: Path,
) -> None:
    path = tmp_path / "emc.hledger"
    path.write_text(journals.write(journal(store, checked, by_day=by_day), "hledger"))
    answer = hledger(path, "check", "--strict", "ordereddates")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert hledger_totals(path) == expected_totals(store, checked, lives)


def altered(text: str) -> str:
    """The first payment is one base unit larger, and so is the sale that it came from: only the
    balances at the end can tell.
    """

    def larger(found: re.Match[str]) -> str:
        number = Decimal(found[2])
        by = Decimal(1).scaleb(number.as_tuple().exponent)
        return f"{found[1]}{number + by if number > 0 else number - by}"

    text = re.sub(r"( Assets:\S+:Held  )(\d[\d.]+)", larger, text, count=1)
    return re.sub(r"( Income:\S+:Sales  )(-[\d.]+)", larger, text, count=1)


def test_both_programs_refuse_a_journal_whose_money_does_not_tie(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], tmp_path: Path
) -> None:
    kiosk = next(each for each in checked if each.emc == address(0xE3))
    for kind in ("beancount", "hledger"):
        text = journals.write(journal(store, [kiosk]), kind)
        wrong = altered(text)
        assert wrong != text
        if kind == "beancount":
            _, errors, _ = beancount_totals(wrong)
            assert len(errors) == 1
            assert errors[0].startswith("Balance failed for 'Assets:")
        elif shutil.which("hledger"):
            path = tmp_path / "wrong.hledger"
            path.write_text(wrong)
            answer = hledger(path, "check")
            assert answer.returncode == 1
            assert "balance assertion" in answer.stderr


def test_one_payment_run_is_one_transaction_and_a_day_is_one_when_asked(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life]
) -> None:
    runs = journal(store, [checked[0]]).transactions
    life = next(each for each in lives if each.emc == checked[0].emc)
    moved = {each["block"] for each in life.tables["ledger"]}
    assert [each.tx for each in runs if each.tx] == [
        history.hash_of(block) for block in sorted(moved)
    ]
    days = journal(store, [checked[0]], by_day=True).transactions
    assert len(days) == len({each.date for each in runs})
    assert len({each.date for each in days}) == len(days)


def test_every_transaction_balances_to_the_unit(
    store: duckdb.DuckDBPyConnection, checked: list[Subject]
) -> None:
    made = journal(store, checked)
    assert len(made.transactions) > 100
    assert {sum(each.units for each in one.postings) for one in made.transactions} == {0}


def test_tokens_of_one_symbol_are_two_commodities_with_their_own_decimals(
    store: duckdb.DuckDBPyConnection, checked: list[Subject]
) -> None:
    found = {each.emc: journal(store, checked).commodities[each.emc].name for each in checked}
    tokens = {each.emc: each.token for each in checked}
    bakery, stall, kiosk = (address(each) for each in (0xE1, 0xE2, 0xE3))
    assert found[bakery] == f"EUR-{tokens[bakery][2:10].upper()}"
    assert found[kiosk] == f"EUR-{tokens[kiosk][2:10].upper()}"
    assert found[stall] == "ETH"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [("EUR", "EUR"), ("usdc.e", "USDCE-"), ("1INCH", "T1INCH-"), ("€", "T-"), ("A\nB", "AB-")],
)
def test_any_symbol_becomes_a_commodity_that_both_programs_take(
    store: duckdb.DuckDBPyConnection,
    checked: list[Subject],
    symbol: str,
    name: str,
    tmp_path: Path,
) -> None:
    subject = replace(checked[0], money=Currency(symbol, checked[0].money.decimals))
    made = journal(store, [subject])
    found = made.commodities[subject.emc].name
    assert found == name if name == symbol else found.startswith(name)
    _, errors, entries = beancount_totals(journals.write(made, "beancount"))
    assert errors == []
    assert [each.currency for each in entries if isinstance(each, Commodity)] == [found]
    if shutil.which("hledger"):
        path = tmp_path / "emc.hledger"
        path.write_text(journals.write(made, "hledger"))
        assert hledger(path, "commodities").stdout.split() in ([f'"{found}"'], [found])


def test_a_hostile_name_opens_no_account_and_no_date(
    store: duckdb.DuckDBPyConnection, checked: list[Subject]
) -> None:
    for kind in ("beancount", "hledger"):
        text = journals.write(journal(store, checked), kind)
        assert "Stolen" in text, "the name is there, as text"
        assert not re.search(r"open Assets:Stolen|date:2020|type:X|\[2020", text)
        assert not re.search(r"^(include|2020)", text, re.MULTILINE)
