"""What `make demo` runs, with few of the orders."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from eth_utils.crypto import keccak

from emc import desk

ROOT = Path(__file__).parents[2]


def test_the_demo_plays_a_whole_life_and_ends_with_its_audit() -> None:
    report, evidence = ROOT / "build/demo/report.html", ROOT / "build/demo/EVIDENCE.json"
    report.unlink(missing_ok=True)
    evidence.unlink(missing_ok=True)
    with subprocess.Popen(
        [Path(sys.executable).with_name("ape"), "run", "demo", "--limit", "24", "--desk"],
        cwd=ROOT,
        # a process of its own, since it is interrupted
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        lines = []
        try:
            for line in demo.stdout:
                lines.append(" ".join(line.split()))
                if lines[-1].startswith("open http"):
                    looks_in(lines[-1].removeprefix("open "))
                    break
        finally:
            demo.terminate()
        _, errors = demo.communicate()
    for told in (
        "ME 56 bids bidding was refused: calls: below the bar (unrated)",
        "ME 56 bids bidding was refused: calls: below the bar (too few stars), with 1.87",
        "RECONCILED",
        "Smart Cooking, Steaming oven is paid at Oven team",
        "verdicts RECONCILED, RECONCILED",
        "report build/demo/report.html",
    ):
        assert told in lines
    assert "<title>" in report.read_text()
    verdict = json.loads(evidence.read_text())
    assert verdict["verdict"] == "RECONCILED"
    assert "Traceback" not in errors


def looks_in(address: str) -> None:
    """The desk of the demo shows its page, and its pipe knows the EMC's proceeds."""
    found = re.fullmatch(r"(\S+/)#token=(\w+)&/emc/1337/(\w+)", address)
    assert found is not None
    home, token, emc = found.groups()
    with urllib.request.urlopen(home) as answer:
        assert desk.digest(answer.read()) == desk.digest(desk.page())
    call = {"to": emc, "data": "0x" + keccak(text="total()")[:4].hex()}
    end = {"to": emc, "data": "0x" + keccak(text="end()")[:4].hex()}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", False]},
        {"jsonrpc": "2.0", "id": 2, "method": "eth_call", "params": [call, "latest"]},
        # what has ended cannot end again
        {"jsonrpc": "2.0", "id": 3, "method": "eth_call", "params": [end, "latest"]},
    ]
    headers = {"content-type": "application/json", "x-desk-token": token}
    question = urllib.request.Request(f"{home}api/rpc", json.dumps(asked).encode(), headers)
    with urllib.request.urlopen(question) as answer:
        block, total, refused = json.load(answer)
    assert int(block["result"]["timestamp"], 16) > 0
    assert int(total["result"], 16) > 0
    assert "error" in refused
