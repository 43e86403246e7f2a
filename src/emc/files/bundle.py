"""The agreement file: everything a node needs to check and sign terms, and the signatures so far.

It holds canvas, parties and the nodes' accounts, from which terms, hash and address are recomputed
whenever it is read; those written in it must match. The terms are written out for readers
that do not know the rules of the canvas, such as the desk. It can be mailed; it holds no secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emc.core import typed_data
from emc.core.limits import MAX_IDS
from emc.core.terms import Row, Terms, emc_address
from emc.core.text import printable, shown
from emc.core.typed_data import Domain
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import json_file
from emc.files.canvas import Canvas
from emc.files.compile import Label, Parties, compile_terms, labels
from emc.files.models import Address, Hash
from emc.files.source import first_words
from emc.files.terms_document import difference, document_of

FORMAT = "emc-agreement/2"
# five owners of a Safe
MAX_SIGNATURE = 325


class Signature(BaseModel):
    """One node's word on the terms, as Consent takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # row id
    index: int = Field(ge=0, lt=MAX_IDS)
    signer: Address
    nonce: int = Field(ge=0, lt=2**256)
    deadline: int = Field(ge=0, lt=2**256)
    data: Annotated[str, Field(pattern=r"^0x([0-9a-f]{2}){1,325}$")]

    @property
    def is_plain(self) -> bool:
        """Whether it has the form in which contracts take a key's."""
        is_one = len(self.data) == 132 and self.data[-2:] in ("1b", "1c")
        return is_one and int(self.data[66:130], 16) <= typed_data.MAX_S

    def argument(self) -> tuple[int, int, bytes]:
        """The struct that Consent's functions take."""
        return self.index, self.deadline, bytes.fromhex(self.data[2:])

    @classmethod
    def of(cls, message: dict[str, Any], data: str) -> "Signature":
        """What a wallet gave for a message.

        Raises:
            EMCError: it is longer than the contracts take.
        """
        if len(data) > 2 + 2 * MAX_SIGNATURE:
            raise EMCError(
                f"this signature has {len(data) // 2 - 1} bytes, contracts take {MAX_SIGNATURE}",
                "a contract wallet of more than five owners approves on chain: --on-chain",
            )
        said = message["message"]
        return cls(
            index=said["row"],
            signer=said["signer"],
            nonce=said["nonce"],
            deadline=said["deadline"],
            data=typed_data.brought(message, data, said["signer"]),
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: str
    chain_id: int = Field(ge=1, lt=2**63)
    consent: Address
    implementation: Address
    # of the nodes, in the order of the rows
    accounts: list[Address] = Field(min_length=2, max_length=64)
    made_at: int = Field(ge=0, lt=2**40)
    nonce: int = Field(ge=0, lt=2**64)
    canvas: dict[str, Any]
    parties: dict[str, Any]
    terms: dict[str, Any]
    terms_hash: Hash
    emc: Address
    signatures: list[Signature] = Field(default_factory=list, max_length=64)


@dataclass(frozen=True)
class Bundle:
    """An agreement on its way to being signed.

    Args:
        accounts: The nodes' when it was drawn up, in the order of the rows: the address of the
            EMC follows from them.
    """

    chain_id: int
    consent: str
    implementation: str
    accounts: tuple[str, ...]
    made_at: int
    nonce: int
    canvas: Canvas
    parties: Parties
    signatures: tuple[Signature, ...] = field(default=())

    @cached_property
    def terms(self) -> Terms:
        """Computed from canvas and parties, never read."""
        return compile_terms(self.canvas, self.parties, now=self.made_at, nonce=self.nonce)

    @cached_property
    def labels(self) -> list[Label]:
        """Who sits in each row."""
        return labels(self.canvas, self.parties)

    @cached_property
    def emc(self) -> str:
        """Where the EMC is or will be."""
        return emc_address(self.consent, self.implementation, self.accounts, self.terms.hash())

    @property
    def asks(self) -> dict[str, object]:
        """What a signature agrees to, by name; the same in files that ask for the same."""
        return {
            "chain_id": self.chain_id,
            "consent": self.consent.lower(),
            "implementation": self.implementation.lower(),
            "accounts": [each.lower() for each in self.accounts],
            "emc": self.emc.lower(),
        }

    @property
    def words(self) -> tuple[str, ...]:
        """Of what the goal measures: the chain has only their hashes."""
        return tuple(each.metric for each in self.canvas.leading_goal.measures)

    @property
    def currency(self) -> Currency:
        return self.canvas.money

    @property
    def missing(self) -> list[Label]:
        """The nodes whose signature is not here."""
        signed = {signature.index for signature in self.signatures}
        return [
            label
            for label, row in zip(self.labels, self.terms.rows, strict=True)
            if row.is_node and row.id not in signed
        ]

    def called(self, missing: Mapping[int, str]) -> list[str]:
        """The names of rows that have not agreed; with the reason, if there is one."""
        return [
            label.name + ("" if missing[label.row] == "missing" else f" ({missing[label.row]})")
            for label in self.labels
            if label.row in missing
        ]

    @cached_property
    def nodes(self) -> dict[int, Row]:
        """The nodes' rows by their ids."""
        return {each.id: each for each in self.terms.nodes}

    def message(self, row: Row, signer: str, deadline: int, nonce: int) -> dict[str, Any]:
        """The typed data that the signer of a row signs."""
        return typed_data.agreement(
            Domain(self.chain_id, "Consent", self.consent),
            emc=self.emc,
            terms=self.terms,
            row=row,
            signer=signer,
            deadline=deadline,
            nonce=nonce,
        )

    def brought(self, signature: Signature) -> Signature:
        """A signature in the form that the contracts take, if it is a key's."""
        row = self.nodes.get(signature.index)
        if row is None:
            return signature
        message = self.message(row, signature.signer, signature.deadline, signature.nonce)
        return Signature.of(message, signature.data)

    def signed(self, signature: Signature) -> "Bundle":
        """With one more signature, in place of the row's earlier one."""
        others = [each for each in self.signatures if each.index != signature.index]
        ordered = sorted([*others, signature], key=lambda each: each.index)
        return replace(self, signatures=tuple(ordered))

    def unsigned(self) -> "Bundle":
        """Without any signature."""
        return replace(self, signatures=())

    @property
    def document(self) -> dict[str, Any]:
        """What its file holds."""
        return {
            "format": FORMAT,
            "chain_id": self.chain_id,
            "consent": self.consent,
            "implementation": self.implementation,
            "accounts": list(self.accounts),
            "made_at": self.made_at,
            "nonce": self.nonce,
            "terms_hash": "0x" + self.terms.hash().hex(),
            "emc": self.emc,
            "terms": document_of(self.terms),
            "parties": self.parties.model_dump(mode="json", exclude_none=True),
            "signatures": [signature.model_dump() for signature in self.signatures],
            "canvas": self.canvas.document(),
        }


def read(path: Path) -> Bundle:
    """The agreement in a file, every hash recomputed.

    Raises:
        EMCError: not an agreement file, or one whose parts do not fit together; says which.
    """
    return parsed(json_file.load(path, "an agreement file"), printable(str(path)))


def parsed(raw: Any, path: str) -> Bundle:
    """Like ``read``, from what the file holds.

    Args:
        path: For messages.
    """
    named = raw.get("format") if isinstance(raw, dict) else None
    if named != FORMAT:
        raise EMCError(
            f"{path}: format {shown(str(named))} is not {FORMAT!r}", "name an agreement file"
        )
    try:
        file = _File.model_validate(raw)
        bundle = Bundle(
            chain_id=file.chain_id,
            consent=file.consent,
            implementation=file.implementation,
            accounts=tuple(file.accounts),
            made_at=file.made_at,
            nonce=file.nonce,
            canvas=Canvas.from_document(file.canvas),
            parties=Parties.model_validate(file.parties),
            signatures=tuple(file.signatures),
        )
        plain = tuple(it if it.is_plain else bundle.brought(it) for it in bundle.signatures)
        bundle = replace(bundle, signatures=plain)
    except ValidationError as error:
        raise EMCError(f"{path}: {first_words(error)}", "ask for the file again") from None
    chain_id, terms, nodes = bundle.parties.chain_id, bundle.terms, len(bundle.terms.nodes)
    altered, terms_hash = "", "0x" + terms.hash().hex()
    if chain_id != bundle.chain_id:
        altered = f"parties.chain_id is {chain_id}, chain_id is {bundle.chain_id}"
    elif terms_hash != file.terms_hash:
        altered = f"terms_hash says {file.terms_hash}, canvas and parties give {terms_hash}"
    elif where := difference(file.terms, document_of(terms)):
        altered = f"terms.{where} is not what canvas and parties give"
    elif len(bundle.accounts) != nodes:
        altered = f"accounts has {len(bundle.accounts)}, the terms have {nodes} nodes"
    elif bundle.emc.lower() != file.emc.lower():
        altered = f"emc says {file.emc}, accounts and terms give {bundle.emc}"
    if altered:
        raise EMCError(f"{path}: {altered}", "the file was altered: refuse it")
    return bundle
