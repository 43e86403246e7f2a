"""The canvas: the file in which people write an EMC down, checked before anything touches a chain.

``Canvas.document()`` is the canvas as plain JSON in one spelling: every default written out,
percentages and amounts as decimal text, spans in their largest whole unit, times in UTC, texts in
Unicode NFC. It holds no number but small whole ones, so RFC 8785 is exact. Two files that mean the
same have the same document, and the document is a canvas itself.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import rfc8785
from eth_utils.crypto import keccak
from pydantic import (
    Field,
    TypeAdapter,
    ValidationError,
)

from emc.core.limits import MAX_ROWS
from emc.core.problems import FileErrors, Path_
from emc.core.text import counted
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import source
from emc.files.canvas_parts import (
    Beneficiary,
    LeadingGoal,
    Node,
    Returns,
    Rules,
    SettlementCurrency,
)
from emc.files.canvas_rules import PartialCanvas, Place, findings
from emc.files.canvas_types import (
    Amount,
    Key,
    Line,
    Moment,
    Prose,
    Until,
)
from emc.files.models import Part
from emc.files.source import Source


class CanvasErrors(FileErrors):
    """Everything that is wrong with a canvas."""


class Canvas(Part):
    """The canvas of an EMC."""

    title: Line = Field(description="name of the EMC")
    note: Prose | None = Field(default=None, description="anything a reader must know first")
    scenario: Prose = Field(description="the customer's situation that the EMC serves")
    proposition: Prose = Field(description="what the EMC offers in that situation")
    kind: Literal["experience", "solution"] = Field(
        description="experience: serves end users; solution: serves experience EMCs"
    )
    currency: SettlementCurrency = Field(description="the one currency of the EMC")
    leading_goal: LeadingGoal = Field(description="what all nodes work for together")
    start: Moment = Field(description="now, or a date-time with zone")
    end: Until = Field(
        description="the last moment of a sale: a date-time or a span after the start"
    )
    disburse_at: Amount = Field(
        default="0",
        description="proceeds that accumulate before a payout; 0: every sale pays at once",
    )
    returns: Returns | None = Field(
        default=None,
        description="default for how long orders at Checkout can be returned, and by whom",
    )
    nodes: list[Node] = Field(min_length=2, max_length=MAX_ROWS, description="the leader first")
    beneficiaries: list[Beneficiary] = Field(
        default_factory=list, max_length=MAX_ROWS - 2, description="rows without a vote"
    )
    sink: Key = Field(description="key of the row that takes over the shares of a node that leaves")
    rules: Rules = Field(default=Rules(), description="quorums, windows, notice and review")

    @property
    def money(self) -> Currency:
        """What amounts are counted in."""
        return self.currency.money

    @property
    def rows(self) -> tuple[Node | Beneficiary, ...]:
        """Nodes, then beneficiaries, as written."""
        return (*self.nodes, *self.beneficiaries)

    @property
    def returning(self) -> str:
        """How orders at Checkout go back if nothing else is asked for; empty: it is not said."""
        if self.returns is None:
            return ""
        cashier = self.returns.cashier
        by = next((row.name for row in self.nodes if row.key == cashier), cashier)
        return (
            f"for {counted(self.returns.days, 'day')} by {by}; what waits at "
            "Checkout until then counts for no goal"
        )

    def document(self) -> dict[str, Any]:
        """The canvas as plain JSON, in its one spelling."""
        return self.model_dump(mode="json", exclude_none=True)

    def hash(self) -> bytes:
        """Keccak-256 of the document as RFC 8785 JSON."""
        return keccak(rfc8785.dumps(self.document()))

    @classmethod
    def from_document(cls, document: dict[str, Any], *, now: int | None = None) -> "Canvas":
        """The canvas behind a document, checked like a file.

        Raises:
            CanvasErrors: everything that is wrong with it.
        """
        return _checked(Source("canvas", document), now)

    @classmethod
    def load(cls, path: Path | str) -> "Canvas":
        """The canvas in a file, as ``load`` reads it."""
        return load(path)

    def check(self, now: int | None = None) -> None:
        """Refuse a canvas that breaks a rule.

        Raises:
            CanvasErrors: every rule it breaks.
        """
        if problems := list(findings(_whole(self), now)):
            raise CanvasErrors(self.title, problems, "canvas")


def load(path: Path | str, *, now: int | None = None) -> Canvas:
    """A canvas from its file, every rule of the terms checked.

    Args:
        now: Unix time for rules that look at the clock; none: these are not asked.

    Raises:
        CanvasErrors: everything that is wrong, with lines.
        EMCError: the file cannot be opened.
    """
    return _of(source.read(Path(path)), now)


def parsed(text: str, name: str, *, now: int | None = None) -> Canvas:
    """Like ``load``, from what the file holds."""
    return _of(source.parse(text.encode(), name), now)


def _of(file: Source, now: int | None) -> Canvas:
    if isinstance(file.tree, dict) and str(file.tree.get("format", "")).startswith("emc-"):
        raise EMCError(
            f"{file.name} is not a canvas: it is a file of format {file.tree['format']}"[:200],
            "read it with `emc inspect`",
        )
    return _checked(file, now)


def _checked(file: Source, now: int | None) -> Canvas:
    canvas = source.validate(Canvas, file, lambda path: _spelt(file, path))
    if canvas is not None:
        draft = _whole(canvas)
    else:
        draft = _readable(file.tree if isinstance(file.tree, dict) else {})
    for problem in findings(draft, now):
        file.report(problem.path, problem.message, problem.hint)
    if canvas is None or file.problems:
        raise CanvasErrors(file.name, file.problems, "canvas")
    return canvas


def _spelt(file: Source, path: Path_) -> Path_:
    """Where a field is written: one measure alone stands in no list."""
    if path[:3] == (*_ONE, 0) and _ONE not in file.lines:
        return ("leading_goal", *path[3:])
    return path


_ONE: Path_ = ("leading_goal", "measures")


def _whole(canvas: Canvas) -> PartialCanvas:
    places = [
        Place((name, index), row)
        for name, rows in (("nodes", canvas.nodes), ("beneficiaries", canvas.beneficiaries))
        for index, row in enumerate(rows)
    ]
    keys = [((*place.path, "key"), place.row.key) for place in places if place.row]
    return _draft(lambda name: getattr(canvas, name), places, keys)


def _readable(tree: dict[str, Any]) -> PartialCanvas:
    """The parts of a file that are in order by themselves."""
    items = [
        ((name, index), kind, item)
        for name, kind in (("nodes", Node), ("beneficiaries", Beneficiary))
        for index, item in enumerate(tree[name] if isinstance(tree.get(name), list) else [])
    ]
    places = [Place(path, _attempt(kind.model_validate, item)) for path, kind, item in items]
    keys = [
        ((*path, "key"), item["key"])
        for path, _, item in items
        if isinstance(item, dict) and isinstance(item.get("key"), str)
    ]
    return _draft(lambda name: _field(name, tree), places, keys)


def _draft(
    field: Callable[[str], Any], places: Iterable[Place], keys: Iterable[tuple[Path_, str]]
) -> PartialCanvas:
    """The parts of a canvas; what cannot be read is none.

    Args:
        field: Gives them by their names.
    """
    currency, rules = field("currency"), field("rules")
    money, bar = currency and currency.money, rules and rules.bar
    counted_in = bar.currency.money if bar and bar.currency else money
    return PartialCanvas(
        money=money,
        goal=field("leading_goal"),
        places=tuple(places),
        keys=tuple(keys),
        bar_proceeds=(bar.proceeds, counted_in) if bar and counted_in else None,
        assessment=rules and rules.assessment,
        **{name: field(name) for name in ("start", "end", "disburse_at", "sink", "returns")},
    )


def _field(name: str, tree: dict[str, Any]) -> Any:
    """A field of the canvas by itself, none if it cannot be read."""
    known = Canvas.model_fields[name]
    if name not in tree:
        return None if known.is_required() else known.get_default(call_default_factory=True)
    return _attempt(_adapter(name).validate_python, tree[name])


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    kind: Any = Canvas.model_fields[name].rebuild_annotation()
    return TypeAdapter(kind)


def _attempt(validate: Callable[[Any], Any], value: Any) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None
