"""What a canvas may say and hardly anybody means is told, in the words of the file."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from emc.cli import emc
from emc.core.problems import Problem
from emc.files.canvas_advice import advice
from tests.canvas.kit import CANVASES, SMALL, canvas, problems, with_

NOW = 1_800_000_000


def problems_of(text: str) -> list[Problem]:
    with TemporaryDirectory() as folder:
        return problems(Path(folder), text)


def told(*changes: tuple[str, str]) -> list[str]:
    return [str(each) for each in advice(canvas(with_(*changes)), NOW)]


def test_of_a_canvas_that_is_shipped_nothing_is_told() -> None:
    from emc.files.canvas import load

    assert advice(load(CANVASES / "breakfast-box.yaml", now=NOW), NOW) == []


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("language-exchange", "leading_goal.metric"),
        ("smart-cooking", "leading_goal.measures[1].metric"),
    ],
)
def test_where_any_node_may_assess_an_assessor_is_asked_for(name: str, where: str) -> None:
    from emc.files.canvas import load

    (doubt,) = advice(load(CANVASES / f"{name}.yaml", now=NOW), NOW)
    assert doubt.where == where
    assert doubt.message.startswith("users are assessed; as long as no assessor is named")
    assert doubt.hint == "name an `assessor` in the parties file"


def test_a_word_that_looks_like_proceeds_is_asked_about() -> None:
    first, _ = told(("unit: EUR", "metric: proceed\n  unit: EUR"))
    assert first.startswith("leading_goal.metric: proceed is assessed by the nodes")
    assert "write proceeds" in first


def test_of_a_canvas_in_order_nothing_is_told() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            [("deadline: 60d", "deadline: 18min"), ("cure: 3d", "cure: 0")],
            "leading_goal.deadline: is 18min after the start; write 18 months",
        ),
        (
            [("deadline: 60d", "deadline: 10min"), ("end: 90d", "end: 18min")],
            "end: is 18min after the start",
        ),
        ([("notice: 7d", "notice: 90d")], "rules.leaving.notice: 90d is as long as the EMC runs"),
        ([("notice: 7d", "notice: 61d")], "rules.leaving.notice: 61d is as long as the time for"),
        (
            [("quorum: 60, interval: 7d", "quorum: 60, window: 100d")],
            "rules.renegotiation.window: 100d is as long as the EMC runs, 90d",
        ),
        (
            [("interval: 7d", "interval: 365d")],
            "rules.renegotiation.interval: 365d is as long as the EMC runs",
        ),
        ([("end: 90d", "end: 60d")], "end: is not after the deadline: no time is left to disband"),
        (
            [("margin: 5", "margin: 0.25")],
            "rules.leaving.margin: is 0.25%, so 0.25% of 100; write 25 if 25% is meant",
        ),
        (
            [("quorum: 60", "quorum: 0.33")],
            "rules.renegotiation.quorum: is 0.33%, so 0.33% of 100; write 33 if 33% is meant",
        ),
        (
            [("decimals: 2", "decimals: 0"), ("interval: 7d", "interval: 23h")],
            "rules.renegotiation.interval: each change can round up to 1 EUR off every share",
        ),
        ([("quorum: 60", "quorum: 33")], "33% of 3 nodes is one: a single node changes all shares"),
        (
            [("obligations: [cooks]", "obligations: [none]")],
            "nodes[1].obligations: Cook gets a share and",
        ),
        (
            [("expected_performance: [on time]", "expected_performance: ['-']")],
            "nodes[2].expected_performance: nobody can see whether Rider delivers",
        ),
        (
            [
                ("share: {all: 30, lower: 20, upper: 40}", "share: 0"),
                ("base: 50, leading: 45, upside: 40, lower: 30, upper: 60",
                 "base: 80, leading: 75, upside: 70, lower: 30, upper: 90"),
            ],
            "nodes[1]: Cook has obligations and gets nothing; give it a share",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_hardly_meant_is_told(changes: list[tuple[str, str]], says: str) -> None:
    assert any(says in each for each in told(*changes)), told(*changes)


def test_who_gets_something_other_than_money_gets_something() -> None:
    flows = "share: 0\n    other_value_flows: [the recipes of the others]"
    changes = [
        ("share: {all: 30, lower: 20, upper: 40}", flows),
        ("base: 50, leading: 45, upside: 40, lower: 30, upper: 60",
         "base: 80, leading: 75, upside: 70, lower: 30, upper: 90"),
    ]  # fmt: skip
    assert told(*changes) == []


def test_shares_as_fractions_are_refused_and_percentages_asked_for() -> None:
    changes = [
        ("share: {base: 50, leading: 45, upside: 40, lower: 30, upper: 60}", "share: 0.5"),
        ("share: {all: 30, lower: 20, upper: 40}", "share: 0.3"),
        ("share: {base: 15, leading: 20, upside: 25, lower: 10, upper: 30}", "share: 0.15"),
        ("share: 5\n", "share: 0.05\n"),
    ]
    found = [str(each) for each in problems_of(with_(*changes))]
    assert any("write percentages: 25, not 0.25" in each for each in found), found


def test_one_fraction_among_percentages_is_told_as_one() -> None:
    changes = [
        ("share: {base: 50, leading: 45, upside: 40, lower: 30, upper: 60}", "share: 0.34"),
        ("share: {all: 30, lower: 20, upper: 40}", "share: 33"),
        ("share: {base: 15, leading: 20, upside: 25, lower: 10, upper: 30}", "share: 32.4"),
        ("share: 5\n", "share: 0.6\n"),
    ]
    found = [str(each) for each in problems_of(with_(*changes))]
    assert any("write percentages: 34 of 'baker', not 0.34" in each for each in found), found


@pytest.mark.parametrize(
    ("word", "quorum", "window", "objections"),
    [
        ("consent", 1, 7 * 86_400, 0),
        ("majority", 500_001, 0, 0),
        ("two thirds", 666_667, 0, 0),
        ("unanimity", 1_000_000, 0, 0),
    ],
)
def test_a_way_of_deciding_has_a_name(word: str, quorum: int, window: int, objections: int) -> None:
    made = canvas(with_(("{quorum: 60, interval: 7d}", word)))
    rule = made.rules.renegotiation
    assert (rule.quorum, rule.window, rule.objections) == (quorum, window, objections)
    # what is hashed says it in full
    assert "quorum" in made.document()["rules"]["renegotiation"]
    assert told(("{quorum: 60, interval: 7d}", word)) == []


def test_another_word_for_deciding_is_refused_with_those_there_are() -> None:
    (problem,) = problems_of(with_(("{quorum: 60, interval: 7d}", "anarchy")))
    assert "'anarchy' is no way of deciding" in str(problem)
    assert "consent, majority, two thirds, unanimity" in str(problem)


def test_m_for_months_is_refused_and_months_are_read() -> None:
    (problem,) = problems_of(with_(("end: 90d", "end: 18m")))
    assert "'18m' can be minutes or months; write 18min, or 18 months" in str(problem)
    assert canvas(with_(("end: 90d", "end: 18 months"))).end == "18 months"
    (span,) = problems_of(with_(("notice: 7d", "notice: 2 months")))
    assert "months and years differ in length; write days" in str(span)


def test_check_tells_what_to_look_at_again(tmp_path: Path) -> None:
    path = tmp_path / "picnic.yaml"
    path.write_text(SMALL.replace("margin: 5", "margin: 0.25"))
    said = CliRunner(mix_stderr=False).invoke(emc, ["canvas", "check", str(path)])
    assert said.exit_code == 0
    assert said.stdout.startswith("ok: Picnic")
    assert "warning: rules.leaving.margin: is 0.25%" in said.stderr
    answer = json.loads(
        CliRunner(mix_stderr=False).invoke(emc, ["canvas", "check", str(path), "--json"]).stdout
    )
    assert answer["ok"] is True
    assert [each["where"] for each in answer["look_again"]] == ["rules.leaving.margin"]
