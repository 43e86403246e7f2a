"""Problems of a file, each with its field and line, reported all at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from emc.core.text import counted, printable
from emc.errors import EMCError

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One problem of a file.

    Args:
        path: Field names and list places from the top of the file.
        line: Counted from 1; 0 if the file was not read that far.
    """

    path: Path_
    message: str
    hint: str = ""
    line: int = 0

    @property
    def where(self) -> str:
        """The path as people write it, such as ``nodes[2].share``."""
        text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return printable(text.removeprefix("."))

    def __str__(self) -> str:
        place = ": ".join(filter(None, [f"line {self.line}" if self.line else "", self.where]))
        text = f"{place}: {self.message}" if place else self.message
        return f"{text}; {self.hint}" if self.hint else text


class FileErrors(EMCError):  # noqa: N818
    """Everything that is wrong with one file, in the order of its lines.

    Args:
        schema: What ``emc schema`` calls such a file, if that helps.
    """

    def __init__(self, name: str, problems: Iterable[Problem], schema: str = "") -> None:
        self.name = name
        self.problems = sorted(problems, key=lambda problem: problem.line)
        count = counted(len(self.problems), "problem")
        super().__init__(
            "\n".join([f"{name}: {count}", *(f"  {each}" for each in self.problems)]),
            f"`emc schema {schema}` has every field and what may stand there" if schema else "",
        )
