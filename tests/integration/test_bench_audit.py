"""The measurement of the audit does what it says, on a few of the real orders."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests import anvil

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_audit.py"
ORDERS = 200

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_audit_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("anvil_program")
@pytest.mark.deep
def test_real_orders_as_single_sales_are_reconciled_and_give_a_row(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = script.book(ORDERS)
    monkeypatch.setattr(script, "TURNS", 1)
    with anvil.running(*script.OPTIONS) as url:
        emc = script.sold(script.Bench(url), orders)
        row, verdict = script.measured(url, emc, len(orders), tmp_path)
        # which says so if the two have not read the same
        reading = script.read(url, emc, len(orders), tmp_path)
    assert verdict == "RECONCILED"
    assert list(row) == ["scenario", "payouts", "seconds", "peak_mb"]
    assert (row["scenario"], row["payouts"]) == ("audit", ORDERS * script.PAYEES)
    assert row["seconds"] > 0
    assert row["peak_mb"] > 0
    assert min(reading) > 0


def test_what_is_too_slow_or_grows_too_fast_is_named(script: ModuleType) -> None:
    small = {"scenario": "audit", "payouts": 100, "seconds": 1.0, "peak_mb": 100.0}
    good = {"scenario": "audit", "payouts": 1_000, "seconds": 9.0, "peak_mb": 400.0}
    fast = script.Reading(sync=1.0, events=7.0, blocks=3.0)
    assert script.too_much([small, good], fast) == []
    bad = {**good, "seconds": 61.0, "peak_mb": 1_600.0}
    assert script.too_much([small, bad], fast._replace(sync=1.01)) == [
        "seconds grew 61.0 times, the payouts 10.0 times",
        "peak_mb grew 16.0 times, the payouts 10.0 times",
        "1000 payouts took 61.0 s",
        "reads only 9.9 times faster than ape",
    ]


@pytest.mark.usefixtures("anvil_program")
@pytest.mark.deep
def test_everything_on_a_chain_is_reconciled_and_gives_a_row(
    script: ModuleType, tmp_path: Path
) -> None:
    with anvil.running(*script.OPTIONS) as url:
        row, *told = script.measured_all(url, 60, 10, tmp_path, views=True)
    assert [each["scenario"] for each in told] == ["list", "report_all", "report_me", "trust"]
    assert told[-1]["ratings"] == 60 * 20
    assert list(row) == ["scenario", "emcs", "payouts", "seconds", "peak_mb"]
    assert (row["scenario"], row["emcs"], row["payouts"]) == ("audit_all", 60, 6_000)


@pytest.mark.usefixtures("anvil_program")
@pytest.mark.deep
def test_commands_on_sold_orders_give_rows(script: ModuleType, tmp_path: Path) -> None:
    with anvil.running(*script.OPTIONS) as url:
        rows = script.bench_commands.measured_orders(url, tmp_path, 400)
    for row, scenario in zip(rows, ("status", "sell_resumed"), strict=True):
        assert list(row) == ["scenario", "orders", "seconds", "peak_mb"]
        assert (row["scenario"], row["orders"]) == (scenario, 300)
        assert min(row["seconds"], row["peak_mb"]) > 0


def test_a_command_that_people_wait_for_too_long_is_named(script: ModuleType) -> None:
    rows = [
        {"scenario": "status", "orders": 1, "seconds": 10.0, "peak_mb": 90.0},
        {"scenario": "trust", "emcs": 1, "ratings": 1, "seconds": 3.01, "peak_mb": 90.0},
    ]
    assert script.bench_commands.too_slow(rows) == ["trust took 3.01 s, and may take 3"]


def test_what_of_everything_is_too_slow_or_too_large_is_named(script: ModuleType) -> None:
    small = {"emcs": 100, "payouts": 100_000, "seconds": 12.0, "peak_mb": 200.0}
    good = {"emcs": 1_000, "payouts": 1_000_000, "seconds": 119.0, "peak_mb": 1_500.0}
    assert script.too_much_of_all([small, good]) == []
    bad = {**good, "seconds": 181.0, "peak_mb": 3_001.0}
    assert script.too_much_of_all([small, bad]) == [
        "seconds grew 15.1 times, the payouts 10.0 times",
        "peak_mb grew 15.0 times, the payouts 10.0 times",
        "1000 EMCs took 181.0 s",
        "1000 EMCs took 3001.0 MB",
    ]
