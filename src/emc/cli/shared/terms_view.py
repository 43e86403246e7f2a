"""Terms and their changes on a terminal and for a program; what they say comes from the core."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emc.cli.shared import output
from emc.core.view import Block, Changed, Difference, View, apart
from emc.core.view_rules import Line

# what each stage means, where it is shown
STAGES = {
    "ACTIVE": "ACTIVE: sales are shared out",
    "ENDED": "ENDED: no more sales; something is still owed to somebody",
    "CLOSED": "CLOSED: over, and nothing is owed to anybody",
}


def show(view: View) -> None:
    """Terms whole: the reader's row first, then the others, then the rules."""
    for block in view.blocks:
        _show_block(block)


def _show_block(block: Block) -> None:
    output.line()
    output.line(block.title, style="bold")
    output.pairs([(line.name, line.text) for line in block.lines])


_HEADS = {"joins": "joins, with", "leaves": "leaves; it has had"}


def show_changes(found: Sequence[Changed], old: str = "now") -> None:
    """What reads otherwise: the reader's own first; who is paid or decides set apart behind it.

    Args:
        old: What to call what stands at the left.
    """
    if not found:
        return
    output.line()
    output.line(f"What changes, {old} > after", style="bold")
    for each in found:
        output.line()
        if each.how == "changes":
            output.line(each.title, style="bold")
            output.pairs([(line.name, line.text) for line in each.lines])
        else:
            output.line(f"{each.title} {_HEADS[each.how]}", style="bold")
            output.pairs([(line.name, line.text) for line in each.whole])
    show_apart(apart(found), old)


def show_apart(found: Sequence[tuple[str, Difference]], old: str = "now") -> None:
    """Who is paid or who decides: both addresses whole, one below the other."""
    if not found:
        return
    output.line()
    output.line("Who is paid, or who decides, changes: compare every character", style="bold")
    for where, change in found:
        output.line(f"  {asked_of(where, change)}")
        was, becomes = moved(change)
        output.pairs([(f"  {old}", was), ("  after", becomes)])


def asked_of(where: str, change: Difference) -> str:
    """What a change set apart is about."""
    return f"{where}: {change.name}" if where else change.name


def moved(change: Difference) -> tuple[str, str]:
    """The two addresses, or hashes, of a change that is set apart."""
    was, becomes = next(iter(change.values.values()))
    return str(was), str(becomes)


def machine(view: View) -> dict[str, Any]:
    """Terms for a program: every hashed value by its place, and what people are told."""
    return {
        "fields": _texts(view.fields),
        "rows": [
            {"row": block.row, "title": block.title, "lines": _lines(block.lines)}
            for block in view.rows
        ],
        "rules": _lines(view.rules.lines),
    }


def machine_changes(found: Iterable[Changed]) -> list[dict[str, Any]]:
    """Changes for a program."""
    return [
        {
            "row": each.row,
            "title": each.title,
            "how": each.how,
            "lines": [_change(line) for line in each.lines],
            "whole": _lines(each.whole),
        }
        for each in found
    ]


def _lines(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [{"name": each.name, "text": each.text, "fields": list(each.fields)} for each in lines]


def _change(line: Difference) -> dict[str, Any]:
    return {
        "name": line.name,
        "old": line.old,
        "new": line.new,
        "by": line.by or None,
        "is_apart": line.is_apart,
        "values": {place: [_text(each) for each in both] for place, both in line.values.items()},
    }


def _texts(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {place: _text(value) for place, value in fields.items()}


def _text(value: Any) -> Any:
    """Amounts may be larger than a program's numbers, so that no number is one."""
    return str(value) if type(value) is int else value
