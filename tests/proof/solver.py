"""Looks for a counterexample to a claim on every path through the sources, by z3.

Everything is linear to z3: a product of symbols is an unknown, and a quotient `q` of `x` by `d` is
what `d * q <= x < d * (q + 1)` leaves of it. The one lemma about products is that those of two
numbers which are not negative are not negative.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any

import z3

from tests.proof.algebra import WORD, Number, Poly
from tests.proof.numbers import RefutedError, UndecidedError, VacuousError, bits
from tests.proof.reader import INTEGERS, RevertedError

LIMIT = 2**WORD


def linear(poly: Poly) -> Any:
    """A polynomial as z3 sees it: one unknown for each product."""
    parts = [
        z3.Int("*".join(each)) * factor if each else z3.IntVal(factor)
        for each, factor in poly.terms.items()
    ]
    return z3.Sum(parts) if parts else z3.IntVal(0)


Poly.linear = staticmethod(linear)


@dataclass
class Search:
    """One path through the sources.

    Args:
        choices: Which side to take at each fork, as far as that is settled.
        seconds: The most that one question may take.
    """

    is_symbolic = True
    choices: tuple[bool, ...] = ()
    seconds: float = 20
    taken: list[bool] = field(default_factory=list)
    open: list[tuple[bool, ...]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    # what unsafe expressions were gone through, and how many goals were shown
    seen: set[str] = field(default_factory=set)
    goals: int = 0
    # differences that another claim is about
    elsewhere: set[str] = field(default_factory=set)
    symbols: dict[str, Poly] = field(default_factory=dict)
    # by dividend and divisor, so that equal ones are one
    quotients: dict[str, Poly] = field(default_factory=dict)
    dividends: dict[str, list[tuple[Poly, Poly]]] = field(default_factory=dict)
    # the most that a symbol can be
    tops: dict[str, int] = field(default_factory=dict)
    # what bands a claim has come across
    bands: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.solver = z3.Solver()
        self.solver.set("timeout", int(self.seconds * 1_000))

    # what claims say

    def symbol(self, name: str, low: int = 0, high: int | None = None) -> Poly:
        """Any whole number from `low` to `high`, without end if there is none."""
        found = self.symbols[name] = Poly.symbol(name)
        self.tops[name] = LIMIT if high is None else high
        self.solver.add(found >= low)
        if high is not None:
            self.solver.add(found <= high)
        return found

    def pick(self, name: str, *values: Any) -> Any:
        """One of several values; all are gone through."""
        for value in values[:-1]:
            if self._fork(f"{name} = {value}"):
                return value
        self.path.append(f"{name} = {values[-1]}")
        return values[-1]

    def assume(self, condition: Any) -> None:
        """From here on only where this holds."""
        if condition is False:
            raise RevertedError
        if condition is not True:
            self.solver.add(condition)

    def implies(self, condition: Any, fact: Any) -> None:
        """What is known where a condition holds."""
        self.solver.add(z3.Implies(condition, fact))

    def product(self, one: Number, two: Number) -> None:
        """The lemma: if neither is negative, their product is not."""
        both = Poly.of(one) * two
        self.solver.add(z3.Implies(z3.And(Poly.of(one) >= 0, Poly.of(two) >= 0), both >= 0))

    def show(self, goal: Any, what: str) -> None:
        """Claim that this holds wherever the path leads.

        Raises:
            RefutedError: it does not.
            UndecidedError: the solver does not know.
        """
        self.goals += 1
        if goal is True or len(self.taken) < len(self.choices):
            # the latter was shown on the path that this one leaves further on
            return
        self.solver.push()
        self.solver.add(z3.Not(goal) if goal is not False else z3.BoolVal(True))
        answer = self.solver.check()
        if answer == z3.unsat:
            self.solver.pop()
            return
        if answer == z3.unknown:
            raise UndecidedError(f"{what}: {self.solver.reason_unknown()}")
        raise RefutedError(what, self._example(what), list(self.path))

    # what the reader asks

    def decide(self, condition: Any) -> bool:
        """Which way it goes; both, one after the other, where both are possible."""
        if isinstance(condition, bool):
            return condition
        place = len(self.taken)
        if place < len(self.choices):
            choice = self.choices[place]
        else:
            can = [self._is_possible(each) for each in (condition, z3.Not(condition))]
            if not any(can):
                raise VacuousError("the assumptions contradict each other")
            choice = can[0]
            if all(can):
                self.open.append((*self.taken, False))
        self.taken.append(choice)
        self.solver.add(condition if choice else z3.Not(condition))
        self.path.append(f"{'' if choice else 'not '}{condition}")
        return choice

    def floor(self, value: Number, by: Number) -> Number:
        """How often one number is in another."""
        if isinstance(value, int) and isinstance(by, int):
            return value // by
        if isinstance(value, Poly) and not value.terms:
            return 0
        key = Poly.of(value), Poly.of(by)
        text = f"{key[0]} / {key[1]}"
        if text in self.quotients:
            return self.quotients[text]
        found = Poly.symbol(f"q{len(self.quotients) + 1}")
        self.solver.add(found >= 0, by * found <= value, value < by * (found + 1))
        self.product(found, by - 1)
        if not isinstance(by, int):
            # of a part of something there is not more than of the whole
            for each in sorted({name for names in key[0].terms for name in names}):
                factor = Poly.symbol(each)
                self.product(by, found - factor - 1)
                self.product(by, factor - found - 1)
        self.tops[f"q{len(self.quotients) + 1}"] = self._top(key[0])
        for other, of in self.dividends.get(repr(key[1]), []):
            # the second lemma: of what is not less there is not less
            self.solver.add(z3.Implies(other <= value, of <= found))
            self.solver.add(z3.Implies(other >= value, of >= found))
        self.dividends.setdefault(repr(key[1]), []).append((key[0], found))
        self.quotients[text] = found
        return found

    def noted(self, kind: str, text: str, left: Any, right: Any, result: Any) -> Any:
        """Show that an unsafe expression does not wrap, and that no checked difference reverts."""
        if kind.startswith("unsafe"):
            self.seen.add(text)
        if text in self.elsewhere or (isinstance(left, int) and isinstance(right, int)):
            return result
        if kind == "unsafe_div":
            self.show(right > 0, f"{text}: its divisor is not zero")
        elif kind in ("sub", "unsafe_sub"):
            self.show(Poly.of(left) >= right, f"{text}: it is not negative")
        elif kind == "unsafe_mul":
            self._bound(left, right)
            self.show(Poly.of(result) < LIMIT, f"{text}: it is below 2**256")
        elif kind == "unsafe_add":
            self.show(Poly.of(result) < LIMIT, f"{text}: it is below 2**256")
        return result

    def bits(self, op: ast.operator, left: Any, right: Any) -> Any:
        """A shift, or one word out of two or of a mask; also of words bit by bit."""
        if not isinstance(left, z3.BitVecRef):
            return bits(op, left, right)
        if isinstance(op, ast.RShift):
            return z3.LShR(left, right)
        return INTEGERS[type(op)](left, right)

    # how

    def _fork(self, name: str) -> bool:
        place = len(self.taken)
        choice = self.choices[place] if place < len(self.choices) else True
        if place >= len(self.choices):
            self.open.append((*self.taken, False))
        self.taken.append(choice)
        if choice:
            self.path.append(name)
        return choice

    def _is_possible(self, condition: Any) -> bool:
        self.solver.push()
        self.solver.add(condition)
        answer = self.solver.check()
        self.solver.pop()
        return bool(answer != z3.unsat)

    def _bound(self, left: Number, right: Number) -> None:
        """What is below some bounds has a product below theirs."""
        tops = [self._top(Poly.of(each)) for each in (left, right)]
        self.product(tops[0] - Poly.of(left), right)
        self.product(left, right)
        self.product(tops[0], tops[1] - Poly.of(right))

    def _top(self, poly: Poly) -> int:
        """No more than this, as far as the bounds of the symbols say."""
        found = 0
        for names, factor in poly.terms.items():
            if factor > 0:
                found += factor * prod(self.tops.get(name, LIMIT) for name in names)
        return found

    def _example(self, what: str) -> dict[str, int]:
        """Numbers for the symbols with which the claim fails, products multiplied out."""
        names = {str(each) for each in z3.z3util.get_vars(z3.And(self.solver.assertions()))}
        for name in names:
            if "*" in name:
                factors = [z3.Int(each) for each in name.split("*")]
                self.solver.add(z3.Int(name) == z3.Product(factors))
        for most in (10, 10**3, 10**7, 2**40, None):
            self.solver.push()
            if most is not None:
                self.solver.add([linear(each) <= most * 10**6 for each in self.symbols.values()])
            self.solver.set("timeout", 4_000)
            if self.solver.check() == z3.sat:
                model = self.solver.model()
                return {
                    name: model.eval(linear(each), model_completion=True).as_long()
                    for name, each in self.symbols.items()
                }
            self.solver.pop()
        raise UndecidedError(f"{what}: neither proof nor counterexample on {self.path}")


@dataclass
class Shown:
    """What a claim came to."""

    paths: int = 0
    goals: int = 0
    seen: set[str] = field(default_factory=set)


def searches(claim: Callable[[Search], None], seconds: float = 20) -> Iterator[Search]:
    """Every path of a claim."""
    waiting: list[tuple[bool, ...]] = [()]
    while waiting:
        search = Search(waiting.pop(), seconds)
        try:
            claim(search)
        except RevertedError:
            search.goals = 0
        waiting += search.open
        yield search


def prove(claim: Callable[[Search], None], seconds: float = 20) -> Shown:
    """Show a claim on every path.

    Raises:
        RefutedError: it does not hold.
        UndecidedError: the solver does not know.
        VacuousError: nothing was shown.
    """
    shown = Shown()
    for search in searches(claim, seconds):
        shown.paths += 1
        shown.goals += search.goals
        shown.seen |= search.seen
        if search.goals and search.solver.check() == z3.unsat:
            raise VacuousError("the assumptions of a path contradict each other")
    if not shown.goals:
        raise VacuousError("no path gets to a goal")
    return shown
