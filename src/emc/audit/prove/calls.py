"""Where a transaction carries the calls of a room: in its data, or in what contracts called."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

# signatures by row id
Given = dict[int, list[dict[str, Any]]]


class Calls(NamedTuple):
    """Calls that were found, and why there may be others; empty if there cannot."""

    found: list[dict[str, Any]]
    doubt: str

    @property
    def signed(self) -> Given:
        """Every signature that was given, by row id: one good one is enough.

        A word without a signature is its sender's, and logged as counted.
        """
        by_row: Given = defaultdict(list)
        for call in self.found:
            for each in call["signatures"]:
                if each["data"]:
                    by_row[each["row"]].append(each)
        return by_row


def frames(frame: Mapping[str, Any], at: str) -> list[bytes]:
    """With what a contract was called, in the order of a trace; what failed did nothing."""
    if frame.get("error"):
        return []
    found = []
    if str(frame.get("to") or "").lower() == at and frame.get("type", "CALL") == "CALL":
        found.append(bytes.fromhex(str(frame.get("input") or "0x")[2:]))
    for each in frame.get("calls") or ():
        found += frames(each, at)
    return found
