"""What `make demo` runs, with few of the orders."""

import json
import os
import subprocess
from pathlib import Path

from tests import forks

ROOT = Path(__file__).parents[2]


def test_the_demo_plays_a_whole_life_and_ends_with_its_audit() -> None:
    report, evidence = ROOT / "build/demo/report.html", ROOT / "build/demo/EVIDENCE.json"
    report.unlink(missing_ok=True)
    evidence.unlink(missing_ok=True)
    done = subprocess.run(
        ["ape", "run", "demo", "--limit", "24"],
        cwd=ROOT,
        env={**os.environ, "PATH": forks.path_before(os.environ["PATH"])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
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
    assert "Traceback" not in done.stderr
