"""One page over several EMCs: which tie, what came in, what an ME has of each."""

import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from emc.audit.read.store import open_store
from emc.audit.tell import portfolio
from emc.audit.tell.subjects import Subject, subjects
from emc.cli import emc
from emc.errors import EMCError
from tests.exports import history
from tests.exports.history import Life, address
from tests.exports.test_report import HOSTILE, Page


def test_an_me_sees_every_emc_of_its_own_and_sums_by_token(
    store: duckdb.DuckDBPyConnection, checked: list[Subject], lives: list[Life]
) -> None:
    found = portfolio.entries(store, checked, {address(0xE1): "Bakery"}, 1)
    assert [(each.subject.emc, each.title) for each in found] == [
        (address(0xE1), "Bakery"),
        (address(0xE3), f"EMC {address(0xE3)[:10]}"),
    ]
    bakery, _, kiosk = lives
    assert [each.proceeds for each in found] == [bakery.received, kiosk.received]
    assert found[0].own["earned"] == bakery.paid[0] + bakery.credits[0]
    assert found[0].own["paid"] == bakery.paid[0]
    assert found[1].own["held"] > 0
    sums = portfolio.totals(found)
    assert len(sums) == 2, "two tokens are never added up, even if both are called EUR"
    assert [each.own for each in sums] == [each.own for each in found]
    words = Page(portfolio.page(store, found, 1)).words
    assert words.index("EMCs of ME 1") < words.index("2 RECONCILED") < words.index("Bakery")
    assert bakery_text(found[0].own["earned"]) in words


def bakery_text(units: int) -> str:
    return f"{units // 100:,}.{units % 100:02d} EUR"


def test_without_an_me_all_are_shown_and_what_does_not_tie_comes_first(tmp_path: Path) -> None:
    lives = [history.bakery(), history.kiosk(), history.stall()]
    lives[1].tables["verdicts"][0]["verdict"] = "NOT CHECKED"
    lives[2].tables["verdicts"][0]["verdict"] = "NOT RECONCILED"
    lives[2].tables["emcs"][0]["symbol"] = HOSTILE
    with open_store(history.write(tmp_path / "audit.duckdb", *lives)) as store:
        found = portfolio.entries(store, subjects(store), {}, None)
        page = Page(portfolio.page(store, found, None))
    verdicts = [each.subject.verdict for each in found]
    assert verdicts == ["NOT RECONCILED", "NOT CHECKED", "RECONCILED"]
    assert "3 EMCs" in page.words
    assert "1 NOT CHECKED" in page.words
    assert "Do not rely on their figures" in page.words
    assert "Earned" not in page.words
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert len(page.scripts[""]) == 2, "a text from the chain is none"


def test_an_me_without_a_part_is_refused(
    store: duckdb.DuckDBPyConnection, checked: list[Subject]
) -> None:
    with pytest.raises(EMCError, match="ME 77 has no part"):
        portfolio.entries(store, checked, {}, 77)


def test_the_command_writes_it(store_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "portfolio.html"
    command = ["audit", "report", "--store", str(store_file), "--out", str(out)]
    answer = CliRunner().invoke(emc, [*command, "--me", "1", "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert set(told["verdicts"]) == {address(0xE1), address(0xE3)}
    assert "EMCs of ME 1" in out.read_text()
    answer = CliRunner().invoke(emc, [*command, "--all"])
    assert answer.exit_code == 0, answer.output
    assert "All EMCs" in out.read_text()
    both = CliRunner().invoke(emc, [*command, "--all", "--emc", address(0xE1)])
    assert "one EMC or several" in both.output
