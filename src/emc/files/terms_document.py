"""Terms as a file holds them: words for numbers that have one, everything else as it is."""

from dataclasses import asdict
from enum import IntEnum
from typing import Any

from emc.core.terms import Metric, Terms
from emc.core.text import printable
from emc.files import json_file


def document_of(terms: Terms) -> dict[str, Any]:
    """Terms as plain values, for a file: ppm, base units, seconds."""

    def plain(value: Any) -> Any:
        if isinstance(value, Metric):
            return value.full
        if isinstance(value, IntEnum):
            return value.name.lower()
        if isinstance(value, bytes):
            return "0x" + value.hex()
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return value

    document: dict[str, Any] = plain(asdict(terms))
    return document


def difference(found: Any, known: Any) -> str:
    """The first place where a document differs from another, as in ``goal.target``; empty if none
    does.
    """
    one, other = (dict(json_file.leaves(each)) for each in (found, known))
    places = [each for each in (*other, *one) if one.get(each) != other.get(each)]
    return printable(places[0]) if places else ""


def absent(found: Any, known: Any) -> str:
    """The first field that a document lacks of what another has, whole; empty if it lacks none."""
    places = [place.split(".") for place, _ in json_file.leaves(found)]
    there = {tuple(place[:end]) for place in places for end in range(len(place) + 1)}
    for where, _ in json_file.leaves(known):
        steps = where.split(".")
        for end in range(1, len(steps) + 1):
            if tuple(steps[:end]) not in there:
                return printable(".".join(steps[:end]))
    return ""
