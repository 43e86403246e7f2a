"""The proposal file: a change that nodes agree on, small enough to be mailed.

It says what is to be changed, of which EMC and epoch, and carries the signatures so far. The terms
that would follow are recomputed from the chain whenever it is read; the hash written in it must
match. It holds no secret.
"""

import re
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from emc.core.limits import MAX_CLAUSE, MAX_IDS, MAX_MEASURES
from emc.core.terms import ASSESSOR, Gate, Kind, Metric, Row, Terms
from emc.core.text import printable, shown
from emc.errors import EMCError
from emc.files import json_file
from emc.files.bundle import Signature
from emc.files.canvas_types import KEY, Key
from emc.files.models import Address, Hash
from emc.files.source import first_words
from emc.files.terms_document import absent
from emc.files.terms_document import document_of as document_of

FORMAT = "emc-proposal/1"

_Row = Annotated[int, Field(ge=0, lt=MAX_IDS)]
_Ppm = Annotated[int, Field(ge=0, le=1_000_000)]
_Word = Annotated[int, Field(ge=0, lt=2**256)]


class Change(Enum):
    """What a proposal is about."""

    RENEGOTIATION = "renegotiation"
    AMENDMENT = "amendment"
    EXPULSION = "expulsion"
    DISBANDING = "disbanding"
    ASSESSMENT = "assessment"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Share(_Body):
    """A row's new shares, ppm."""

    row: _Row
    base: _Ppm
    leading: _Ppm
    upside: _Ppm


class Renegotiation(_Body):
    """New shares of the rows that change."""

    kind: Literal["renegotiation"] = "renegotiation"
    shares: tuple[Share, ...] = Field(min_length=1, max_length=64)

    @model_validator(mode="after")
    def _once(self) -> "Renegotiation":
        rows = [share.row for share in self.shares]
        if len(rows) != len(set(rows)):
            raise ValueError("shares: a row is named twice")
        return self


class Amendment(_Body):
    """Other terms, whole."""

    kind: Literal["amendment"] = "amendment"
    terms: dict[str, Any]


class Expulsion(_Body):
    """A charge that was raised on chain."""

    kind: Literal["expulsion"] = "expulsion"
    accused: _Row
    clause: Annotated[str, Field(min_length=1, max_length=MAX_CLAUSE)]


class Disbanding(_Body):
    """The end, now."""

    kind: Literal["disbanding"] = "disbanding"


class Assessment(_Body):
    """A value that was submitted on chain and would be final at once."""

    kind: Literal["assessment"] = "assessment"
    # the measure's word
    metric: Key
    submitter: Annotated[int, Field(ge=0, le=ASSESSOR)]
    amount: _Word
    measured_at: _Word
    evidence: Hash


Body = Renegotiation | Amendment | Expulsion | Disbanding | Assessment


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: str
    chain_id: int = Field(ge=1, lt=2**63)
    emc: Address
    epoch: int = Field(ge=1, lt=2**32)
    terms_hash: Hash
    change: Annotated[Body, Field(discriminator="kind")]
    signatures: list[Signature] = Field(default_factory=list, max_length=128)

    @model_validator(mode="after")
    def _once(self) -> "_File":
        rows = [signature.index for signature in self.signatures]
        if len(rows) != len(set(rows)):
            raise ValueError("signatures: a row has signed twice")
        return self


@dataclass(frozen=True)
class Proposal:
    """A change on its way to being agreed on.

    Args:
        epoch: The epoch in force when it was drawn up.
        terms_hash: Of the terms that would be in force with it.
    """

    chain_id: int
    emc: str
    epoch: int
    terms_hash: bytes
    change: Body
    signatures: tuple[Signature, ...] = field(default=())

    @property
    def kind(self) -> Change:
        return Change(self.change.kind)

    @property
    def asks(self) -> dict[str, object]:
        """What a signature agrees to, by name; the same in files that ask for the same."""
        return {
            "chain_id": self.chain_id,
            "emc": self.emc.lower(),
            "epoch": self.epoch,
            "kind": self.kind,
            "terms_hash": self.terms_hash,
            "change": self.change,
        }

    @property
    def document(self) -> dict[str, Any]:
        """What its file holds."""
        return {
            "format": FORMAT,
            "chain_id": self.chain_id,
            "emc": self.emc,
            "epoch": self.epoch,
            "terms_hash": "0x" + self.terms_hash.hex(),
            "change": self.change.model_dump(mode="json"),
            "signatures": [signature.model_dump() for signature in self.signatures],
        }

    @property
    def words(self) -> tuple[str, ...]:
        """The words of measures that it has: the chain has only their hashes."""
        if isinstance(self.change, Assessment):
            return (self.change.metric,)
        if isinstance(self.change, Amendment):
            return tuple(each.metric.word for each in terms_of(self.change.terms).goal.measures)
        return ()

    def signed(self, signature: Signature) -> "Proposal":
        """With one more signature, in place of the row's earlier one."""
        others = [each for each in self.signatures if each.index != signature.index]
        ordered = sorted([*others, signature], key=lambda each: each.index)
        return replace(self, signatures=tuple(ordered))

    def terms_after(self, terms: Terms) -> Terms:
        """What the terms in force become.

        Raises:
            EMCError: the change does not fit them, or gives other terms than the file says.
        """
        after = applied(self.change, terms)
        self.check(after)
        return after

    def check(self, after: Terms) -> None:
        """Refuse terms that are not those that the file names."""
        if after.hash() != self.terms_hash:
            raise EMCError(
                f"terms_hash says 0x{self.terms_hash.hex()}, the change gives "
                f"0x{after.hash().hex()}",
                "the file was altered, or drawn up for other terms: ask for a new one",
            )


