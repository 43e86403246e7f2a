"""Contract addresses, as they follow from creator and code."""

import rlp
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from emc.core.text import printable
from emc.errors import EMCError

# The deterministic deployment proxy (github.com/Arachnid/deterministic-deployment-proxy): sent a
# salt and creation code, it creates that code by CREATE2. Its address follows from the one
# transaction below, which nobody has the key for and anybody may send, so it is the same on every
# chain.
PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
PROXY_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
# gas price 100 gwei, gas 100,000, valid on every chain (from before EIP-155)
PROXY_TRANSACTION = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe"
    + PROXY_CODE.hex()
    + "1ba02222222222222222222222222222222222222222222222222222222222222222"
    "a02222222222222222222222222222222222222222222222222222222222222222"
)
PROXY_SENDER = "0x3fAB184622Dc19b6109349B94811493BF2a45362"
PROXY_COST = 100_000 * 100 * 10**9
SALT = bytes(32)


def address(told: str, what: str = "", hint: str = "") -> str:
    """A checksummed address from text that a person entered.

    Args:
        what: Where it was given, such as ``--payee``.
        hint: What else may be given there.

    Raises:
        EMCError: it is not an address.
    """
    if not is_address(told):
        raise EMCError(
            f"{what} {printable(told[:60])} is not an address".lstrip(),
            f"an address has 0x and 40 hex digits{hint}",
        )
    return str(to_checksum_address(told))


def created(creator: str, nonce: int) -> str:
    """The address of what an account or contract creates with this nonce (CREATE)."""
    return to_checksum_address(keccak(rlp.encode([bytes.fromhex(creator[2:]), nonce]))[12:])


def proxied(code: bytes) -> str:
    """The address at which the proxy creates code, arguments included (CREATE2, empty salt)."""
    digest = keccak(b"\xff" + bytes.fromhex(PROXY[2:]) + SALT + keccak(code))
    return to_checksum_address(digest[12:])
