"""What our contracts do, they do on every EVM and under the rules of every hard fork."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector

from emc import artifacts
from emc.core.parts import NAMES
from tests.anvil import ROOT
from tests.evms.nodes import Machine, by_anvil, by_ethereumjs, by_hardhat, by_pyevm
from tests.evms.tape import Step

pytestmark = pytest.mark.anvil
# payees that refuse, and what waits for them
SHORT = ("tests/unit/emc/test_withdraw.py",)
# every function, and parties that refuse, reenter, lie, sign falsely and come uncalled
LONG = (
    *("tests/unit/emc", "tests/unit/checkout", "tests/unit/goals", "tests/unit/conduct"),
    *("tests/unit/micro_enterprises", "tests/unit/system", "tests/unit/call_for_bids"),
    *(f"tests/unit/consent/test_{name}.py" for name in ("make", "revoke", "approve")),
    *(f"tests/unit/changes/test_{name}.py" for name in ("propose", "approve", "revoke", "object")),
    *(f"tests/unit/changes/test_{name}.py" for name in ("renegotiate", "amend")),
    *(f"tests/unit/reputation/test_{name}.py" for name in ("open", "reveal", "finalise", "reply")),
    *(f"tests/attacks/test_{name}.py" for name in ("tokens", "wallets", "signatures")),
)
MACHINES: dict[str, Machine] = {
    "anvil, cancun": by_anvil("cancun"),
    "anvil, prague": by_anvil("prague"),
    "anvil, osaka": by_anvil("osaka"),
    "hardhat, cancun": by_hardhat("cancun"),
    "hardhat, prague": by_hardhat("prague"),
    "ethereumjs, cancun": by_ethereumjs("cancun"),
    "ethereumjs, prague": by_ethereumjs("prague"),
    "ethereumjs, osaka": by_ethereumjs("osaka"),
    "py-evm, cancun": by_pyevm("cancun"),
    "py-evm, prague": by_pyevm("prague"),
}


def taped(folder: Path, *paths: str) -> dict[str, Any]:
    """All that tests sent, which pass on the way."""
    kept = folder / "tape.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.evms.taping"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "no:xdist", *paths],
        cwd=ROOT,
        env=os.environ | {"TAPE": str(kept), "HYPOTHESIS_PROFILE": "fast"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3_000:]
    said: dict[str, Any] = json.loads(kept.read_text())
    return said


def same(outcome: list[Any]) -> list[Any]:
    """What became of a transaction or of who was looked at, but for gas and for how it is spelt."""
    if isinstance(outcome[0], bool):
        done, _, logs = outcome
        return [done, [[at.lower(), topics, data] for at, topics, data in logs]]
    return [[int(coin, 16), code] for coin, code in outcome]


def floor(step: Step) -> int:
    """What a transaction with these data costs at least since Prague (EIP-7623)."""
    data = bytes.fromhex(step["data"][2:])
    zeros = data.count(0)
    return 21_000 + 10 * (zeros + 4 * (len(data) - zeros))


def compared(said: dict[str, Any], names: tuple[str, ...]) -> None:
    """Play a tape on machines: each does what the recording did, for the same gas as the others."""
    tape = said["tape"]
    sent = [step for step in tape if step["kind"] in ("send", "look")]
    spent: list[int] | None = None
    for name in names:
        outcomes = MACHINES[name](tape)
        assert len(outcomes) == len(sent)
        for step, expected, found in zip(sent, said["outcomes"], outcomes, strict=True):
            assert same(found) == same(expected), (name, step)
        gas = [
            (found[1], step)
            for step, found in zip(sent, outcomes, strict=True)
            if step["kind"] == "send"
        ]
        if "cancun" in name:
            here = [used for used, _ in gas]
            spent = spent or here
            assert here == spent, name
        else:
            assert spent is not None
            least = [max(used, floor(step)) for used, (_, step) in zip(spent, gas, strict=True)]
            assert [used for used, _ in gas] == least, name


def test_payments_that_are_refused_are_the_same_on_two_machines_and_hard_forks(
    tmp_path: Path,
) -> None:
    said = taped(tmp_path, *SHORT)
    assert len([step for step in said["tape"] if step["kind"] == "send"]) > 50
    compared(said, ("py-evm, cancun", "anvil, osaka"))


@pytest.mark.deep
def test_every_function_is_the_same_on_four_machines_and_three_hard_forks(tmp_path: Path) -> None:
    said = taped(tmp_path, *LONG)
    called = {(at, selector) for at, selector in said["called"]}
    for name in NAMES:
        for each in artifacts.load(name)["abi"]:
            if each["type"] == "function" and each["stateMutability"] in ("nonpayable", "payable"):
                selector = function_abi_to_4byte_selector(each).hex()
                assert (said["at"][name], selector) in called, f"{name}.{each['name']}"
    topics = {
        log[1][0] for each in said["outcomes"] if isinstance(each[0], bool) for log in each[2]
    }
    for name in NAMES:
        for each in artifacts.load(name)["abi"]:
            if each["type"] == "event":
                topic = "0x" + event_abi_to_log_topic(each).hex()
                assert topic in topics, f"{name}.{each['name']}"
    compared(said, tuple(MACHINES))
