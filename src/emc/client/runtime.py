"""The code that a contract of ours has on a chain, to the last byte.

What its constructor was told, and what it computed from the chain (the domain of its signatures),
is in its code; it is computed here again.
"""

from collections.abc import Mapping

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc import artifacts
from emc.chain.edge import Chain
from emc.core.parts import PARTS, STEPS
from emc.files import systems

PROXY = bytes.fromhex("363d3d373d3d3d363d73"), bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
# bytes, and how much room they have: what follows a string in its room is left over from
# elsewhere and is never read
Piece = tuple[bytes, int]


def is_ours(chain: Chain, name: str, addresses: Mapping[str, str]) -> bool:
    """Whether a contract runs our code and was told of these others.

    Args:
        addresses: Where it and the others are, by name.
    """
    at = addresses[name]
    return _is_made_of(bytes(chain.provider.get_code(at)), _pieces(chain.id, name, addresses))


def target_of(code: bytes) -> str | None:
    """The contract that a minimal proxy runs (ERC-1167)."""
    head, tail = PROXY
    if len(code) == 45 and code.startswith(head) and code.endswith(tail):
        return to_checksum_address(code[len(head) : len(head) + 20])
    return None


def of(name: str) -> bytes:
    """A contract's code without what it was told."""
    return bytes.fromhex(artifacts.load(name)["runtime"][2:])


def _pieces(chain_id: int, name: str, addresses: Mapping[str, str]) -> list[Piece]:
    part = next(each for each in PARTS if each.name == name)
    hashes = [keccak(systems.code_of(each)) for each in STEPS] if name == "System" else []
    return [
        _exact(of(name)),
        *_domain(chain_id, name, addresses[name]),
        *(_exact(each) for each in hashes),
        _exact(part.tail(addresses) or b""),
    ]


def _exact(content: bytes) -> Piece:
    return content, len(content)


def _is_made_of(code: bytes, pieces: list[Piece]) -> bool:
    place = 0
    for content, room in pieces:
        if code[place : place + len(content)] != content:
            return False
        place += room
    return place == len(code)


def _domain(chain_id: int, name: str, address: str) -> list[Piece]:
    """What a contract that checks signatures keeps in its code: its EIP-712 domain."""
    layout = artifacts.load(name)["layout"].get("code_layout") or {}
    if "eip712" not in layout:
        return []
    called, version = f"EMC {name}".encode(), b"1"
    kind = keccak(
        b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    )
    words = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    separator = keccak(encode(words, [kind, keccak(called), keccak(version), chain_id, address]))
    return [
        _exact(separator),
        _exact(encode(["uint256", "address"], [chain_id, address])),
        (len(called).to_bytes(32, "big") + called, 32 + 64),
        _exact(keccak(called)),
        (len(version).to_bytes(32, "big") + version, 32 + 32),
        _exact(keccak(version)),
    ]
