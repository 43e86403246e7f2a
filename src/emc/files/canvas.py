"""The canvas: the file in which people write an EMC down, checked before anything touches a chain.

``Canvas.document()`` is the canvas as plain JSON in one spelling: every default written out,
percentages and amounts as decimal text, spans in their largest whole unit, times in UTC, texts in
Unicode NFC. It holds no number but small whole ones, so RFC 8785 is exact. Two files that mean the
same have the same document, and the document is a canvas itself.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import rfc8785
from eth_utils.crypto import keccak
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from emc.core.problems import FileErrors
from emc.core.terms import MAX_ROWS
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import source
from emc.files.canvas_rules import TRANCHES, Draft, Place, findings
from emc.files.canvas_types import (
    Amount,
    Key,
    Line,
    Moment,
    Percent,
    Prose,
    Quorum,
    Span,
    Stars,
    Until,
    Window,
    percent_of,
    rule,
)
from emc.files.source import Source


class CanvasErrors(FileErrors):
    """Everything that is wrong with a canvas."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SettlementCurrency(_Part):
    symbol: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9.]{0,11}$", description="how amounts are marked, such as CNY"
    )
    decimals: int = Field(
        ge=0, le=36, description="how many decimals the token has; 18 for native coin"
    )

    @property
    def money(self) -> Currency:
        """What amounts are counted in."""
        return Currency(self.symbol, self.decimals)


class LeadingGoal(_Part):
    metric: Literal["proceeds", "users", "contracts", "satisfaction"] = Field(
        default="proceeds",
        description="what is counted: cumulative proceeds, or what nodes assess in whole numbers",
    )
    unit: Line = Field(description="what the numbers mean, in words")
    benchmark: Amount = Field(description="the industry average")
    target: Amount = Field(description="the goal, above the benchmark")
    deadline: Until = Field(
        description="when it must be reached: a date-time or a span after the start"
    )
    source: Prose = Field(description="where the benchmark comes from")
    gate: Literal["none", "benchmark", "target"] = Field(
        description="what opens the gate: until then income is earned but held"
    )
    ends_emc: bool = Field(
        default=False,
        description="whether anybody may end it once the target is reached and costs are covered",
    )

    def counted_in(self, money: Currency) -> Currency:
        """What benchmark and target are counted in: the currency, or the metric's whole units."""
        return money if self.metric == "proceeds" else Currency(self.metric, 0)


class Share(_Part):
    base: Percent = Field(description="share up to the benchmark")
    leading: Percent = Field(description="share between benchmark and target")
    upside: Percent = Field(description="share beyond the target")
    lower: Percent = Field(description="least share that a renegotiation may set")
    upper: Percent = Field(description="largest share that a renegotiation may set")

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, value: Any) -> Any:
        """One number for all three tranches, and alone also for both bounds."""
        if isinstance(value, dict) and "all" in value:
            if twice := [name for name in TRANCHES if name in value]:
                raise rule(f"has both all and {twice[0]}", "write all, or base, leading and upside")
            percent_of(value["all"])
            rest = {name: part for name, part in value.items() if name != "all"}
            return {**dict.fromkeys(TRANCHES, value["all"]), **rest}
        if isinstance(value, str | int | Decimal):
            percent_of(value)
            return dict.fromkeys(cls.model_fields, value)
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(schema))
        fields = whole["properties"]
        bounds = {name: fields[name] for name in ("lower", "upper")}
        one = {
            **fields["base"],
            "description": "share in every tranche",
        }
        return {
            "description": "one number for all tranches and both bounds, or shares with bounds",
            "anyOf": [
                {"anyOf": one["anyOf"]},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"all": one, **bounds},
                    "required": ["all", *bounds],
                },
                {
                    key: whole[key]
                    for key in ("type", "additionalProperties", "properties", "required")
                },
            ],
        }


class Row(_Part):
    """What nodes and beneficiaries have in common."""

    key: Key = Field(description="a short word, once per canvas: small letters, digits, hyphens")
    name: Line = Field(description="what people call it")
    share: Share = Field(
        description="percent of what is left after costs: one number, or all, or base, leading and "
        "upside, with lower and upper"
    )
    cost_cover: Amount = Field(
        default="0", description="fixed costs, covered from the first sales before any income"
    )
    running_cost: Percent = Field(
        default=0, description="percent of every sale for what is paid per unit; never held back"
    )
    other_value_flows: list[Line] = Field(
        default_factory=list,
        max_length=16,
        description="what else it gets or gives: data, learning, rights",
    )


class Node(Row):
    role: Line = Field(description="what it is in this EMC, in a few words")
    obligations: list[Line] = Field(
        min_length=1, max_length=16, description="what it contributes, one line each"
    )
    expected_performance: list[Line] = Field(
        min_length=1, max_length=16, description="how anybody can see that it delivered"
    )
    own_goals: list[Line] = Field(
        default_factory=list, max_length=16, description="goals it sets itself beyond that"
    )


class Beneficiary(Row):
    purpose: Prose = Field(description="what the money is for")


class Renegotiation(_Part):
    quorum: Quorum = Field(default=750_000, description="percent of the nodes that must agree")
    interval: Span = Field(default=30 * 86_400, description="least time between two")
    window: Span = Field(default=0, description="time to object; 0 for none")
    objections: Percent = Field(default=0, description="percent of the nodes that may object in it")


class Leaving(_Part):
    notice: Span = Field(default=30 * 86_400, description="time between saying so and leaving")
    cure: Span = Field(
        default=14 * 86_400, description="time to mend what an expulsion is asked for"
    )
    expulsion: Quorum = Field(
        default=750_000, description="percent of the others that expel a node"
    )
    margin: Percent = Field(
        default=100_000, description="how far the target must be missed before nodes may disband"
    )


