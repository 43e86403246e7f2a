"""Measure the audit on an anvil that holds the real orders as single sales; adds to
build/bench.json.

Ten payees, a token, one sale a transaction. The 8 orders of nothing cannot be sales, so that 6,911
of the 6,919 remain. Sync and run are one command, started again as anybody would start it; its time
and its largest memory count, from its start to its end.

Beside it, reading against reading of the same chain: a sync into an empty store, until that is
closed, and ape's own query. Each is a new process that has imported what it needs. They take turns,
and the shortest of each counts: what else the machine does only adds.

Both read the same. Of every event of the EMC, of the table's rooms and the registry, and of every
transfer of the token, a sync keeps block, hash, time, transaction, place and arguments. All but the
time is what ape's `query("*")` gives of each kind of event. Its column `timestamp` would ask for a
block for each of 83,000 events; ape gets what costs it less, one query of all blocks for number,
hash and time. That a sync also compares the hashes of events and blocks and writes a file, and
asks for the transfers of one EMC where ape asks for those of the token (on this chain the same but
for a few), is not made up for. How much faster events alone are read, without any time, is printed,
too.

Then `emc audit run --all` on chains of 100 and of 1,000 EMCs with ten payees and a hundred runs
each, from an empty store; the larger chain takes minutes to make. Last, commands that people wait
for, see `bench_commands.py`.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import bench_commands  # noqa: E402
from bench import START, Bench  # noqa: E402
from bench_many import Market  # noqa: E402

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
    "200000000",
    "--timestamp",
    str(START),
    "--block-base-fee-per-gas",
    "0",
)
REQUIRED_SECONDS = 60
REQUIRED_FACTOR = 10
TURNS = 3
# larger than ten, since the time it takes to start does not shrink
TOLERANCE = 1.5
# of everything: EMCs of the two chains, runs of each, and what the larger may take
EMCS = (100, 1_000)
ROUNDS = 100
REQUIRED_ALL_SECONDS = 120
REQUIRED_ALL_MB = 1_536


class Reading(NamedTuple):
    """Seconds that the same chain takes to be read: by a sync, and by ape its events and blocks."""

    sync: float
    events: float
    blocks: float

    @property
    def factor(self) -> float:
        """How many times as long ape takes for what a sync keeps."""
        return (self.events + self.blocks) / self.sync

    @property
    def factor_of_events(self) -> float:
        """The same, if ape leaves out when they happened."""
        return self.events / self.sync


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


def audited(url: str, what: str, folder: Path) -> tuple[float, float, list[dict[str, Any]]]:
    """Seconds and megabytes of an audit from nothing, and what it found.

    Args:
        what: An EMC, or --all.
    """
    files = ["--store", str(folder / f"{what}.duckdb"), "--evidence", str(folder / "EVIDENCE.json")]
    command = ["audit", "run", what, "--rpc", url, "--json", *files]
    seconds, peak, written = bench_commands.timed(command, folder)
    return seconds, peak, json.loads(written)


def measured(url: str, emc: str, orders: int, folder: Path) -> tuple[dict[str, Any], str]:
    """A row of build/bench.json, and the verdict."""
    seconds, peak, (verdict,) = audited(url, emc, folder)
    assert verdict["counts"]["payments"] == PAYEES * orders
    row = {
        "scenario": "audit",
        "payouts": PAYEES * orders,
        "seconds": round(seconds, 2),
        "peak_mb": round(peak, 1),
    }
    return row, verdict["verdict"]


def measured_all(
    url: str, emcs: int, rounds: int, folder: Path, *, views: bool = False
) -> list[dict[str, Any]]:
    """Rows of build/bench.json for everything on a chain that is made for it.

    Args:
        views: Whether what people ask about all of it is measured, too.
    """
    market = Market(url, PAYEES)
    addresses = market.form(emcs)
    market.sell(addresses, rounds)
    seconds, peak, found = audited(url, "--all", folder)
    payouts = PAYEES * rounds * emcs
    assert len(found) == emcs
    assert sum(each["counts"]["payments"] for each in found) == payouts
    whole = {
        "scenario": "audit_all",
        "emcs": emcs,
        "payouts": payouts,
        "seconds": round(seconds, 2),
        "peak_mb": round(peak, 1),
    }
    if not views:
        return [whole]
    told = bench_commands.measured_views(url, addresses, folder / "--all.duckdb", folder)
    return [whole, *told, bench_commands.measured_trust(market, url, addresses, folder)]


def measure_all() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of build/bench.json: a tenth, and the whole; and of commands that people wait for."""
    rows, told = [], []
    for emcs in EMCS:
        with anvil.running(*OPTIONS) as url, tempfile.TemporaryDirectory() as folder:
            views = emcs == max(EMCS)
            whole, *others = measured_all(url, emcs, ROUNDS, Path(folder), views=views)
            rows.append(whole)
            told += others
    with anvil.running(*OPTIONS) as url, tempfile.TemporaryDirectory() as folder:
        told += bench_commands.measured_orders(url, Path(folder))
    return rows, told


def by_sync(url: str, emc: str, folder: Path) -> tuple[int, float]:
    """How many events a sync reads, and its seconds."""
    store = folder / "reading.duckdb"
    code = f"""
import time
from pathlib import Path
import pandas  # loaded by the store at its first use
from emc.audit.read import store, sync
from emc.cli.audit.options import asking
begun = time.monotonic()
with store.open_store(Path({str(store)!r}), writes=True) as db:
    done = asking({url!r}, "", lambda node: sync.sync(db, node, {emc!r}))
print(done.new, time.monotonic() - begun)
"""
    count, seconds = _fresh(code, folder)
    store.unlink()
    return int(count), seconds


