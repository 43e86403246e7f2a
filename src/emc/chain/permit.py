"""EIP-2612: a payer lets an EMC pull a token by a signature in place of a transaction."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.chain import edge, tokens
from emc.core.checkout import TokenDomain
from emc.errors import EMCError

if TYPE_CHECKING:
    from ape.contracts import ContractInstance

    from emc.chain.edge import Chain

_PERMIT = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
_PERMIT_HASH = keccak(text=f"Permit({_PERMIT})")
_DOMAIN_HASH = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


def message(
    chain: "Chain", token: "ContractInstance", owner: str, spender: str, value: int, deadline: int
) -> dict[str, Any] | None:
    """The typed data of a permit; none if the token takes none that we know how to sign."""
    # DAI has permits of its own, with another signature
    if tokens.answer(chain, token.address, "PERMIT_TYPEHASH()") not in (None, _PERMIT_HASH):
        return None
    domain = domain_of(chain, token)
    if domain is None:
        return None
    try:
        nonce = int(edge.read("asking for permits", token.nonces, owner))
    except EMCError:
        return None
    values = {"owner": owner, "spender": spender, "value": value, "nonce": nonce}
    return domain.typed("Permit", _PERMIT, {**values, "deadline": deadline})


def domain_of(chain: "Chain", token: "ContractInstance") -> TokenDomain | None:
    """What signatures for a token are bound to, proven by its DOMAIN_SEPARATOR; none if it has
    none that we know how to make.
    """
    try:
        separator = bytes(edge.read("asking for permits", token.DOMAIN_SEPARATOR))
    except EMCError:
        return None
    for name, version in _domains(token):
        if separator == _separator(name, version, chain.id, token.address):
            return TokenDomain(name, version, chain.id, token.address)
    return None


def _domains(token: "ContractInstance") -> Iterator[tuple[str, str]]:
    """What the token may call itself: as it says (ERC-5267), else by custom."""
    try:
        told = edge.read("asking for the domain", token.eip712Domain)
        yield str(told[1]), str(told[2])
    except (EMCError, IndexError, TypeError):
        pass
    try:
        name = str(edge.read("asking for the name", token.name))
    except EMCError:
        return
    yield from ((name, "1"), (name, "2"))


def _separator(name: str, version: str, chain_id: int, at: str) -> bytes:
    values = [_DOMAIN_HASH, keccak(text=name), keccak(text=version), chain_id, at]
    return bytes(keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], values)))
