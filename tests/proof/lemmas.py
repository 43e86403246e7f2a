"""What every search is told about products and quotients, proved by z3 with real multiplication."""

from typing import Any

import z3

from tests.proof.numbers import UndecidedError
from tests.proof.reader import Source


def _valid(what: str, *conditions: Any, then: Any) -> None:
    solver = z3.SolverFor("QF_NIA")
    solver.set("timeout", 20_000)
    solver.add(*conditions, z3.Not(then))
    if solver.check() != z3.unsat:
        raise UndecidedError(what)


def products_of_what_is_not_negative_are_not(search: Any, source: Source) -> None:
    """`0 <= a` and `0 <= b`: `0 <= a * b`."""
    del source
    a, b = z3.Ints("a b")
    _valid("product", a >= 0, b >= 0, then=a * b >= 0)
    search.show(True, "product")


def quotients_grow_with_dividends(search: Any, source: Source) -> None:
    """`x <= y` and `d > 0`: `x // d <= y // d`, each quotient by `d * q <= x < d * (q + 1)`."""
    del source
    d, k, p, q, x, y = z3.Ints("d k p q x y")
    # were p larger than q, then by a whole k of at least 1
    facts = [d > 0, x <= y, d * p <= x, y < d * (q + 1), k == p - q - 1]
    # an instance of the lemma before
    facts.append(z3.Implies(k >= 0, d * k >= 0))
    expanded = [d * k == d * p - d * q - d, d * (q + 1) == d * q + d]
    _valid("quotient", *facts, *expanded, then=p <= q)
    search.show(True, "quotient")


LEMMAS = (products_of_what_is_not_negative_are_not, quotients_grow_with_dividends)
