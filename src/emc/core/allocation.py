"""Bounded proportional allocation: shares that follow contributions and stay inside bounds.

Sought is the rate at which ``clamp(rate * contribution, lower, upper)``, summed over all rows, is
exactly one. That sum never falls when the rate rises, and is a straight line between the rates at
which a row leaves its lower or reaches its upper bound; so these rates are gone through in order
until one lies at or beyond the answer, and a division finds the rest of the way. Integers and
fractions only.

The exact shares are then rounded to whole ppm: each down, and the ppm left over go one each to the
largest remainders; of equal remainders to the larger contribution, of equal contributions to the
earlier row. So every share stays inside its bounds and less than one ppm from its exact value, and
the order of rows matters only between rows that contribute the same.

A row without a contribution gets its lower bound, whatever the rate. If the others reach their
upper bounds before everything is shared out, there is no such rate, and this is refused: nothing
says that a row which contributes nothing should have the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from emc.core.problems import Problem
from emc.core.text import shown
from emc.core.units import PPM, format_part
from emc.errors import EMCError


@dataclass(frozen=True)
class Contributor:
    """A row that gets a share.

    Args:
        contribution: Not negative, in a unit that is the same for all rows.
        lower: Least share, in ppm.
        upper: Largest share, in ppm.
    """

    key: str
    contribution: int
    lower: int = 0
    upper: int = PPM


@dataclass(frozen=True)
class Allotment:
    """What a row gets.

    Args:
        exact: The share before rounding, in ppm.
        share: The share in whole ppm.
    """

    contributor: Contributor
    exact: Fraction
    share: int

    @property
    def at(self) -> Literal["lower", "upper", "both"] | None:
        """The bound that the exact share is at; both if they are the same."""
        is_lower = self.exact == self.contributor.lower
        is_upper = self.exact == self.contributor.upper
        if is_lower and is_upper:
            return "both"
        return "lower" if is_lower else "upper" if is_upper else None


@dataclass(frozen=True)
class Allocation:
    """Everybody's share.

    Args:
        rate: Part of the whole for one unit of contribution; the least, where several rates give
            the same shares.
    """

    rate: Fraction
    rows: tuple[Allotment, ...]

    @property
    def shares(self) -> tuple[int, ...]:
        """The shares in ppm, which sum to 1,000,000."""
        return tuple(row.share for row in self.rows)


def allocate(contributors: Sequence[Contributor]) -> Allocation:
    """Compute the share of every row, in the given order.

    Raises:
        EMCError: no shares satisfy the bounds; the message says why and what to do.
    """
    problems = list(findings(contributors))
    if len(problems) == 1:
        raise EMCError(problems[0].message, problems[0].hint)
    if problems:
        raise EMCError("\n".join(f"{each.message}; {each.hint}" for each in problems))
    rate = _rate(contributors)
    exact = [_clamped(rate * each.contribution, each) for each in contributors]
    shares = _rounded(contributors, exact)
    return Allocation(
        rate / PPM,
        tuple(
            Allotment(each, share, whole)
            for each, share, whole in zip(contributors, exact, shares, strict=True)
        ),
    )


def findings(contributors: Sequence[Contributor]) -> Iterator[Problem]:
    """Why no shares satisfy the bounds; empty if some do.

    A problem of one row has the row's place and the field as its path.
    """
    faults = list(_faults(contributors))
    yield from faults
    if not faults:
        yield from _infeasible(contributors)


def _faults(contributors: Sequence[Contributor]) -> Iterator[Problem]:
    """What is wrong with single rows."""
    if not contributors:
        yield Problem((), "there is no row that could get a share", "give at least one row")
    first: dict[str, int] = {}
    for index, each in enumerate(contributors):
        name = shown(each.key)
        if each.key in first:
            yield Problem(
                (index, "key"),
                f"{name} is the key of rows {first[each.key]} and {index}",
                "give each row its own key",
            )
        first.setdefault(each.key, index)
        if each.contribution < 0:
            yield Problem(
                (index, "contribution"),
                f"{name} has a contribution of {each.contribution}",
                "a contribution is not negative",
            )
        for bound in ("lower", "upper"):
            if not 0 <= getattr(each, bound) <= PPM:
                yield Problem(
                    (index, bound),
                    f"{name} has the {bound} bound {format_part(getattr(each, bound))}",
                    "a bound lies between 0% and 100%",
                )
        if each.lower > each.upper:
            yield Problem(
                (index, "lower"),
                f"{name} has the lower bound {format_part(each.lower)} above its upper bound "
                f"{format_part(each.upper)}",
                "swap them",
            )


def _infeasible(contributors: Sequence[Contributor]) -> Iterator[Problem]:
    """Why the rows together cannot be served, each being in order by itself."""
    lower = sum(each.lower for each in contributors)
    upper = sum(each.upper for each in contributors)
    # without a contribution a row stays at its lower bound, whatever the rate
    idle = [each for each in contributors if not each.contribution and each.lower < each.upper]
    least = sum(each.lower for each in idle)
    most = upper - sum(each.upper for each in idle)
    if lower > PPM:
        over = format_part(lower - PPM)
        yield Problem(
            (),
            f"lower bounds sum to {format_part(lower)}, {over} too much: no shares can keep them",
            f"take {over} off them together; {_extreme(contributors, 'lower')}",
        )
    elif upper < PPM:
        short = format_part(PPM - upper)
        yield Problem(
            (),
            f"upper bounds sum to {format_part(upper)}, {short} too little: no shares can keep "
            "them",
            f"add {short} to them together; {_extreme(contributors, 'upper')}",
        )
    elif lower < PPM and not any(each.contribution for each in contributors):
        yield Problem(
            (),
            f"no row has a contribution, and lower bounds sum to {format_part(lower)}: nothing "
            f"says who gets the other {format_part(PPM - lower)}",
            "say what the rows contribute",
        )
    elif least + most < PPM:
        short = format_part(PPM - least - most)
        names = named([shown(each.key) for each in idle])
        yield Problem(
            (),
            f"rows without a contribution ({names}) stay at their lower bounds, together "
            f"{format_part(least)}, and the others can get {format_part(most)} at most: {short} is "
            "left over",
            f"give them a contribution, or add {short} to their lower bounds or to the upper "
            "bounds of the others",
        )


def _extreme(contributors: Sequence[Contributor], bound: Literal["lower", "upper"]) -> str:
    """The bound with the most room, in words."""
    if bound == "lower":
        each = max(contributors, key=lambda each: each.lower)
        return f"the highest is {shown(each.key)} with {format_part(each.lower)}"
    each = min(contributors, key=lambda each: each.upper)
    return f"the lowest is {shown(each.key)} with {format_part(each.upper)}"


def named(names: Sequence[str], most: int = 3) -> str:
    """Names for a message: the first few, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _clamped(share: Fraction, contributor: Contributor) -> Fraction:
    if share < contributor.lower:
        return Fraction(contributor.lower)
    return Fraction(contributor.upper) if share > contributor.upper else share


