"""The record of a micro-enterprise: recomputed from events, and compared with the registry.

Prints nothing and sends nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emc.client import registry, reviews
from emc.client.system import System
from emc.core import record
from emc.core.record import Line, Reviewed
from emc.errors import EMCError

FACTS = ("completed", "goals_met", "disbanded", "expelled", "withheld")


@dataclass(frozen=True)
class Summary:
    """What the registry says of an ME.

    Args:
        stars: Of each criterion, in hundredths; zero: unrated.
        mean: Of all criteria, in hundredths.
        facts: Counts of EMCs, by ``FACTS``.
    """

    stars: tuple[int, ...]
    mean: int
    facts: dict[str, int]


@dataclass(frozen=True)
class Record:
    """What the registry says of an ME, with everything behind it.

    Args:
        proceeds: Credited to it, in base units, by currency.
        replies: The events of its own replies.
    """

    me: int
    summary: Summary
    proceeds: dict[str, int]
    emcs: list[Reviewed]
    lines: list[Line]
    replies: list[Mapping[str, Any]]


def summary(system: System, me: int) -> Summary:
    """What the system's own registry says of an ME."""
    stars, mean = system.reputation.stars_of(me)
    facts = system.reputation.facts_of(me)
    counts = {name: int(getattr(facts, name)) for name in FACTS}
    return Summary(tuple(int(each) for each in stars), int(mean), counts)


def read(system: System, me: int) -> Record:
    """The record of an ME.

    Raises:
        EMCError: there is no such ME, or events and registry differ.
    """
    registry.check(system, me)
    emcs = record.reviewed(
        me, reviews.finalised(system, me), reviews.opened(system), reviews.before(system, me)
    )
    lines, says = record.lines(emcs), summary(system, me)
    computed = [each.stars for each in lines]
    if not record.is_told(computed, says.stars) or record.overall(says.stars) != says.mean:
        raise EMCError(
            f"the events give ME {me} stars of {computed}, the registry says {list(says.stars)}",
            "the node leaves events out: ask another node",
        )
    proceeds = {
        each: int(system.reputation.proceeds_of(me, each))
        for each in dict.fromkeys(each.currency for each in emcs)
    }
    for currency, amount in proceeds.items():
        credited = sum(each.credited for each in emcs if each.currency == currency)
        if credited != amount:
            raise EMCError(
                f"the events give ME {me} proceeds of {credited}, the registry says {amount}",
                "the node leaves events out: ask another node",
            )
    return Record(me, says, proceeds, emcs, lines, reviews.replies(system, me))
