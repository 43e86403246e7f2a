"""The next contract of a system, and nothing else."""

from collections.abc import Callable
from typing import Any

import boa
import pytest
from eth_utils.crypto import keccak

from emc.core import parts
from emc.core.addresses import created, proxied
from tests.kit import World, code_of, deployer, events
from tests.unit.system.conftest import CODES, PAGES, REGISTRY, nonce_of


def words(*addresses: str) -> bytes:
    """Addresses as a constructor is given them."""
    return b"".join(bytes.fromhex(each[2:]).rjust(32, b"\0") for each in addresses)


def test_each_step_creates_where_it_was_foreseen_and_is_told_of_the_others(system: Any) -> None:
    at = [created(system.address, nonce) for nonce in range(1, 6)]
    assert [system.address_of(step) for step in range(5)] == at
    for step, code in enumerate(CODES):
        sender = boa.env.generate_address(f"passer-by {step}")
        assert system.deploy(step, code, sender=sender) == at[step]
        (log,) = events(system, "Created")
        assert (log.step, log.contract) == (step, at[step])
        told = words(*at[1:], PAGES) if step == 0 else words(at[0], REGISTRY)
        assert boa.env.get_code(at[step]) == told
        assert system.steps_done() == step + 1
        assert nonce_of(system) == step + 2


def test_a_step_that_was_done_changes_nothing_whoever_repeats_it_and_with_what(
    system: Any,
) -> None:
    system.deploy(0, CODES[0])
    system.deploy(1, CODES[1])
    for step, code in ((0, CODES[0]), (0, CODES[1]), (1, b""), (1, CODES[2])):
        at = system.deploy(step, code, sender=boa.env.generate_address("late"))
        assert at == system.address_of(step)
        assert events(system, "Created") == []
    assert (system.steps_done(), nonce_of(system)) == (2, 3)
    system.deploy(2, CODES[2])
    assert system.steps_done() == 3


@pytest.mark.parametrize("done", range(5))
def test_a_step_that_is_not_the_next_is_refused(system: Any, done: int) -> None:
    for step in range(done):
        system.deploy(step, CODES[step])
    for step in range(done + 1, 5):
        with boa.reverts("system: not the next step"):
            system.deploy(step, CODES[step])
    assert (system.steps_done(), nonce_of(system)) == (done, done + 1)


def test_there_are_five_steps(system: Any) -> None:
    for step in (5, 254, 255, 256, 2**256 - 1):
        with boa.reverts("system: no such step"):
            system.deploy(step, CODES[0])
        with boa.reverts("system: no such step"):
            system.address_of(step)
        with boa.reverts("system: no such step"):
            system.code_hash_of(step)
    for step, code in enumerate(CODES):
        system.deploy(step, code)
    with boa.reverts("system: no such step"):
        system.deploy(5, CODES[0])


@pytest.mark.parametrize("step", range(5))
def test_other_code_is_refused(system: Any, step: int) -> None:
    for before in range(step):
        system.deploy(before, CODES[before])
    code = CODES[step]
    for other in (b"", code[:-1], code + b"\0", code + words(PAGES), CODES[(step + 1) % 5]):
        with boa.reverts("system: other code"):
            system.deploy(step, other)
    assert (system.steps_done(), nonce_of(system)) == (step, step + 1)


@pytest.mark.parametrize(
    "failing",
    # a constructor that reverts, one that burns everything, code that must not exist (EIP-3541),
    # and one that answers with more than a contract may be
    ["5f5ffd", "fe", "60ef5f5360015ff3", "6160015ff3"],
)
def test_a_constructor_that_fails_undoes_its_step(of: Callable[..., Any], failing: str) -> None:
    system = of(bytes.fromhex(failing))
    with boa.reverts("system: not created"):
        system.deploy(0, bytes.fromhex(failing), gas=10_000_000)
    assert (system.steps_done(), nonce_of(system)) == (0, 1)
    assert boa.env.get_code(system.address_of(0)) == b""


def test_a_step_with_too_little_gas_is_undone_and_can_be_repeated(world: World) -> None:
    codes = {name: code_of(name) for name in parts.NAMES}
    hashes = [keccak(codes[name]) for name in parts.STEPS]
    system = deployer("System.vy").deploy(hashes, world.pages.address, world.registry.address)
    for gas in range(200_000, 4_000_000, 400_000):
        with boa.reverts():
            system.deploy(0, codes["EMC"], gas=gas)
        assert (system.steps_done(), nonce_of(system)) == (0, 1)
    for step, name in enumerate(parts.STEPS):
        system.deploy(step, codes[name])


def test_a_constructor_cannot_take_a_step_in_between(of: Callable[..., Any]) -> None:
    # calls who creates it with deploy(0, ""): the answer, success or not, is its code
    call = keccak(text="deploy(uint256,bytes)")[:4] + words("0x" + "00" * 20)
    call += (64).to_bytes(32, "big") + bytes(32)
    store = b"".join(
        bytes.fromhex("7f") + call[at : at + 32].ljust(32, b"\0") + bytes([0x60, at, 0x52])
        for at in range(0, len(call), 32)
    )
    meddling = store + bytes.fromhex("5f5f60645f5f335af15f5260205ff3")
    system = of(meddling)
    at = system.deploy(0, meddling)
    assert boa.env.get_code(at) == bytes(32)
    assert system.steps_done() == 1


def test_a_whole_system_is_where_its_code_says(world: World) -> None:
    codes = {name: code_of(name) for name in parts.NAMES}
    at = parts.addresses_of(codes)
    assert (
        at["System"] == proxied(parts.creation(parts.PARTS[2], codes, at)) == world.system.address
    )
    for step, name in enumerate(parts.STEPS):
        assert world.system.address_of(step) == at[name]
        assert world.system.code_hash_of(step) == keccak(codes[name])
    assert world.system.pages() == at["Pages"]
    assert world.system.micro_enterprises() == at["MicroEnterprises"]
    assert world.implementation.authority() == tuple(at[room] for room in parts.ROOMS)
    for contract in (world.consent, world.changes, world.conduct, world.goals):
        assert boa.env.get_code(contract.address)
    assert world.consent.implementation() == at["EMC"]
    assert world.system.steps_done() == 5


def test_no_coin_can_be_left_with_a_system(world: World, system: Any) -> None:
    with boa.reverts():
        system.deploy(0, CODES[0], value=1, sender=world.buyer)
    computation = boa.env.execute_code(system.address, sender=world.buyer, value=1)
    assert computation.is_error
    assert boa.env.get_balance(system.address) == 0
