"""What a claim talks to: a solver, or numbers that are drawn."""

from typing import Any, Protocol

from tests.proof.algebra import Number, Poly


class Search(Protocol):
    """One path through the sources: `solver.Search` or `numbers.Numbers`."""

    is_symbolic: bool
    elsewhere: set[str]
    bands: list[Any]

    def symbol(self, name: str, low: int = 0, high: int | None = None) -> Poly:
        """Any whole number from `low` to `high`, without end if there is none."""

    def pick(self, name: str, *values: Any) -> Any:
        """One of several values."""

    def assume(self, condition: Any) -> None:
        """From here on only where this holds."""

    def implies(self, condition: Any, fact: Any) -> None:
        """What is known where a condition holds."""

    def product(self, one: Number, two: Number) -> None:
        """The lemma: if neither is negative, their product is not."""

    def show(self, goal: Any, what: str) -> None:
        """Claim that this holds."""

    def decide(self, condition: Any) -> bool:
        """Which way it goes."""

    def floor(self, value: Number, by: Number) -> Any:
        """How often one number is in another."""
