"""Terms in words, row by row and rule by rule, and the differences that a change makes.

Pure: takes terms and what else is known, returns lines. Every hashed field is shown by a line that
names it; ``fields_of`` lists them all.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import IntEnum
from typing import Any

from emc.core import forecast
from emc.core.terms import Measure, Row, Terms
from emc.core.units import Currency, format_part
from emc.core.view_rules import Line, rules_of

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\b")


@dataclass(frozen=True)
class Known:
    """What is known in addition to the terms.

    Args:
        names: By row id.
        said: What the canvas says about the EMC as a whole, by field name.
        promises: What it says about a row, by field name, by row id.
        accounts: The nodes' current accounts, by row id.
        bar_money: The currency in which the bar counts proceeds, if another one.
        missing: Why promises are unknown; empty if they are known.
    """

    money: Currency
    names: Mapping[int, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    promises: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    accounts: Mapping[int, str] = field(default_factory=dict)
    bar_money: Currency | None = None
    missing: str = ""

    def called(self, row: int) -> str:
        """The label of a row."""
        return f"{row} {self.names[row]}" if row in self.names else str(row)


@dataclass(frozen=True)
class Block:
    """The lines about one thing.

    Args:
        row: Row id; none: the rules.
    """

    title: str
    row: int | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class View:
    """Terms in words: the signer's row first, then the others, then the rules."""

    rows: tuple[Block, ...]
    rules: Block
    fields: Mapping[str, Any]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (*self.rows, self.rules)


@dataclass(frozen=True)
class Difference:
    """A line that a change alters.

    Args:
        old, new: None if there is no such line.
        values: The hashed values that it shows, by place, before and after; None if there is no
            such place.
        by: The difference, for numbers.
        is_apart: Whether it changes who is paid or who decides, and is confirmed separately.
    """

    name: str
    old: str | None
    new: str | None
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    by: str = ""
    is_apart: bool = False

    @property
    def text(self) -> str:
        by = f" ({self.by})" if self.by else ""
        return f"{self.old or '-'} > {self.new or '-'}{by}"


@dataclass(frozen=True)
class Changed:
    """The changes of one block.

    Args:
        how: ``changes``, ``joins`` or ``leaves``; a joining or leaving row is shown in full.
    """

    title: str
    row: int | None
    how: str
    lines: tuple[Difference, ...]
    whole: tuple[Line, ...] = ()


def of(terms: Terms, known: Known, own: int | None = None) -> View:
    """Terms in words.

    Args:
        own: The reader's row id, which comes first.
    """
    rows = sorted(terms.rows, key=lambda row: row.id != own)
    rules = tuple(rules_of(terms, known.money, known.called, known.bar_money))
    if known.missing:
        rules = (Line("obligations", known.missing), *rules)
    rules = (*(Line(name, text) for name, text in known.said.items()), *rules)
    return View(
        rows=tuple(
            Block(_title(row, known, own), row.id, tuple(_row(terms, row, known))) for row in rows
        ),
        rules=Block("Rules", None, rules),
        fields=fields_of(terms),
    )


def unbound(view: View) -> View:
    """Terms in words before parties are bound: without addresses, MEs and controllers."""

    def lines(block: Block) -> tuple[Line, ...]:
        return tuple(
            replace(line, text=_ADDRESS.sub("(named by the parties file)", line.text))
            for line in block.lines
            if line.name not in ("ME", "controller")
        )

    rows = tuple(replace(block, lines=lines(block)) for block in view.rows)
    kept = {
        place: value
        for place, value in view.fields.items()
        if not place.endswith(".party") and not _ADDRESS.fullmatch(str(value))
    }
    return View(rows, replace(view.rules, lines=lines(view.rules)), kept)


def changes(before: View, after: View, own: int | None = None) -> tuple[Changed, ...]:
    """What a change alters: the reader's row first, then each other row, then the rules."""
    was = {block.row: block for block in before.rows}
    becomes = {block.row: block for block in after.rows}
    found = []
    for row in sorted({*was, *becomes}, key=lambda row: (row != own, row)):
        old, new = was.get(row), becomes.get(row)
        if old is not None and new is not None:
            found.append(Changed(new.title, row, "changes", _lines(old, new, before, after)))
        elif new is not None:
            found.append(Changed(new.title, row, "joins", (), new.lines))
        elif old is not None:
            found.append(Changed(old.title, row, "leaves", (), old.lines))
    rules = _lines(before.rules, after.rules, before, after)
    found.append(Changed(after.rules.title, None, "changes", rules))
    return tuple(each for each in found if each.lines or each.whole)


