"""Calls for bids and bids, as people write them: YAML files, hashed like a canvas.

``document()`` is the file as plain JSON in one spelling, its hash keccak-256 of that as RFC 8785
JSON. The chain holds the hash and what the contract must know; the file goes round by its URI.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import rfc8785
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from pydantic import Field, ValidationError

from emc.core.limits import MAX_ROLE, MIN_REVEAL
from emc.core.problems import FileErrors
from emc.core.units import Currency, format_part
from emc.errors import EMCError
from emc.files import source
from emc.files.canvas_parts import Bar, SettlementCurrency
from emc.files.canvas_types import (
    Address,
    Amount,
    Key,
    Line,
    Percent,
    Prose,
    Span,
    Until,
    seconds_of,
)
from emc.files.models import Part
from emc.files.salts import Secret
from emc.files.source import Source

MAX_PLACES = 64
# of a list: needs, obligations, resources
MAX_LINES = 16


class CallErrors(FileErrors):
    """Everything that is wrong with a call or a bid."""


class _Document(Part):
    def document(self) -> dict[str, Any]:
        """The file as plain JSON, in its one spelling."""
        return self.model_dump(mode="json", exclude_none=True)

    def hash(self) -> bytes:
        """Keccak-256 of the document as RFC 8785 JSON."""
        return keccak(rfc8785.dumps(self.document()))


class Range(Part):
    lower: Percent = Field(description="least share, in percent")
    upper: Percent = Field(description="largest share, in percent")


class Asked(Range):
    asked: Percent = Field(description="the share asked for, in percent")


class Call(_Document):
    """What a leader looks for."""

    title: Line = Field(description="name of the EMC")
    role: Line = Field(description="the role to fill, in a few words")
    scenario: Prose = Field(description="the customer's situation that the EMC serves")
    proposition: Prose = Field(description="what the EMC offers in that situation")
    needs: list[Line] = Field(
        min_length=1, max_length=MAX_LINES, description="what is needed of the role, one line each"
    )
    share: Range = Field(description="the share that can be asked for: lower and upper, in percent")
    places: int = Field(default=1, ge=1, le=MAX_PLACES, description="number of places")
    deadline: Until = Field(description="the time to bid: a span after opening, or a date-time")
    sealed: bool = Field(default=False, description="whether bids stay sealed until the deadline")
    reveal: Span = Field(
        default=2 * 86_400, description="time after the deadline to open sealed bids"
    )
    currency: SettlementCurrency = Field(description="the currency in which the EMC is to settle")
    bar: Bar | None = Field(default=None, description="what a bidder must have shown elsewhere")

    def closes_at(self, now: int) -> int:
        """Last second to bid."""
        return seconds_of(self.deadline, now)

    @property
    def reveal_span(self) -> int:
        """Seconds to open sealed bids; zero where bids are open."""
        return self.reveal if self.sealed else 0


class Bid(_Document):
    """How a micro-enterprise would fill a place, and what it asks for."""

    key: Key = Field(description="a short word for the canvas: small letters, digits, hyphens")
    name: Line = Field(description="name of the bidder")
    solution: Prose = Field(description="how it would solve it")
    obligations: list[Line] = Field(
        min_length=1, max_length=MAX_LINES, description="what it contributes, one line each"
    )
    expected_performance: list[Line] = Field(
        min_length=1, max_length=MAX_LINES, description="how anyone can see that it delivered"
    )
    resources: list[Line] = Field(
        default_factory=list, max_length=MAX_LINES, description="what it needs of the others"
    )
    share: Asked = Field(description="share asked, and its bounds: asked, lower, upper, in percent")
    cost_cover: Amount = Field(
        default="0", description="fixed costs, covered from the first sales before any income"
    )
    running_cost: Percent = Field(
        default=0, description="percent of every sale for what is paid per unit"
    )
    payee: Address = Field(description="where it is paid")


_Model = TypeVar("_Model", Call, Bid)


def load_call(path: Path, *, now: int | None = None) -> Call:
    """A call from its file.

    Args:
        now: Unix time for what looks at the clock; none: it is not asked.

    Raises:
        CallErrors: everything that is wrong, with lines.
        EMCError: the file cannot be opened.
    """
    file = source.read(path)
    call = source.validate(Call, file)
    if call is not None:
        if len(call.role.encode()) > MAX_ROLE:
            file.report(("role",), f"is longer than {MAX_ROLE} bytes", "shorten it")
        _check_range(file, call.share)
        if call.share.upper == 0:
            file.report(("share", "upper"), "nothing can be asked for", "write more than 0")
        if call.sealed and call.reveal < MIN_REVEAL:
            file.report(("reveal",), "sealed bids need an hour to be opened", "write 1h or more")
        if call.bar is not None:
            counted = call.bar.currency.money if call.bar.currency else call.currency.money
            _check_amount(file, ("bar", "proceeds"), call.bar.proceeds, counted)
        if now is not None and call.closes_at(now) <= now:
            file.report(("deadline",), "is over already", "name a time that is still to come")
    return _checked(file, call, "call")


def load_bid(path: Path, call: Call | None = None) -> Bid:
    """A bid from its file.

    Args:
        call: What it answers, if its file is there; then it must fit.

    Raises:
        CallErrors: everything that is wrong, with lines.
        EMCError: the file cannot be opened.
    """
    file = source.read(path)
    bid = source.validate(Bid, file)
    if bid is not None:
        _check_range(file, bid.share)
        if not bid.share.lower <= bid.share.asked <= bid.share.upper:
            file.report(
                ("share", "asked"),
                f"{format_part(bid.share.asked)} is outside its own bounds",
                f"from {format_part(bid.share.lower)} to {format_part(bid.share.upper)}",
            )
        if bid.running_cost >= 1_000_000:
            file.report(("running_cost",), "takes every sale", "write less than 100")
        if call is not None:
            check_share(file, bid.share.asked, call.share.lower, call.share.upper)
            _check_amount(file, ("cost_cover",), bid.cost_cover, call.currency.money)
    return _checked(file, bid, "bid")


def opened_bid(secret: Secret) -> Bid:
    """The bid behind a commitment, as it was kept with its salt.

    Raises:
        EMCError: it is not the one that was committed to.
    """
    try:
        # as JSON, so that what a file gives is read like in any other
        bid = Bid.model_validate_json(json.dumps(secret.opens.get("bid")))
    except ValidationError:
        raise secret.broken() from None
    if bid.hash() != secret.bytes_of("document"):
        raise secret.broken()
    return bid


def check_share(file: Source, asked: int, lower: int, upper: int) -> None:
    """Note a share that a call does not take."""
    if not lower <= asked <= upper:
        file.report(
            ("share", "asked"),
            f"{format_part(asked)} is not what the call takes",
            f"ask for {format_part(lower)} to {format_part(upper)}",
        )


def commitment(
    chain_id: int, contract: str, call: int, me: int, share: int, document: bytes, salt: bytes
) -> bytes:
    """What a sealed bid commits to, as the contract computes it."""
    return keccak(
        encode(
            ["uint256", "address", "uint256", "uint256", "uint256", "bytes32", "bytes32"],
            [chain_id, contract, call, me, share, document, salt],
        )
    )


def matching(paths: Sequence[Path], hashes: Sequence[bytes]) -> dict[bytes, tuple[Path, Bid]]:
    """Bids by their document's hash.

    Raises:
        EMCError: a file is not one of these documents, or is the same as another.
    """
    found: dict[bytes, tuple[Path, Bid]] = {}
    for path in paths:
        bid = load_bid(path)
        digest = bid.hash()
        if digest not in hashes:
            raise EMCError(
                f"{path} is not the document of a bid in this call: its hash is 0x{digest.hex()}",
                "ask the bidder for the file again",
            )
        if digest in found:
            raise EMCError(f"{path} is the same as {found[digest][0]}", "name it once")
        found[digest] = (path, bid)
    return found


def _check_range(file: Source, share: Range) -> None:
    if share.lower > share.upper:
        file.report(
            ("share", "lower"),
            f"{format_part(share.lower)} is above the upper bound {format_part(share.upper)}",
            "swap them",
        )


def _check_amount(file: Source, path: tuple[str, ...], amount: str, money: Currency) -> None:
    try:
        money.parse(amount)
    except EMCError as error:
        file.report(path, str(error), error.hint)


def _checked(file: Source, made: _Model | None, schema: str) -> _Model:
    if made is None or file.problems:
        raise CallErrors(file.name, file.problems, schema)
    return made
