"""Mutants are changes of code and of nothing else, and each survivor has its reason."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutation import attempt, report
from tests.mutation.operators import mutants
from tests.mutation.sample import drawn, state_of
from tests.mutation.targets import ROOT, SETS, beside, made_of, noticed_by, of_set
from tests.mutation.verdicts import Kept, Verdict, scores

VYPER = '''
"""
@title 1 + 1
"""
from .modules import sums
LIMIT: constant(uint256) = 2
total: uint256[3]

@external
def add(amount: uint256):
    # 1 < 2
    assert amount < LIMIT, "sums: more than 2"
    self.total[0] += max(amount, 5)
    sums._note(msg.sender, amount)
'''
VERDICT = Verdict("k", "a.py", 1, "value", "a = 1", "a = 2", "killed")


def changed(source: str, path: str = "a.vy") -> set[tuple[str, str]]:
    """Every changed line, without and with its change."""
    return {each.shown(source) for each in mutants(path, source)}


def test_every_operator_of_a_contract_is_changed_and_nothing_else() -> None:
    test = 'assert amount < LIMIT, "sums: more than 2"'
    add = "self.total[0] += max(amount, 5)"
    note = "sums._note(msg.sender, amount)"
    limit = "LIMIT: constant(uint256) = 2"
    assert changed(VYPER) == {
        (limit, limit[:-1] + "1"),
        (limit, limit[:-1] + "3"),
        ("total: uint256[3]", "total: uint256[2]"),
        ("total: uint256[3]", "total: uint256[4]"),
        (test, "pass"),
        (test, test.replace("<", "<=")),
        (test, test.replace("<", ">")),
        (add, "pass"),
        (add, add.replace("[0]", "[1]")),
        (add, add.replace("+=", "-=")),
        (add, add.replace("+=", "=")),
        (add, add.replace("max", "min")),
        (add, add.replace("5", "4")),
        (add, add.replace("5", "6")),
        (note, "pass"),
        (note, "sums._note(amount, msg.sender)"),
    }


def test_types_texts_and_decorators_of_the_package_stay() -> None:
    source = """
@cache(1)
def f(a: int | None = 3, *b: int) -> int | None:
    '''At least 1.'''
    if a and not b:
        return a
    total = f"{a + 1}"
    return -a
