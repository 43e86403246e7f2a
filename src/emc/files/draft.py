"""A canvas from awarded bids: what bids know is written down, what they cannot know is named.

Shares are found by bounded proportional allocation: what everybody asks for is its contribution,
its bounds are those of its bid.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from emc.core.allocation import Allocation, Contributor, allocate
from emc.core.units import PPM, format_part, percent_text
from emc.errors import EMCError
from emc.files.calls import Bid, Call
from emc.files.canvas import Canvas
from emc.files.compile import Parties

PARTIES_LEFT = ("currency", "backstop")


@dataclass(frozen=True)
class Place:
    """A node of the EMC to be formed: its ME, its role, and how it fills it."""

    me: int
    role: str
    bid: Bid


@dataclass(frozen=True)
class Draft:
    """A canvas that is not whole yet.

    Args:
        left: Required fields that only people can fill, and what they say.
        look: What was decided here and may be decided otherwise.
    """

    canvas: str
    parties: str
    allocation: Allocation
    left: tuple[tuple[str, str], ...]
    look: tuple[str, ...]


def draft(
    chain_id: int,
    calls: Sequence[Call],
    places: Sequence[Place],
    registry: str | None = None,
) -> Draft:
    """Write down what calls and awarded bids know.

    Args:
        calls: What the bids answer; title, scenario and proposition are those of the first.
        places: The leader's own first.
        registry: Who answers the bar.

    Raises:
        EMCError: the bids do not fit together; it says why.
    """
    head = calls[0]
    for call in calls[1:]:
        if call.currency != head.currency:
            raise EMCError(
                f"the calls for {head.role} and {call.role} settle in different currencies",
                "an EMC has one currency: draft a canvas for each",
            )
    _check_places(places)
    keys = _keys(places)
    found = allocate(
        [
            Contributor(key, each.bid.share.asked, each.bid.share.lower, each.bid.share.upper)
            for key, each in zip(keys, places, strict=True)
        ]
    )
    nodes = [
        _node(key, place, share)
        for key, place, share in zip(keys, places, found.shares, strict=True)
    ]
    bars = {call.bar.model_dump_json(): call.bar for call in calls if call.bar}
    canvas: dict[str, Any] = {
        "title": head.title,
        "scenario": head.scenario,
        "proposition": head.proposition,
        "currency": head.currency.model_dump(),
        "nodes": nodes,
        "sink": keys[0],
    }
    look = [f"sink is {keys[0]}, to which the share of a node that leaves falls"]
    if len(bars) == 1:
        ((_, bar),) = bars.items()
        canvas["rules"] = {"bar": bar.model_dump(mode="json", exclude_none=True)}
        look.append("rules.bar is that of the calls; every node, also the leader, must reach it")
    elif bars:
        look.append("rules.bar is left out: the calls have different ones")
    look.append("rules that are not written are the defaults that `emc canvas show` shows")
    left = tuple(
        (name, field.description or "")
        for name, field in Canvas.model_fields.items()
        if field.is_required() and name not in canvas
    )
    parties: dict[str, Any] = {
        "chain_id": chain_id,
        "nodes": {
            key: {"me": each.me, "payee": each.bid.payee}
            for key, each in zip(keys, places, strict=True)
        },
    }
    if len(bars) == 1 and registry is not None:
        parties["registry"] = registry
    return Draft(
        canvas=_text(canvas, left, _solutions(keys, places)),
        parties=_text(
            parties, [(name, Parties.model_fields[name].description or "") for name in PARTIES_LEFT]
        ),
        allocation=found,
        left=left,
        look=tuple(look),
    )


def _check_places(places: Sequence[Place]) -> None:
    seen: dict[int, str] = {}
    for each in places:
        if each.me in seen:
            raise EMCError(
                f"ME {each.me} has two places, as {seen[each.me]} and as {each.role}",
                "a table has one row per ME: leave one out",
            )
        seen[each.me] = each.role
    if len(places) < 2:
        raise EMCError("nobody but the leader has a place", "award a bid first: `emc call award`")
    running = sum(each.bid.running_cost for each in places)
    if running >= PPM:
        raise EMCError(
            f"running costs sum to {format_part(running)} of every sale",
            "leave room for income: ask for lower ones",
        )


def _keys(places: Sequence[Place]) -> list[str]:
    """A key for each, those of bids where they differ."""
    keys: list[str] = []
    for each in places:
        key, number = each.bid.key, 2
        while key in keys:
            key, number = f"{each.bid.key[:36]}-{number}", number + 1
        keys.append(key)
    return keys


def _node(key: str, place: Place, share: int) -> dict[str, Any]:
    bid = place.bid
    document = bid.document()
    node: dict[str, Any] = {
        "key": key,
        "name": bid.name,
        "role": place.role,
        "obligations": list(bid.obligations),
        "expected_performance": list(bid.expected_performance),
        "share": {
            "all": percent_text(share),
            "lower": percent_text(bid.share.lower),
            "upper": percent_text(bid.share.upper),
        },
        "cost_cover": document["cost_cover"],
        "running_cost": document["running_cost"],
    }
    if bid.resources:
        node["other_value_flows"] = list(bid.resources)
    return node


def _solutions(keys: Sequence[str], places: Sequence[Place]) -> list[str]:
    """How each would solve it, for who writes the rest."""
    lines = ["How the nodes would solve it, as their bids say:"]
    for key, each in zip(keys, places, strict=True):
        first, *others = each.bid.solution.splitlines() or [""]
        lines += ["", f"{key}: {first}", *(f"  {line}" for line in others)]
    return lines


def _text(
    fields: dict[str, Any], left: Sequence[tuple[str, str]], notes: Sequence[str] = ()
) -> str:
    """A YAML file with what is left to fill in on top."""
    yaml = YAML()
    yaml.width = 96
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    out = io.StringIO()
    yaml.dump(fields, out)
    lines = ["Left to fill in:", *(f"  {name}: {what}" for name, what in left)]
    if notes:
        lines += ["", *notes]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines) + "\n" + out.getvalue()