class Assessment(_Part):
    window: Span = Field(default=7 * 86_400, description="time to challenge an assessment")
    objections: Quorum = Field(default=500_000, description="percent of the nodes that discard it")
    grace: Span = Field(
        default=14 * 86_400, description="time after the deadline for a final assessment"
    )


class Review(_Part):
    commit: Window = Field(default=7 * 86_400, description="time to commit ratings after the end")
    reveal: Window = Field(default=7 * 86_400, description="time to reveal them after that")

    @model_validator(mode="after")
    def _both_or_none(self) -> "Review":
        if bool(self.commit) != bool(self.reveal):
            raise rule("one of commit and reveal is 0", "write 1d to 365d for both, or 0 for both")
        return self


class Bar(_Part):
    stars: Stars = Field(default=0, description="least median rating, 0 to 5")
    emcs: int = Field(default=0, ge=0, lt=2**32, description="least number of EMCs completed")
    proceeds: Amount = Field(
        default="0", description="least proceeds moved, in the currency of the bar"
    )
    currency: SettlementCurrency | None = Field(
        default=None, description="what proceeds are counted in, if not the currency of the canvas"
    )
    admits_unrated: bool = Field(description="whether newcomers may join")


class Rules(_Part):
    renegotiation: Renegotiation = Field(
        default=Renegotiation(), description="changing shares inside the bounds"
    )
    leaving: Leaving = Field(default=Leaving(), description="exit, expulsion and disbanding")
    assessment: Assessment = Field(
        default=Assessment(), description="measuring a goal that the chain cannot see"
    )
    review: Review = Field(default=Review(), description="rating each other after the end")
    bar: Bar | None = Field(default=None, description="what a node must have shown elsewhere")


class Canvas(_Part):
    """The canvas of an EMC."""

    title: Line = Field(description="what the EMC is called")
    note: Prose | None = Field(default=None, description="anything a reader must know first")
    scenario: Prose = Field(description="the customer's situation that the EMC serves")
    proposition: Prose = Field(description="what the EMC offers in it")
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
        default="0", description="proceeds that gather before a payout; 0: every sale pays at once"
    )
    nodes: list[Node] = Field(min_length=2, max_length=MAX_ROWS, description="the leader first")
    beneficiaries: list[Beneficiary] = Field(
        default_factory=list, max_length=MAX_ROWS - 2, description="rows without a vote"
    )
    sink: Key = Field(description="key of the row to which the share of a node that leaves falls")
    rules: Rules = Field(default=Rules(), description="quorums, windows, notice and review")

    @property
    def money(self) -> Currency:
        """What amounts are counted in."""
        return self.currency.money

    @property
    def rows(self) -> tuple[Node | Beneficiary, ...]:
        """Nodes, then beneficiaries, as written."""
        return (*self.nodes, *self.beneficiaries)

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
            raise CanvasErrors(self.title, problems)


def load(path: Path | str, *, now: int | None = None) -> Canvas:
    """A canvas from its file, every rule of the terms checked.

    Args:
        now: Unix time for rules that look at the clock; none: these are not asked.

    Raises:
        CanvasErrors: everything that is wrong, with lines.
        EMCError: the file cannot be opened.
    """
    file = source.read(Path(path))
    if isinstance(file.tree, dict) and str(file.tree.get("format", "")).startswith("emc-"):
        raise EMCError(
            f"{file.name} is no canvas: it is a file of format {file.tree['format']}"[:200],
            "read it with `emc inspect`",
        )
    return _checked(file, now)


def _checked(file: Source, now: int | None) -> Canvas:
    canvas = source.validate(Canvas, file)
    if canvas is not None:
        draft = _whole(canvas)
    else:
        draft = _readable(file.tree if isinstance(file.tree, dict) else {})
    for problem in findings(draft, now):
        file.report(problem.path, problem.message, problem.hint)
    if canvas is None or file.problems:
        raise CanvasErrors(file.name, file.problems)
    return canvas


def _whole(canvas: Canvas) -> Draft:
    bar = canvas.rules.bar
    places = [
        Place((name, index), row)
        for name, rows in (("nodes", canvas.nodes), ("beneficiaries", canvas.beneficiaries))
        for index, row in enumerate(rows)
    ]
    return Draft(
        money=canvas.money,
        goal=canvas.leading_goal,
        places=tuple(places),
        keys=tuple(((*place.path, "key"), place.row.key) for place in places if place.row),
        start=canvas.start,
        end=canvas.end,
        disburse_at=canvas.disburse_at,
        bar_proceeds=(bar.proceeds, bar.currency.money if bar.currency else canvas.money)
        if bar
        else None,
        sink=canvas.sink,
    )


def _readable(tree: dict[str, Any]) -> Draft:
    """The parts of a file that are in order by themselves."""
    items = [
        ((name, index), kind, item)
        for name, kind in (("nodes", Node), ("beneficiaries", Beneficiary))
        for index, item in enumerate(tree[name] if isinstance(tree.get(name), list) else [])
    ]
    currency = _field("currency", tree)
    money = currency.money if currency else None
    rules = _field("rules", tree)
    bar = rules.bar if rules else None
    counted = bar.currency.money if bar and bar.currency else money
    return Draft(
        money=money,
        goal=_field("leading_goal", tree),
        places=tuple(
            Place(path, _attempt(kind.model_validate, item)) for path, kind, item in items
        ),
        keys=tuple(
            ((*path, "key"), item["key"])
            for path, _, item in items
            if isinstance(item, dict) and isinstance(item.get("key"), str)
        ),
        start=_field("start", tree),
        end=_field("end", tree),
        disburse_at=_field("disburse_at", tree),
        bar_proceeds=(bar.proceeds, counted) if bar and counted else None,
        sink=_field("sink", tree),
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
