"""Rules 1 to 9 of the money, after every step of anything that anyone may do."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from tests.profiles import effort
from tests.spec.model import BACKSTOP
from tests.spec.till import MAX_ROWS, Till
from tests.stateful import changes, machine
from tests.stateful.market import MOODS, market

LOW20 = 2**20 - 1
PPM = 1_000_000
EFFORT = settings(max_examples=effort(0.12))


class Money(changes.Changes):
    """The rules as invariants, by number and name."""

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[Any, int] = {}

    @invariant()
    def rule_1_conservation(self) -> None:
        """received = paid + credited + held + pending + dust; the balance is what is not paid."""
        books, model = self.accounts, self.model
        assert books.received == sum(books[1:])
        assert books.received == model.total
        assert self.balance == books.received - books.paid + self.unbooked
        assert sum(self.holdings.values()) == books.paid
        assert books.credited == sum(self.credits.values())
        assert books.held == model.held
        assert books.pending == model.pending
        if model.dust:
            # what the page before left over, and nothing came in since
            assert books.dust == model.dust < 2 * MAX_ROWS
        else:
            covered = any(model.page.covers)
            assert 0 <= books.dust < (1 + covered) * len(self.terms.rows)

    @invariant()
    def rule_2_no_drift(self) -> None:
        """What flowed to each row and what is held for it is below its exact share by less than one
        base unit per page and rounding."""
        model = self.model
        shares, holds = model.exact(), model.holds
        for id, (exact, floors) in shares.items():
            row = (model.rows | model.gone)[id]
            assert 0 <= exact - row.flowed - holds[id] < floors

    @invariant()
    def rule_3_no_retroactivity(self) -> None:
        """What each row was paid, is credited and has held is its part of each income that came in,
        by the terms in force when it came in."""
        model = self.model
        shares, holds, has_failed = model.exact(), model.holds, int(model.has_failed)
        for id, row in (model.rows | model.gone).items():
            # chain: events and views; model: page by page; journal: income by income
            assert self.paid.get(id, 0) + self.credits[id] == row.flowed
            if id in self.holds:
                assert self.holds[id] == holds[id]
            due = model.due[id][has_failed] if id in model.due else 0
            short = due - row.flowed - holds[id]
            assert short >= 0
            if not model.pending:
                assert short < shares[id][1]

    @invariant()
    def rule_4_isolation(self) -> None:
        """Whoever takes its money has all of it; a refusing row's credit is what it misses."""
        assert self.credits == self.model.credits
        for payee, holding in self.holdings.items():
            assert holding == self.model.balances.get(payee, 0)
        for id in self.model.rows:
            if id not in self.missed:
                assert self.credits[id] == 0

    @invariant()
    def rule_5_bounds(self) -> None:
        """The shares on chain are those signed: inside their bounds, and one in every tranche; only
        the sink may go beyond its own."""
        words, terms = words_of(self.page), self.terms
        assert words[0] >> 8 & 255 == len(terms.rows)
        sums = [0, 0, 0]
        for row, word in zip(terms.rows, words[5:], strict=False):
            shares = [word >> shift & LOW20 for shift in (56, 36, 16)]
            assert shares == [row.base, row.leading, row.upside]
            assert all(row.lower <= share for share in shares)
            assert all(share <= row.upper for share in shares) or row.id == terms.sink
            assert (word >> 76 & LOW20, word >> 8 & 255) == (row.running, row.id)
            sums = [total + share for total, share in zip(sums, shares, strict=True)]
        assert sums == [PPM, PPM, PPM]

    @invariant()
    def rule_6_monotony(self) -> None:
        """Proceeds, what flowed to each row, what was paid and what each payee has only grow, and
        the gate never closes."""
        model = self.model
        now: dict[Any, int] = {
            "received": self.accounts.received,
            "paid": self.accounts.paid,
            "open": int(self.is_open),
            "epoch": words_of(self.page)[0] >> 96 & (2**32 - 1),
            **{id: row.flowed for id, row in (model.rows | model.gone).items()},
            **self.holdings,
        }
        assert all(now[name] >= was for name, was in self.last.items())
        assert self.is_open == model.is_open
        assert now["epoch"] == model.epoch
        self.last = now

    @invariant()
    def rule_7_once(self) -> None:
        """An order number is taken if and only if its payer has paid it."""
        for payer, number in sorted(self.touched)[:8]:
            if number < 2**256:
                assert self.emc.is_paid(payer, number) == ((payer, number) in self.model.orders)
        for key in self.market.payers:
            assert not self.emc.is_paid(key.address, 10**6)
        self.touched = set()

    @invariant()
    def rule_8_no_backdoor(self) -> None:
        """Who is paid is who signed for it, and the signed terms are the ones in force."""
        words = words_of(self.page)
        payees = [word >> 96 for word in words[5 : 5 + len(self.terms.rows)]]
        assert payees == [int(payee, 16) for payee in self.model.payees()]
        assert self.left == {row: account.payee for row, account in self.model.gone.items()}
        assert words[1] == int(self.terms.currency, 16) << 96 | self.terms.disburse_at
        assert words[4] >> 96 == int(self.terms.backstop, 16)
        assert words[0] >> 56 & (2**40 - 1) == self.ends_at
        if self.hashed[0] != self.terms:
            self.hashed = (self.terms, self.terms.hash())
        assert self.agreed == self.hashed[1]

    @invariant()
    def rule_9_bounded(self) -> None:
        """No transaction came near what a public chain allows."""
        assert self.gas < machine.MAX_GAS


