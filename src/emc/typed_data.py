"""What a node signs, as EIP-712 typed data: its own numbers in flat fields."""

from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data

from emc.terms import Row, Terms

_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_AGREEMENT_TYPE = [
    {"name": name, "type": kind}
    for kind, name in (
        ("address", "emc"),
        ("uint256", "epoch"),
        ("bytes32", "terms"),
        ("uint256", "row"),
        ("uint256", "me"),
        ("address", "signer"),
        ("address", "payee"),
        ("address", "currency"),
        ("uint256", "base"),
        ("uint256", "leading"),
        ("uint256", "upside"),
        ("uint256", "lower"),
        ("uint256", "upper"),
        ("uint256", "running"),
        ("uint256", "cost"),
        ("string", "gate"),
        ("uint256", "ends"),
        ("address", "backstop"),
        ("uint256", "nonce"),
        ("uint256", "deadline"),
    )
]


def agreement(
    *,
    chain_id: int,
    consent: str,
    emc: str,
    terms: Terms,
    row: Row,
    signer: str,
    deadline: int,
    nonce: int = 0,
    epoch: int = 1,
) -> dict[str, Any]:
    """The full message (types, domain, values) by which a node agrees to the terms.

    Args:
        signer: The ME's current account.
        deadline: Unix time up to which the signature may be counted.
        nonce: How often the signer has revoked for this EMC.
    """
    return {
        "types": {"EIP712Domain": _DOMAIN_TYPE, "Agreement": _AGREEMENT_TYPE},
        "primaryType": "Agreement",
        "domain": {
            "name": "EMC Consent",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": consent,
        },
        "message": {
            "emc": emc,
            "epoch": epoch,
            "terms": terms.hash(),
            "row": row.id,
            "me": row.party,
            "signer": signer,
            "payee": row.payee,
            "currency": terms.currency,
            "base": row.base,
            "leading": row.leading,
            "upside": row.upside,
            "lower": row.lower,
            "upper": row.upper,
            "running": row.running,
            "cost": row.cost,
            "gate": terms.goal.gate.name.lower(),
            "ends": terms.ends_at,
            "backstop": terms.backstop,
            "nonce": nonce,
            "deadline": deadline,
        },
    }


def signable(message: dict[str, Any]) -> SignableMessage:
    """The message as eth-account signs it."""
    return encode_typed_data(full_message=message)


def signer(message: dict[str, Any], signature: str) -> str:
    """The address whose key made a signature, for comparison with the one expected."""
    return str(Account.recover_message(signable(message), signature=signature))
