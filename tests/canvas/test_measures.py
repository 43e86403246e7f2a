"""A leading goal of several measures, as people write it."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from emc import schemas
from emc.cli import emc
from emc.core.terms import Measure, Metric
from emc.core.waterfall import page
from emc.files.compile import compile_terms, placeholder_parties
from tests.canvas.kit import SMALL, canvas, problems, tree, with_, write

ALONE = """\
  unit: EUR of baskets
  benchmark: 1000
  target: 2000
  deadline: 60d
  source: last year's books
"""
LISTED = """\
  measures:
    - unit: EUR of baskets
      benchmark: 1000
      target: 2000
      source: last year's books
"""
USERS = """\
    - metric: users
      unit: families at the lake
      benchmark: 10
      target: 20
      source: counted last year
"""
MEALS = USERS.replace("users", "meals")


def several(*more: str) -> str:
    """The small canvas with further measures."""
    return with_((ALONE, "".join([LISTED, *more, "  deadline: 60d\n"])))


def test_one_measure_may_stand_in_a_list_or_not() -> None:
    assert canvas(several()).document() == canvas().document()


def test_each_is_compiled_with_its_own_numbers() -> None:
    made = canvas(several(USERS, MEALS))
    terms = compile_terms(made, placeholder_parties(made), now=0)
    assert set(terms.goal.measures) == {
        Measure(Metric.PROCEEDS, 100_000, 200_000),
        Measure(Metric.USERS, 10, 20),
        Measure(Metric.of("meals"), 10, 20),
    }
    # the order is that of the contract
    metrics = [each.metric for each in terms.goal.measures]
    assert metrics == sorted(metrics)


def test_the_lowest_decides() -> None:
    made = canvas(several(USERS))
    terms = compile_terms(made, placeholder_parties(made), now=0)
    rest = 800_000
    for users, ends in (
        (0, (None, None)),
        (9, (None, None)),
        (10, (100_000 * rest, None)),
        (20, (100_000 * rest, 200_000 * rest)),
    ):
        found = page(terms, values={Metric.USERS: users})
        assert found.ends[1:] == ends
        assert found.is_open(100_000) is (users >= 10)
        assert not found.is_open(99_999)


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (several(USERS, USERS), "leading_goal.measures[2].metric", "users is counted twice"),
        (several(MEALS, USERS, USERS), "leading_goal.measures", "has more than 3 entries"),
        (with_((ALONE, "  measures: []\n  deadline: 60d\n")), "leading_goal.measures", "has 0"),
        (
            several(USERS.replace("target: 20", "target: 10")),
            "leading_goal.measures[1].target",
            "target 10 users is not above benchmark 10 users",
        ),
        (
            several(USERS.replace("users", "The Users")),
            "leading_goal.measures[1].metric",
            "'The Users' is not written as it must be",
        ),
        (
            several(USERS.replace("target: 20", "target: 20.5")),
            "leading_goal.measures[1].target",
            "20.5",
        ),
        (several(USERS + "      aim: 3\n"), "leading_goal.measures[1].aim", "is not a field here"),
        (
            several(USERS.replace("      unit: families at the lake\n", "")),
            "leading_goal.measures[1].unit",
            "is missing",
        ),
        (
            several(USERS).replace("  deadline: 60d", "  deadline: 60d\n  target: 5"),
            "leading_goal",
            "has both measures and target",
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(
    tmp_path: Path, text: str, where: str, message: str
) -> None:
    found = [each for each in problems(tmp_path, text) if each.where == where]
    assert found, [str(each) for each in problems(tmp_path, text)]
    assert message in found[0].message
    assert found[0].line > 5


@pytest.mark.parametrize("first", ["users", "proceeds"])
def test_costs_are_compared_with_the_benchmark_of_proceeds(tmp_path: Path, first: str) -> None:
    text = several(USERS).replace("benchmark: 1000", "benchmark: 124")
    if first == "users":
        text = text.replace("measures:\n", "measures:\n" + USERS).replace(
            USERS + "  dead", "  dead"
        )
    (found,) = problems(tmp_path, text)
    assert found.where == f"leading_goal.measures[{int(first == 'users')}].benchmark"
    assert "cost covers of 100.00 EUR" in found.message


def test_an_editor_takes_both_forms_and_no_mixture() -> None:
    validator = Draft202012Validator(_schema())

    def faults(text: str) -> list[Any]:
        return list(validator.iter_errors(tree(text)))

    assert faults(SMALL) == faults(several()) == faults(several(USERS, MEALS)) == []
    assert faults(several(USERS, MEALS, USERS))
    assert faults(several().replace("  deadline: 60d", "  deadline: 60d\n  target: 5"))


def test_a_canvas_of_two_is_shown_at_the_values_of_all(tmp_path: Path) -> None:
    path = str(write(tmp_path, several(USERS)))
    shown = CliRunner().invoke(emc, ["canvas", "show", path, "--at", "1500"])
    assert shown.exit_code == 0, shown.output
    assert "20 users" in shown.output
    asked = ["canvas", "show", path, "--at", "1500", "--value", "users=10", "--json"]
    told = CliRunner().invoke(emc, asked)
    assert '"values": {\n        "users": 10' in told.output
    for value in ("meals=3", "users=many"):
        refused = CliRunner().invoke(emc, ["canvas", "show", path, "--value", value])
        assert refused.exit_code == 1, refused.output


def _schema() -> dict[str, Any]:
    import json

    read: dict[str, Any] = json.loads(schemas.text("canvas"))
    return read
