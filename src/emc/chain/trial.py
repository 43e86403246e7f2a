"""What can be known of a token before an agreement relies on it: a transfer is tried by a call,
which moves nothing.
"""

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.core.terms import NATIVE

_BALANCE = keccak(text="balanceOf(address)")[:4]
_TRANSFER = keccak(text="transfer(address,uint256)")[:4]
_YES = (1).to_bytes(32, "big")


def doubts(eth: Any, token: str, sender: str, to: str) -> str:
    """Why a token may be no currency, in words; empty if nothing speaks against it.

    Args:
        eth: Web3's view of the chain.
        sender: In whose name a transfer is tried: of one unit if it has one, else of none.
        to: Who would get it.
    """
    if token == NATIVE:
        return ""
    told = _called(eth, {"to": token, "data": _BALANCE + encode(["address"], [sender])})
    if told is None or len(told) != 32:
        return f"the token {token} does not say what an account has: it is no ERC-20"
    amount = min(int.from_bytes(told, "big"), 1)
    data = _TRANSFER + encode(["address", "uint256"], [to, amount])
    answer = _called(eth, {"from": sender, "to": token, "data": data})
    if answer is None:
        # many tokens refuse to move nothing
        return f"the token {token} refuses a transfer by {sender}" if amount else ""
    if answer in (b"", _YES):
        return ""
    return (
        f"the token {token} answers a transfer with 0x{answer[:32].hex()}, not with 1: it may "
        "refuse payments, or deny those that it makes; then the balance decides"
    )


def _called(eth: Any, call: dict[str, Any]) -> bytes | None:
    """What a call answers; none if it fails."""
    try:
        return bytes(eth.call(call))
    except Exception:
        # each kind of node has its own way to say so
        return None
