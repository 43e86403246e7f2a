"""Selling goes on where it stopped, and what it asks a node does not grow with what is sold."""

from types import SimpleNamespace
from typing import Any

import pytest

from emc.client.agreement import Agreement
from emc.core.orders import Order
from emc.core.replay import Happened
from emc.core.units import Currency
from emc.errors import EMCError

PAYER = "0x" + "1" * 40
STRANGER = "0x" + "2" * 40


class Behind(Agreement):
    """An EMC with so many orders behind it, whose questions are counted.

    Args:
        hidden: Of the orders, how many of the last its node tells nothing of.
    """

    def __init__(self, sold: int, hidden: int = 0) -> None:
        self.sold, self.told, self.asked, self.read = sold, sold - hidden, 0, 0
        self.contract: Any = SimpleNamespace(paid_word=self._word)

    currency = Currency("EUR", 2)  # type: ignore[assignment]

    def _word(self, payer: str, word: int) -> int:
        self.asked += 1
        paid = min(max(self.sold - 256 * word, 0), 256)
        return (1 << paid) - 1 if payer == PAYER else 0

    def events(self) -> list[Happened]:
        self.read += 1
        return [
            Happened("Payout", {"payer": PAYER, "number": number, "gross": number + 1,
                                "customer": bytes(32)}, number)
            for number in range(self.told)
        ]  # fmt: skip


def orders(count: int, more: int = 0) -> list[Order]:
    return [Order(n + 2, n, n + 1 + more, bytes(32)) for n in range(count)]


@pytest.mark.parametrize("sold", [600, 60_000])
def test_a_resumed_sale_asks_as_much_however_many_orders_are_behind_it(sold: int) -> None:
    emc = Behind(sold)
    left = emc.still_to_pay(PAYER, orders(sold + 100), {})
    assert [each.number for each in left] == list(range(sold, sold + 100))
    assert emc.read == 1
    assert emc.asked <= 2, "one question for 256 of those that are left"


def test_what_events_hide_is_not_sold_twice() -> None:
    emc = Behind(600, hidden=40)
    left = emc.still_to_pay(PAYER, orders(610), {})
    assert [each.number for each in left] == list(range(600, 610))


def test_who_has_paid_nothing_has_all_left_but_what_is_placed() -> None:
    left = Behind(600).still_to_pay(STRANGER, orders(5), {3: 4})
    assert [each.number for each in left] == [0, 1, 2, 4]


@pytest.mark.parametrize("placed", [{}, {7: 8}])
def test_an_order_that_was_paid_with_another_amount_is_refused(placed: dict[int, int]) -> None:
    emc = Behind(0 if placed else 8)
    changed = [each for each in orders(8, more=1) if each.number == 7]
    with pytest.raises(EMCError, match=r"order 7 was paid with 0.08 EUR, the file says 0.09 EUR"):
        emc.still_to_pay(PAYER, changed, placed)
