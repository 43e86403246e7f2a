"""What our contracts do, they do on every EVM and under the rules of every hard fork."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector

from emc import artifacts
from emc.core.parts import NAMES
from tests.anvil import ROOT
from tests.evms.nodes import Machine, by_anvil, by_ethereumjs, by_hardhat, by_pyevm
from tests.evms.tape import Step

# payees that refuse, and what waits for them
SHORT = ("tests/unit/emc/test_withdraw.py",)
# of each file of a function, the first tests are taped
FIRST = 3
# what is not in a file of its own, or not among the first tests of it
FURTHER = (
    "tests/unit/votes/test_approve.py::test_it_counts_for_one_matter_of_one_emc_in_one_room",
    "tests/unit/votes/test_signatures.py::"
    "test_revoking_by_others_elsewhere_and_for_another_emc_voids_nothing",
    "tests/unit/goals/test_drop.py::test_dropped_it_delays_the_end_no_longer",
)
# parties that refuse, lie, reenter, sign falsely and come uncalled
ATTACKS = {
    "native": (
        *("a_hostile_payee_delays_nobody", "an_answer_of_64_kb_to_a_payment_is_not_read"),
        "a_payee_cannot_call_back_while_it_is_paid",
        "a_payee_cannot_call_back_while_its_credit_is_withdrawn",
        *("a_backstop_cannot_call_back_while_it_is_paid", "forced_coin_disturbs_no_sale"),
    ),
    "tokens": (
        "a_transfer_that_is_answered_with_no_and_moves_nothing_becomes_a_credit",
        "a_token_that_moves_and_denies_it_is_believed_by_the_balance",
        *("an_answer_of_64_kb_is_cut_off", "a_refused_payee_delays_nobody"),
        "a_paused_token_stops_sales_and_loses_nothing",
        *("a_fee_on_transfer_is_booked_as_received", "nobody_calls_back_from_a_hook"),
        "a_payee_told_of_its_payment_cannot_call_back",
        "a_payer_told_of_its_charge_cannot_call_back",
    ),
    "wallets": (
        "any_other_answer_of_a_wallet_is_no",
        *("a_wallet_revokes_what_it_signed", "a_wallets_owner_is_not_the_wallet"),
        "a_key_whose_account_runs_hostile_code_still_signs",
    ),
    "signatures": (
        "the_mirror_image_of_a_signature_does_not_count",
        *("v_is_27_or_28", "v_of_the_other_parity_recovers_another_address"),
        "garbage_that_recovers_nobody_does_not_count",
    ),
    "checkout": (
        *("a_wallet_that_misbehaves_pays_nothing", "a_hostile_buyer_delays_nobody"),
        "a_buyer_of_native_coin_does_not_come_back_while_it_is_paid",
        "a_token_that_tells_its_holders_lets_nobody_back_in",
    ),
    "changes": (
        # longer calls cost more than a payee may use
        "a_payee_calls_back_in_vain_while_a_change_pays_it[disburse]",
        "a_wallet_that_burns_gas_is_left_out_of_the_bundle",
    ),
}
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
# machines that play at a time: most are processes of their own
AT_ONCE = 4


def changing(name: str) -> list[dict[str, Any]]:
    """The functions of a contract that a transaction may call."""
    return [
        each
        for each in artifacts.load(name)["abi"]
        if each["type"] == "function" and each["stateMutability"] in ("nonpayable", "payable")
    ]


def long() -> list[str]:
    """The tests of every function, and hostile parties."""
    files = {f"test_{each['name']}.py" for name in NAMES for each in changing(name)}
    unit = sorted(path for path in (ROOT / "tests/unit").rglob("*.py") if path.name in files)
    return [
        *(path.relative_to(ROOT).as_posix() for path in unit),
        *FURTHER,
        *(f"tests/attacks/test_{of}.py::test_{each}" for of in ATTACKS for each in ATTACKS[of]),
    ]


def taped(folder: Path, *paths: str, first: int = 0) -> dict[str, Any]:
    """All that tests sent, which pass on the way.

    Args:
        first: Only so many tests of each file, in their first case; 0 for all.
    """
    kept = folder / "tape.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.evms.taping"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "no:xdist", *paths],
        cwd=ROOT,
        env=os.environ
        | {"TAPE": str(kept), "TAPE_FIRST": str(first), "HYPOTHESIS_PROFILE": "fast"},
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


def price(used: int, step: Step, name: str) -> int:
    """What a transaction costs on a machine, by what it used under the rules of Cancun: at least so
    much for its data since Prague (EIP-7623), and more for an empty power in Osaka (EIP-7883)."""
    if "cancun" in name:
        return used
    if "osaka" in name:
        used += 300 * step["powers"]
    data = bytes.fromhex(step["data"][2:])
    zeros = data.count(0)
    return max(used, 21_000 + 10 * (zeros + 4 * (len(data) - zeros)))


def compared(said: dict[str, Any], names: tuple[str, ...]) -> None:
    """Play a tape on machines: each does what the recording did, for the same gas as the others."""
    tape = said["tape"]
    sent = [step for step in tape if step["kind"] in ("send", "look")]
    spent: list[int] | None = None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        played = dict(zip(names, pool.map(lambda name: MACHINES[name](tape), names), strict=True))
    for name, outcomes in played.items():
        assert len(outcomes) == len(sent)
        for step, expected, found in zip(sent, said["outcomes"], outcomes, strict=True):
            assert same(found) == same(expected), (name, step)
        gas = [
            (found[1], step)
            for step, found in zip(sent, outcomes, strict=True)
            if step["kind"] == "send"
        ]
        # the first machine has the rules of Cancun
        spent = spent or [used for used, _ in gas]
        expected = [price(used, step, name) for used, (_, step) in zip(spent, gas, strict=True)]
        assert [used for used, _ in gas] == expected, name


def test_all_that_the_long_tape_is_made_of_is_there() -> None:
    for each in long():
        path, _, name = each.partition("[")[0].partition("::")
        assert f"def {name}(" in (ROOT / path).read_text() if name else (ROOT / path).exists(), each


@pytest.mark.anvil
def test_payments_that_are_refused_are_the_same_on_two_machines_and_hard_forks(
    tmp_path: Path,
) -> None:
    said = taped(tmp_path, *SHORT)
    assert len([step for step in said["tape"] if step["kind"] == "send"]) > 50
    compared(said, ("py-evm, cancun", "anvil, osaka"))


@pytest.mark.anvil
@pytest.mark.deep
def test_every_function_is_the_same_on_four_machines_and_three_hard_forks(tmp_path: Path) -> None:
    said = taped(tmp_path, *long(), first=FIRST)
    called = {(at, selector) for at, selector in said["called"]}
    for name in NAMES:
        for each in changing(name):
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
