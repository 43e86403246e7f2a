"""What `bench_audit.py` measures of commands that people wait for, from the start of each process
to its end.

`status` and `sell_resumed` ask a node about an EMC with as many orders behind it as the whole
CDNOW book has; the real orders of data/ are repeated until they are so many, and sold by
`emc sell`. The resumed sell has one batch left. `list`, `report_all`, `report_me` and `trust` are
of a chain with a thousand EMCs, the reports from a store that is synced. Its ratings are logs that
the registry's code did not write: nobody waits for a thousand reviews to open and close.
"""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

ROOT = Path(__file__).parent.parent
CANVAS = ROOT / "canvases" / "smart-cooking.yaml"
ORDERS = 69_659
# orders of the last batch
LEFT = 100
# seconds that each may take: those that read no store have longer
LIMITS = {
    "status": 10,
    "sell_resumed": 10,
    "list": 3,
    "report_all": 3,
    "report_me": 3,
    "trust": 3,
}
# nodes of each review
RATERS = 5
MEMBERS = "(uint256,uint256,uint256,uint256,bool)[]"
OPENED = f"ReviewOpened(address,uint256,uint256,uint256,address,uint256,bool,bool,{MEMBERS})"
REVEALED = "Revealed(address,uint256,bytes)"
# code that logs what it is sent: two or three topics, then data
TWO_TOPICS = "0x60403603806040600037600035602035916000a200"
THREE_TOPICS = "0x60603603806060600037602035600035604035926000a300"


def timed(
    words: Sequence[str], folder: Path, environment: Mapping[str, str] = os.environ
) -> tuple[float, float, str]:
    """Seconds and megabytes of a command of `emc`, and what it wrote.

    Raises:
        AssertionError: it failed.
    """
    program = str(Path(sys.executable).with_name("emc"))
    told = {**environment, "EMC_DEPLOYMENTS": str(folder)}
    begun = time.monotonic()
    with (folder / "written.json").open("w+") as out:
        process = subprocess.Popen([program, *words], stdout=out, cwd=ROOT, env=told)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        out.seek(0)
        assert os.waitstatus_to_exitcode(status) == 0, f"emc {' '.join(words)} failed"
        return seconds, used.ru_maxrss / 1024, out.read()


def row(scenario: str, words: Sequence[str], folder: Path, **facts: int) -> tuple[Any, str]:
    """A row of build/bench.json for a command, and what it wrote."""
    seconds, peak, written = timed(words, folder)
    figures = {"seconds": round(seconds, 2), "peak_mb": round(peak, 1)}
    return {"scenario": scenario, **facts, **figures}, written


def measured_orders(url: str, folder: Path, count: int = ORDERS) -> list[dict[str, Any]]:
    """Rows of an EMC that has sold so many orders, but for a last batch that it sells."""
    agreement = str(folder / "sold.agreement.json")
    some, every = folder / "some.csv", folder / "every.csv"
    write(some, count - LEFT)
    write(every, count)
    there = "--network", url
    timed(["deploy", str(CANVAS), "--out", agreement, *there], folder)
    sell = "sell", agreement, "--mint", "--json", *there, "--orders"
    timed([*sell, str(some)], folder)
    status, _ = row("status", ["status", agreement, "--json", *there], folder, orders=count - LEFT)
    resumed, written = row("sell_resumed", [*sell, str(every)], folder, orders=count - LEFT)
    found = json.loads(written)
    assert (found["sold"], found["already_sold"]) == (LEFT, count - LEFT), found
    return [status, resumed]


def write(path: Path, count: int) -> None:
    """So many orders as a file: amounts and customers of the real ones that cost something."""
    with (ROOT / "data" / "cdnow_orders.csv").open() as file:
        real = [line for line in csv.DictReader(file) if float(line["amount"])]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order", "customer", "amount"])
        for number, line in enumerate(islice(cycle(real), count), start=1):
            writer.writerow([number, line["customer"], line["amount"]])


def measured_views(url: str, emcs: Sequence[str], store: Path, folder: Path) -> list[Any]:
    """Rows of what is asked about all EMCs of a chain, and about one ME in them."""
    there, kept = ("--network", url), ("--store", str(store))
    out = "--out", str(folder / "page.html")
    found = []
    for scenario, *words in (
        ("list", "list", "--json", *there),
        ("report_all", "audit", "report", "--all", *kept, *out),
        ("report_me", "audit", "report", "--me", "1", *kept, *out),
    ):
        found.append(row(scenario, words, folder, emcs=len(emcs))[0])
    return found


def measured_trust(market: Any, url: str, emcs: Sequence[str], folder: Path) -> dict[str, Any]:
    """A row of trust by reviews of all EMCs in which every node rates every other."""
    log_ratings(market, emcs)
    words = ["trust", "--seed", "1", "--json", "--network", url]
    ratings = len(emcs) * RATERS * (RATERS - 1)
    found, written = row("trust", words, folder, emcs=len(emcs), ratings=ratings)
    assert json.loads(written)["ratings"] == ratings
    return dict(found)


def log_ratings(market: Any, emcs: Sequence[str]) -> None:
    """Log reviews and ratings as the registry does: each EMC's nodes are the next of the MEs."""
    vectors = [
        b"".join(b"\0\0" if i == rater else b"\x54\x32" for i in range(RATERS))
        for rater in range(RATERS)
    ]
    opened, revealed = [], []
    for place, emc in enumerate(emcs):
        mes = [(place + turn) % len(market.keys) + 1 for turn in range(RATERS)]
        members = [(me, turn, 0, 0, False) for turn, me in enumerate(mes)]
        head = [1, 2, 3, market.token.address, 10**9, False, True, members]
        data = encode([*["uint256"] * 3, "address", "uint256", "bool", "bool", MEMBERS], head)
        opened.append(keccak(text=OPENED) + encode(["address"], [emc]) + data)
        revealed += [
            keccak(text=REVEALED) + encode(["address", "uint256"], [emc, me])
            + encode(["bytes"], [vector])
            for me, vector in zip(mes, vectors, strict=True)
        ]  # fmt: skip
    at = market.reputation
    ask = market.web3.provider.make_request
    code = ask("eth_getCode", [at, "latest"])["result"]
    for writer, logs in ((TWO_TOPICS, opened), (THREE_TOPICS, revealed)):
        ask("anvil_setCode", [at, writer])
        market.send_all([(at, "0x" + log.hex()) for log in logs], 500_000)
    ask("anvil_setCode", [at, code])


def too_slow(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What takes longer than it may."""
    return [
        f"{each['scenario']} took {each['seconds']} s, and may take {LIMITS[each['scenario']]}"
        for each in rows
        if each["seconds"] > LIMITS[each["scenario"]]
    ]
