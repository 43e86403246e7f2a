"""A line that does not tie."""

from dataclasses import dataclass
from typing import Any, Protocol

# behind all events of a block
LAST = 2**31 - 1


class Event(Protocol):
    """What something is wrong with."""

    @property
    def place(self) -> tuple[int, int]: ...
    @property
    def tx(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Fault:
    """Where, what was found, and what follows from everything before it."""

    block: int
    log_index: int
    tx: str
    event: str
    what: str
    found: Any
    expected: Any
    row_id: int | None = None

    @property
    def text(self) -> str:
        """The line in words."""
        where = f"block {self.block}"
        if self.tx:
            where += f", transaction {self.tx}"
        row = "" if self.row_id is None else f", row {self.row_id}"
        return f"{where}, {self.event}{row}: {self.what} is {self.found}, should be {self.expected}"

    @property
    def order(self) -> tuple[int, int]:
        """Where it stands on the chain."""
        return self.block, self.log_index


class Faults(list[Fault]):
    """Lines that do not tie, as they are found."""

    def add(
        self, at: Event, what: str, found: Any, expected: Any, row_id: int | None = None
    ) -> None:
        """Note what is wrong with an event."""
        self.append(Fault(*at.place, at.tx, at.name, what, found, expected, row_id))

    def expect(
        self, at: Event, what: str, found: Any, expected: Any, row_id: int | None = None
    ) -> bool:
        """Note a difference between an event and what follows from those before it; true if there
        is none.
        """
        if found != expected:
            self.add(at, what, found, expected, row_id)
        return bool(found == expected)

    def state(
        self, block: int, what: str, found: Any, expected: Any, row_id: int | None = None
    ) -> None:
        """Note a difference of what contracts say at the end of a block."""
        if found != expected:
            self.append(Fault(block, LAST, "", "state", what, found, expected, row_id))
