"""What nodes sign, encoded a second time: docs/specification.md#what-a-node-signs."""

from collections.abc import Mapping
from functools import cache

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from emc.audit.prove.signed import Row, Terms
from emc.audit.read.abi import words

# half the order of secp256k1
MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
MAGIC = bytes.fromhex("1626ba7e").ljust(32, b"\0")

_BY = "uint256 row,uint256 me,address signer"
_UNTIL = "uint256 nonce,uint256 deadline"
MESSAGES = {
    "Agreement": f"string act,address emc,uint256 epoch,bytes32 terms,{_BY},address payee,"
    "address currency,uint256 base,uint256 leading,uint256 upside,uint256 lower,uint256 upper,"
    f"uint256 running,uint256 cost,string gate,uint256 ends,address backstop,{_UNTIL}",
    "Departure": f"address emc,uint256 epoch,bytes32 terms,{_BY},address currency,string gate,"
    f"uint256 ends,address backstop,{_UNTIL}",
    "Expulsion": "address emc,uint256 epoch,uint256 accused,uint256 charged,"
    f"string clause,{_BY},{_UNTIL}",
    "Disbanding": f"address emc,uint256 epoch,{_BY},address currency,address backstop,{_UNTIL}",
    "Assessment": "address emc,uint256 epoch,string metric,uint256 value,uint256 measured,"
    f"bytes32 evidence,{_BY},{_UNTIL}",
}


@cache
def _domain(room: str, chain_id: int, at: str) -> bytes:
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    name, version = keccak(text=f"EMC {room}"), keccak(text="1")
    return bytes(keccak(words(keccak(text=kind), name, version, chain_id, at)))


def digest(
    room: str, chain_id: int, at: str, message: str, values: Mapping[str, int | str | bytes]
) -> bytes:
    """What a wallet signs for a room of the table.

    Args:
        values: By field; a string's value may stand as its hash.
    """
    fields = MESSAGES[message]
    encoded: list[int | str | bytes] = [keccak(text=f"{message}({fields})")]
    for each in fields.split(","):
        kind, _, name = each.partition(" ")
        value = values[name]
        if kind == "string" and isinstance(value, str):
            value = keccak(text=value)
        encoded.append(value)
    body = b"\x19\x01" + _domain(room, chain_id, at) + keccak(words(*encoded))
    return bytes(keccak(body))


Values = dict[str, int | str | bytes]


def agreement(act: str, epoch: int, terms: Terms, row: Row) -> Values:
    """A node's word on terms that it is in; who signs and until when is added by the caller."""
    base, leading, upside = row.shares
    return departure(epoch, terms) | {
        "act": act,
        "payee": row.payee,
        "base": base,
        "leading": leading,
        "upside": upside,
        "lower": row.lower,
        "upper": row.upper,
        "running": row.running,
        "cost": row.cost,
    }


def departure(epoch: int, terms: Terms) -> Values:
    """A node's word on terms that it is not in."""
    return {
        "epoch": epoch,
        "terms": terms.hash,
        "currency": terms.at("currency"),
        "gate": terms.gate,
        "ends": terms["ends_at"],
        "backstop": terms.at("backstop"),
    }


def recover(hashed: bytes, signature: bytes) -> str | None:
    """Who signed with a key; nobody if it is not such a signature."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if s > MAX_S:
        return None
    try:
        signed = Signature(vrs=(signature[64] - 27, r, s))
        return str(signed.recover_public_key_from_msg_hash(hashed).to_checksum_address())
    except (BadSignature, ValidationError, ValueError):
        return None
