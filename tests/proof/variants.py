"""Ten broken variants of the money code, and what finds each of them.

    python -m tests.proof.variants [--write] [NUMBER ...]

Each is one change in a contract's source. It is held against a proof (`tests.proof`), an invariant
(a stateful test) and an example (unit tests); at least two must find it. `--write` puts their lines
into the table of docs/proof.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "proof.md"
MARKS = "<!-- variants -->\n", "<!-- end -->\n"
MONEY = "tests/stateful/test_money.py"
# seconds for one kind of finding
HOUR = 3_600


@dataclass(frozen=True)
class Variant:
    """One change that breaks the money code.

    Args:
        contracts: Those whose code it changes.
        claim: The proof that must fail.
        example: The unit tests of which one must fail.
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
        "tests/unit/emc/test_accounts.py tests/unit/pages/test_follow.py",
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
        "tests/unit/emc/test_sale.py tests/unit/emc/test_is_gate_open.py",
    ),
    Variant(
        "a second credit replaces the first",
        "modules/creditors.vy",
        "self.credits[row] += amount",
        "self.credits[row] = amount",
        ("EMC.vy",),
        "no_credit_is_lost",
        "tests/unit/emc/test_credits.py tests/unit/emc/test_withdraw.py",
    ),
    Variant(
        "an order number frees the others of its word",
        "modules/paid_orders.vy",
        "self.paid[key] = before | low\n",
        "self.paid[key] = low\n",
        ("EMC.vy",),
        "an_order_number_is_used_once",
        "tests/unit/emc/test_sale.py tests/unit/emc/test_sales.py tests/unit/emc/test_is_paid.py",
    ),
    Variant(
        "a page is that of the next epoch",
        "Pages.vy",
        "| page.epoch << 96\n",
        "| (page.epoch + 1) << 96\n",
        ("Pages.vy",),
        "a_page_says_what_the_terms_say",
        "tests/unit/pages/test_begin.py tests/unit/emc/test_epoch.py",
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


def tested(number: int, paths: str) -> bool:
    """Whether one of these tests fails, all of which pass on what is not changed.

    Raises:
        RuntimeError: they could not be run, or fail also where nothing is changed.
    """
    found = _fails(number, paths, "")
    if found and _fails(number, paths, "1"):
        raise RuntimeError(f"{paths} fail without a change, too")
    return found


def _fails(number: int, paths: str, is_control: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "tests.proof.patched"]
    answer = subprocess.run(
        [*command, *paths.split()],
        cwd=ROOT,
        env=os.environ | {"EMC_VARIANT": str(number), "EMC_CONTROL": is_control},
        capture_output=True,
        text=True,
        timeout=HOUR,
    )
    if answer.returncode not in (0, 1):
        raise RuntimeError(answer.stdout[-2_000:] + answer.stderr[-2_000:])
    return answer.returncode == 1


def row(number: int, is_short: bool = False) -> tuple[str, int]:
    """A line of the table, and how many kinds found it; in short without the invariant."""
    variant, began = VARIANTS[number], time.monotonic()
    found = (
        proof(number),
        None if is_short else tested(number, MONEY),
        tested(number, variant.example),
    )
    words = {True: "found", False: "missed", None: "not run"}
    seconds = time.monotonic() - began
    cells = " | ".join(words[each] for each in found)
    return (
        f"| {variant.name} | `contracts/{variant.path}` | {cells} | {seconds:.0f} s |\n",
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
    parser.add_argument("--short", action="store_true", help="without the invariant")
    options = parser.parse_args()
    lines, is_good = [], True
    for number in options.numbers or range(len(VARIANTS)):
        line, count = row(number, options.short)
        print(line, end="", flush=True)
        lines.append(line)
        is_good &= count >= 2
    if options.write:
        written(lines)
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
