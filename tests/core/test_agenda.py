"""Who has to do what about a goal and about charges, from what the chain says."""

from types import SimpleNamespace
from typing import Any

from emc.chain.decoding import Text
from emc.client import agenda, mine
from emc.client.agenda import Task
from emc.core.terms import NATIVE, Assessment, Gate, Goal, Measure, Metric

DEADLINE, GRACE, WINDOW = 1_000, 100, 10
NOTHING = SimpleNamespace(final_at=0, amount=0)


def standing(
    values: dict[int, Any] | None = None,
    now: int = 500,
    reopened: tuple[int, int] = (0, 0),
    is_disputed: bool = False,
    assessor: str = NATIVE,
    charges: list[Any] | None = None,
) -> Any:
    """Rows 0 and 1 are in force, row 2 has left."""
    rows = [SimpleNamespace(id=number) for number in range(3)]
    terms = SimpleNamespace(
        nodes=rows[:2],
        ends_at=2_000,
        goal=Goal((Measure(Metric.USERS, 10, 20),), DEADLINE, Gate.NONE),
        closes_at=DEADLINE + GRACE,
        assessment=Assessment(assessor, window=WINDOW, grace=GRACE),
        leaving=SimpleNamespace(notice=0, cure=0),
        head=tuple,
    )
    found = values or {}
    return SimpleNamespace(
        now=now,
        emc="0x1",
        terms=terms,
        epochs={1: SimpleNamespace(nodes=rows, goal=terms.goal), 2: terms},
        reached=lambda _: 0,
        system=SimpleNamespace(
            goals=SimpleNamespace(
                has_open=lambda _: bool(found) or now <= reopened[0],
                open_value=lambda _, _metric, submitter: found.get(submitter, NOTHING),
                reopened=lambda *_: reopened,
                is_disputed=lambda *_: is_disputed,
            ),
            conduct=SimpleNamespace(
                notice_of=lambda *_: 0,
                # raised at 7, by row 2
                charge_of=lambda *_: (7, 0b100),
            ),
        ),
        events=lambda _: charges or [],
    )


def value(amount: int = 12, final_at: int = 900) -> Any:
    return SimpleNamespace(
        amount=amount, measured_at=0, final_at=final_at, evidence=b"", account="0x3"
    )


def asked(tasks: list[Task]) -> list[tuple[str, int]]:
    """Who is asked for a value, and until when."""
    return [(each.who, each.until) for each in tasks if "need a value measured" in each.what]


def test_others_are_asked_for_their_value_while_one_is_open() -> None:
    assert asked(list(agenda._values(standing()))) == [("any node", DEADLINE + GRACE)]
    found = list(agenda._values(standing({0: value()})))
    assert asked(found) == [("other nodes", DEADLINE + GRACE)]


def test_an_assessor_is_asked_once() -> None:
    named = "0x" + "11" * 20
    assert asked(list(agenda._values(standing(assessor=named)))) == [
        ("the assessor", DEADLINE + GRACE)
    ]
    assert asked(list(agenda._values(standing({128: value()}, assessor=named)))) == []


def concerned(now: Any, words: str) -> list[int]:
    """The live rows whose ME a task is shown to."""
    (task,) = [each for each in agenda._values(now) if words in each.what]
    return [row for row in (0, 1) if mine._concerns(now, task, 7, (row,))]


def test_a_value_is_shown_to_whoever_can_do_something_about_it() -> None:
    own = standing({0: value()})
    assert concerned(own, "can be objected to") == [1]
    assert concerned(own, "can be finalised") == [0]
    measured = standing({128: value()}, assessor="0x" + "11" * 20)
    assert concerned(measured, "can be objected to") == [0, 1]
    # nobody is the assessor's row
    assert concerned(measured, "can be finalised") == [0, 1]


def test_the_value_of_a_node_that_left_is_shown() -> None:
    found = list(agenda._values(standing({2: value()})))
    assert "emc assess finalise TARGET --submitter 2" in [each.command for each in found]


def test_after_a_late_drop_the_others_are_asked_once_more() -> None:
    again = DEADLINE + GRACE + WINDOW
    assert asked(list(agenda._values(standing(now=again, reopened=(again, 0b10))))) == [
        ("nodes but row 1", again)
    ]
    assert asked(list(agenda._values(standing(now=again + 1, reopened=(again, 0b10))))) == []


def test_a_dispute_between_two_is_shown() -> None:
    (task,) = [each for each in agenda._values(standing(is_disputed=True)) if each.who[0] == "b"]
    assert (task.who, task.until) == ("both nodes", 1_999)


def test_a_charge_whose_accuser_has_left_is_shown() -> None:
    clause = Text("late")
    clause.raw = b"late"
    args = {"row": 1, "accuser": 2, "clause": clause}
    charges = [SimpleNamespace(name="Charged", args=args)]
    found = [each.what for each in agenda._leaving(standing(charges=charges))]
    assert found
    assert all(each.startswith("row 1 is charged by row 2: late") for each in found)
    args["row"] = 2
    assert list(agenda._leaving(standing(charges=charges))) == []
