"""A parties file to begin with: every row of a canvas by name, with what is still to be said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emc.files.canvas import Canvas
from emc.files.compile import NATIVE_DECIMALS

# where remarks begin
_REMARK = 25


@dataclass(frozen=True)
class Given:
    """What is known of the parties already.

    Args:
        currency: ``native``, or the token's address.
        nodes: ME id and payee by key.
    """

    chain_id: int | None = None
    currency: str = ""
    backstop: str = ""
    nodes: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def is_whole(self, canvas: Canvas) -> bool:
        """Whether nothing of a canvas's parties is left to be said."""
        rows = {row.key for row in canvas.rows}
        bar = canvas.rules.bar
        is_counted = bar is None or bar.currency is None
        return bool(self.currency and self.backstop) and is_counted and rows <= self.nodes.keys()


def written(canvas: Canvas, given: Given, canvas_file: Path, file: Path) -> str:
    """The parties of a canvas as a YAML file; what is not known is empty."""
    return "\n".join([*_head(canvas, given, canvas_file, file), *_rows(canvas, given)]) + "\n"


def _head(canvas: Canvas, given: Given, canvas_file: Path, file: Path) -> Iterator[str]:
    symbol, decimals = canvas.money.symbol, canvas.money.decimals
    yield f"# Who the rows of {canvas.title} are on one chain."
    yield "# Each node registers its own account, `emc me register --kind node --account ALIAS`,"
    yield "# and says its ME id and where it is paid. Write addresses in quotes. Then:"
    yield f"#   emc deploy {canvas_file} --parties {file} --hold"
    ids = "31337 is a local chain, 11155111 Sepolia, 84532 Base Sepolia"
    yield _noted("chain_id:" if given.chain_id is None else f"chain_id: {given.chain_id}", ids)
    what = f"the address of {symbol}, a token of {decimals} decimals"
    yield _noted(
        f"currency: {_text(given.currency)}",
        f"native, or {what}" if decimals == NATIVE_DECIMALS else what,
    )
    backstop = f"backstop: {_text(given.backstop)}"
    yield _noted(backstop, "gets what the gate holds if the EMC fails; no node's")


def _rows(canvas: Canvas, given: Given) -> Iterator[str]:
    yield "nodes:"
    for node in canvas.nodes:
        me, payee = given.nodes.get(node.key, ("", ""))
        yield _noted(f"  {node.key}:", f"{node.name}: {node.role}")
        yield _noted(f"    me: {me}".rstrip(), "its ME id, a number")
        yield _noted(
            f"    payee: {_text(payee)}",
            "where it is paid: an account, or an EMC of its own people",
        )
    if canvas.beneficiaries:
        yield "beneficiaries:"
    for row in canvas.beneficiaries:
        yield _noted(f"  {row.key}:", row.name)
        yield _noted('    controller: ""', "who may change where it is paid")
        yield _noted('    payee: ""', "where it is paid")
    if canvas.leading_goal.is_assessed:
        yield _noted("assessor:", "the address that measures the goal; empty: any node")
    if (bar := canvas.rules.bar) is not None:
        yield _noted("registry: deployed", "answers the bar: Reputation, as it is on the chain")
        if bar.currency is not None:
            what = f"the address of {bar.currency.symbol}, in which the bar counts, or native"
            yield _noted('bar_currency: ""', what)


def _noted(line: str, remark: str) -> str:
    """A line with what it means; behind an address there is always room."""
    return f"{line:<{_REMARK - 1}} # {remark}"


def _text(text: str) -> str:
    return text if text == "native" else f'"{text}"'
