"""How commands answer: tables on a terminal, plain text in a pipe, JSON for machines.

Everything printed here may come from a stranger's file or chain: it is never read as markup, and
what could steer a terminal is spelt out.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from emc.core.text import printable

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers stand at the right."""

    name: str
    align: Literal["left", "right"] = "left"


def json_option(command: Command) -> Command:
    """Add `--json` to a command, passed on as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for machines.")(
        command
    )


def print_json(data: Any) -> None:
    """One JSON document on standard output; amounts in it are text, never floats."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    # such a character stands inside of a string, where JSON has an escape for it
    click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


def clean(text: str) -> str:
    """Lines of text without what could steer a terminal."""
    return "\n".join(printable(each) for each in text.split("\n"))


def console() -> Console:
    """Standard output as it is now."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def line(text: str = "", style: str = "") -> None:
    """One line; the style shows on a terminal only."""
    console().print(Text(clean(text), style=style))


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], totals: Sequence[str] | None = None
) -> None:
    """A table, framed on a terminal and in aligned plain text elsewhere.

    Args:
        totals: A last line that sums the others up.
    """
    body = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_framed(columns, body, totals)
    else:
        _print_plain(columns, body, totals)


def _print_framed(
    columns: Sequence[Column], rows: list[list[str]], totals: Sequence[str] | None
) -> None:
    made = RichTable(box=SIMPLE_HEAD, show_footer=totals is not None, pad_edge=False)
    for index, column in enumerate(columns):
        made.add_column(
            Text(column.name),
            footer=Text(totals[index]) if totals else "",
            justify=column.align,
            # names may fold, numbers may not
            no_wrap=column.align == "right",
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
