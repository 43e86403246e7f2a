"""What is known of an ME from all its EMCs: whether it is folded as it should be, and what a bar
asks.

From events alone. Stars follow from them exactly; of EMCs completed and of proceeds they tell the
most that there can be.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from emc.audit.prove.court import Court
from emc.audit.prove.faults import Faults
from emc.audit.prove.history import Happened
from emc.audit.prove.signed import Row, Terms
from emc.audit.read import abi
from emc.audit.read.known import Known
from emc.rpc.node import Node, Pinned

CRITERIA = ("delivery", "quality", "collaboration", "user_value")
HALF_LIFE = 365 * 86_400
# of a hundredth of a star: where exactly half is rounded, sums of 18 decimals may differ from these
DOUBT = 1e-6


class Counted(NamedTuple):
    """What one EMC added to an ME's record."""

    place: tuple[int, int]
    ended_at: int
    medians: tuple[int, ...]
    was_there: bool
    is_disbanded: bool
    currency: str
    total: int


class Records:
    """All records, as reviews made them one after the other."""

    def __init__(self, events: Iterable[Happened]) -> None:
        self.counted: dict[int, list[Counted]] = defaultdict(list)
        opened: dict[str, Happened] = {}
        for event in events:
            if event.name == "ReviewOpened":
                opened[event.args["emc"]] = event
            elif event.name == "Finalised" and event.args["emc"] in opened:
                self._count(opened[event.args["emc"]], event)

    def _count(self, review: Happened, event: Happened) -> None:
        me = event.number("me")
        members = (each for each in review.args["members"] if int(each["me"]) == me)
        self.counted[me].append(
            Counted(
                event.place,
                review.number("ended_at"),
                tuple(map(int, event.args["medians"])),
                any(int(each["left_at"]) == 0 for each in members),
                bool(review.args["is_disbanded"]),
                review.args["currency"],
                review.number("total"),
            )
        )

    def stars(self, me: int, until: tuple[int, int]) -> list[float | None]:
        """The mean of its medians by criterion, each with half the weight a year before the last;
        none if there is no median.
        """
        known = [each for each in self.counted[me] if each.place <= until]
        found: list[float | None] = []
        for criterion in range(len(CRITERIA)):
            rated = [each for each in known if each.medians[criterion]]
            last = max((each.ended_at for each in rated), default=0)
            weights = [2.0 ** ((each.ended_at - last) / HALF_LIFE) for each in rated]
            total = sum(
                weight * each.medians[criterion]
                for weight, each in zip(weights, rated, strict=True)
            )
            found.append(total / sum(weights) if rated else None)
        return found

    def shortfall(self, me: int, terms: Terms, until: tuple[int, int]) -> str:
        """Why an ME cannot have reached the bar of some terms; empty if it may have."""
        stars = [rounded(each) for each in self.stars(me, until) if each is not None]
        if not stars and not terms["bar.admits_unrated"]:
            return "unrated"
        if stars and sum(stars) // len(stars) < terms["bar.stars"]:
            return "too few stars"
        there = [each for each in self.counted[me] if each.place <= until and each.was_there]
        if sum(not each.is_disbanded for each in there) < terms["bar.emcs"]:
            return "too few EMCs"
        currency = terms.at("bar.currency")
        if sum(each.total for each in there if each.currency == currency) < terms["bar.proceeds"]:
            return "too few proceeds"
        return ""


def rounded(stars: float | None) -> int:
    """Hundredths to the nearest, up in doubt; zero for none."""
    return 0 if stars is None else int(stars + 0.5 + DOUBT)


def differing(found: Sequence[Any], exact: Sequence[float | None]) -> list[tuple[str, int, int]]:
    """The criteria whose stars are not those that follow: what is found, and what follows."""
    return [
        (criterion, int(told), rounded(stars))
        for criterion, told, stars in zip(CRITERIA, found, exact, strict=True)
        if abs(int(told) - (stars or 0)) > (0 if stars is None else 0.5 + DOUBT)
    ]


def check_bar(court: Court, event: Happened) -> None:
    """Who an EMC begins with, and who joins it later, reaches the bar of its terms."""
    number = 1 if event.name == "Made" else event.number("epoch")
    epoch, before = court.epochs.get(number), court.epochs.get(number - 1)
    if epoch is None or not epoch.terms["bar.registry"]:
        return
    registry, rows = epoch.terms.at("bar.registry"), _joining(epoch.terms, before and before.terms)
    if registry != court.known.reputation:
        what = f"block {event.block}: whether nodes reach the bar: {registry} keeps other records"
        court.unproven.append((what, False))
        return
    for row in rows:
        lacking = Records(court.history.records).shortfall(row.party, epoch.terms, event.place)
        if lacking:
            court.faults.add(event, "bar", lacking, "reached", row.id)


def _joining(terms: Terms, before: Terms | None) -> list[Row]:
    return [row for row in terms.nodes if before is None or before.row(row.id) is None]


async def check_views(
    events: Sequence[Happened], rows: Mapping[int, int], node: Node, known: Known, at: Pinned
) -> Faults:
    """Whether Reputation says at the pinned block what follows from its events.

    Args:
        rows: MEs, and their row.
    """
    if known.reputation is None or not rows:
        return Faults()
    view = abi.selector("stars_of(uint256)")
    answers = await node.calls([(known.reputation, view + abi.word(me), at.number) for me in rows])
    records = Records(events)
    faults = Faults()
    for (me, row), answer in zip(rows.items(), answers, strict=True):
        found = [int.from_bytes((answer or b"")[i : i + 32], "big") for i in range(0, 128, 32)]
        exact = records.stars(me, (at.number, 2**32))
        for name, told, expected in differing(found, exact):
            faults.state(at.number, f"record of {name}", told, expected, row)
    return faults
