"""Ten broken variants of the money code, and what finds each of them.

    python -m tests.proof.variants [--write] [NUMBER ...]

Each is one change in a contract's source. It is held against a proof (`tests.proof`), an invariant
(a stateful test with a fixed seed) and an example (a file of unit tests); at least two must find
it. What finds it must pass on the same contracts compiled anew without the change. `--write` puts
their lines into the table of docs/proof.md; times are CPU seconds.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "proof.md"
MARKS = "<!-- variants -->\n", "<!-- end -->\n"
# random lives in native coin, the same in every run
INVARIANT = "tests/stateful/test_money.py::TestNativeMoney"
# seconds for one kind of finding
HOUR = 3_600


@dataclass(frozen=True)
class Variant:
    """One change that breaks the money code.

    Args:
        contracts: Those whose code it changes.
        claim: The proof that must fail.
        example: The file of unit tests of which one must fail.
    """

    name: str
    path: str
    before: str
    after: str
    contracts: tuple[str, ...]
    claim: str
    example: str


VARIANTS = (
    Variant(
        "a row is paid one unit short",
        "EMC.vy",
        "            payee: address = convert(row >> 96, address)\n",
        "            due -= min(due, 1)\n"
        "            payee: address = convert(row >> 96, address)\n",
        ("EMC.vy",),
        "a_run_pays_the_increase",
        "tests/unit/emc/test_sale.py",
    ),
    Variant(
        "covers are rounded up",
        "modules/waterfall.vy",
        "return income + cost * spans.cost // cost_end",
        "return income + (cost * spans.cost + cost_end - 1) // cost_end",
        ("EMC.vy", "Pages.vy"),
        "a_row_loses_less_than_a_unit_per_floor",
        "tests/unit/emc/test_sale.py",
    ),
    Variant(
        "BASE ends one unit beyond the benchmark",
        "Pages.vy",
        "base_end = max(cost_end, (max(page.benchmark, start) - start) * rest)",
        "base_end = max(cost_end, (max(page.benchmark, start) + 1 - start) * rest)",
        ("Pages.vy",),
        "a_page_says_what_the_terms_say",
        "tests/unit/pages/test_begin.py",
    ),
    Variant(
        "a page carries one unit too little",
        "Pages.vy",
        "forwards[place] = held\n",
        "forwards[place] = held - min(held, 1)\n",
        ("Pages.vy",),
        "a_change_keeps_what_was_earned",
        "tests/unit/pages/test_follow.py",
    ),
    Variant(
        "an upper bound is not checked",
        "modules/terms.vy",
        "lower <= share and (share <= upper or not is_first and id == terms.sink)",
        "lower <= share",
        ("Consent.vy",),
        "shares_are_inside_their_bounds",
        "tests/unit/consent/test_check.py",
    ),
    Variant(
        "the gate opens one unit early",
        "EMC.vy",
        "is_open: bool = since >= gate_at or Run.OPENED in run",
        "is_open: bool = since + 1 >= gate_at or Run.OPENED in run",
        ("EMC.vy",),
        "a_run_pays_the_increase",
        "tests/unit/emc/test_is_gate_open.py",
    ),
    Variant(
        "a second credit replaces the first",
        "modules/creditors.vy",
        "self.credits[row] += amount",
        "self.credits[row] = amount",
        ("EMC.vy",),
        "no_credit_is_lost",
        "tests/unit/emc/test_credits.py",
    ),
    Variant(
        "an order number frees the others of its word",
        "modules/paid_orders.vy",
        "self.paid[key] = before | low\n",
        "self.paid[key] = low\n",
        ("EMC.vy",),
        "an_order_number_is_used_once",
        "tests/unit/emc/test_is_paid.py",
    ),
    Variant(
        "a page is that of the next epoch",
        "Pages.vy",
        "| page.epoch << 96\n",
        "| (page.epoch + 1) << 96\n",
        ("Pages.vy",),
        "a_page_says_what_the_terms_say",
        "tests/unit/pages/test_begin.py",
    ),
    Variant(
        "proceeds may grow beyond their bits",
        "EMC.vy",
        'assert since <= ledger.MAX_PROCEEDS, "emc: proceeds too large"',
        'assert since >= before, "emc: proceeds too large"',
        ("EMC.vy",),
        "a_run_pays_the_increase",
        "tests/unit/emc/test_sale.py",
    ),
)


def proof(number: int) -> bool:
    """Whether the proof finds it, with a counterexample."""
    variant = VARIANTS[number]
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "contracts"
        shutil.copytree(ROOT / "contracts", copied, ignore=shutil.ignore_patterns("mocks"))
        path = copied / variant.path
        text = path.read_text()
        assert text.count(variant.before) == 1, f"{variant.path} has changed: {variant.before!r}"
        path.write_text(text.replace(variant.before, variant.after))
        python = ROOT / ".venv" / "proof" / "bin" / "python"
        command = [str(python), "-m", "tests.proof", "--json", "--contracts", str(copied)]
        answer = subprocess.run(
            [*command, variant.claim], cwd=ROOT, capture_output=True, text=True, timeout=HOUR
        )
    (claim,) = json.loads(answer.stdout)["claims"]
    return "example" in claim


def tested(number: int) -> set[str]:
    """The kinds of tests of which one fails, and none on the same contracts without the change.

    Raises:
        RuntimeError: they could not be run, or fail also where nothing is changed.
    """
    if failed := control(VARIANTS[number].contracts):
        raise RuntimeError(f"{', '.join(failed.values())} fail without a change, too")
    return set(_failed(number, (INVARIANT, VARIANTS[number].example), ""))


@cache
def control(contracts: tuple[str, ...]) -> dict[str, str]:
    """What fails of the tests of all variants of these contracts, compiled anew as they are."""
    same = [number for number, each in enumerate(VARIANTS) if each.contracts == contracts]
    examples = dict.fromkeys(VARIANTS[number].example for number in same)
    return _failed(same[0], (INVARIANT, *examples), "1")


def _failed(number: int, paths: tuple[str, ...], is_control: str) -> dict[str, str]:
    """The first test that fails, by kind: `invariant` or `example`."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "failed.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.proof.patched"]
        about = {"EMC_VARIANT": str(number), "EMC_CONTROL": is_control, "EMC_FAILED": str(kept)}
        answer = subprocess.run(
            [*command, *paths],
            cwd=ROOT,
            env=os.environ | about | {"HYPOTHESIS_PROFILE": "fast"},
            capture_output=True,
            text=True,
            timeout=HOUR,
        )
        if answer.returncode not in (0, 1):
            raise RuntimeError(answer.stdout[-2_000:] + answer.stderr[-2_000:])
        failed: dict[str, str] = json.loads(kept.read_text())
        return failed


