"""Where a transaction carries the calls of a room: in its data, or in what contracts called."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from emc.audit.read import abi


class Calls(NamedTuple):
    """Calls that were found, and why there may be others; empty if there cannot."""

    found: list[dict[str, Any]]
    doubt: str

    @property
    def given(self) -> dict[int, list[dict[str, Any]]]:
        """Every signature that was given, by row id: one good one is enough."""
        by_row: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for call in self.found:
            for each in call["given"]:
                by_row[each["row"]].append({**each, "caller": call["caller"]})
        return by_row

    @property
    def signed(self) -> dict[int, list[dict[str, Any]]]:
        """The same without who sent the transaction instead: what was counted is logged."""
        by_row = {row: [each for each in of if each["data"]] for row, of in self.given.items()}
        return {row: of for row, of in by_row.items() if of}


def decoded(
    room: str, functions: Sequence[str], data: bytes, caller: str | None
) -> list[dict[str, Any]]:
    """A call's data as one of some functions, and who called."""
    for function in functions:
        selector, inputs = abi.function(room, function)
        if data[:4] == selector:
            try:
                values = abi.decode(inputs, data[4:])
            except abi.UnreadableError:
                return []
            names = (each["name"] for each in inputs)
            return [{**dict(zip(names, values, strict=True)), "caller": caller}]
    return []


def frames(frame: Mapping[str, Any], at: str) -> list[tuple[str, bytes]]:
    """Who called a contract with what, in the order of a trace; what failed did nothing."""
    if frame.get("error"):
        return []
    found = []
    if str(frame.get("to") or "").lower() == at and frame.get("type", "CALL") == "CALL":
        data = bytes.fromhex(str(frame.get("input") or "0x")[2:])
        found.append((abi.address(int(str(frame.get("from") or "0x0"), 16)), data))
    for each in frame.get("calls") or ():
        found += frames(each, at)
    return found
