"""From a canvas to the terms on chain: keys become ME ids and addresses, words become numbers.

In the table the leader is first, then the other nodes by ascending ME id, then the beneficiaries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pydantic import AfterValidator, Field, StringConstraints

from emc.core import terms
from emc.core.problems import FileErrors
from emc.core.terms import NATIVE, Terms
from emc.core.text import printable
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import source, systems
from emc.files.canvas import Canvas
from emc.files.canvas_parts import Beneficiary, Measure, Node
from emc.files.canvas_types import ADDRESS, Address, seconds_of, word_or_address
from emc.files.models import Part

NATIVE_DECIMALS = 18
# in place of the addresses of a token and of the reputation registry
NATIVE_COIN, DEPLOYED = "native", "deployed"


class PartiesErrors(FileErrors):
    """Everything that is wrong with a parties file."""


# one pattern each, so that an error names the field and not what it might have been
Coin = Annotated[
    str,
    StringConstraints(pattern=f"^({NATIVE_COIN}|{ADDRESS})$"),
    AfterValidator(word_or_address),
]
Registry = Annotated[
    str,
    StringConstraints(pattern=f"^({DEPLOYED}|{ADDRESS})$"),
    AfterValidator(word_or_address),
]


class NodeParty(Part):
    me: int = Field(ge=1, lt=2**160, description="the ME id in the registry")
    payee: Address = Field(description="where the node is paid")


class BeneficiaryParty(Part):
    controller: Address = Field(description="who may change the payee")
    payee: Address = Field(description="where the beneficiary is paid")


class Parties(Part):
    """Who the keys of a canvas are on one chain."""

    chain_id: int = Field(ge=1, lt=2**63, description="the chain")
    currency: Coin = Field(
        description="native, or the token's address; its decimals are those of the canvas"
    )
    backstop: Address = Field(
        description="the address that gets what the gate holds if the EMC fails; not a node's"
    )
    nodes: dict[str, NodeParty] = Field(
        max_length=64, description="key of the canvas: me and payee"
    )
    beneficiaries: dict[str, BeneficiaryParty] = Field(
        default_factory=dict, max_length=64, description="key of the canvas: controller and payee"
    )
    assessor: Address | None = Field(default=None, description="who assesses; none: any node")
    registry: Registry | None = Field(
        default=None,
        description="the reputation registry that the bar of the canvas asks; deployed: "
        "Reputation, as deployed on the chain",
    )
    bar_currency: Coin | None = Field(
        default=None, description="what the bar counts proceeds in, if not the currency"
    )


@dataclass(frozen=True)
class Label:
    """What to call a row of the table.

    Args:
        row: Its place, which is its id.
    """

    row: int
    key: str
    name: str
    role: str


def load_parties(path: Path | str) -> Parties:
    """Parties from a YAML or JSON file.

    Raises:
        PartiesErrors: everything that is wrong, with lines.
        EMCError: the file cannot be opened.
    """
    file = source.read(Path(path))
    parties = source.validate(Parties, file)
    if parties is None or file.problems:
        raise PartiesErrors(file.name, file.problems, "parties")
    return parties


def placeholder_parties(canvas: Canvas) -> Parties:
    """Parties that exist nowhere, to compute with before anybody has registered."""
    return Parties(
        chain_id=1,
        currency="native" if canvas.money.decimals == NATIVE_DECIMALS else _placeholder("currency"),
        backstop=_placeholder("backstop"),
        nodes={
            node.key: NodeParty(me=index, payee=_placeholder(f"payee of {node.key}"))
            for index, node in enumerate(canvas.nodes, 1)
        },
        beneficiaries={
            row.key: BeneficiaryParty(
                controller=_placeholder(f"controller of {row.key}"),
                payee=_placeholder(f"payee of {row.key}"),
            )
            for row in canvas.beneficiaries
        },
        registry=_placeholder("registry") if canvas.rules.bar else None,
    )


def compile_terms(canvas: Canvas, parties: Parties, *, now: int, nonce: int = 0) -> Terms:
    """The terms that all nodes sign.

    Args:
        now: Unix time from which a canvas that starts now counts.
        nonce: Tells apart equal terms of the same nodes.

    Raises:
        CanvasErrors: the canvas breaks a rule.
        EMCError: canvas and parties do not fit together; says everything that does not.
    """
    canvas.check(now)
    if problems := [*_misfits(canvas, parties), *_forbidden(parties)]:
        raise EMCError(
            "canvas and parties do not fit together:\n"
            + "\n".join(f"  {each}" for each in problems),
            "correct the parties file",
        )
    rows = _ordered(canvas, parties)
    money = canvas.money
    start = seconds_of(canvas.start, now)
    goal = canvas.leading_goal
    rules = canvas.rules
    assessor = parties.assessor or NATIVE
    return Terms(
        canvas=canvas.hash(),
        backstop=parties.backstop,
        starts_at=start,
        ends_at=seconds_of(canvas.end, start),
        goal=terms.Goal(
            measures=tuple(_measure(each, money) for each in goal.measures),
            deadline=seconds_of(goal.deadline, start),
            gate=terms.Gate[goal.gate.upper()],
            ends_emc=goal.ends_emc,
        ),
        rows=tuple(_row(canvas, parties, index, row) for index, row in enumerate(rows)),
        currency=_currency(parties.currency),
        kind=terms.Kind[canvas.kind.upper()],
        sink=next(index for index, row in enumerate(rows) if row.key == canvas.sink),
        disburse_at=money.parse(canvas.disburse_at),
        nonce=nonce,
        renegotiation=terms.Renegotiation(**dict(rules.renegotiation)),
        leaving=terms.Leaving(**dict(rules.leaving)),
        assessment=terms.Assessment(assessor=assessor, **dict(rules.assessment)),
        review=terms.Review(**dict(rules.review)),
        bar=_bar(canvas, parties),
    )


def labels(canvas: Canvas, parties: Parties) -> list[Label]:
    """What to call each row of the compiled table, in its order."""
    return [
        Label(index, row.key, row.name, row.role if isinstance(row, Node) else "beneficiary")
        for index, row in enumerate(_ordered(canvas, parties))
    ]


def _ordered(canvas: Canvas, parties: Parties) -> list[Node | Beneficiary]:
    leader, *others = canvas.nodes
    others.sort(key=lambda node: parties.nodes[node.key].me)
    return [leader, *others, *canvas.beneficiaries]


def _measure(measure: Measure, money: Currency) -> terms.Measure:
    counted = measure.counted_in(money)
    return terms.Measure(
        terms.Metric.of(measure.metric),
        counted.parse(measure.benchmark),
        counted.parse(measure.target),
    )


def _row(canvas: Canvas, parties: Parties, index: int, row: Node | Beneficiary) -> terms.Row:
    party: int | str
    if isinstance(row, Node):
        party, payee = parties.nodes[row.key].me, parties.nodes[row.key].payee
    else:
        bound = parties.beneficiaries[row.key]
        party, payee = bound.controller, bound.payee
    return terms.Row(
        id=index,
        party=party,
        payee=payee,
        running=row.running_cost,
        cost=canvas.money.parse(row.cost_cover),
        **dict(row.share),
    )


def _bar(canvas: Canvas, parties: Parties) -> terms.Bar:
    bar = canvas.rules.bar
    if bar is None or parties.registry is None:
        return terms.Bar()
    return terms.Bar(
        registry=parties.registry,
        stars=bar.stars,
        emcs=bar.emcs,
        proceeds=(bar.currency.money if bar.currency else canvas.money).parse(bar.proceeds),
        currency=_currency(parties.bar_currency or parties.currency),
        admits_unrated=bar.admits_unrated,
    )


def _currency(text: str) -> str:
    return NATIVE if text == "native" else text


def _misfits(canvas: Canvas, parties: Parties) -> Iterator[str]:
    """Where canvas and parties name different things."""
    for what, written, bound in (
        ("nodes", [node.key for node in canvas.nodes], parties.nodes),
        ("beneficiaries", [row.key for row in canvas.beneficiaries], parties.beneficiaries),
    ):
        for key in written:
            if key not in bound:
                yield f"{what}.{key} is in the canvas and not bound to anybody"
        for key in bound:
            if key not in written:
                yield f"{what}.{printable(key)} is bound and not in the canvas"
    bar = canvas.rules.bar
    if bar and parties.registry is None:
        yield "registry is missing, and the canvas has a bar that somebody must answer"
    if not bar and (parties.registry or parties.bar_currency):
        yield "registry or bar_currency is given, and the canvas has no bar"
    if parties.registry == "deployed":
        yield "registry: deployed stands for an address, and no chain was asked for it"
    if bar and bar.currency and parties.bar_currency is None:
        yield "bar_currency is missing, and the bar of the canvas counts in one of its own"
    if parties.currency == "native" and canvas.money.decimals != NATIVE_DECIMALS:
        yield (
            f"currency: native coin has {NATIVE_DECIMALS} decimals, "
            f"the canvas counts in {canvas.money.decimals}"
        )


def _forbidden(parties: Parties) -> Iterator[str]:
    """What the contract refuses in any table."""
    seen: dict[int, str] = {}
    for key, node in parties.nodes.items():
        where = f"nodes.{printable(key)}"
        if node.me in seen:
            yield f"{where}.me is also that of {seen[node.me]}: one row per ME"
        seen.setdefault(node.me, where)
        if node.payee == parties.backstop:
            yield f"{where}.payee is the backstop, which may not be a node's"
    payees = [("backstop", parties.backstop)]
    payees += [(f"nodes.{key}.payee", each.payee) for key, each in parties.nodes.items()]
    payees += [
        (f"beneficiaries.{key}.payee", each.payee) for key, each in parties.beneficiaries.items()
    ]
    for where, payee in payees:
        if payee == parties.currency:
            yield f"{printable(where)} is the currency itself, which cannot be paid"
        elif payee == systems.ours()["Checkout"]:
            # its address follows from Consent's, which therefore cannot refuse it
            yield f"{printable(where)} is Checkout, where the money would belong to nobody"


def _placeholder(seed: str) -> str:
    return to_checksum_address(keccak(text=f"placeholder: {seed}")[12:])