def applied(change: Body, terms: Terms) -> Terms:
    """What a change makes of terms.

    Raises:
        EMCError: it does not fit them.
    """
    if isinstance(change, Renegotiation):
        return terms.with_shares(
            {each.row: (each.base, each.leading, each.upside) for each in change.shares}
        )
    if isinstance(change, Amendment):
        return terms_of(change.terms)
    if isinstance(change, Expulsion):
        return terms.without(change.accused)
    return terms


def read(path: Path) -> Proposal:
    """The proposal in a file. What it would change is for ``Proposal.terms_after`` to prove.

    Raises:
        EMCError: not a proposal file; names the field.
    """
    return parsed(json_file.load(path, "a proposal file"), printable(str(path)))


def parsed(found: Any, path: str) -> Proposal:
    """Like ``read``, from what the file holds.

    Args:
        path: For messages.
    """
    named = found.get("format") if isinstance(found, dict) else None
    if named != FORMAT:
        raise EMCError(
            f"{path}: format {shown(str(named))} is not {FORMAT!r}", "name a proposal file"
        )
    try:
        file = _File.model_validate(found)
    except ValidationError as error:
        raise EMCError(f"{path}: {first_words(error)}", "ask for the file again") from None
    return Proposal(
        chain_id=file.chain_id,
        emc=file.emc,
        epoch=file.epoch,
        terms_hash=bytes.fromhex(file.terms_hash[2:]),
        change=file.change,
        signatures=tuple(file.signatures),
    )


def terms_of(document: dict[str, Any]) -> Terms:
    """The terms behind plain values.

    Raises:
        EMCError: not terms; names the field.
    """
    spoken = dict(document)
    spoken["canvas"] = _canvas(document.get("canvas"))
    spoken["kind"] = _word(Kind, "kind", document.get("kind"))
    goal = document.get("goal")
    if not isinstance(goal, dict):
        raise EMCError("terms: goal is missing", "take the fields from a draft")
    spoken["goal"] = goal | {
        "measures": _measures(goal.get("measures")),
        "gate": _word(Gate, "goal.gate", goal.get("gate")),
    }
    try:
        terms = _TERMS.validate_python(spoken)
    except ValidationError as error:
        raise EMCError(f"terms.{first_words(error)}", "take the fields from a draft") from None
    _check_addresses(terms)
    whole = document_of(terms)
    if extra := absent(whole, document):
        raise EMCError(f"terms.{extra}: terms have no such field", "take the fields from a draft")
    if missing := absent(document, whole):
        raise EMCError(f"terms.{missing} is missing", "take the fields from a draft")
    for place, row in enumerate(terms.rows):
        try:
            fits = Row.unpack(row.pack()) == row and max(row.pack()) < 2**256
        except (EMCError, OverflowError):
            fits = False
        if not fits:
            hint = "parts are at most 1000000, row ids at most 127"
            raise EMCError(f"terms.rows.{place}: more than a row can hold", hint)
    for where, number in json_file.leaves(whole):
        if isinstance(number, int) and not 0 <= number < 2**256:
            raise EMCError(
                f"terms.{where}: {shown(number)} is not a number from 0 to 2**256 - 1",
                "see the numbers in a draft",
            )
    return terms


def _check_addresses(terms: Terms) -> None:
    """Every address is spelt so that a slip of the pen shows, as in a draft."""
    named = {
        "currency": terms.currency,
        "backstop": terms.backstop,
        "assessment.assessor": terms.assessment.assessor,
        "bar.registry": terms.bar.registry,
        "bar.currency": terms.bar.currency,
    }
    for place, row in enumerate(terms.rows):
        named[f"rows.{place}.payee"] = row.payee
        if isinstance(row.party, str):
            named[f"rows.{place}.party"] = row.party
    for where, text in named.items():
        if not is_checksum_address(text):
            hint = "copy it from where it comes from"
            if is_hex_address(text):
                hint = (
                    f"compare it with where it comes from, then write {to_checksum_address(text)}"
                )
            raise EMCError(f"terms.{where}: {shown(text)} is not a checksummed address", hint)


def _canvas(found: Any) -> bytes:
    if not isinstance(found, str) or not _DIGEST.fullmatch(found):
        raise EMCError("terms.canvas: not 0x and 64 hex digits", "take the fields from a draft")
    return bytes.fromhex(found[2:])


def _measures(found: Any) -> Any:
    """The same measures, with metrics in place of their words or hashes."""
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_MEASURES:
        raise EMCError(f"terms.goal.measures: not one to {MAX_MEASURES}", "write them in a list")
    measures = []
    for place, each in enumerate(found):
        word = each.get("metric") if isinstance(each, dict) else None
        if not isinstance(word, str) or not (_DIGEST.fullmatch(word) or _KEY.fullmatch(word)):
            where = f"terms.goal.measures.{place}.metric"
            raise EMCError(f"{where}: not a word such as users", "take the fields from a draft")
        is_hash = word.startswith("0x")
        metric = Metric.read(bytes.fromhex(word[2:])) if is_hash else Metric.of(word)
        measures.append({**each, "metric": metric})
    if len({each["metric"] for each in measures}) != len(measures):
        raise EMCError("terms.goal.measures: one is named twice", "keep one of them")
    return measures


def _word(words: type[IntEnum], where: str, found: Any) -> IntEnum:
    known = {each.name.lower(): each for each in words}
    if not isinstance(found, str) or found not in known:
        raise EMCError(f"terms.{where}: not one of {', '.join(known)}", "write one of them")
    return known[found]


_DIGEST = re.compile("0x[0-9a-fA-F]{64}")
_KEY = re.compile(KEY)
_TERMS: TypeAdapter[Terms] = TypeAdapter(Terms)
