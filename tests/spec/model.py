"""What the money of an EMC must do, written from the specification alone, in exact fractions.

It shares no code with the contracts or with `emc.waterfall`. Amounts are base units, parts are
ppm. Each row is owed a function of cumulative proceeds; it is rounded down once for its cost
cover and once for its running cost and income together, always on the running total.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, floor

from emc.terms import Gate, Terms

ONE = 1_000_000
BACKSTOP = 128


@dataclass(frozen=True)
class Waterfall:
    """Every row's entitlement at any proceeds, under one set of terms."""

    terms: Terms

    @cached_property
    def rest(self) -> Fraction:
        """What one unit of proceeds leaves after the running cost of all rows."""
        return Fraction(ONE - sum(row.running for row in self.terms.rows), ONE)

    @cached_property
    def cover(self) -> int:
        """The cost covers of all rows."""
        return sum(row.cost for row in self.terms.rows)

    @cached_property
    def edges(self) -> tuple[Fraction, Fraction, Fraction]:
        """The proceeds at which the COST, BASE and LEADING bands end."""
        goal = self.terms.goal
        return self.cover / self.rest, Fraction(goal.benchmark), Fraction(goal.target)

    @cached_property
    def gate_at(self) -> int:
        """The proceeds from which income flows."""
        goal = self.terms.goal
        return {Gate.NONE: 0, Gate.BENCHMARK: goal.benchmark, Gate.TARGET: goal.target}[goal.gate]

    def bands(self, at: int) -> tuple[Fraction, ...]:
        """How much of the rest lies in the COST, BASE, LEADING and UPSIDE band."""
        marks = [Fraction(0), *self.edges, max(Fraction(at), self.edges[-1])]
        return tuple((min(at, high) - min(at, low)) * self.rest for low, high in pairwise(marks))

    def parts(self, at: int) -> Iterator[tuple[Fraction, Fraction]]:
        """Per row, its exact cost cover, and its exact running cost and income if income flows."""
        cost, base, leading, upside = self.bands(at)
        for row in self.terms.rows:
            cover = cost * Fraction(row.cost, self.cover) if self.cover else Fraction(0)
            income = base * row.base + leading * row.leading + upside * row.upside
            yield cover, (at * row.running + income) / ONE

    def running(self, at: int) -> Iterator[Fraction]:
        """Per row, its exact running cost."""
        return (Fraction(at * row.running, ONE) for row in self.terms.rows)

    def exact(self, at: int, *, is_open: bool) -> tuple[Fraction, ...]:
        """Every row's share before any rounding."""
        return tuple(
            cover + (flow if is_open else running)
            for (cover, flow), running in zip(self.parts(at), self.running(at), strict=True)
        )

    def entitlements(self, at: int, *, is_open: bool) -> tuple[int, ...]:
        """What every row must have got when proceeds up to `at` have been shared out."""
        return tuple(
            floor(cover) + floor(flow if is_open else running)
            for (cover, flow), running in zip(self.parts(at), self.running(at), strict=True)
        )


@dataclass(frozen=True)
class Accounts:
    """Where everything that came in is."""

    received: int
    paid: int
    credited: int
    held: int
    pending: int
    dust: int


@dataclass(frozen=True)
class Run:
    """One payment run: what each row got if money was shared out, which of it became a credit
    (bit i: row i), and the total and held money afterwards."""

    payments: tuple[int, ...]
    credited: int
    total: int
    held: int


@dataclass
class Model:
    """An active EMC as the specification has it.

    Args:
        terms: What was signed.
        refuses: Whether an address would not take a payment now.
    """

    terms: Terms
    refuses: Callable[[str], bool] = lambda _: False
    total: int = 0
    shared: int = 0
    paid: int = 0
    has_ended: bool = False
    has_failed: bool = False
    swept: int = 0
    waterfall: Waterfall = field(init=False)
    given: list[int] = field(init=False)
    payees: list[str] = field(init=False)
    credits: dict[int, int] = field(init=False)
    balances: dict[str, int] = field(default_factory=dict)
    orders: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.waterfall = Waterfall(self.terms)
        self.payees = [row.payee for row in self.terms.rows]
        self.credits = {**{row.id: 0 for row in self.terms.rows}, BACKSTOP: 0}
        self.given = [0] * len(self.terms.rows)

    @property
    def is_open(self) -> bool:
        """Whether income flows; after the end the gate stays as it was."""
        return not self.has_failed and self.total >= self.waterfall.gate_at

    @property
    def owed(self) -> tuple[int, ...]:
        """What each row must have been paid or credited."""
        return self.waterfall.entitlements(self.shared, is_open=self.is_open)

    @property
    def held(self) -> int:
        """The income of all rows behind the gate, as one amount and rounded up, less what a failure
        released."""
        if self.is_open:
            return 0
        return ceil(sum(self.waterfall.bands(self.shared)[1:])) - self.swept

    def accounts(self) -> Accounts:
        """What the EMC's own accounts must say."""
        pending = self.total - self.shared
        credited = sum(self.credits.values())
        dust = self.total - self.paid - credited - self.held - pending
        return Accounts(self.total, self.paid, credited, self.held, pending, dust)

    def sell(self, amount: int) -> Run:
        """Book proceeds; share them out unless they may gather, which ends with the EMC."""
        was_open = self.is_open
        self.total += amount
        opens = self.is_open and not was_open
        if self.has_ended or opens or self.total - self.shared >= self.terms.disburse_at:
            return self.disburse()
        return Run((), 0, self.total, self.held)

    def order(self, payer: str, first: int, amounts: list[int]) -> Run | None:
        """Consecutive orders of one payer; nothing at all if one of the numbers is taken."""
        used = {(payer, first + i) for i, amount in enumerate(amounts) if amount}
        if used & self.orders:
            return None
        self.orders |= used
        return self.sell(sum(amounts))

    def disburse(self) -> Run:
        """Pay every row what it is owed and has not got."""
        self.shared = self.total
        payments, credited = [], 0
        for index, (row, owed) in enumerate(zip(self.terms.rows, self.owed, strict=True)):
            amount = owed - self.given[index]
            assert amount >= 0, "an entitlement shrank"
            payments.append(amount)
            self.given[index] = owed
            if amount and not self._pay(row.id, self.payees[index], amount):
                credited |= 1 << index
        run = Run(tuple(payments), credited, self.total, self.held)
        self._sweep()
        return run

    def end(self, unbooked: int) -> Run:
        """Absorb, share everything out, and give what a closed gate holds to the backstop."""
        self.has_ended = True
        self.total += unbooked
        run = self.disburse()
        self.has_failed = not self.is_open
        self._sweep()
        return run

    def withdraw(self, row: int) -> int:
        """Pay a row's credit to its payee; nothing if there is none or the payee refuses."""
        payee = self.terms.backstop if row == BACKSTOP else self.payees[row]
        amount = self.credits[row]
        if not amount or self.refuses(payee):
            return 0
        self.credits[row] = 0
        self._give(payee, amount)
        return amount

    def _sweep(self) -> None:
        if not self.has_failed or not self.held:
            return
        amount = self.held
        self.swept += amount
        self._pay(BACKSTOP, self.terms.backstop, amount)

    def _pay(self, row: int, payee: str, amount: int) -> bool:
        """Pay, or keep it as the row's credit if there is one already or the payee refuses."""
        if self.credits[row] or self.refuses(payee):
            self.credits[row] += amount
            return False
        self._give(payee, amount)
        return True

    def _give(self, payee: str, amount: int) -> None:
        self.paid += amount
        self.balances[payee] = self.balances.get(payee, 0) + amount
