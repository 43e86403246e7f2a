"""Rules 1 to 9 of the money, after every step of anything that anyone may do."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from tests.profiles import effort
from tests.spec.model import BACKSTOP, Waterfall
from tests.spec.till import Till
from tests.stateful import machine
from tests.stateful.market import MOODS, market

LOW20 = 2**20 - 1
PPM = 1_000_000
EFFORT = settings(max_examples=effort(0.3))


class Money(machine.Actions):
    """The rules as invariants, by number and name."""

    last: tuple[int, ...] = ()

    @invariant()
    def rule_1_conservation(self) -> None:
        """received = paid + credited + held + pending + dust; the balance is what is not paid."""
        books = self.accounts
        assert books.received == sum(books[1:])
        assert books.received == self.model.total
        assert self.balance == books.received - books.paid + self.unbooked
        assert sum(self.holdings.values()) == books.paid
        assert books.credited == sum(self.credits.values())
        assert books.held == self.model.held
        assert books.pending == self.model.total - self.model.shared
        covered = any(row.cost for row in self.terms.rows)
        most = (1 + covered) * len(self.terms.rows)
        assert 0 <= books.dust < most

    @invariant()
    def rule_2_no_drift(self) -> None:
        """What flowed to each row is within one base unit per rounding of its exact share."""
        exact = self.model.waterfall.exact(self.model.shared, is_open=self.model.is_open)
        for row, flowed, share in zip(self.terms.rows, self.flowed, exact, strict=True):
            assert 0 <= share - flowed < 1 + (row.cost > 0)

    @invariant()
    def rule_3_no_retroactivity(self) -> None:
        """The page in force gives every past run the entitlements it had when it ran."""
        page = self._waterfall_on_page()
        for at, is_open, flowed in self.runs[-5:]:
            assert page.entitlements(at, is_open=is_open) == flowed
        for (_, _, before), (_, _, after) in pairwise(self.runs[-5:]):
            assert all(low <= high for low, high in zip(before, after, strict=True))

    @invariant()
    def rule_4_isolation(self) -> None:
        """Whoever takes its money has all of it; a refusing row's credit is what it misses."""
        for row, flowed in zip(self.terms.rows, self.flowed, strict=True):
            assert self.credits[row.id] == self.model.credits[row.id] <= flowed
        for payee, holding in self.holdings.items():
            assert holding == self.model.balances.get(payee, 0)
        assert self.credits[BACKSTOP] == self.model.credits[BACKSTOP]
        for row, missed in enumerate(self.missed):
            if not missed:
                assert self.credits[row] == 0

    @invariant()
    def rule_5_bounds(self) -> None:
        """The shares on chain are those signed: inside their bounds, and one in every tranche."""
        words = self._words()
        assert words[0] >> 8 & 255 == len(self.terms.rows)
        assert words[0] & 255 == self.terms.goal.ends_emc
        sums = [0, 0, 0]
        for row, word in zip(self.terms.rows, words[5:], strict=False):
            shares = [word >> shift & LOW20 for shift in (56, 36, 16)]
            assert shares == [row.base, row.leading, row.upside]
            assert all(row.lower <= share <= row.upper for share in shares)
            assert (word >> 76 & LOW20, word >> 8 & 255) == (row.running, row.id)
            sums = [total + share for total, share in zip(sums, shares, strict=True)]
        assert sums == [PPM, PPM, PPM]

    @invariant()
    def rule_6_monotony(self) -> None:
        """Proceeds, what flowed to each row, what was paid and what each payee has only grow."""
        now = (
            self.accounts.received,
            self.accounts.paid,
            *self.flowed,
            *self.holdings.values(),
        )
        assert all(old <= new for old, new in zip(self.last, now, strict=False))
        self.last = now

    @invariant()
    def rule_7_once(self) -> None:
        """An order number is taken if and only if its payer has paid it."""
        for payer, number in sorted(self.touched)[:8]:
            if number < 2**256:
                assert self.emc.is_paid(payer, number) == ((payer, number) in self.model.orders)
        for payer in self.market.payers:
            assert not self.emc.is_paid(payer.address, 10**6)
        self.touched = set()

    @invariant()
    def rule_8_no_backdoor(self) -> None:
        """Who is paid is who signed for it, and the signed terms are the ones in force."""
        words = self._words()
        payees = [word >> 96 for word in words[5 : 5 + len(self.terms.rows)]]
        assert payees == [int(payee, 16) for payee in self.model.payees]
        assert words[1] >> 96 == int(self.terms.currency, 16)
        assert words[4] >> 96 == int(self.terms.backstop, 16)
        assert words[0] >> 56 & (2**40 - 1) == self.ends_at
        assert self.world.consent.terms_of(self.emc.address) == self.terms.hash()

    @invariant()
    def rule_9_bounded(self) -> None:
        """No transaction came near what a public chain allows."""
        assert self.gas < machine.MAX_GAS

    def _waterfall_on_page(self) -> Waterfall:
        """The entitlements by the numbers that are on chain now."""
        words = self._words()
        rest = words[3] & (2**32 - 1)
        tail = self.page[32 * (5 + len(self.terms.rows)) :]
        rows = tuple(
            replace(
                row,
                running=words[5 + i] >> 76 & LOW20,
                base=words[5 + i] >> 56 & LOW20,
                leading=words[5 + i] >> 36 & LOW20,
                upside=words[5 + i] >> 16 & LOW20,
                cost=int.from_bytes(tail[16 * i : 16 * i + 16], "big"),
            )
            for i, row in enumerate(self.terms.rows)
        )
        goal = replace(
            self.terms.goal,
            benchmark=(words[2] & (2**128 - 1)) // rest,
            target=(words[3] >> 128) // rest,
        )
        return Waterfall(replace(self.terms, rows=rows, goal=goal))

    def _words(self) -> list[int]:
        return [int.from_bytes(self.page[i : i + 32], "big") for i in range(0, len(self.page), 32)]


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
