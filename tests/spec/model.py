"""What the money of an EMC must do, written from the specification alone, in exact fractions.

It shares no code with the contracts or with `emc.core.waterfall`. Amounts are base units, parts are
ppm. A page is the time between two changes or final assessments. Each row is owed a function of a
page's proceeds; it is rounded down once for its cost cover and once for its running cost and income
together, always on the running total. What rounding leaves over is proceeds of the next page.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, floor

from emc.core.terms import Gate, Metric, Terms

ONE = 1_000_000
BACKSTOP = 128
ENDLESS = Fraction(2**256)


@dataclass(frozen=True)
class Waterfall:
    """Every row's entitlement to the proceeds of one page.

    Args:
        terms: What was signed.
        start: All proceeds before the page.
        opens: What is uncovered of each row's cost when the page begins; by default everything.
        values: The last final value of each measure that is assessed.
    """

    terms: Terms
    start: int = 0
    opens: tuple[int, ...] = ()
    values: dict[Metric, int] = field(default_factory=dict)

    @cached_property
    def rest(self) -> Fraction:
        """What one unit of proceeds leaves after the running cost of all rows."""
        return Fraction(ONE - sum(row.running for row in self.terms.rows), ONE)

    @cached_property
    def covers(self) -> tuple[int, ...]:
        """What is uncovered of each row's cost when the page begins."""
        return self.opens or tuple(row.cost for row in self.terms.rows)

    @cached_property
    def cover(self) -> int:
        """The uncovered costs of all rows."""
        return sum(self.covers)

    @cached_property
    def edges(self) -> tuple[Fraction, Fraction, Fraction]:
        """The proceeds of the page at which its COST, BASE and LEADING bands end."""
        cost = self.cover / self.rest
        base = self._edge("benchmark", cost)
        return cost, base, self._edge("target", base)

    def _edge(self, point: str, before: Fraction) -> Fraction:
        """Where a band ends: never as long as an assessed measure is below that point of its own,
        else where proceeds reach theirs, at once if they are no measure."""
        edge = before
        for measure in self.terms.goal.measures:
            least = getattr(measure, point)
            if measure.metric == Metric.PROCEEDS:
                edge = max(edge, Fraction(least - self.start))
            elif self.values.get(measure.metric, 0) < least:
                return ENDLESS
        return edge

    def bands(self, at: int) -> tuple[Fraction, ...]:
        """How much of the rest lies in the COST, BASE, LEADING and UPSIDE band."""
        marks = [Fraction(0), *self.edges, max(Fraction(at), self.edges[-1])]
        return tuple((min(at, high) - min(at, low)) * self.rest for low, high in pairwise(marks))

    def parts(self, at: int) -> Iterator[tuple[Fraction, Fraction]]:
        """Per row, its exact cost cover, and its exact running cost and income if income flows."""
        cost, base, leading, upside = self.bands(at)
        for row, open_cost in zip(self.terms.rows, self.covers, strict=True):
            cover = cost * Fraction(open_cost, self.cover) if self.cover else Fraction(0)
            income = base * row.base + leading * row.leading + upside * row.upside
            yield cover, (at * row.running + income) / ONE

    def running(self, at: int) -> Iterator[Fraction]:
        """Per row, its exact running cost."""
        return (Fraction(at * row.running, ONE) for row in self.terms.rows)

    def covered(self, at: int) -> tuple[int, ...]:
        """Per row, what it has got for its cost."""
        return tuple(floor(cover) for cover, _ in self.parts(at))

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
    (bit i: the row in place i), and the total and held money afterwards."""

    payments: tuple[int, ...]
    credited: int
    total: int
    held: int


@dataclass
class Account:
    """What one row has had of all pages, and what it has waiting.

    Args:
        payee: Where it is paid.
        given: What has flowed to it of the page in force, paid or credited.
        forward: What the gate holds for it from earlier pages.
        flowed: What has flowed to it altogether.
        exact: Its exact share of all earlier pages with income, without income.
        floors: How often that was rounded down.
    """

    payee: str
    given: int = 0
    forward: int = 0
    flowed: int = 0
    exact: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    floors: int = 0


@dataclass
class Model:
    """An active EMC as the specification has it.

    Args:
        terms: What is in force.
        refuses: Whether an address would not take a payment now.
    """

    terms: Terms
    refuses: Callable[[str], bool] = lambda _: False
    total: int = 0
    paid: int = 0
    epoch: int = 1
    has_ended: bool = False
    has_failed: bool = False
    swept: int = 0
    # what came in on the page, what of it has been shared out, what earlier pages left over
    proceeds: int = 0
    shared: int = 0
    dust: int = 0
    page: Waterfall = field(init=False)
    is_open: bool = field(init=False)
    # live rows and those that left, by row id
    rows: dict[int, Account] = field(init=False)
    gone: dict[int, Account] = field(default_factory=dict)
    credits: dict[int, int] = field(init=False)
    # the last final value, by metric
    finals: dict[Metric, int] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    orders: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page = Waterfall(self.terms)
        self.is_open = self._reaches(self.terms)
        self.rows = {row.id: Account(row.payee) for row in self.terms.rows}
        self.credits = {**dict.fromkeys(self.rows, 0), BACKSTOP: 0}

    # what stands where

    @property
    def ids(self) -> list[int]:
        """The live rows in the order of the table."""
        return [row.id for row in self.terms.rows]

    @property
    def pending(self) -> int:
        """What came in and is not shared out yet."""
        return self.proceeds - self.shared

    @property
    def owed(self) -> tuple[int, ...]:
        """What each live row must have been paid or credited of the page's proceeds."""
        return self.page.entitlements(self.shared, is_open=self.is_open)

    @property
    def holds(self) -> dict[int, int]:
        """What a closed gate holds for each row that lives or has left."""
        if self.is_open or self.has_failed:
            return dict.fromkeys((*self.rows, *self.gone), 0)
        earned = self.page.entitlements(self.shared, is_open=True)
        live = {
            id: self.rows[id].forward + full - flows
            for id, full, flows in zip(self.ids, earned, self.owed, strict=True)
        }
        return live | {id: row.forward for id, row in self.gone.items()}

    @property
    def held(self) -> int:
        """What a closed gate holds altogether, the page's income as one amount and rounded up,
        less what a failure released."""
        if self.is_open:
            return 0
        forward = sum(row.forward for row in (*self.rows.values(), *self.gone.values()))
        return ceil(sum(self.page.bands(self.shared)[1:])) + forward - self.swept

    @property
    def may_end(self) -> bool:
        """Whether anybody may end it early: the terms say so and every target is reached, of
        proceeds with every cost cover, which is the end of LEADING.
        """
        return self.terms.goal.ends_emc and all(
            self.total - self.page.start >= self.page.edges[2]
            if measure.metric == Metric.PROCEEDS
            else self.finals.get(measure.metric, 0) >= measure.target
            for measure in self.terms.goal.measures
        )

    def accounts(self) -> Accounts:
        """What the EMC's own accounts must say."""
        credited = sum(self.credits.values())
        dust = self.total - self.paid - credited - self.held - self.pending
        return Accounts(self.total, self.paid, credited, self.held, self.pending, dust)

    def exact(self) -> dict[int, tuple[Fraction, int]]:
        """Per row, its exact share of everything shared out, and how many floors it went through;
        income counts, whether it waits or not, unless it was lost."""
        place = int(self.has_failed)
        now = self.page.exact(self.shared, is_open=not place)
        shares = {id: (row.exact[place], row.floors) for id, row in self.gone.items()}
        for id, share, cover in zip(self.ids, now, self.page.covers, strict=True):
            row = self.rows[id]
            shares[id] = row.exact[place] + share, row.floors + 1 + (cover > 0)
        return shares

    def payees(self) -> list[str]:
        """Where the live rows are paid, in the order of the table."""
        return [self.rows[id].payee for id in self.ids]

    # what happens

    def sell(self, amount: int) -> Run:
        """Book a sale; share it out unless it may gather, which ends where it opens the gate."""
        was_open = self.is_open
        self._book(amount)
        opens = not was_open and self._reaches(self.terms)
        if opens or self.pending >= self.terms.disburse_at:
            return self._share()
        return Run((), 0, self.total, self.held)

    def absorb(self, amount: int) -> Run:
        """Book what came without an order, which never gathers."""
        self._book(amount)
        return self._share()

    def disburse(self) -> Run:
        """Share out what gathered."""
        self._book(0)
        return self._share()

    def order(self, payer: str, first: int, amounts: list[int]) -> Run | None:
        """Consecutive orders of one payer; nothing at all if one of the numbers is taken."""
        used = {(payer, first + i) for i, amount in enumerate(amounts) if amount}
        if used & self.orders:
            return None
        self.orders |= used
        return self.sell(sum(amounts))

    def change(self, terms: Terms, unbooked: int = 0, *, is_new: bool = True) -> list[Run]:
        """Put terms in force, or the same terms after an assessment. What came in so far belongs to
        the terms before; what the gate held is paid with it if that opens it."""
        opens = not self.is_open and self._reaches(terms, unbooked)
        runs = []
        if opens or unbooked or self.pending:
            self._book(unbooked)
            runs.append(self._share(opens=opens))
        self._turn(terms)
        self.epoch += is_new
        return runs

    def assess(self, metric: Metric, value: int, unbooked: int = 0) -> list[Run]:
        """A value of a measure is final; what came in so far belongs to those before."""
        self.finals[metric] = value
        return self.change(self.terms, unbooked, is_new=False)

    def end(self, unbooked: int = 0) -> Run:
        """Absorb, share everything out, and give what a closed gate holds to the backstop."""
        self._book(unbooked)
        run = self._share()
        self.has_ended = True
        self.has_failed = not self.is_open
        self._sweep()
        return run

    def withdraw(self, row: int) -> int:
        """Pay a row's credit to its payee; nothing if there is none or the payee refuses."""
        payee = self.payee_of(row)
        amount = self.credits[row]
        if not amount or self.refuses(payee):
            return 0
        self.credits[row] = 0
        self._give(payee, amount)
        return amount

    def payee_of(self, row: int) -> str:
        """Where a row is paid, also one that has left, or the backstop."""
        return self.terms.backstop if row == BACKSTOP else (self.rows | self.gone)[row].payee

    # how

    def reached(self, metric: Metric) -> int:
        """How far a measure has come."""
        return self.total if metric == Metric.PROCEEDS else self.finals.get(metric, 0)

    def _reaches(self, terms: Terms, unbooked: int = 0) -> bool:
        """Whether every measure has come as far as the gate of terms asks for."""
        come = self.finals | {Metric.PROCEEDS: self.total + unbooked}
        return terms.goal.gate == Gate.NONE or all(
            come.get(each.metric, 0)
            >= (each.benchmark if terms.goal.gate == Gate.BENCHMARK else each.target)
            for each in terms.goal.measures
        )

    def _book(self, amount: int) -> None:
        """Take money in; what earlier pages left over counts with it."""
        self.total += amount
        self.proceeds += amount + self.dust
        self.dust = 0

    def _share(self, *, opens: bool = False) -> Run:
        """Pay every row what it is owed and has not got."""
        self.shared = self.proceeds
        if not self.is_open and not self.has_failed and (opens or self._reaches(self.terms)):
            self.is_open = True
            for id, row in self.gone.items():
                self.credits[id] += row.forward
                row.flowed += row.forward
                row.forward = 0
        payments, credited = [], 0
        for place, (id, owed) in enumerate(zip(self.ids, self.owed, strict=True)):
            row = self.rows[id]
            amount = owed - row.given
            assert amount >= 0, "an entitlement shrank"
            row.given = owed
            if self.is_open:
                amount += row.forward
                row.forward = 0
            payments.append(amount)
            row.flowed += amount
            if amount and not self._pay(id, row.payee, amount):
                credited |= 1 << place
        run = Run(tuple(payments), credited, self.total, self.held)
        self._sweep()
        return run

    def _turn(self, terms: Terms) -> None:
        """Close the page and begin the next."""
        holds, covered = self.holds, self.page.covered(self.shared)
        earned = self.page.entitlements(self.shared, is_open=True)
        exact = [self.page.exact(self.shared, is_open=is_open) for is_open in (True, False)]
        before = {row.id: row for row in self.terms.rows}
        uncovered = {}
        for place, id in enumerate(self.ids):
            row, cover = self.rows[id], self.page.covers[place]
            uncovered[id] = cover - covered[place]
            row.forward = holds[id]
            row.given = 0
            row.exact = row.exact[0] + exact[0][place], row.exact[1] + exact[1][place]
            row.floors += 1 + (cover > 0)
        rows, opens = {}, []
        for signed in terms.rows:
            was = before.get(signed.id)
            if was is None:
                rows[signed.id] = Account(signed.payee)
                opens.append(signed.cost)
                continue
            rows[signed.id] = self.rows.pop(signed.id)
            if was.payee != signed.payee:
                rows[signed.id].payee = signed.payee
            opens.append(max(0, uncovered[signed.id] + signed.cost - was.cost))
        self.gone |= self.rows
        self.rows = rows
        self.dust += self.shared - sum(earned)
        self.proceeds = self.shared = 0
        self.terms = terms
        self.page = Waterfall(terms, self.total - self.dust, tuple(opens), dict(self.finals))
        for id in rows:
            self.credits.setdefault(id, 0)

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
