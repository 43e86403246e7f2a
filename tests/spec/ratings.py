"""Ratings and records by DESIGN.md, in exact numbers: medians of integers, weights to 50 digits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Life:
    """An EMC at its end."""

    total: int
    deadline: int
    is_disbanded: bool = False
    is_goal_met: bool = False


@dataclass(frozen=True)
class Seat:
    """A member's last seat: when it was taken, zero from the start, and the proceeds until then."""

    joined_at: int = 0
    before: int = 0
    is_left: bool = False


def facts(life: Life, seat: Seat) -> tuple[int, int, int]:
    """Completed, goals met and disbanded, of one EMC: only whoever was there to the end shares in
    it, and only whoever had come before the deadline in what was reached.
    """
    was_in_time = not seat.is_left and seat.joined_at < life.deadline
    return (
        int(was_in_time and not life.is_disbanded),
        int(was_in_time and life.is_goal_met),
        int(not seat.is_left and life.is_disbanded),
    )


def proceeds(life: Life, seat: Seat) -> int:
    """What came in while the member was there, if it was to the end."""
    return 0 if seat.is_left else life.total - seat.before


def vector(opinions: Sequence[Opinion]) -> bytes:
    """Two bytes for each member, a nibble for each criterion."""
    return b"".join(bytes([o[0] << 4 | o[1], o[2] << 4 | o[3]]) for o in opinions)
