"""Money that goes on from EMC to EMC is followed, whoever made them."""

from types import SimpleNamespace
from typing import Any

import pytest

from emc.client import income, standing, till

# EMCs of one stranger, each of whose rows is paid at another of them
EMCS = [f"0x{number:040x}" for number in range(1, 13)]


class Clique:
    """A chain on which every EMC pays each of the others."""

    reads = 0

    def events(self, rooms: dict[str, str]) -> list[Any]:
        (emc,) = rooms
        return [
            SimpleNamespace(name="Withdrawn", args={"row": row, "payee": payee, "amount": 1})
            for row, payee in enumerate(EMCS)
            if payee != emc
        ]

    def standing(self, _: Any, emc: str) -> Any:
        Clique.reads += 1
        rows = [SimpleNamespace(id=row, is_node=True, party=row) for row in range(len(EMCS))]
        earned = dict.fromkeys(range(len(EMCS)), 1)
        terms = SimpleNamespace(rows=rows)
        return SimpleNamespace(emc=emc, epochs={1: terms}, life=SimpleNamespace(earned=earned))


def count(passed: tuple[income.Passed, ...]) -> int:
    return sum(1 + count(more.on) for each in passed for more in each.inside) + len(passed)


def test_emcs_that_all_pay_each_other_are_each_followed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain = Clique()
    monkeypatch.setattr(standing, "read", chain.standing)
    monkeypatch.setattr(till, "unbooked", lambda _: 0)
    book = income.Book(SimpleNamespace(chain=chain))  # type: ignore[arg-type]
    book.__dict__["every"] = dict.fromkeys(EMCS)
    found = book.passed(chain.standing(None, EMCS[0]), [1, 2])
    assert [(each.row, each.into, each.amount) for each in found] == [
        (1, EMCS[1], 1),
        (2, EMCS[2], 1),
    ]
    assert Clique.reads == len(EMCS)
    # every row of every EMC that was followed is told of
    assert count(found) < len(EMCS) ** 3
