"""What a canvas is made of: goal, shares, rows and rules, each with what it means."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from emc.core.limits import MAX_MEASURES, MAX_WAIT
from emc.core.problems import Path_
from emc.core.text import shown
from emc.core.units import Currency
from emc.files.canvas_types import (
    MAX_DECIMALS,
    SYMBOL,
    TRANCHES,
    Account,
    Amount,
    Key,
    Line,
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
from emc.files.models import Part

# the word of the measure that counts itself
PROCEEDS = "proceeds"
DAY = 86_400


class SettlementCurrency(Part):
    symbol: str = Field(pattern=f"^{SYMBOL}$", description="currency symbol, such as CNY")
    decimals: int = Field(
        ge=0, le=MAX_DECIMALS, description="decimals of the token; 18 for native coin"
    )

    @property
    def money(self) -> Currency:
        """What amounts are counted in."""
        return Currency(self.symbol, self.decimals)


class Measure(Part):
    metric: Key = Field(
        default=PROCEEDS,
        description="what is counted: proceeds, which the contract sees, or a word such as users, "
        "contracts or satisfaction for what nodes assess in whole numbers",
    )
    unit: Line = Field(description="what the numbers mean, in words")
    benchmark: Amount = Field(description="the industry average")
    target: Amount = Field(description="the goal, above the benchmark")
    source: Prose = Field(description="where the benchmark comes from")

    @property
    def is_assessed(self) -> bool:
        """Whether the contract cannot see it by itself."""
        return self.metric != PROCEEDS

    def counted_in(self, money: Currency) -> Currency:
        """What benchmark and target are counted in: the currency, or the metric's whole units."""
        return Currency(self.metric, 0) if self.is_assessed else money

    def shown(self, money: Currency, amount: str) -> str:
        """A benchmark or target with what it counts."""
        counted = self.counted_in(money)
        return counted.format(counted.parse(amount))


class LeadingGoal(Part):
    measures: list[Measure] = Field(
        min_length=1,
        max_length=MAX_MEASURES,
        description="what is counted; the lowest decides. One alone needs no list",
    )
    deadline: Until = Field(
        description="when it must be reached: a date-time or a span after the start"
    )
    gate: Literal["none", "benchmark", "target"] = Field(
        description="what every measure must have reached for the gate to open: until then income "
        "is earned but held"
    )
    ends_emc: bool = Field(
        default=False,
        description="whether anyone may end the EMC once every target is reached and costs are "
        "covered",
    )

    @property
    def is_assessed(self) -> bool:
        """Whether it has a measure that the contract cannot see by itself."""
        return any(each.is_assessed for each in self.measures)

    @property
    def proceeds(self) -> tuple[Path_, Measure] | None:
        """The measure that counts itself, and where it is written."""
        return next((each for each in self.placed() if not each[1].is_assessed), None)

    def placed(self) -> Iterator[tuple[Path_, Measure]]:
        """Every measure, and where it is written."""
        for place, measure in enumerate(self.measures):
            path: Path_ = ("measures", place) if len(self.measures) > 1 else ()
            yield ("leading_goal", *path), measure

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, value: Any) -> Any:
        """What is not the goal's is its only measure's."""
        if not isinstance(value, dict):
            return value
        own = {name: part for name, part in value.items() if name in cls.model_fields}
        rest = {name: part for name, part in value.items() if name not in own}
        if "measures" not in own:
            return {**own, "measures": [rest]}
        if twice := [name for name in rest if name in Measure.model_fields]:
            raise rule(f"has both measures and {twice[0]}", "write it in one of the measures")
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(schema))
        one = handler.resolve_ref_schema(whole["properties"]["measures"]["items"])
        own = {name: part for name, part in whole["properties"].items() if name != "measures"}
        needed = [name for name in whole["required"] if name != "measures"]
        return {
            "description": "one measure with deadline and gate, or up to three in a list",
            "anyOf": [
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {**one["properties"], **own},
                    "required": [*one["required"], *needed],
                },
                {
                    key: whole[key]
                    for key in ("type", "additionalProperties", "properties", "required")
                },
            ],
        }


class Returns(Part):
    days: int = Field(
        ge=1, le=MAX_WAIT // DAY, description="how long an order can be returned, in days"
    )
    cashier: Account = Field(
        description="who may give it back: key of a node, whose account it is then, or an address"
    )

    @property
    def span(self) -> int:
        """Seconds."""
        return self.days * DAY


class Share(Part):
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