def by_ape(url: str, emc: str, folder: Path) -> tuple[int, float, float]:
    """How many events ape reads by its own query, its seconds, and those for all blocks."""
    code = f"""
import time
import pandas
from ape import chain, networks
from ape.contracts import ContractInstance
from ethpm_types import ContractType
from emc import artifacts
def at(address, name):
    abi = artifacts.load(name)["abi"]
    contract = ContractInstance(address, ContractType.model_validate({{"abi": abi}}))
    return contract, [each["name"] for each in abi if each["type"] == "event"]
with networks.parse_network_choice({url!r}):
    emc, _ = asked = at({emc!r}, "EMC")
    table = emc.authority()
    consent, _ = at(table.consent, "Consent")
    everything = [
        asked,
        at(table.consent, "Consent"),
        at(table.changes, "Changes"),
        at(table.conduct, "Conduct"),
        at(table.goals, "Goals"),
        at(consent.micro_enterprises(), "MicroEnterprises"),
        (at(emc.currency_of(), "Token")[0], ["Transfer"]),
    ]
    begun = time.monotonic()
    found = [getattr(each, name).query("*") for each, names in everything for name in names]
    read = time.monotonic()
    blocks = chain.blocks.query("number", "hash", "timestamp")
    print(sum(map(len, found)), read - begun, time.monotonic() - read)
"""
    count, events, blocks = _fresh(code, folder)
    return int(count), events, blocks


def _fresh(code: str, folder: Path) -> list[float]:
    """What Python code in a new process prints: a number, and seconds."""
    found = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "EMC_DEPLOYMENTS": str(folder)},
    )
    return [float(each) for each in found.stdout.splitlines()[-1].split()]


def read(url: str, emc: str, orders: int, folder: Path) -> Reading:
    """Reading against reading."""
    syncs, queries = [], []
    for _ in range(TURNS):
        count, seconds = by_sync(url, emc, folder)
        # a run and a transfer for each payee and the buyer
        assert count >= orders * (1 + 1 + PAYEES), count
        syncs.append(seconds)
        queried, events, blocks = by_ape(url, emc, folder)
        # the token was given to some when it was made
        assert count <= queried < count + 100, (count, queried)
        queries.append((events, blocks))
    return Reading(min(syncs), *min(queries, key=sum))


def measure() -> tuple[list[dict[str, Any]], Reading]:
    """Rows of build/bench.json, and how long the last chain takes to be read."""
    rows = []
    for part in (691, None):
        # a chain for each, so that a token has no other transfers
        with anvil.running(*OPTIONS) as url, tempfile.TemporaryDirectory() as folder:
            orders = book(part)
            emc = sold(Bench(url), orders)
            row, _ = measured(url, emc, len(orders), Path(folder))
            rows.append(row)
            if part is None:
                reading = read(url, emc, len(orders), Path(folder))
    return rows, reading


def too_much(rows: list[dict[str, Any]], reading: Reading) -> list[str]:
    """What is slower or larger than it may be."""
    large = rows[-1]
    above = grown(rows)
    if large["seconds"] > REQUIRED_SECONDS:
        above.append(f"{large['payouts']} payouts took {large['seconds']} s")
    if reading.factor < REQUIRED_FACTOR:
        above.append(f"reads only {reading.factor:.1f} times faster than ape")
    return above


def grown(rows: list[dict[str, Any]]) -> list[str]:
    """What grows faster than the payouts."""
    small, large = rows[0], rows[-1]
    growth = large["payouts"] / small["payouts"]
    return [
        f"{name} grew {large[name] / small[name]:.1f} times, the payouts {growth:.1f} times"
        for name in ("seconds", "peak_mb")
        if large[name] > growth * TOLERANCE * small[name]
    ]


def too_much_of_all(rows: list[dict[str, Any]]) -> list[str]:
    """What of an audit of everything is slower or larger than it may be."""
    large, above = rows[-1], grown(rows)
    if large["seconds"] > REQUIRED_ALL_SECONDS:
        above.append(f"{large['emcs']} EMCs took {large['seconds']} s")
    if large["peak_mb"] > REQUIRED_ALL_MB:
        above.append(f"{large['emcs']} EMCs took {large['peak_mb']} MB")
    return above


def main() -> int:
    rows, reading = measure()
    whole, told = measure_all()
    out = ROOT / "build" / "bench.json"
    known = json.loads(out.read_text())["rows"] if out.exists() else []
    ours = {"audit", "audit_all", *bench_commands.LIMITS}
    kept = [row for row in known if row["scenario"] not in ours]
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"rows": [*kept, *rows, *whole, *told]}, indent=1) + "\n")
    for row in rows:
        print(f"{row['payouts']} payouts: sync and run in {row['seconds']} s, {row['peak_mb']} MB")
    print(
        f"reading: sync {reading.sync:.2f} s, ape's own query {reading.events + reading.blocks:.2f}"
        f" s ({reading.events:.2f} s for events, {reading.blocks:.2f} s for their times): "
        f"{reading.factor:.1f} times faster ({reading.factor_of_events:.1f} times, times left out)"
    )
    for row in whole:
        print(
            f"{row['emcs']} EMCs, {row['payouts']} payouts: sync and run in {row['seconds']} s, "
            f"{row['peak_mb']} MB"
        )
    for row in told:
        print(f"{row['scenario']}: {row['seconds']} s, {row['peak_mb']} MB")
    slow = bench_commands.too_slow(told)
    for line in (above := [*too_much(rows, reading), *too_much_of_all(whole), *slow]):
        print(f"above the limit: {line}", file=sys.stderr)
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
