"""How commands answer: tables on a terminal, plain text in a pipe, JSON for machines.

Everything printed here may come from a stranger's file or chain: it is never read as markup, and
what could steer a terminal is spelt out.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Literal, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from emc.core.text import printable

# how far a text column may be narrowed before a table becomes blocks
_FOLD = 16
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers stand at the right."""

    name: str
    align: Literal["left", "right"] = "left"


def columns(*names: str) -> list[Column]:
    """Columns by their names; of numbers, which stand at the right, they begin with ``>``."""
    return [Column(name[1:], "right") if name.startswith(">") else Column(name) for name in names]


def json_option(command: Command) -> Command:
    """Add `--json` to a command, passed on as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(
        command
    )


def print_json(data: Any) -> None:
    """One JSON document on standard output; amounts in it are text, never floats."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    # such a character stands inside of a string, where JSON has an escape for it
    click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


def plain(thing: Any, *texts: str) -> dict[str, Any]:
    """The fields of a dataclass for `print_json`; those named, such as amounts, as text."""
    return {name: str(value) if name in texts else value for name, value in vars(thing).items()}


def clean(text: str) -> str:
    """Lines of text without what could steer a terminal."""
    return "\n".join(printable(each) for each in text.split("\n"))


def console() -> Console:
    """Standard output as it is now."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def width() -> int:
    """How many characters go into a line of the terminal; 0 where there is none."""
    return console().width if sys.stdout.isatty() else 0


def line(text: str = "", style: str = "") -> None:
    """One line; the style shows on a terminal only."""
    console().print(Text(clean(text), style=style))


def pairs(values: Sequence[tuple[str, str]], least: int = 0) -> None:
    """Named values, one behind the other; what is too long for a terminal goes on under itself.

    Args:
        least: How wide the names are at least.
    """
    wide = max((cell_len(printable(name)) for name, _ in values), default=0)
    wide = max(wide, least)
    for name, value in values:
        told = printable(value)
        head = f"  {printable(name)}{' ' * (wide - cell_len(printable(name)))}  "
        room = width() - cell_len(head)
        longest = max((cell_len(word) for word in told.split()), default=0)
        if not width() or cell_len(told) <= room:
            line(head + told)
        elif longest > room:
            # an address or a hash is never broken where a line of its own holds it
            line(head.rstrip())
            _folded("    ", told)
        else:
            _folded(head, told)


def _folded(head: str, text: str) -> None:
    """Text behind a head, and under itself as far as it is longer than a line."""
    room = max(width() - cell_len(head), 1)
    for place, part in enumerate(wrap(text, room, break_on_hyphens=False)):
        line((head if place == 0 else " " * cell_len(head)) + part)


def command(text: str) -> None:
    """A command that can be copied: on a line of its own that only the terminal breaks."""
    console().print(Text(f"  {clean(text)}"), soft_wrap=True)


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], totals: Sequence[str] | None = None
) -> None:
    """A table, framed on a terminal and in aligned plain text elsewhere.

    Where a terminal is too narrow for it, each row is a block of lines: nothing is ever cut.

    Args:
        totals: A last line that sums the others up.
    """
    body = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _print_plain(columns, body, totals)
    elif (widths := _widths(columns, body, totals)) is not None:
        _print_framed(columns, body, totals, widths)
    else:
        _print_blocks(columns, body, totals)


def _widths(
    columns: Sequence[Column], rows: list[list[str]], totals: Sequence[str] | None
) -> list[int] | None:
    """How wide each column is in the terminal; none if it is too narrow for them.

    Words may fold, but are never cut.
    """
    lines = [[column.name for column in columns], *rows, *([list(totals)] if totals else [])]
    least, full = [], []
    for index, column in enumerate(columns):
        cells = [cells[index] for cells in lines]
        widest = max(cell_len(text) for text in cells)
        word = max((cell_len(each) for cell in cells for each in cell.split()), default=0)
        full.append(widest)
        # numbers do not fold; a name in a pillar of words cannot be read
        least.append(widest if column.align == "right" else max(word, min(widest, _FOLD)))
    # the frame takes a cell at both ends and three between columns
    room = console().width - sum(least) - 3 * (len(columns) - 1) - 2
    if room < 0:
        return None
    widths = []
    for narrow, wide in zip(least, full, strict=True):
        more = min(room, wide - narrow)
        widths.append(narrow + more)
        room -= more
    return widths


def _print_blocks(
    columns: Sequence[Column], rows: list[list[str]], totals: Sequence[str] | None
) -> None:
    named = [column.name for column in columns]
    # a number of the row alone says little: what comes after it heads the block with it
    heads = 2 if len(named) > 2 and all(cells[0].isdigit() for cells in rows) else 1
    width = max(len(name) for name in named[heads:])
    for cells in [*rows, *([list(totals)] if totals else [])]:
        line(" ".join(cell for cell in cells[:heads] if cell), style="bold")
        for name, cell in zip(named[heads:], cells[heads:], strict=True):
            if cell:
                line(f"  {name:<{width}}  {cell}")


def _print_framed(
    columns: Sequence[Column],
    rows: list[list[str]],
    totals: Sequence[str] | None,
    widths: list[int],
) -> None:
    made = RichTable(box=SIMPLE_HEAD, show_footer=totals is not None, pad_edge=False)
    for index, column in enumerate(columns):
        made.add_column(
            Text(column.name),
            footer=Text(totals[index]) if totals else "",
            justify=column.align,
            # rich would cut one column where another has room
            width=widths[index],
        )
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    console().print(made)


def _print_plain(
    columns: Sequence[Column], rows: list[list[str]], totals: Sequence[str] | None
) -> None:
    lines = [[column.name for column in columns], *rows, *([list(totals)] if totals else [])]
    widths = [max(len(cells[index]) for cells in lines) for index in range(len(columns))]
    for cells in lines:
        padded = (
            cell.rjust(width) if column.align == "right" else cell.ljust(width)
            for cell, width, column in zip(cells, widths, columns, strict=True)
        )
        click.echo("  ".join(padded).rstrip())
