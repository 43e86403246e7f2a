"""The table of rows in a status: what each was paid, what waits as a credit, what is held."""

from types import SimpleNamespace
from typing import Any

from emc.client.status import RowMoney, rows_of


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
