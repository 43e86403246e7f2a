"""Ratings and records by DESIGN.md, in exact numbers: medians of integers, weights to 50 digits."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

CRITERIA = 4
HALF_LIFE = 365 * 86_400
# what one rater says of one ME: stars by criterion, 0 for no opinion
Opinion = tuple[int, int, int, int]
# an EMC in the record of an ME: when it ended, and the median by criterion or nothing
Judged = tuple[int, Sequence[int | None]]


def median(stars: Iterable[int]) -> int | None:
    """Hundredths of stars; of an even number the mean of the middle two, rounded down; nothing
    below two opinions.
    """
    given = sorted(each for each in stars if each)
    if len(given) < 2:
        return None
    low, high = given[(len(given) - 1) // 2], given[len(given) // 2]
    return (low + high) * 100 // 2


def medians(opinions: Sequence[Opinion]) -> list[int | None]:
    """By criterion, from what every rater said of one ME."""
    return [median(opinion[i] for opinion in opinions) for i in range(CRITERIA)]


def record(judged: Sequence[Judged]) -> list[Decimal | None]:
    """Stars by criterion, in hundredths: medians weighed by 2**-(age / half-life), whatever the
    order.
    """
    stars: list[Decimal | None] = []
    with localcontext() as context:
        context.prec = 50
        for i in range(CRITERIA):
            known = [(ended_at, each[i]) for ended_at, each in judged if each[i] is not None]
            if not known:
                stars.append(None)
                continue
            last = max(ended_at for ended_at, _ in known)
            weights = [Decimal(2) ** (Decimal(at - last) / HALF_LIFE) for at, _ in known]
            total = sum(w * Decimal(m or 0) for w, (_, m) in zip(weights, known, strict=True))
            stars.append(total / sum(weights))
    return stars


def vector(opinions: Sequence[Opinion]) -> bytes:
    """Two bytes for each member, a nibble for each criterion."""
    return b"".join(bytes([o[0] << 4 | o[1], o[2] << 4 | o[3]]) for o in opinions)
