"""What a node signs, as EIP-712 typed data: its own numbers in flat fields.

Mirrors ``contracts/modules/messages.vy``. Amounts are base units, parts ppm, times Unix seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NotRequired, TypedDict, Unpack

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

from emc.core.terms import Metric, Row, Terms

# the upper half of the curve's order is refused: a signature has one spelling
MAX_S = 57896044618658097711785492504343953926418782139537452191302581570759080747168
# of the curve
ORDER = 2 * MAX_S + 1

_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


@dataclass(frozen=True)
class Kind:
    """A message that nodes sign.

    Args:
        fields: Types and names as EIP-712 hashes them.
        rooms: The contracts that count it.
    """

    fields: str
    rooms: tuple[str, ...]


# each message, as `contracts/modules/messages.vy` hashes it: typed data, the descriptors that
# wallets read and the pages about them follow from this
KINDS = {
    "Agreement": Kind(
        "string act,address emc,uint256 epoch,bytes32 terms,uint256 row,uint256 me,address signer,"
        "address payee,address currency,uint256 base,uint256 leading,uint256 upside,"
        "uint256 lower,uint256 upper,uint256 running,uint256 cost,string gate,uint256 ends,"
        "address backstop,uint256 nonce,uint256 deadline",
        ("Consent", "Changes"),
    ),
    "Departure": Kind(
        "address emc,uint256 epoch,bytes32 terms,uint256 row,uint256 me,address signer,"
        "address currency,string gate,uint256 ends,address backstop,uint256 nonce,uint256 deadline",
        ("Changes",),
    ),
    "Expulsion": Kind(
        "address emc,uint256 epoch,uint256 accused,uint256 charged,string clause,"
        "uint256 row,uint256 me,address signer,uint256 nonce,uint256 deadline",
        ("Conduct",),
    ),
    "Disbanding": Kind(
        "address emc,uint256 epoch,uint256 row,uint256 me,address signer,address currency,"
        "address backstop,uint256 nonce,uint256 deadline",
        ("Conduct",),
    ),
    "Assessment": Kind(
        "address emc,uint256 epoch,string metric,uint256 value,uint256 measured,bytes32 evidence,"
        "uint256 row,uint256 me,address signer,uint256 nonce,uint256 deadline",
        ("Goals",),
    ),
}
VERSION = "1"


def encoded_type(kind: str) -> str:
    """A message's type as EIP-712 hashes it."""
    return f"{kind}({KINDS[kind].fields})"


class Act(Enum):
    """How terms come into force; a signature for one act does not count for another."""

    FORMATION = "formation"
    RENEGOTIATION = "renegotiation"
    AMENDMENT = "amendment"


def matter(act: Act, emc: str, epoch: int, terms_hash: bytes) -> bytes:
    """The hash under which terms are approved and objected to on chain.

    Args:
        epoch: The one that the terms would begin.
    """
    types = ("bytes32", "address", "uint256", "bytes32")
    return keccak(encode(types, (keccak(text=act.value), emc, epoch, terms_hash)))


@dataclass(frozen=True)
class Domain:
    """The contract that counts a signature: a room of the table on a chain.

    Args:
        room: Consent, Changes, Conduct or Goals.
        at: Its address.
    """

    chain_id: int
    room: str
    at: str


class Signing(TypedDict):
    """Who signs, for which EMC, and for how long.

    ``signer`` is the ME's current account, ``deadline`` the time up to which the signature may be
    counted, ``nonce`` how often the signer has revoked for this EMC in this room, by default never.
    """

    emc: str
    signer: str
    deadline: int
    nonce: NotRequired[int]


class Vote(Signing):
    """The same with the epoch, and the row and ME that sign."""

    epoch: int
    row: int
    me: int


class ExpulsionVote(Vote):
    """``accused`` is a row, ``charged`` when it was first charged with the ``clause``, as cited."""

    accused: int
    charged: int
    clause: str


class AssessmentVote(Vote):
    """``value`` in the metric's unit, ``measured`` as of when, ``evidence`` 32 bytes."""

    value: int
    measured: int
    evidence: bytes


def agreement(
    domain: Domain,
    *,
    terms: Terms,
    row: Row,
    act: Act = Act.FORMATION,
    epoch: int = 1,
    **said: Unpack[Signing],
) -> dict[str, Any]:
    """The full message (types, domain, values) by which a node agrees to terms that it is in.

    Args:
        domain: Consent for the first epoch, Changes for later ones.
        act: By whom they are agreed to: all at first, the quorum, or all.
        epoch: The one that the terms would begin.

    Raises:
        KeyError: something is missing.
        TypeError: something is said that is no field, or that follows from the other arguments.
    """
    own = {name: getattr(row, name) for name in _OWN}
    told = {"act": act.value, "epoch": epoch, "row": row.id, "me": row.party}
    return _message(domain, "Agreement", said, {**_rules(terms), **own, **told})


def departure(domain: Domain, *, terms: Terms, **said: Unpack[Vote]) -> dict[str, Any]:
    """The message by which a node that is not in the new terms agrees to them (Changes).

    Args:
        terms: The new ones, which would begin the epoch.
    """
    return _message(domain, "Departure", said, _rules(terms))


def expulsion(domain: Domain, **said: Unpack[ExpulsionVote]) -> dict[str, Any]:
    """The message by which a node votes to expel another, in the epoch in force (Conduct)."""
    return _message(domain, "Expulsion", said, {})