def _rate(contributors: Sequence[Contributor]) -> Fraction:
    """Ppm for one unit of contribution: the least rate at which the shares sum to one."""
    turns = sorted(
        turn
        for each in contributors
        if each.contribution
        for turn in (
            (Fraction(each.lower, each.contribution), each.contribution),
            (Fraction(each.upper, each.contribution), -each.contribution),
        )
    )
    rate = Fraction(0)
    total = Fraction(sum(each.lower for each in contributors))
    # what the total gains for each ppm of rate: the contributions of rows between their bounds
    slope = 0
    for at, change in turns:
        gain = slope * (at - rate)
        if total + gain >= PPM:
            break
        rate, total, slope = at, total + gain, slope + change
    return rate + (PPM - total) / slope if total < PPM else rate


def _rounded(contributors: Sequence[Contributor], exact: Sequence[Fraction]) -> list[int]:
    """Whole ppm for exact shares that sum to one."""
    shares = [share.numerator // share.denominator for share in exact]
    order = sorted(
        range(len(exact)),
        key=lambda index: (
            shares[index] - exact[index],
            -contributors[index].contribution,
            index,
        ),
    )
    # fewer ppm are left over than there are remainders, so no row at a bound is moved
    for index in order[: PPM - sum(shares)]:
        shares[index] += 1
    return shares
