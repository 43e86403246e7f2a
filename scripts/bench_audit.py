"""Measure the audit on an anvil that holds the real orders as single sales; adds to
build/bench.json.

Ten payees, a token, one sale a transaction. The 8 orders of nothing cannot be sales, so that 6,911
of the 6,919 remain. Sync and run are one command, started anew as anybody would start it; its time
and its largest memory count, from its start to its end.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from bench import START, Bench  # noqa: E402

from tests import anvil  # noqa: E402

PAYEES = 10
# sales sent before the node has mined them
AT_ONCE = 50
UNIT = 10**6
# full blocks would make gas dearer and dearer
OPTIONS = (
    "--accounts",
    "2",
    "--gas-limit",
    "30000000",
    "--timestamp",
    str(START),
    "--block-base-fee-per-gas",
    "0",
)
REQUIRED_SECONDS = 60
REQUIRED_FACTOR = 10
# larger than ten, since the time it takes to start does not shrink
TOLERANCE = 1.5


def book(limit: int | None = None) -> list[tuple[int, int, bytes]]:
    """Number, amount and customer of the real orders that cost something."""
    with (ROOT / "data" / "cdnow_orders.csv").open() as file:
        orders = [
            (int(line["order"]), int(Decimal(line["amount"]) * UNIT), keccak(text=line["customer"]))
            for line in csv.DictReader(file)
        ]
    return [order for order in orders if order[1]][:limit]


def sold(bench: Bench, orders: list[tuple[int, int, bytes]]) -> str:
    """An EMC that has sold them one by one."""
    emc, _ = bench.make(bench.terms(PAYEES, "erc20"))
    send = bench.web3.provider.make_request
    for place, order in enumerate(orders, 1):
        call = {
            "from": bench.buyer,
            "to": emc.address,
            "data": emc.encode_abi("sale", list(order)),
            "gas": hex(2_000_000),
            "gasPrice": hex(2 * 10**9),
        }
        sent = send("eth_sendTransaction", [call])
        assert "result" in sent, sent
        if place % AT_ONCE == 0 or place == len(orders):
            # a node on a busy machine mines slower than it is told
            receipt = bench.web3.eth.wait_for_transaction_receipt(sent["result"], timeout=600)
            assert receipt["status"] == 1, "a sale failed"
    return str(emc.address)


def audited(url: str, emc: str, folder: Path) -> tuple[float, float, dict[str, Any]]:
    """Seconds and megabytes of an audit from nothing, and what it found."""
    program = str(Path(sys.executable).with_name("emc"))
    files = ["--store", str(folder / f"{emc}.duckdb"), "--evidence", str(folder / "EVIDENCE.json")]
    command = [program, "audit", "run", emc, "--rpc", url, "--json", *files]
    environment = {**os.environ, "EMC_DEPLOYMENTS": str(folder)}
    begun = time.monotonic()
    with (folder / "verdict.json").open("w+") as out:
        process = subprocess.Popen(command, stdout=out, cwd=ROOT, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        out.seek(0)
        assert os.waitstatus_to_exitcode(status) == 0, "the audit did not say RECONCILED"
        verdict = json.load(out)[0]
    return seconds, used.ru_maxrss / 1024, verdict


def by_ape(url: str, emc: str) -> float:
    """Seconds that ape takes to read the same Payout and Transfer events by its own query."""
    code = f"""
import time
from ape import networks
from ape.contracts import ContractInstance
from ethpm_types import ContractType
from emc import artifacts
with networks.parse_network_choice({url!r}):
    kind = lambda name: ContractType.model_validate({{"abi": artifacts.load(name)["abi"]}})
    emc = ContractInstance({emc!r}, kind("EMC"))
    token = ContractInstance(emc.currency_of(), kind("Token"))
    begun = time.monotonic()
    payouts = emc.Payout.query("*")
    transfers = token.Transfer.query("*")
    print(len(payouts), len(transfers), time.monotonic() - begun)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *_, seconds = found.stdout.split()
    return float(seconds)


def measure(
    parts: tuple[int | None, ...] = (691, None), *, ape: bool = True
) -> tuple[list[dict[str, Any]], float | None]:
    """Rows of build/bench.json, and how many times faster than ape the last one is."""
    rows = []
    factor = None
    with anvil.running(*OPTIONS) as url, tempfile.TemporaryDirectory() as folder:
        bench = Bench(url)
        for part in parts:
            orders = book(part)
            emc = sold(bench, orders)
            seconds, peak, verdict = audited(url, emc, Path(folder))
            assert verdict["counts"]["payments"] == PAYEES * len(orders)
            rows.append(
                {
                    "scenario": "audit",
                    "payouts": PAYEES * len(orders),
                    "seconds": round(seconds, 2),
                    "peak_mb": round(peak, 1),
                }
            )
        if ape:
            factor = by_ape(url, emc) / seconds
    return rows, factor


def too_much(rows: list[dict[str, Any]], factor: float | None) -> list[str]:
    """What is slower or larger than it may be."""
    small, large = rows[0], rows[-1]
    growth = large["payouts"] / small["payouts"]
    above = [
        f"{name} grew {large[name] / small[name]:.1f} times, the payouts {growth:.1f} times"
        for name in ("seconds", "peak_mb")
        if large[name] > growth * TOLERANCE * small[name]
    ]
    if large["seconds"] > REQUIRED_SECONDS:
        above.append(f"{large['payouts']} payouts took {large['seconds']} s")
    if factor is not None and factor < REQUIRED_FACTOR:
        above.append(f"only {factor:.1f} times faster than ape")
    return above


def main() -> int:
    rows, factor = measure()
    out = ROOT / "build" / "bench.json"
    known = json.loads(out.read_text())["rows"] if out.exists() else []
    kept = [row for row in known if row["scenario"] != "audit"]
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"rows": [*kept, *rows]}, indent=1) + "\n")
    for row in rows:
        print(f"{row['payouts']} payouts: {row['seconds']} s, {row['peak_mb']} MB")
    print(f"{factor:.1f} times faster than ape's own query")
    for line in (above := too_much(rows, factor)):
        print(f"above the limit: {line}", file=sys.stderr)
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
