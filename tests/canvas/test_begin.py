"""Canvases and parties files to begin with: `emc canvas new`, `emc parties new`."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from eth_utils.address import to_checksum_address
from jsonschema import Draft202012Validator

from emc import schemas
from emc.cli import emc
from emc.core.units import Currency
from emc.files import canvas_template, source
from emc.files.canvas import Canvas, load
from emc.files.canvas_advice import advice
from emc.files.canvas_template import TO_WRITE, Outline, keys_of
from emc.files.compile import PartiesErrors, load_parties
from emc.files.parties_template import Given
from tests.canvas.kit import SMALL, with_, write
from tests.canvas.test_schema import plain

LUNCH = ("--title", "Lunch box", "--node", "Corner bakery", "--node", "Couriers")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EMC_NETWORK", raising=False)


def run(*words: str, fails: bool = False) -> Result:
    result = CliRunner(mix_stderr=False).invoke(emc, list(words))
    assert (result.exit_code != 0) == fails, result.stderr
    return result


def begun(*words: str) -> Canvas:
    """The canvas that a command writes, as it is read again."""
    made = run("canvas", "new", *words)
    return load(Path(made.stdout.strip()), now=1_800_000_000)


def test_a_new_canvas_passes_the_check_and_says_what_is_left_to_write() -> None:
    begun(*LUNCH)
    said = run("canvas", "check", "lunch-box.yaml")
    assert said.stdout.startswith("ok: Lunch box\n")
    left = [line for line in said.stderr.splitlines() if "is not written yet" in line]
    assert len(left) == 7
    assert "warning: leading_goal.source: is not written yet; where the benchmark comes" in (
        said.stderr
    )
    # nothing else about it is doubtful
    assert said.stderr.splitlines() == left


def test_what_is_written_is_not_asked_for_again() -> None:
    made = begun(*LUNCH, "--scenario", "Hungry at noon", "--proposition", "A warm box")
    left = [each.where for each in advice(made) if each.message == "is not written yet"]
    assert "scenario" not in left
    assert "proposition" not in left
    assert made.scenario == "Hungry at noon"


def test_a_new_canvas_is_in_words_that_people_know() -> None:
    made = begun(*LUNCH, "--currency", "USD", "--decimals", "6", "--margin", "20")
    text = Path("lunch-box.yaml").read_text()
    assert "deadline: 12 months" in text
    assert "end: 18 months" in text
    assert "renegotiation: consent" in text
    assert "# dissolve if missed by more than 20 %" in text
    assert made.rules.leaving.margin == 200_000
    assert (made.rules.renegotiation.quorum, made.rules.renegotiation.window) == (1, 7 * 86_400)
    assert (made.money.symbol, made.money.decimals) == ("USD", 6)
    assert made.leading_goal.gate == "benchmark"


def test_flags_say_the_rest() -> None:
    made = begun(
        *LUNCH,
        *("--benchmark", "500", "--target", "900", "--deadline", "60d", "--end", "90d"),
        *("--deciding", "66.7", "--out", "other.yaml"),
    )
    (measure,) = made.leading_goal.measures
    assert (measure.benchmark, measure.target) == ("500", "900")
    assert (made.leading_goal.deadline, made.end) == ("60d", "90d")
    assert made.rules.renegotiation.quorum == 667_000


@pytest.mark.parametrize("count", [2, 3, 7, 20, 21, 64])
def test_shares_sum_up_and_a_renegotiation_has_room_for_any_number_of_nodes(count: int) -> None:
    names = [f"Node {chr(65 + place % 26)}" for place in range(count)]
    text = canvas_template.written(
        Outline("Many", names, Currency("EUR", 2), "1000", "2000"), "many.yaml"
    )
    Path("many.yaml").write_text(text)
    made = load("many.yaml", now=1_800_000_000)
    assert len({row.key for row in made.rows}) == count
    assert all(row.share.lower < row.share.base < row.share.upper for row in made.rows)


def test_a_team_is_of_people_and_pays_them_at_once() -> None:
    made = begun("--team", "--title", "Oven team", "--node", "Ana", "--node", "Bo")
    assert (made.kind, made.leading_goal.gate) == ("solution", "none")
    assert [node.role for node in made.nodes] == ["leader", "member"]
    assert {each.message for each in advice(made)} == {"is not written yet"}


def test_names_become_keys_that_differ() -> None:
    assert keys_of(["Corner bakery", "Café 24", "烤箱", "2nd", "2nd", "x" * 80]) == [
        *("corner-bakery", "cafe", "node-3", "nd", "nd-2"),
        "x" * 36,
    ]


def test_a_name_cannot_steer_the_file() -> None:
    made = begun("--title", 'A "box": {x}', "--node", "- # one", "--node", "sink: y\\")
    assert made.title == 'A "box": {x}'
    assert [node.name for node in made.nodes] == ["- # one", "sink: y\\"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (LUNCH[:4], "an EMC has 2 to 64 nodes, not 1"),
        ((*LUNCH, "--target", "3"), "target 3.00 EUR is not above benchmark 10,000.00 EUR"),
        ((*LUNCH, "--deciding", "monarchy"), "'monarchy' is no way of deciding"),
        ((*LUNCH, "--deadline", "18m"), "'18m' can be minutes or months"),
        ((*LUNCH, "--currency", "1$"), "'1$' is not written as it must be"),
        (LUNCH[:2], "--node is missing, and there is no terminal to ask at"),
        ((), "--title is missing, and there is no terminal to ask at"),
    ],
)
def test_what_would_be_no_canvas_is_refused_and_not_written(
    words: tuple[str, ...], said: str
) -> None:
    assert said in run("canvas", "new", *words, fails=True).stderr
    assert list(Path().iterdir()) == []


def test_a_file_that_is_there_is_left_alone() -> None:
    Path("lunch-box.yaml").write_text("mine")
    said = run("canvas", "new", *LUNCH, fails=True)
    assert "lunch-box.yaml is there already" in said.stderr
    assert Path("lunch-box.yaml").read_text() == "mine"


def test_at_a_terminal_it_asks_for_what_is_not_given(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    emc_program = str(Path(sys.executable).parent / "emc")
    with subprocess.Popen(
        [emc_program, "canvas", "new", "--currency", "USD"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asking:
        os.write(ours, b"Tea\nAnn, Bob ,Cyd\n6\n\n20,000\n")
        out, said = asking.communicate(timeout=60)
    assert out == "tea.yaml\n", said
    made = load(tmp_path / "tea.yaml")
    assert [node.name for node in made.nodes] == ["Ann", "Bob", "Cyd"]
    assert (made.money.symbol, made.money.decimals) == ("USD", 6)
    assert [(each.benchmark, each.target) for each in made.leading_goal.measures] == [
        ("10000", "20000")
    ]


def test_too_few_nodes_are_refused_before_the_next_question() -> None:
    ours, theirs = pty.openpty()
    emc_program = str(Path(sys.executable).parent / "emc")
    with subprocess.Popen(
        [emc_program, "canvas", "new"], stdin=theirs, stderr=subprocess.PIPE, text=True
    ) as asking:
        os.write(ours, b"Tea\nAnn\n")
        _, said = asking.communicate(timeout=60)
    assert "an EMC has 2 to 64 nodes, not 1" in said
    assert "Currency" not in said


# parties


def test_a_parties_file_names_every_row_and_what_is_empty() -> None:
    path = write(Path(), SMALL)
    assert run("parties", "new", str(path)).stdout == "canvas.parties.yaml\n"
    text = Path("canvas.parties.yaml").read_text()
    for row in load(path).rows:
        assert f"  {row.key}:" in text
        assert f"# {row.name}" in text
    with pytest.raises(PartiesErrors) as found:
        load_parties("canvas.parties.yaml")
    assert {each.message for each in found.value.problems} == {"is empty"}
    assert [each.where for each in found.value.problems] == [
        *("chain_id", "currency", "backstop"),
        *(f"nodes.{key}.{name}" for key in ("baker", "cook", "rider") for name in ("me", "payee")),
        *("beneficiaries.lake.controller", "beneficiaries.lake.payee"),
    ]
    assert "`emc schema parties`" in found.value.hint


def test_it_is_said_whether_anything_of_the_parties_is_left_to_fill_in() -> None:
    made = load(write(Path(), SMALL))
    whole = Given(1, "native", "0x01", {row.key: (1, "0x02") for row in made.rows})
    assert whole.is_whole(made)
    assert not replace(whole, backstop="").is_whole(made)
    assert not replace(whole, currency="").is_whole(made)
    for key in whole.nodes:
        rest = {each: found for each, found in whole.nodes.items() if each != key}
        assert not replace(whole, nodes=rest).is_whole(made)


def test_what_is_filled_in_is_a_parties_file() -> None:
    path = write(Path(), SMALL)
    run("parties", "new", str(path), "--out", "p.yaml", "--currency", "0x" + "ab" * 20)
    text = Path("p.yaml").read_text()
    assert to_checksum_address("0x" + "ab" * 20) in text
    for number in (1, 2, 3):
        text = text.replace("    me:    ", f"    me: {number} ", 1)
    text = text.replace("chain_id:", "chain_id: 1", 1)
    for place in range(6):
        at = "0x" + f"{place + 1:040d}"
        text = text.replace('""', f'"{at}"', 1)
    Path("p.yaml").write_text(text)
    made = load_parties("p.yaml")
    assert [made.nodes[key].me for key in ("baker", "cook", "rider")] == [1, 2, 3]
    checks = Draft202012Validator(json.loads(schemas.text("parties")))
    assert list(checks.iter_errors(plain(source.read(Path("p.yaml")).tree))) == []


def test_a_bar_and_an_assessed_goal_have_their_lines() -> None:
    text = with_(
        ("unit: EUR of baskets", "metric: users\n  unit: users of baskets"),
        ("rules:\n", "rules:\n  assessment: {window: 1d, grace: 5d}\n"
         "  bar: {proceeds: 5, currency: {symbol: USD, decimals: 6}, admits_unrated: true}\n"),
    )  # fmt: skip
    run("parties", "new", str(write(Path(), text)))
    said: Any = source.read(Path("canvas.parties.yaml")).tree
    assert said["assessor"] is None
    assert said["registry"] == "deployed"
    assert said["bar_currency"] == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--node", "baker=1"), "--node needs a chain that knows MEs"),
        (("--node", "baker"), "--node 'baker' is not KEY=WHO"),
        (("--node", "bakery=1"), "--node 'bakery' is no node of the canvas"),
        (("--node", "baker=1", "--node", "baker=2"), "--node baker is named twice"),
        (("--currency", "usd"), "usd is not an address"),
        (("--backstop", "0x12"), "0x12 is not an address"),
    ],
)
def test_a_parties_file_is_not_written_of_what_makes_no_sense(
    words: tuple[str, ...], said: str
) -> None:
    path = write(Path(), SMALL)
    assert said in run("parties", "new", str(path), *words, fails=True).stderr
    assert not Path("canvas.parties.yaml").exists()


def test_a_schema_is_printed_for_every_kind_of_file() -> None:
    for name in schemas.FILES:
        assert run("schema", name).stdout == schemas.text(name)
    assert "Invalid value" in run("schema", "orders", fails=True).stderr


def test_what_is_left_to_write_is_told_of_each_line() -> None:
    made = begun(*LUNCH)
    told = [each for each in advice(made) if each.message == "is not written yet"]
    assert all(each.hint and TO_WRITE not in each.hint for each in told)