def words_of(page: bytes) -> list[int]:
    """The words of a payment page."""
    return [int.from_bytes(page[at : at + 32], "big") for at in range(0, len(page), 32)]


class NativeMoney(Money):
    """In native coin."""


class WholeUnitMoney(Money):
    """In a token without decimals."""

    decimals = 0


class CentMoney(Money):
    """In a token with 2 decimals."""

    decimals = 2


class StablecoinMoney(Money):
    """In a token with 6 decimals."""

    decimals = 6


class TokenMoney(Money):
    """In a token with 18 decimals."""

    decimals = 18


TestNativeMoney = NativeMoney.TestCase
TestWholeUnitMoney = WholeUnitMoney.TestCase
TestCentMoney = CentMoney.TestCase
TestStablecoinMoney = StablecoinMoney.TestCase
TestTokenMoney = TokenMoney.TestCase
TestNativeMoney.settings = TestWholeUnitMoney.settings = TestCentMoney.settings = EFFORT
TestStablecoinMoney.settings = TestTokenMoney.settings = EFFORT


@pytest.mark.parametrize("decimals", [None, 6])
@pytest.mark.parametrize("mood", MOODS)
def test_rule_9_sixty_four_hostile_payees_stop_no_sale_no_gate_opening_and_no_end(
    decimals: int | None, mood: int
) -> None:
    here = market(decimals)
    drawn = machine.crowd(here.moody[0], here.moody[1])
    for payee in here.moody[:2]:
        here.set_mood(payee, mood)
    till = Till(drawn, here.token, buyer=here.payers[0].address)
    till.model.refuses = lambda _: True
    gas = []
    for step in (lambda: till.sale(500), lambda: till.sale(100_000), lambda: till.sale(64_000)):
        step()
        gas.append(till.gas)
    till.end()
    assert max(*gas, till.gas) < machine.MAX_GAS
    accounts = till.emc.accounts()
    assert (accounts.paid, accounts.held) == (0, 0)
    assert accounts.credited == sum(till.model.credits.values()) > 164_000


@pytest.mark.parametrize("decimals", [None, 6])
def test_rule_9_a_failure_with_sixty_four_hostile_payees_still_ends(decimals: int | None) -> None:
    here = market(decimals)
    for payee in here.moody[:2]:
        here.set_mood(payee, 2)
    till = Till(
        machine.crowd(here.moody[0], here.moody[1]), here.token, buyer=here.payers[0].address
    )
    till.model.refuses = lambda _: True
    till.sale(50_000)
    till.end()
    assert till.gas < machine.MAX_GAS
    assert till.emc.credits(BACKSTOP) == till.model.credits[BACKSTOP] > 0
