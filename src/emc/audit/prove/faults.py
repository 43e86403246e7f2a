"""A line that does not tie."""

from dataclasses import dataclass
from typing import Any


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
