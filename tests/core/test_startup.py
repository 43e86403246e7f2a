"""The command line answers at once: what is heavy is imported by who needs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emc.cli import emc

ROOT = Path(__file__).parents[2]
CANVAS = str(ROOT / "canvases" / "breakfast-box.yaml")
# what takes longer to import than a command may take
HEAVY = {"ape", "boa", "duckdb", "igraph", "numpy", "pandas", "plotly", "pyarrow", "vyper", "web3"}
# runs a command as `emc` does, and says on standard error what it imported
PROGRAM = """
import sys
from emc.cli import main
sys.argv = ["emc", *sys.argv[1:]]
try:
    main()
finally:
    print("imported", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""
# the same for all commands at once, as their help would be asked for
EVERY = """
import sys, click
from emc.cli import emc
context = click.Context(emc)
for name in emc.list_commands(context):
    emc.get_command(context, name).get_help(context)
print("imported", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def run(folder: Path, *words: str, program: str = PROGRAM) -> tuple[set[str], float]:
    """A command in a process of its own.

    Returns:
        The packages that it imported, and its CPU seconds; on a machine that does other things as
        well, no other measure is fair.
    """
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "EMC_CHAIN": str(folder / "chain")},
    )
    after = os.times()
    assert done.returncode == 0, done.stderr
    seconds = after.children_user + after.children_system
    seconds -= before.children_user + before.children_system
    return set(done.stderr.rsplit("imported ", 1)[1].split()), seconds


def test_help_starts_in_under_half_a_second(tmp_path: Path) -> None:
    imported, first = run(tmp_path, "--help")
    assert imported & {*HEAVY, "pydantic", "ruamel", "rich"} == set()
    assert min(first, *(run(tmp_path, "--help")[1] for _ in range(4))) < 0.5


def test_the_help_of_no_command_imports_anything_heavy(tmp_path: Path) -> None:
    imported, _ = run(tmp_path, program=EVERY)
    assert {"click", "pydantic"} <= imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize(
    "words",
    [
        ("canvas", "check", CANVAS),
        ("canvas", "show", CANVAS),
        ("allocate", CANVAS, "--weight", "bakery=3", "--weight", "roastery=2", "--weight",
         "couriers=2"),
        ("chain", "stop"),
        ("completion", "bash"),
    ],
    ids=lambda words: " ".join(words[:2]).removesuffix(CANVAS),
)  # fmt: skip
def test_a_command_that_needs_no_chain_answers_within_a_second(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    imported, first = run(tmp_path, *words)
    assert imported & HEAVY == set()
    assert first < 1 or min(run(tmp_path, *words)[1] for _ in range(4)) < 1


@pytest.mark.parametrize(
    ("shell", "mark"), [("bash", "complete -o"), ("zsh", "#compdef emc"), ("fish", "complete")]
)
def test_a_shell_is_told_how_to_complete(shell: str, mark: str) -> None:
    from click.testing import CliRunner

    script = CliRunner().invoke(emc, ["completion", shell])
    assert script.exit_code == 0
    assert mark in script.output
    # what the shell then asks
    asked = {
        "COMP_WORDS": "emc ver",
        "COMP_CWORD": "ver" if shell == "fish" else "1",
        "_EMC_COMPLETE": f"{shell}_complete",
    }
    answer = CliRunner().invoke(emc, [], env=asked, prog_name="emc")
    assert "verify" in answer.output


def test_a_shell_that_click_does_not_know_is_refused() -> None:
    from click.testing import CliRunner

    refused = CliRunner().invoke(emc, ["completion", "csh"])
    assert refused.exit_code == 2
    assert "'csh' is not one of" in refused.output
