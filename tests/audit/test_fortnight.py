"""A shop's fortnight: real orders, paid by signatures, some of which go back, and all its books."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import boa
import duckdb
import pytest
from eth_account import Account
from eth_utils import keccak

from emc.audit.prove.case import Verdict
from emc.audit.prove.findings_of_orders import Returns
from emc.audit.tell import journals, statements
from emc.audit.tell.subjects import one
from emc.core import checkout
from emc.core.checkout import CheckoutOrder
from emc.core.orders import order_number, reference
from emc.core.terms import Gate
from tests import tables
from tests.audit.kit import audit, chain, store_of
from tests.audit.recorder import Recorder
from tests.checkout import DAY, Shop, stable_token
from tests.exports.test_journals import beancount_totals, hledger, hledger_totals, needs_hledger
from tests.kit import ROOT, World, address
from tests.profiles import long

# of the file
ORDERS = 1_000
# in which an order can go back
DAYS = 5
RESERVE = address("reserve")


@dataclass
class Done:
    """What the test itself counted, in base units."""

    placed: int = 0
    given_back: int = 0
    booked: int = 0
    refunded: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waiting: dict[CheckoutOrder, int] = field(default_factory=dict)
    sold: dict[CheckoutOrder, int] = field(default_factory=dict)


def real_orders(count: int) -> list[tuple[int, str, str, int]]:
    """So many of the thousand, as they come within a fortnight: day, order, customer, amount."""
    with (ROOT / "data" / "cdnow_orders.csv").open() as file:
        lines = list(csv.DictReader(file))[:ORDERS]
    return [
        (place * 14 // ORDERS, line["order"], line["customer"], amount)
        for place, line in list(enumerate(lines))[:: ORDERS // count]
        if (amount := int(Decimal(line["amount"]).scaleb(6)))
    ]


def opened() -> Shop:
    """Three nodes and a reserve; income waits until a part of the orders is sold."""
    world, token = World(), stable_token()
    rows = world.rows([500_000, 300_000, 150_000])
    reserve = tables.fund(3, 50_000, party=RESERVE, payee=RESERVE)
    terms = world.terms(
        (*rows, reserve),
        currency=str(token.address),
        gate=Gate.BENCHMARK,
        benchmark=200 * 10**6,
        target=10_000 * 10**6,
    )
    shop = Shop(world, token, terms)
    shop.cashier = world.nodes[1].account
    return shop


class Fortnight:
    """The days of the shop, one after the other."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.done = shop, Done()
        self.keys: dict[str, Any] = {}

    def live(self, orders: list[tuple[int, str, str, int]]) -> Done:
        """Every day orders come in, some of earlier days go back, and a stranger books."""
        begin = self.shop.now
        for day in range(max(order[0] for order in orders) + 1):
            boa.env.time_travel(seconds=begin + day * DAY - self.shop.now)
            if day:
                self.give_back()
            for _, number, customer, amount in (each for each in orders if each[0] == day):
                self.sign(number, customer, amount)
            self.book()
        self.refund(self.shop.world.nodes[0].account, 11, is_funded=True)
        self.refund(RESERVE, 13, is_funded=False)
        return self.done

    def sign(self, number: str, customer: str, amount: int) -> None:
        """A buyer without coin signs, and the shop relays."""
        if customer not in self.keys:
            self.keys[customer] = Account.from_key(keccak(text=customer))
            self.shop.token.mint(self.keys[customer].address, 10**12)
        key = self.keys[customer]
        order = self.shop.order(
            amount,
            buyer=key.address,
            reference=order_number(number).to_bytes(32, "big"),
            customer=reference(customer, b"salt"),
            due_at=self.shop.now + DAYS * DAY,
        )
        self.shop.relay(order, *self.shop.authorization(order, key=key))
        self.done.placed += amount
        self.done.waiting[order] = amount

    def give_back(self) -> None:
        """Of what came yesterday every tenth is cancelled, a third of every seventh goes back."""
        parts = {}
        for order, amount in self.done.waiting.items():
            number = int.from_bytes(order.reference, "big")
            if self.shop.now - (order.due_at - DAYS * DAY) != DAY:
                continue
            part = amount if number % 10 == 0 else amount // 3 if number % 7 == 0 else 0
            if part:
                parts[order] = part
        if not parts:
            return
        self.shop.give_back(list(parts), list(parts.values()))
        for order, part in parts.items():
            self.done.given_back += part
            self.done.waiting[order] -= part
            if not self.done.waiting[order]:
                del self.done.waiting[order]

    def book(self) -> None:
        """A stranger books what is due."""
        due = [order for order in self.done.waiting if order.due_at <= self.shop.now]
        for some in checkout.batches(due):
            self.shop.book(some)
        for order in due:
            amount = self.done.waiting.pop(order)
            self.done.booked += amount
            self.done.sold[order] = amount

    def refund(self, payer: str, every: int, *, is_funded: bool) -> None:
        """Somebody refunds half of every so many booked orders, as far as its money goes."""
        token, at = self.shop.token, self.shop.checkout
        if is_funded:
            token.mint(payer, 10**9)
        for order in list(self.done.sold)[::every]:
            part = min(self.done.sold[order] // 2, token.balanceOf(payer))
            if part:
                with boa.env.prank(payer):
                    token.approve(at.address, part)
                    at.refund(order.argument(), part)
                self.done.refunded[payer] += part


@dataclass
class Audited:
    """The shop after its fortnight, and the verdict on it."""

    shop: Shop
    node: Recorder
    done: Done
    verdict: Verdict
    db: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module", params=[60, long(ORDERS)])
def after(request: pytest.FixtureRequest) -> Iterator[Audited]:
    with chain() as node:
        shop = opened()
        done = Fortnight(shop).live(real_orders(request.param))
        db = store_of()
        returns = Returns(shop.terms.canvas, DAYS, shop.world.nodes[1].me)
        yield Audited(shop, node, done, audit(node, shop.emc, db, returns=returns), db)


def test_it_is_reconciled_and_all_its_ways_were_gone(after: Audited) -> None:
    assert [each.text for each in after.verdict.faults] == []
    assert (after.verdict.word, after.verdict.unproven) == ("RECONCILED", [])
    done = after.done
    assert done.placed == done.given_back + done.booked + sum(done.waiting.values())
    assert set(done.refunded) == {after.shop.world.nodes[0].account, RESERVE}
    assert min(done.given_back, done.booked, *done.refunded.values(), len(done.waiting)) > 0
    opened = after.db.execute("SELECT bool_or(is_open), bool_and(is_open) FROM books").fetchall()
    assert opened == [(True, False)]
    # the canvas names the cashier and the time that they name
    kinds = {each.kind for each in after.verdict.findings}
    assert not kinds & {"other_cashier", "late_due", "refund_to_party", "returns"}


def test_the_audit_counts_what_the_test_counted(after: Audited) -> None:
    done = after.done
    emc = str(after.shop.emc.address)
    sales = statements.sales(after.db, [emc])[emc]
    assert sales.amounts == {
        "straight": 0,
        "booked": done.booked,
        "absorbed": 0,
        "gross": done.booked,
        "refunded": sum(done.refunded.values()),
        "net": done.booked - sum(done.refunded.values()),
        "placed": done.placed,
        "given_back": done.given_back,
        "waits": sum(done.waiting.values()),
    }
    leader = after.shop.world.nodes[0].account
    assert {(who, row): amount for who, row, amount in sales.refunds} == {
        (leader, 0): done.refunded[leader],
        (RESERVE, 3): done.refunded[RESERVE],
    }
    buyers = {order.buyer for order in done.sold}
    (bought,) = after.db.execute(
        "SELECT count(DISTINCT buyer) FROM checkouts WHERE booked > 0"
    ).fetchall()
    assert bought == (len(buyers),)


@needs_hledger
def test_the_books_of_both_programs_are_equal(after: Audited, tmp_path: Path) -> None:
    subject = one(after.db, str(after.shop.emc.address))
    made = journals.make(after.db, [subject], "Fortnight", {})
    totals, errors, _ = beancount_totals(journals.write(made, "beancount"))
    assert errors == []
    path = tmp_path / "emc.hledger"
    path.write_text(journals.write(made, "hledger"))
    assert hledger(path, "check", "--strict", "ordereddates").stderr == ""
    ours = {name: total for name, total in totals.items() if total}
    assert hledger_totals(path) == ours
    income = -sum(total for name, total in ours.items() if name.startswith("Income:"))
    assert income == Decimal(after.done.booked - sum(after.done.refunded.values())).scaleb(-6)


def kinds_of(after: Audited, returns: Returns) -> dict[str, str]:
    """What an audit with another canvas in hand finds of it."""
    verdict = audit(after.node, after.shop.emc, after.db, returns=returns)
    return {
        each.kind: each.text
        for each in verdict.findings
        if each.kind in ("other_cashier", "late_due")
    }


def test_another_cashier_or_time_than_the_canvas_has_is_listed(after: Audited) -> None:
    canvas, nodes = after.shop.terms.canvas, after.shop.world.nodes
    count = len(after.shop.orders)
    found = kinds_of(after, Returns(canvas, DAYS, nodes[0].me))
    assert found.keys() == {"other_cashier"}
    assert found["other_cashier"].startswith(f"{count:,} orders for ")
    assert f"name cashier {nodes[1].account}, the canvas another" in found["other_cashier"]
    found = kinds_of(after, Returns(canvas, DAYS - 1, after.shop.cashier))
    assert found.keys() == {"late_due"}
    assert "can go back longer than the 4 days of the canvas" in found["late_due"]
    # of a canvas that was never in force nothing follows
    assert kinds_of(after, Returns(b"\1" * 32, 1, nodes[0].me)) == {}
