"""The record of a micro-enterprise: how its stars follow from the EMCs behind them.

For each EMC the median of the stars counts, by criterion. Over several EMCs these are averaged
with the weight ``2 ** -(age / half-life)``, where age is the time from the EMC's end to the end
of the last one that counts in the criterion. Recomputed here in decimals, from events alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from emc.core.ratings import CRITERIA, Opened

HALF_LIFE = 365 * 86_400
_EXACT = Context(prec=50)
FORMULA = (
    "stars = sum(median * weight) / sum(weight), "
    "weight = 2 ^ -(time from the EMC's end to that of the last / 365 days)"
)


@dataclass(frozen=True)
class Reviewed:
    """One EMC in a record; medians in hundredths of stars, zero where fewer than two rated.

    Args:
        total: The EMC's proceeds in base units of its currency.
        credited: The part that came in while the ME was a node, if it stayed to the end.
        had: When the ME left, or that it stayed to the end.
    """

    emc: str
    ended_at: int
    currency: str
    total: int
    credited: int
    had: str
    is_goal_met: bool
    medians: tuple[int, ...]
    raters: tuple[int, ...]
    is_withheld: bool


@dataclass(frozen=True)
class Line:
    """One criterion of a record.

    Args:
        weights: Of each EMC, by its place; none if it does not count.
        stars: Hundredths, recomputed; zero where unrated.
    """

    criterion: str
    weights: tuple[Decimal | None, ...]
    stars: int


def reviewed(
    me: int,
    finalised: Iterable[Mapping[str, Any]],
    opened: Iterable[Opened],
    before: Mapping[str, int],
) -> list[Reviewed]:
    """The EMCs behind an ME's record, in the order in which they were counted.

    Args:
        before: By EMC, the proceeds when the ME joined.
    """
    begun = {each.emc: each for each in opened}
    found = []
    for args in finalised:
        review = begun[str(args["emc"])]
        member = next(each for each in review.members if each.me == me)
        left = "left" if member.left_at else "to the end"
        ended = ", disbanded" if review.is_disbanded and not member.left_at else ""
        found.append(
            Reviewed(
                emc=review.emc,
                ended_at=review.ended_at,
                currency=review.currency,
                total=review.total,
                credited=0 if member.left_at else review.total - before.get(review.emc, 0),
                had="expelled" if member.is_expelled else left + ended,
                is_goal_met=review.is_goal_met,
                medians=tuple(int(each) for each in args["medians"]),
                raters=tuple(int(each) for each in args["raters"]),
                is_withheld=bool(args["is_withheld"]),
            )
        )
    return found


def weight(age: int) -> Decimal:
    """The weight of an EMC that ended this many seconds before the last one."""
    return _EXACT.power(2, _EXACT.divide(Decimal(-age), Decimal(HALF_LIFE)))


def lines(emcs: Sequence[Reviewed]) -> list[Line]:
    """The record, criterion by criterion."""
    found = []
    for place, criterion in enumerate(CRITERIA):
        ends = [each.ended_at for each in emcs if each.medians[place]]
        weights = [
            weight(max(ends) - each.ended_at) if each.medians[place] else None for each in emcs
        ]
        given = [
            (each.medians[place], part)
            for each, part in zip(emcs, weights, strict=True)
            if part is not None
        ]
        stars = 0
        if given:
            total = sum((_EXACT.multiply(median, part) for median, part in given), Decimal(0))
            whole = sum((part for _, part in given), Decimal(0))
            exact = _EXACT.divide(total, whole)
            stars = int(exact.to_integral_value(ROUND_HALF_UP, _EXACT))
        found.append(Line(criterion, tuple(weights), stars))
    return found


def overall(stars: Sequence[int]) -> int:
    """The mean of the rated criteria, rounded down; zero if none is rated."""
    rated = [each for each in stars if each]
    return sum(rated) // len(rated) if rated else 0


def is_told(computed: Sequence[int], told: Sequence[int]) -> bool:
    """Whether the registry agrees, up to its own rounding of the last hundredth."""
    return all(
        bool(ours) == bool(theirs) and abs(ours - theirs) <= 1
        for ours, theirs in zip(computed, told, strict=True)
    )
