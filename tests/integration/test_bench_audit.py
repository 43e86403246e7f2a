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
def test_real_orders_as_single_sales_are_reconciled_and_give_a_row(
    script: ModuleType, tmp_path: Path
) -> None:
    orders = script.book(ORDERS)
    with anvil.running(*script.OPTIONS) as url:
        emc = script.sold(script.Bench(url), orders)
        row, verdict = script.measured(url, emc, len(orders), tmp_path)
        logs, _ = script.by_sync(url, emc, tmp_path)
    assert verdict == "RECONCILED"
    assert list(row) == ["scenario", "payouts", "seconds", "peak_mb"]
    assert (row["scenario"], row["payouts"]) == ("audit", ORDERS * script.PAYEES)
    assert row["seconds"] > 0
    assert row["peak_mb"] > 0
    # of each sale a run, and the transfers of the buyer and to the payees
    assert logs > ORDERS * (2 + script.PAYEES)