class CanvasRow(Part):
    """What nodes and beneficiaries have in common."""

    key: Key = Field(description="a short word, once per canvas: small letters, digits, hyphens")
    name: Line = Field(description="name of the row")
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


class Node(CanvasRow):
    role: Line = Field(description="what it is in this EMC, in a few words")
    obligations: list[Line] = Field(
        min_length=1, max_length=16, description="what it contributes, one line each"
    )
    expected_performance: list[Line] = Field(
        min_length=1, max_length=16, description="how anyone can see that it delivered"
    )
    own_goals: list[Line] = Field(
        default_factory=list, max_length=16, description="goals it sets itself beyond that"
    )


class Beneficiary(CanvasRow):
    purpose: Prose = Field(description="what the money is for")


class Renegotiation(Part):
    quorum: Quorum = Field(default=750_000, description="percent of the nodes that must agree")
    interval: Span = Field(default=30 * DAY, description="least time between two")
    window: Span = Field(default=0, description="time to object; 0 for none")
    objections: Percent = Field(default=0, description="percent of the nodes that may object in it")


# ways of deciding that have a name, and what each means
PRESETS: dict[str, dict[str, str]] = {
    # whoever proposes is enough, if nobody objects
    "consent": {"quorum": "0.0001", "window": "7d", "objections": "0"},
    "majority": {"quorum": "50.0001"},
    "two thirds": {"quorum": "66.6667"},
    "unanimity": {"quorum": "100"},
}


def _preset(value: Any) -> Any:
    if isinstance(value, str) and value not in PRESETS:
        raise rule(
            f"{shown(value)} is no way of deciding", f"write {', '.join(PRESETS)}, or a quorum"
        )
    return PRESETS[value] if isinstance(value, str) else value


Decision = Literal["consent", "majority", "two thirds", "unanimity"]


class Leaving(Part):
    notice: Span = Field(default=30 * DAY, description="time between giving notice and leaving")
    cure: Span = Field(
        default=14 * DAY, description="time to remedy the breach before an expulsion"
    )
    expulsion: Quorum = Field(
        default=750_000, description="percent of the other nodes that can expel a node"
    )
    margin: Percent = Field(
        default=100_000,
        description="nodes may dissolve the EMC if the target is missed by more than this percent",
    )


class Assessment(Part):
    window: Span = Field(default=7 * DAY, description="time to challenge an assessment")
    # above half: of two others both, of four three
    objections: Quorum = Field(
        default=500_001,
        description="percent of the other nodes that discard it, at least two of them if there are",
    )
    grace: Span = Field(
        default=14 * DAY, description="time after the deadline for a final assessment"
    )


class Review(Part):
    commit: Window = Field(default=7 * DAY, description="time to commit ratings after the end")
    reveal: Window = Field(default=7 * DAY, description="time to reveal them after that")

    @model_validator(mode="after")
    def _both_or_none(self) -> "Review":
        if bool(self.commit) != bool(self.reveal):
            raise rule("one of commit and reveal is 0", "write 1d to 365d for both, or 0 for both")
        return self


# said where a bar is chosen, and what to do about it
CIRCULATES = (
    "one coin that goes round between accounts of one owner moves any amount in one transaction",
    "ask for stars and EMCs too, and see what the audit says of circulation",
)


class Bar(Part):
    stars: Stars = Field(default=0, description="least median rating, 0 to 5")
    emcs: int = Field(default=0, ge=0, lt=2**32, description="least number of EMCs completed")
    proceeds: Amount = Field(
        default="0",
        description="least proceeds moved, in the currency of the bar; one coin that goes round "
        "moves any amount, so ask for stars and EMCs too",
    )
    currency: SettlementCurrency | None = Field(
        default=None, description="what proceeds are counted in, if not the currency of the canvas"
    )
    admits_unrated: bool = Field(description="whether newcomers may join")


class Rules(Part):
    renegotiation: Annotated[
        Renegotiation, BeforeValidator(_preset, json_schema_input_type=Renegotiation | Decision)
    ] = Field(
        default=Renegotiation(),
        description="changing shares inside the bounds: consent (it passes if nobody objects), "
        "majority, two thirds, unanimity, or a quorum with its window",
    )
    leaving: Leaving = Field(default=Leaving(), description="exit, expulsion and disbanding")
    assessment: Assessment = Field(
        default=Assessment(), description="measuring a goal that the chain cannot see"
    )
    review: Review = Field(default=Review(), description="rating each other after the end")
    bar: Bar | None = Field(default=None, description="what a node must have shown elsewhere")
