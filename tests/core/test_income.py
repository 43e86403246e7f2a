"""Money that goes on from EMC to EMC is followed, whoever made them."""

from types import SimpleNamespace
from typing import Any

import pytest

from emc.client import income, standing, till
from emc.errors import EMCError

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


def payouts(*blocks: int) -> list[Any]:
    return [SimpleNamespace(name="Payout", block=block) for block in blocks]


def book_of(logged: list[Any]) -> income.Book:
    chain = SimpleNamespace(events=lambda _: logged)
    return income.Book(SimpleNamespace(chain=chain))  # type: ignore[arg-type]


def test_a_payout_that_came_meanwhile_is_for_the_next_statement() -> None:
    runs = payouts(3, 3, 5)
    known: Any = SimpleNamespace(emc=EMCS[0], life=SimpleNamespace(runs=runs))
    logged = payouts(3, 3, 5, 6)
    logged.insert(1, SimpleNamespace(name="Withdrawn", block=3))
    assert [run for _, run in book_of(logged).runs(known)] == runs


@pytest.mark.parametrize("blocks", [(), (3, 3), (3, 5, 5)])
def test_payouts_that_a_node_tells_in_two_ways_are_told_of_as_such(blocks: tuple[int, ...]) -> None:
    known: Any = SimpleNamespace(emc=EMCS[0], life=SimpleNamespace(runs=payouts(3, 3, 5)))
    with pytest.raises(EMCError, match="different payouts when it is asked twice"):
        book_of(payouts(*blocks)).runs(known)
