"""What a node or an ME made, as people, spreadsheets and machines read it."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from emc.audit.tell import statements
from emc.audit.tell.subjects import Subject
from emc.cli import emc
from emc.errors import EMCError
from tests.exports.history import Life, address

PARTS = ("cost", "running", "base", "leading", "upside")


def ask(store: Path, *arguments: str) -> Result:
    return CliRunner().invoke(emc, ["audit", *arguments, "--store", str(store)])


def test_a_row_made_what_the_ledger_paid_and_credited_it_part_by_part(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life]
) -> None:
    found = statements.lines(store, checked)
    assert len(found) == 9
    for line in found:
        if line.row_id == statements.BACKSTOP:
            assert line.earned == line.paid + line.credit > 0
            continue
        life = next(each for each in lives if each.emc == line.emc)
        own = [
            each
            for each in life.tables["ledger"]
            if each["row_id"] == line.row_id and each["kind"] in ("payment", "credit")
        ]
        for part in PARTS:
            assert getattr(line, part) == sum(each[f"of_{part}"] for each in own)
        assert line.earned == sum(getattr(line, part) for part in PARTS)
        assert line.earned == line.paid + line.credit
        assert line.income == line.base + line.leading + line.upside


def test_an_me_has_a_line_for_each_of_its_emcs_and_a_sum_for_each_currency(
    store: duckdb.DuckDBPyConnection, checked: list[Subject]
) -> None:
    found = statements.lines(store, checked, me=1)
    assert {(line.emc, line.row_id) for line in found} == {(address(0xE1), 0), (address(0xE3), 1)}
    sums = statements.totals(found, checked)
    assert len(sums) == 2, "two tokens are never added up, even if both are called EUR"
    by_token = {token: amounts["earned"] for (token, _), amounts in sums.items()}
    for line in found:
        token = next(each.token for each in checked if each.emc == line.emc)
        assert by_token[token] == line.earned


def test_lines_of_one_currency_are_added_up(
    store: duckdb.DuckDBPyConnection, checked: list[Subject]
) -> None:
    bakery = [each for each in checked if each.emc == address(0xE1)]
    found = statements.lines(store, bakery)
    ((_, amounts),) = statements.totals(found, bakery).items()
    assert amounts["paid"] == sum(line.paid for line in found)
    assert amounts["income"] == sum(line.income for line in found)


def test_what_the_gate_holds_is_not_earned(
    store: duckdb.DuckDBPyConnection, checked: list[Subject]
) -> None:
    kiosk = [each for each in checked if each.emc == address(0xE3)]
    (leader,) = statements.lines(store, kiosk, row=0)
    assert leader.held > 0
    assert leader.income == 0
    assert leader.earned == leader.cost


def test_the_command_shows_a_profit_and_loss_view(store_file: Path) -> None:
    answer = ask(store_file, "statement", "--me", "2")
    assert answer.exit_code == 0, answer.output
    lines = answer.output.splitlines()
    assert lines[0] == "ME 2"
    assert [line.split("  ")[0] for line in lines[2:12]] == [
        "BASE", "LEADING", "UPSIDE", "income", "running cost", "cost cover", "earned", "paid",
        "credit", "held",
    ]  # fmt: skip
    assert "94,688.60" in answer.output
    assert "1.18722222202222222" in answer.output


def test_the_command_answers_machines_in_exact_text(store_file: Path) -> None:
    answer = ask(store_file, "statement", "--me", "2", "--json")
    found = json.loads(answer.output)
    assert [each["symbol"] for each in found["lines"]] == [
        each["symbol"] for each in found["totals"]
    ]
    for line in found["lines"]:
        parts = [Decimal(line[name]) for name in PARTS]
        assert sum(parts) == Decimal(line["earned"])
        assert line["verdict"] == "RECONCILED"


def test_the_command_writes_a_file_for_spreadsheets(store_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "me.csv"
    answer = ask(store_file, "statement", "--row", "1", "--emc", address(0xE1), "--csv", str(path))
    assert answer.exit_code == 0, answer.output
    (line,) = csv.DictReader(path.open())
    assert (line["me"], line["symbol"], line["earned"]) == ("2", "EUR", "94688.60")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--me", "1", "--row", "0"), "a statement covers an ME or a row"),
        (("--row", "0"), "this store has 3 EMCs"),
        (("--me", "77"), "ME 77 has no part in what was checked"),
        (("--me", "1", "--emc", address(0xFF)), "is not in this store, or not checked"),
    ],
)
def test_what_cannot_be_stated_is_refused_in_words(
    store_file: Path, arguments: tuple[str, ...], message: str
) -> None:
    answer = ask(store_file, "statement", *arguments)
    assert answer.exit_code == 1
    assert message in answer.output


def test_a_store_that_was_not_checked_has_no_statement(tmp_path: Path) -> None:
    from emc.audit.read.store import open_store
    from emc.audit.tell.subjects import subjects

    with (
        open_store(tmp_path / "new.duckdb", writes=True) as fresh,
        pytest.raises(EMCError, match="no EMC of this store has been checked"),
    ):
        subjects(fresh)


@pytest.mark.parametrize("kind", ["csv", "parquet", "beancount", "hledger"])
def test_the_export_command_says_what_it_wrote(store_file: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "books"
    answer = ask(store_file, "export", "--format", kind, "--out", str(out), "--json")
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.output)
    assert {each.name for each in out.iterdir()} == set(found["written"])
    assert set(found["verdicts"].values()) == {"RECONCILED"}


def test_days_are_for_journals_only(store_file: Path, tmp_path: Path) -> None:
    answer = ask(
        store_file, "export", "--format", "csv", "--by-day", "--out", str(tmp_path / "books")
    )
    assert (answer.exit_code, "--by-day is for journals" in answer.output) == (1, True)
    assert not (tmp_path / "books").exists()
