"""Numbers that are known or not: polynomials over symbols, and words with fields.

A product of symbols is one unknown of its own, so that a solver is asked about linear arithmetic
alone; what it must know of products is given to it by lemmas (`solver.Search.product`).
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

# a product of symbols, by their names in order; the empty one is 1
Monomial = tuple[str, ...]
WORD = 256


class Poly:
    """A polynomial with whole coefficients over symbols."""

    # gives a solver's linear sum, set by the solver
    linear: ClassVar[Callable[["Poly"], Any]]

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = {each: factor for each, factor in terms.items() if factor}

    @classmethod
    def of(cls, value: "Number") -> "Poly":
        """A number as a polynomial."""
        return value if isinstance(value, Poly) else cls({(): int(value)})

    @classmethod
    def symbol(cls, name: str) -> "Poly":
        """One unknown."""
        return cls({(name,): 1})

    def __add__(self, other: "Number") -> "Poly":
        found = dict(self.terms)
        for each, factor in Poly.of(other).terms.items():
            found[each] = found.get(each, 0) + factor
        return Poly(found)

    def __mul__(self, other: "Number") -> "Poly":
        found: dict[Monomial, int] = {}
        for one, factor in self.terms.items():
            for two, times in Poly.of(other).terms.items():
                each = tuple(sorted(one + two))
                found[each] = found.get(each, 0) + factor * times
        return Poly(found)

    def __neg__(self) -> "Poly":
        return self * -1

    def __sub__(self, other: "Number") -> "Poly":
        return self + -Poly.of(other)

    def __rsub__(self, other: "Number") -> "Poly":
        return Poly.of(other) - self

    __radd__ = __add__
    __rmul__ = __mul__

    def _compared(self, other: Any, how: Callable[[Any, int], Any]) -> Any:
        """A truth where both are known, else what a solver is to find out."""
        apart = self - other
        return how(Poly.linear(apart) if set(apart.terms) - {()} else apart.terms.get((), 0), 0)

    def __eq__(self, other: object) -> Any:
        return self._compared(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._compared(other, operator.ne)

    def __le__(self, other: "Number") -> Any:
        return self._compared(other, operator.le)

    def __lt__(self, other: "Number") -> Any:
        return self._compared(other, operator.lt)

    def __ge__(self, other: "Number") -> Any:
        return self._compared(other, operator.ge)

    def __gt__(self, other: "Number") -> Any:
        return self._compared(other, operator.gt)

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __repr__(self) -> str:
        parts = [
            "*".join((*(() if f == 1 and m else (str(f),)), *m))
            for m, f in sorted(self.terms.items())
        ]
        return " + ".join(parts) or "0"


Number = int | Poly


@dataclass(frozen=True)
class Word:
    """A word of 256 bits by its fields: what begins at which bit, and goes up to the next."""

    fields: Mapping[int, Any]

    def __rshift__(self, bits: int) -> Any:
        found = {at - bits: value for at, value in self.fields.items() if at >= bits}
        if 0 not in found:
            raise ValueError(f"no field begins at bit {bits} of {sorted(self.fields)}")
        return found[0] if len(found) == 1 else Word(found)

    def low(self, mask: int) -> Any:
        """What the low bits of a mask cover, which is exactly one field."""
        end = min((at for at in self.fields if at > 0), default=WORD)
        if mask != 2**end - 1 or 0 not in self.fields:
            raise ValueError(
                f"the mask {mask:#x} does not cover one field of {sorted(self.fields)}"
            )
        return self.fields[0]

    def joined(self, other: "Word") -> "Word":
        """Both, where no field of one is in the other."""
        if self.fields.keys() & other.fields.keys():
            raise ValueError(f"two fields begin at the same bit: {self.fields}, {other.fields}")
        return Word({**self.fields, **other.fields})

    def widths(self) -> list[tuple[int, Any]]:
        """Each field with the bits it has."""
        starts = sorted(self.fields)
        ends = [*starts[1:], WORD]
        return [(end - at, self.fields[at]) for at, end in zip(starts, ends, strict=True)]
