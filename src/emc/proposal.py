"""The proposal file: a change that nodes agree on, small enough to be mailed.

It says what is to be changed, of which EMC and epoch, and carries the signatures so far. The terms
that would follow are computed anew from the chain whenever it is read; the hash written in it must
match. It holds no secret.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from emc.bundle import Signature
from emc.deployments import replace_file
from emc.errors import EMCError
from emc.terms import Gate, Kind, Metric, Terms

FORMAT = "emc-proposal/1"
MAX_BYTES = 2**20

_Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
_Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
_Row = Annotated[int, Field(ge=0, lt=128)]
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


class Amendment(_Body):
    """Other terms, whole."""

    kind: Literal["amendment"] = "amendment"
    terms: dict[str, Any]


class Expulsion(_Body):
    """A charge that was raised on chain."""

    kind: Literal["expulsion"] = "expulsion"
    accused: _Row
    accuser: _Row
    clause: Annotated[str, Field(min_length=1, max_length=128)]


class Disbanding(_Body):
    """The end, now."""

    kind: Literal["disbanding"] = "disbanding"


class Assessment(_Body):
    """A value that was submitted on chain and would be final at once."""

    kind: Literal["assessment"] = "assessment"
    submitter: Annotated[int, Field(ge=0, le=128)]
    amount: _Word
    measured_at: _Word
    evidence: _Hash


Body = Renegotiation | Amendment | Expulsion | Disbanding | Assessment


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: str
    chain_id: int = Field(ge=1, lt=2**63)
    emc: _Address
    epoch: int = Field(ge=1, lt=2**32)
    terms_hash: _Hash
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
        if after.hash() != self.terms_hash:
            raise EMCError(
                f"terms_hash says 0x{self.terms_hash.hex()}, the change gives "
                f"0x{after.hash().hex()}",
                "the file was altered, or drawn up for other terms: ask for a new one",
            )
        return after


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
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise EMCError(f"{path}: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise EMCError(f"{path} is larger than a proposal can be")
    try:
        file = _File.model_validate(json.loads(raw))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise EMCError(f"{path}: {where}: {first['msg']}", "ask for the file again") from None
    except (ValueError, RecursionError):
        raise EMCError(f"{path} is not JSON", "ask for the proposal file again") from None
    if file.format != FORMAT:
        raise EMCError(f"{path}: format {file.format!r} is not {FORMAT!r}")
    return Proposal(
        chain_id=file.chain_id,
        emc=file.emc,
        epoch=file.epoch,
        terms_hash=bytes.fromhex(file.terms_hash[2:]),
        change=file.change,
        signatures=tuple(file.signatures),
    )


def write(path: Path, proposal: Proposal) -> None:
    """Write a proposal file, whole or not at all."""
    file = {
        "format": FORMAT,
        "chain_id": proposal.chain_id,
        "emc": proposal.emc,
        "epoch": proposal.epoch,
        "terms_hash": "0x" + proposal.terms_hash.hex(),
        "change": proposal.change.model_dump(mode="json"),
        "signatures": [signature.model_dump() for signature in proposal.signatures],
    }
    replace_file(path, json.dumps(file, indent=2, ensure_ascii=False) + "\n")


def document_of(terms: Terms) -> dict[str, Any]:
    """Terms as plain values, for a file: ppm, base units, seconds."""

    def plain(value: Any) -> Any:
        if isinstance(value, IntEnum):
            return value.name.lower()
        if isinstance(value, bytes):
            return "0x" + value.hex()
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return value

    document: dict[str, Any] = plain(asdict(terms))
    return document


def terms_of(document: dict[str, Any]) -> Terms:
    """The terms behind plain values.

    Raises:
        EMCError: not terms; names the field.
    """
    try:
        spoken = dict(document)
        spoken["canvas"] = bytes.fromhex(_text(document, "canvas").removeprefix("0x"))
        spoken["kind"] = Kind[_text(document, "kind").upper()]
        goal = dict(document.get("goal", {}))
        goal["metric"] = Metric[_text(goal, "metric").upper()]
        goal["gate"] = Gate[_text(goal, "gate").upper()]
        spoken["goal"] = goal
        terms = _TERMS.validate_python(spoken)
        if document_of(terms) != document:
            raise EMCError("terms: has fields that terms do not have", "take them from a draft")
        terms.hash()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EMCError(f"terms.{where}: {first['msg']}", "take the fields from a draft") from None
    except KeyError as error:
        raise EMCError(f"terms: {error.args[0]} is not one of the words", "see a draft") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise EMCError(f"these are not terms: {error}", "take the fields from a draft") from None
    return terms


def _text(values: Any, name: str) -> str:
    found = values.get(name) if isinstance(values, dict) else None
    if not isinstance(found, str):
        raise EMCError(f"terms: {name} is missing", "take the fields from a draft")
    return found


_TERMS: TypeAdapter[Terms] = TypeAdapter(Terms)
