"""Claims on plain numbers, drawn at random: the same code without a solver."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.proof.algebra import Number, Poly, Word
from tests.proof.reader import RevertedError

# numbers without a bound are drawn below this
LARGE = 2**60


class RefutedError(Exception):
    """A claim does not hold: what for, by the names of the symbols."""

    def __init__(self, what: str, example: dict[str, int], path: list[str]) -> None:
        super().__init__(what)
        self.what, self.example, self.path = what, example, path


class UndecidedError(Exception):
    """The solver gave up, or what it found does not multiply."""


class VacuousError(Exception):
    """Nothing was asked: the assumptions contradict each other, or no path gets to a goal."""


def bits(op: ast.operator, left: Any, right: Any) -> Any:
    """A shift, or one word out of two or of a mask."""
    if isinstance(op, ast.RShift):
        return left >> right
    if isinstance(op, ast.LShift):
        return Word({right: left})
    if isinstance(op, ast.BitAnd):
        return left.low(right)
    return _word(left).joined(_word(right))


def _word(value: Any) -> Word:
    return value if isinstance(value, Word) else Word({0: value})


@dataclass
class Numbers:
    """What `solver.Search` is, on numbers: symbols are drawn, and a claim is true or not."""

    is_symbolic = False
    rng: Random
    seen: set[str] = field(default_factory=set)
    goals: int = 0
    elsewhere: set[str] = field(default_factory=set)
    symbols: dict[str, int] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    bands: list[Any] = field(default_factory=list)

    def symbol(self, name: str, low: int = 0, high: int | None = None) -> Poly:
        """A number of any order of magnitude, often at a bound."""
        most = max(low, LARGE) if high is None else high
        size = self.rng.randint(0, (most - low).bit_length())
        found = min(most, low + self.rng.randint(0, 2**size))
        if self.rng.random() < 0.1:
            found = self.rng.choice((low, most))
        elif self.symbols and self.rng.random() < 0.2:
            # near another one, where boundaries are
            near = self.rng.choice(list(self.symbols.values())) + self.rng.randint(-1, 1)
            found = max(low, min(most, near))
        self.symbols[name] = found
        return Poly.of(found)

    def pick(self, name: str, *values: Any) -> Any:
        """One of several values."""
        found = self.rng.choice(values)
        self.path.append(f"{name} = {found}")
        return found

    def assume(self, condition: Any) -> None:
        """Draw anew unless this holds."""
        if not condition:
            raise RevertedError

    def implies(self, condition: Any, fact: Any) -> None:
        """What numbers must obey, too."""
        assert not condition or fact

    def product(self, one: Number, two: Number) -> None:
        """A lemma that numbers do not need; they are held against it."""
        both = Poly.of(one) * two
        assert not (Poly.of(one) >= 0 and Poly.of(two) >= 0) or both >= 0

    def show(self, goal: Any, what: str) -> None:
        """Hold a claim against the numbers."""
        self.goals += 1
        if not goal:
            raise RefutedError(what, dict(self.symbols), list(self.path))

    def decide(self, condition: Any) -> bool:
        """Which way it goes."""
        return bool(condition)

    def floor(self, value: Number, by: Number) -> Poly:
        """How often one number is in another."""
        whole, part = (Poly.of(each).terms.get((), 0) for each in (value, by))
        if part == 0:
            raise RevertedError
        return Poly.of(whole // part)

    def noted(self, kind: str, text: str, left: Any, right: Any, result: Any) -> Any:
        """Hold what is computed without a check against a word's bounds."""
        if kind.startswith("unsafe"):
            self.seen.add(text)
        if kind in ("sub", "unsafe_sub") and text not in self.elsewhere:
            self.show(Poly.of(left) >= right, f"{text}: it is not negative")
        if kind.startswith("unsafe"):
            self.show(Poly.of(result) < 2**256, f"{text}: it is below 2**256")
        return result

    bits = staticmethod(bits)


def tried(claim: Callable[[Any], None], rng: Random, times: int) -> set[str]:
    """Hold a claim against so many draws.

    Returns:
        The unsafe expressions that were gone through.

    Raises:
        RefutedError: it does not hold.
        VacuousError: no draw got to a goal.
    """
    seen: set[str] = set()
    goals = 0
    for _ in range(times):
        numbers = Numbers(rng)
        try:
            claim(numbers)
        except RevertedError:
            continue
        seen |= numbers.seen
        goals += numbers.goals
    if not goals:
        raise VacuousError("no draw gets to a goal")
    return seen