"""
    assert changed(source, "a.py") == {
        (line := "def f(a: int | None = 3, *b: int) -> int | None:", line.replace("3", "2")),
        (line, line.replace("3", "4")),
        ("if a and not b:", "if a or not b:"),
        ("if a and not b:", "if a and  b:"),
        ("if a and not b:", "if not (a and not b):"),
        ("return a", "pass"),
        ("return -a", "pass"),
        ("return -a", "return +a"),
    }


@pytest.mark.parametrize("name", SETS)
def test_a_sample_is_the_same_each_time_and_moves_no_line(name: str) -> None:
    sources = {path: (ROOT / path).read_text() for path in of_set(name)}
    sample = list(drawn(name, 17))
    assert sample == list(drawn(name, 17))
    assert [key for key, _ in sample] != [key for key, _ in drawn(name, 18)]
    assert len({key for key, _ in sample}) == len(sample) > 4_000
    for _, each in sample[:: len(sample) // 200]:
        source = sources[each.path]
        lines, after = source.splitlines(), each.applied(source).splitlines()
        assert len(lines) == len(after)
        assert lines[: each.line - 1] == after[: each.line - 1]
        assert lines[each.line - 1] != after[each.line - 1]


def test_every_file_has_tests_that_are_there() -> None:
    assert made_of("contracts/modules/waterfall.vy") == ["EMC.vy", "Pages.vy"]
    for name in SETS:
        for path in of_set(name):
            tests = noticed_by(path)
            assert tests
            assert all((ROOT / test).exists() for test in tests), path
            # else pytest runs nothing but the file that is named twice
            assert not [(one, two) for one in tests for two in tests if two.startswith(f"{one}/")]
    assert "tests/unit/emc" in noticed_by("contracts/modules/waterfall.vy")


def test_a_verdict_is_one_on_the_sources_and_tests_that_there_were(tmp_path: Path) -> None:
    module = {
        path.relative_to(ROOT).as_posix() for path in beside("contracts/modules/waterfall.vy")
    }
    assert {"contracts/EMC.vy", "contracts/Pages.vy", "contracts/modules/ledger.vy"} <= module
    assert {"tests/unit/emc/test_sale.py", "tests/spec/model.py", "tests/kit.py"} <= module
    assert not {"contracts/System.vy", "tests/unit/system/test_deploy.py"} & module
    core = {path.relative_to(ROOT).as_posix() for path in beside("src/emc/core/terms.py")}
    assert {"src/emc/core/units.py", "tests/core/test_view.py", "tests/canvas/kit.py"} <= core
    key, drawn_first = next(drawn("package", 17))
    source = (ROOT / drawn_first.path).read_text()
    assert key == drawn_first.key(source, state_of(beside(drawn_first.path)))
    kept = tmp_path / "kit.py"
    kept.write_text("1")
    before = state_of([kept])
    mutant = mutants("a.py", "a = 1")[0]
    assert mutant.key("a = 1", before) == mutant.key("a = 1", state_of([kept]))
    kept.write_text("2")
    assert mutant.key("a = 1", before) != mutant.key("a = 1", state_of([kept]))


def test_what_compiles_to_the_same_is_known() -> None:
    def bare(source: str) -> bytes:
        return attempt._bare(compile(source, "a.py", "exec"))

    assert bare("def f():\n    return  1 + 1") == bare("def f():\n    return 2")
    assert bare("def f():\n    return 1") != bare("def f():\n    return 2")


def test_verdicts_are_kept_and_the_later_counts(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "some" / "verdicts.jsonl")
    first = replace(VERDICT, verdict="survived")
    for each in (first, VERDICT, replace(VERDICT, key="other", verdict="equal")):
        kept.add(each)
    again = Kept(kept.path)
    assert again.known == kept.known
    assert [each.verdict for each in again.known.values()] == ["killed", "equal"]


def test_what_noticed_one_change_of_a_file_is_run_first_for_the_next(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept.jsonl")
    for number, (path, verdict, by) in enumerate(
        [
            ("a.vy", "killed", "often"),
            ("a.vy", "killed", "once"),
            ("a.vy", "killed", "often"),
            ("b.vy", "killed", "elsewhere"),
            ("b.vy", "killed", "once"),
            ("a.vy", "invalid", "CompilerPanic"),
            ("a.vy", "survived", ""),
        ]
    ):
        kept.add(Verdict(str(number), path, 1, "", "", "", verdict, by))
    assert kept.killers("a.vy") == ["often", "once", "elsewhere"]


def test_a_score_leaves_out_what_cannot_be_found() -> None:
    kinds = ["killed", "timeout", "survived", "survived", "equal", "invalid"]
    verdicts = [replace(VERDICT, key=str(at), verdict=each) for at, each in enumerate(kinds)]
    (score,) = scores(verdicts, set())
    assert (score.run, score.found, score.dropped, score.percent) == (4, 2, 2, 50)
    (score,) = scores(verdicts, {("a.py", "a = 1", "a = 2")})
    assert (score.explained, score.percent) == (2, 100)


def test_a_survivor_needs_a_reason() -> None:
    said = report.summary({"package": [replace(VERDICT, verdict="survived")]}, 17)
    assert [each["after"] for each in said["unexplained"]] == ["a = 2"]
    assert "survived without a reason: a.py:1" in report.text(said)


def test_every_reason_is_for_a_mutant_that_there_is() -> None:
    for (path, before, after), each in report.reasons().items():
        assert each["kind"] in report.KINDS
        assert each["reason"]
        assert (before, after) in changed((ROOT / path).read_text(), path), f"{path}: {before}"


@pytest.mark.deep
def test_a_mutant_is_found_and_what_does_the_same_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.mutation", "--set", "contracts", "--only", "System"]
    kept = tmp_path / "verdicts.jsonl"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "--kept", str(kept), *words],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
            text=True,
        )

    control = run("--control")
    assert control.returncode == 0, control.stdout + control.stderr
    assert control.stdout.startswith("survived")
    said = json.loads(run("--first", "2", "--json").stdout)
    assert said["files"][0]["found"] == 2
    before = kept.read_text()
    # nothing is run twice
    assert json.loads(run("--first", "2", "--json").stdout) == said
    assert kept.read_text() == before
