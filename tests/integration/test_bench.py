"""Gas is part of the interface: what a scenario costs, and that it stays below the peers."""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SNAPSHOT = ROOT / "snapshots" / "gas.json"

pytestmark = pytest.mark.anvil


def _bench() -> Any:
    spec = importlib.util.spec_from_file_location("bench_script", ROOT / "scripts/bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bench() -> Any:
    return _bench()


@pytest.fixture(scope="module")
def rows(bench: Any, anvil_program: str) -> list[dict[str, Any]]:  # noqa: ARG001
    measured: list[dict[str, Any]] = bench.measure()
    return measured


def test_no_scenario_costs_more_than_it_may(bench: Any, rows: list[dict[str, Any]]) -> None:
    assert bench.too_much(rows) == []


def test_every_limit_is_held_against_a_figure(bench: Any, rows: list[dict[str, Any]]) -> None:
    held = {(row["scenario"], row.get("currency"), row["payees"]) for row in rows}
    limits = {(*scenario, size) for scenario, sizes in bench.REQUIRED.items() for size in sizes}
    assert limits <= held


def test_64_hostile_payees_open_the_gate_below_the_limit_of_public_chains(
    rows: list[dict[str, Any]],
) -> None:
    gas = {row["scenario"]: row["gas"] for row in rows if row["payees"] == 64}
    # each of them burned what it could
    assert 64 * 100_000 < gas["gate_opening_hostile"] < 16_000_000


def test_a_bid_costs_the_same_after_a_thousand_bids_and_calls(rows: list[dict[str, Any]]) -> None:
    gas = {row["payees"]: row["gas"] for row in rows if row["scenario"] == "bid"}
    assert gas.keys() == {1, 1_000}
    assert gas[1] == gas[1_000]


def test_gas_changes_only_when_announced(rows: list[dict[str, Any]]) -> None:
    figures = {
        " ".join(
            [row["scenario"], *([row["currency"]] if "currency" in row else []), str(row["payees"])]
        ): row["gas"]
        for row in rows
    }
    if os.environ.get("SNAPSHOTS") == "write":
        SNAPSHOT.write_text(json.dumps(figures, indent=1) + "\n")
    assert SNAPSHOT.exists(), "run `make snapshots`"
    before = json.loads(SNAPSHOT.read_text())
    moved = {
        name: (before.get(name), gas) for name, gas in figures.items() if gas != before.get(name)
    }
    assert moved == {}, "run `make snapshots` and say why"
    assert figures.keys() == before.keys()
