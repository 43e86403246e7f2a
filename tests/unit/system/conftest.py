"""A System of five small codes, of which a test sees what they are told."""

from collections.abc import Callable
from typing import Any

import boa
import pytest
from eth_utils.crypto import keccak

from tests.kit import World, address, deployer

PAGES, REGISTRY = address("pages"), address("registry")


def telling(step: int) -> bytes:
    """Creation code of a contract whose code is what its constructor was told: five words for the
    first step, two for the others, which begin with STOP as zeros do.
    """
    size = 160 if step == 0 else 64
    # push1 size, dup1, codesize, sub, push0, codecopy, push1 size, push0, return; then what makes
    # each code another
    return bytes.fromhex(f"60{size:02x}8038035f3960{size:02x}5ff3") + bytes([step])


CODES = [telling(step) for step in range(5)]


@pytest.fixture
def system(world: World) -> Any:  # noqa: ARG001
    """A System that has done nothing."""
    return deployer("System.vy").deploy([keccak(each) for each in CODES], PAGES, REGISTRY)


@pytest.fixture
def of(world: World) -> Callable[..., Any]:  # noqa: ARG001
    """A System of other codes."""

    def made(*codes: bytes) -> Any:
        padded = [*codes, *CODES[len(codes) :]]
        return deployer("System.vy").deploy([keccak(each) for each in padded], PAGES, REGISTRY)

    return made


def nonce_of(contract: Any) -> int:
    """How many contracts a contract has created, and one."""
    at = bytes.fromhex(contract.address[2:])
    return int(boa.env.evm.vm.state.get_nonce(at))