def apart(found: Iterable[Changed]) -> list[tuple[str, Difference]]:
    """The changes that are confirmed separately, each with its block's title."""
    return [
        (each.title if each.row is not None else "", line)
        for each in found
        for line in each.lines
        if line.is_apart
    ]


def fields_of(terms: Terms) -> dict[str, Any]:
    """All hashed values by place: rows by id, measures by metric, and the order of the rows."""
    return {**dict(_leaves(terms, "")), "order": [row.id for row in terms.rows]}


def _leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        for each in fields(value):
            yield from _leaves(getattr(value, each.name), f"{where}.{each.name}".lstrip("."))
    elif isinstance(value, tuple):
        for each in value:
            yield from _leaves(each, f"{where}.{_key(each)}")
    elif isinstance(value, bytes):
        yield where, "0x" + value.hex()
    else:
        yield where, value.name.lower() if isinstance(value, IntEnum) else value


def _key(value: Row | Measure) -> str:
    return str(value.id) if isinstance(value, Row) else value.metric.full


def _title(row: Row, known: Known, own: int | None) -> str:
    return f"Row {known.called(row.id)}{' (you)' if row.id == own else ''}"


def _row(terms: Terms, row: Row, known: Known) -> Iterator[Line]:
    at = f"rows.{row.id}."
    if row.id in known.promises:
        for name, text in known.promises[row.id].items():
            yield Line(name, text)
    yield from (
        Line(name, format_part(part), (f"{at}{tranche}",), part=part)
        for name, tranche, part in (
            ("share up to benchmark", "base", row.base),
            ("share up to target", "leading", row.leading),
            ("share beyond target", "upside", row.upside),
        )
    )
    bounds = f"{format_part(row.lower)} to {format_part(row.upper)}"
    yield Line("never outside", bounds, (f"{at}lower", f"{at}upper"))
    yield Line("room left", room_of(row))
    yield Line("cost cover", known.money.format(row.cost), (f"{at}cost",))
    running = f"{format_part(row.running)} of every sale"
    yield Line("running cost", running, (f"{at}running",), part=row.running)
    yield Line("payee", row.payee, (f"{at}payee",), is_apart=True)
    if isinstance(row.party, int):
        yield Line("ME", str(row.party), (f"{at}party",), is_apart=True)
        account = known.accounts.get(row.id, f"whatever account ME {row.party} has")
        yield Line("controller", account)
    else:
        yield Line("controller", row.party, (f"{at}party",), is_apart=True)
    role = "node, with a vote" if row.is_node else "beneficiary, without a vote"
    if row.id == terms.sink:
        role += "; the sink: gets the shares of a node that leaves"
    yield Line("kind of row", role, (f"{at}id",))


def room_of(row: Row) -> str:
    """How far the shares of a row may still move."""
    room = forecast.headroom(row)
    up = f"{format_part(room.up)} up" if room.up >= 0 else f"{format_part(-room.up)} over"
    return f"{format_part(room.down)} down, {up}"


def _lines(old: Block, new: Block, before: View, after: View) -> tuple[Difference, ...]:
    was = {line.name: line for line in old.lines}
    becomes = {line.name: line for line in new.lines}
    # a rule that comes or goes stands where it stands in the terms that have it
    both = [(was.get(name), becomes.get(name)) for name in {**becomes, **was}]
    made = [_change(*each, before, after) for each in both]
    return tuple(
        each
        for each in made
        if each.old != each.new or any(a != b for a, b in each.values.values())
    )


def _change(old: Line | None, new: Line | None, before: View, after: View) -> Difference:
    line = new or old
    assert line is not None
    by = ""
    if old is not None and new is not None and None not in (old.part, new.part):
        by = signed_part((new.part or 0) - (old.part or 0))
    places = dict.fromkeys((*(old.fields if old else ()), *(new.fields if new else ())))
    values = {each: (before.fields.get(each), after.fields.get(each)) for each in places}
    return Difference(
        name=line.name,
        old=old.text if old else None,
        new=new.text if new else None,
        values=values,
        by=by,
        is_apart=line.is_apart and any(a != b for a, b in values.values()),
    )


def signed_part(ppm: int) -> str:
    """A difference of percentages."""
    return ("+" if ppm > 0 else "-") + format_part(abs(ppm)) if ppm else "0%"