def disbanding(domain: Domain, *, terms: Terms, **said: Unpack[Vote]) -> dict[str, Any]:
    """The message by which a node agrees to end the EMC now (Conduct).

    Args:
        terms: Those in force.
    """
    return _message(domain, "Disbanding", said, _rules(terms))


def assessment(domain: Domain, *, metric: Metric, **said: Unpack[AssessmentVote]) -> dict[str, Any]:
    """The message by which a node agrees that a value of the goal is final at once (Goals).

    Args:
        metric: With its word.
    """
    return _message(domain, "Assessment", said, {"metric": metric.word})


# what an agreement says of the node's own row
_OWN = ("payee", "base", "leading", "upside", "lower", "upper", "running", "cost")


def _rules(terms: Terms) -> dict[str, Any]:
    """What messages say of terms as a whole."""
    return {
        "terms": terms.hash(),
        "currency": terms.currency,
        "gate": terms.goal.gate.name.lower(),
        "ends": terms.ends_at,
        "backstop": terms.backstop,
    }


def signable(message: dict[str, Any]) -> SignableMessage:
    """The message as eth-account signs it."""
    return encode_typed_data(full_message=message)


@dataclass(frozen=True)
class Hashes:
    """The hashes that a hardware wallet shows for typed data that it cannot display, in hex.

    ``digest`` is the hash of both, which is what the key signs.
    """

    domain: str
    message: str
    digest: str


def hashes(message: dict[str, Any]) -> Hashes:
    """The hashes of a message."""
    signed = signable(message)
    digest = keccak(b"\x19" + signed.version + signed.header + signed.body)
    return Hashes("0x" + signed.header.hex(), "0x" + signed.body.hex(), "0x" + digest.hex())


def fault(message: dict[str, Any], signature: str, account: str) -> str:
    """Why a signature is not by an account's own key; empty if it is."""
    raw = bytes.fromhex(signature[2:])
    # the one spelling that the contracts take
    if len(raw) != 65 or raw[64] not in (27, 28) or int.from_bytes(raw[32:64], "big") > MAX_S:
        return "its signature is not one"
    try:
        found = signer(message, signature)
    except Exception:
        return "its signature is not one"
    return "" if found.lower() == account.lower() else "it signed something else"


def brought(message: dict[str, Any], signature: str, account: str) -> str:
    """A key's signature in the one form that the contracts accept.

    Wallets also return v of 0 or 1, the larger s, or 64 bytes (EIP-2098). A signature that is not
    by the account's own key, such as that of a contract wallet, is returned unchanged.
    """
    raw = bytes.fromhex(signature[2:])
    if len(raw) not in (64, 65):
        return signature
    r, s = raw[:32], int.from_bytes(raw[32:64], "big")
    if len(raw) == 64:
        odd, s = s >> 255, s & (2**255 - 1)
    elif raw[64] in (0, 1, 27, 28):
        odd = raw[64] % 27
    else:
        return signature
    if s > MAX_S:
        odd, s = 1 - odd, ORDER - s
    if not 0 < s < ORDER:
        return signature
    made = "0x" + (r + s.to_bytes(32, "big") + bytes([27 + odd])).hex()
    return signature if fault(message, made, account) else made


def signer(message: dict[str, Any], signature: str) -> str:
    """The address whose key made a signature, for comparison with the one expected."""
    return str(Account.recover_message(signable(message), signature=signature))


def types_of(kind: str) -> dict[str, list[dict[str, str]]]:
    """The types of a message by its name, as EIP-712 writes them."""
    return _types(kind, KINDS[kind].fields)


def _types(kind: str, fields: str) -> dict[str, list[dict[str, str]]]:
    pairs = [field.split(" ") for field in fields.split(",")]
    return {
        "EIP712Domain": _DOMAIN_TYPE,
        kind: [{"name": name, "type": type_} for type_, name in pairs],
    }


def _message(
    domain: Domain, kind: str, said: Mapping[str, object], known: dict[str, Any]
) -> dict[str, Any]:
    """A message of what is said and what is known otherwise, of which it may not have all."""
    free = {field["name"] for field in types_of(kind)[kind]} - known.keys()
    if odd := said.keys() - free:
        raise TypeError(f"{kind} does not take {', '.join(sorted(odd))}")
    bound = bound_to(f"EMC {domain.room}", VERSION, domain.chain_id, domain.at)
    return typed(bound, kind, KINDS[kind].fields, {"nonce": 0, **known, **said})


def bound_to(name: str, version: str, chain_id: int, at: str) -> dict[str, Any]:
    """The EIP-712 domain of a contract."""
    return {"name": name, "version": version, "chainId": chain_id, "verifyingContract": at}


def typed(domain: dict[str, Any], kind: str, fields: str, values: dict[str, Any]) -> dict[str, Any]:
    """Typed data of any contract.

    Args:
        domain: See ``bound_to``.
        fields: Types and names as EIP-712 hashes them.
        values: By name; others than the fields are left out.

    Raises:
        KeyError: one of the fields is not among the values.
    """
    types = _types(kind, fields)
    return {
        "types": types,
        "primaryType": kind,
        "domain": domain,
        "message": {field["name"]: values[field["name"]] for field in types[kind]},
    }
