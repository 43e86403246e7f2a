"""A status: what each row was paid, what waits as a credit, what is held, and which dates come."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emc.cli import status as command
from emc.cli.shared import talk
from emc.client.agenda import Task
from emc.client.status import Moment, RowMoney, dates_of, rows_of

ROOT = Path(__file__).parents[2]
DAY = 86_400


def standing(**of_life: Any) -> Any:
    """Row 0 is in force, rows 1 and 2 have left."""
    rows = [SimpleNamespace(id=number, shares=(number, 2, 3)) for number in range(3)]
    epochs = {1: SimpleNamespace(rows=rows), 2: SimpleNamespace(rows=rows[:1])}
    life = {"is_open": True, "has_failed": False, "page": None, "left": {}} | of_life
    return SimpleNamespace(terms=epochs[2], epochs=epochs, life=SimpleNamespace(**life))


def test_a_credit_is_not_counted_as_paid_and_who_left_stays_while_it_was_paid() -> None:
    found = rows_of(standing(earned={0: 100, 1: 7}, credits={0: 40}))
    assert list(found) == [RowMoney(0, (0, 2, 3), 60, 40, 0), RowMoney(1, None, 7, 0, 0)]


def test_the_backstop_is_no_row() -> None:
    assert [each.row for each in rows_of(standing(earned={}, credits={128: 5}))] == [0]


def test_dates_of_one_minute_are_all_shown(capsys: pytest.CaptureFixture[str]) -> None:
    command.show_dates([Moment(name, DAY + second) for second, name in enumerate(("a", "b", "c"))])
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Next dates"
    assert [line.split()[-1] for line in told[1:]] == ["a", "b", "c"]


def ahead(*tasks: Task, **of_terms: Any) -> list[tuple[str, int]]:
    """The dates of an EMC on its tenth day, by name and day."""
    goal = SimpleNamespace(deadline=20 * DAY, assessed=())
    terms = {"starts_at": DAY, "ends_at": 30 * DAY, "goal": goal} | of_terms
    now = SimpleNamespace(
        terms=SimpleNamespace(**terms), stage="ACTIVE", now=10 * DAY, renegotiable_from=0
    )
    return [(each.name, each.at // DAY) for each in dates_of(now, tasks)]  # type: ignore[arg-type]


def test_a_deadline_on_the_last_day_and_the_end_are_both_told() -> None:
    goal = SimpleNamespace(deadline=30 * DAY, assessed=())
    assert ahead(goal=goal) == [("deadline of the goal", 30), ("ends", 30)]


def test_two_tasks_that_read_the_same_keep_their_own_dates() -> None:
    tasks = [Task("row 1", "answer", "", until=day * DAY) for day in (12, 15)]
    dates = ahead(*tasks, Task("anyone", "the end date is reached", "", since=30 * DAY))
    assert dates == [
        ("until then: answer", 12),
        ("until then: answer", 15),
        ("deadline of the goal", 20),
        ("ends", 30),
    ]


def test_facts_whose_names_are_computed_are_pairs() -> None:
    """In a mapping one of two names that read the same would be lost."""
    wrong = []
    for folder in ("src/emc", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "talk.facts":
                    computed = [
                        each
                        for argument in node.args[1:]
                        for each in ast.walk(argument)
                        if isinstance(each, ast.DictComp)
                    ]
                    wrong += [f"{path.name}: {ast.unparse(each)}" for each in computed]
    assert not wrong


def test_facts_that_read_the_same_are_both_told(capsys: pytest.CaptureFixture[str]) -> None:
    talk.facts("Rows", [("bakery", "1"), ("bakery", "2")])
    assert capsys.readouterr().out == "Rows\n  bakery  1\n  bakery  2\n"