def spent() -> float:
    """CPU seconds of all processes that were started and have ended."""
    return sum(os.times()[2:4])


def row(number: int) -> tuple[str, int]:
    """A line of the table, and how many kinds found it."""
    variant = VARIANTS[number]
    control(variant.contracts)
    began = spent()
    kinds = tested(number)
    found = (proof(number), "invariant" in kinds, "example" in kinds)
    cells = " | ".join("found" if each else "missed" for each in found)
    return (
        f"| {variant.name} | `contracts/{variant.path}` | {cells} | {spent() - began:.0f} s |\n",
        found.count(True),
    )


def written(lines: list[str]) -> None:
    """Put lines into the table; those of other variants stay as they are."""
    before, _, rest = PAGE.read_text().partition(MARKS[0])
    table, _, after = rest.partition(MARKS[1])
    kept = {line.split(" | ")[0]: line for line in (*table.splitlines(keepends=True), *lines)}
    PAGE.write_text(before + MARKS[0] + "".join(kept.values()) + MARKS[1] + after)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.variants", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, help="from 0 on; all without")
    parser.add_argument("--write", action="store_true", help="put the lines into docs/proof.md")
    options = parser.parse_args()
    is_good = True
    for number in options.numbers or range(len(VARIANTS)):
        line, count = row(number)
        print(line, end="", flush=True)
        is_good &= count >= 2
        if options.write:
            written([line])
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
