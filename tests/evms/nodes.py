"""A tape sent to other EVMs: two nodes by JSON-RPC, ethereumjs in JavaScript, py-evm in Python.

Each gives what became of every transaction, [done, gas, logs], and of who was looked at, [coin,
hash of the code].
"""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import requests
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_utils.crypto import keccak

from tests import anvil, hardhat
from tests.anvil import ROOT
from tests.evms.tape import CHAIN_ID, Step
from tests.javascript import required

Machine = Callable[[list[Step]], list[Any]]
VMS = {"cancun": CancunVM, "prague": PragueVM}


class Node:
    """A local node that does as it is told."""

    def __init__(self, url: str, prefix: str) -> None:
        self.url = url
        self.prefix = prefix
        self.session = requests.Session()
        self.session.trust_env = False
        self.number = 0
        self.known: set[str] = set()
        self.snapshots: list[str] = []

    def ask(self, method: str, *params: Any) -> Any:
        """The answer to one request.

        Raises:
            RuntimeError: the node refuses it.
        """
        self.number += 1
        question = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": list(params)}
        said = self.session.post(self.url, json=question, timeout=120).json()
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error']}")
        return said["result"]

    def play(self, tape: list[Step]) -> list[Any]:
        """What became of every transaction, and of who was looked at."""
        return [each for each in map(self.take, tape) if each is not None]

    def take(self, step: Step) -> list[Any] | None:
        """Take one step."""
        match step["kind"]:
            case "give":
                self.ask(f"{self.prefix}_setBalance", step["at"], step["value"])
            case "put":
                self.ask(f"{self.prefix}_setCode", step["at"], step["code"])
            case "store":
                words = step["at"], step["slot"], step["value"]
                self.ask(f"{self.prefix}_setStorageAt", *words)
            case "enter":
                self.snapshots.append(self.ask("evm_snapshot"))
            case "leave":
                assert self.ask("evm_revert", self.snapshots.pop())
            case "look":
                return [self.look(each) for each in step["who"]]
            case _:
                return self.sent(step)
        return None

    def look(self, who: str) -> list[str]:
        """Coin, and the hash of the code."""
        code = self.ask("eth_getCode", who, "latest")
        return [self.ask("eth_getBalance", who, "latest"), "0x" + keccak(hexstr=code).hex()]

    def sent(self, step: Step) -> list[Any]:
        """What became of a transaction: whether it was done, its gas, its logs."""
        if step["from"] not in self.known:
            self.ask(f"{self.prefix}_impersonateAccount", step["from"])
            self.known.add(step["from"])
        self.ask("evm_setNextBlockTimestamp", hex(step["time"]))
        names = ("from", "to", "data", "value", "gas")
        transaction = {name: step[name] for name in names if step[name] is not None}
        receipt = self.receipt(self.send({**transaction, "gasPrice": "0x0"}))
        logs = [[log["address"], log["topics"], log["data"]] for log in receipt["logs"]]
        return [receipt["status"] == "0x1", int(receipt["gasUsed"], 16), logs]

    def receipt(self, transaction: str) -> dict[str, Any]:
        """The receipt, which anvil may have a moment after the transaction."""
        for _ in range(1_000):
            found: dict[str, Any] | None = self.ask("eth_getTransactionReceipt", transaction)
            if found:
                return found
            time.sleep(0.01)
        raise RuntimeError(f"{transaction} is in no block")

    def send(self, transaction: dict[str, Any]) -> str:
        """The hash of a transaction, whether it was done or not."""
        return str(self.ask("eth_sendTransaction", transaction))


class Hardhat(Node):
    """Hardhat tells of a transaction that failed by an error that names it."""

    def send(self, transaction: dict[str, Any]) -> str:
        self.number += 1
        question = {"jsonrpc": "2.0", "id": self.number, "method": "eth_sendTransaction"}
        said = self.session.post(
            self.url, json={**question, "params": [transaction]}, timeout=120
        ).json()
        if "error" in said:
            return str(said["error"]["data"]["txHash"])
        return str(said["result"])


def by_anvil(hardfork: str) -> Machine:
    """Foundry's EVM, revm."""

    def play(tape: list[Step]) -> list[Any]:
        free = ("--gas-price", "0", "--block-base-fee-per-gas", "0")
        room = ("--gas-limit", "1000000000", "--chain-id", str(CHAIN_ID))
        with anvil.running(*free, *room, hardfork=hardfork) as url:
            return Node(url, "anvil").play(tape)

    return play


def by_hardhat(hardfork: str) -> Machine:
    """Hardhat's EVM, EDR."""

    def play(tape: list[Step]) -> list[Any]:
        with hardhat.running(hardfork, is_free=True) as url:
            return Hardhat(url, "hardhat").play(tape)

    return play


def by_ethereumjs(hardfork: str) -> Machine:
    """The EVM in JavaScript."""

    def play(tape: list[Step]) -> list[Any]:
        required("@ethereumjs/vm")
        question = {"chainId": CHAIN_ID, "hardfork": hardfork, "tape": tape}
        answer = subprocess.run(
            ["node", str(ROOT / "tests" / "evms" / "ethereumjs.mjs")],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            check=True,
        )
        said = json.loads(answer.stdout)
        if "error" in said:
            raise RuntimeError(said["error"])
        outcomes: list[Any] = said["outcomes"]
        return outcomes

    return play


def by_pyevm(hardfork: str) -> Machine:
    """Ethereum's EVM in Python, without what the tests speed up in it."""

    def play(tape: list[Step]) -> list[Any]:
        python = Python(hardfork)
        return [each for each in map(python.take, tape) if each is not None]

    return play


class Python:
    """A chain under the rules of a hard fork, empty at first."""

    def __init__(self, hardfork: str) -> None:
        self.vm = VMS[hardfork]
        rules = ((0, self.vm),)
        made = MiningChain.configure("Empty", vm_configuration=rules, chain_id=CHAIN_ID)
        chain = made.from_genesis(AtomicDB(), {"difficulty": 0, "gas_limit": 10**9})
        self.state: Any = chain.get_vm().state
        self.before: list[Any] = []

    def take(self, step: Step) -> list[Any] | None:
        """Take one step."""
        state = self.state
        match step["kind"]:
            case "give":
                state.set_balance(bytes.fromhex(step["at"][2:]), int(step["value"], 16))
            case "put":
                state.set_code(bytes.fromhex(step["at"][2:]), bytes.fromhex(step["code"][2:]))
            case "store":
                words = int(step["slot"], 16), int(step["value"], 16)
                state.set_storage(bytes.fromhex(step["at"][2:]), *words)
            case "enter":
                state.persist()
                self.before.append(state)
                root = state.state_root
                self.state = type(state)(state._db, state.execution_context, root)
            case "leave":
                self.state = self.before.pop()
            case "look":
                return [self.look(bytes.fromhex(each[2:])) for each in step["who"]]
            case _:
                return self.sent(step)
        return None

    def look(self, who: bytes) -> list[str]:
        """Coin, and the hash of the code."""
        code = self.state.get_code(who)
        return [hex(self.state.get_balance(who)), "0x" + keccak(code).hex()]

    def sent(self, step: Step) -> list[Any]:
        """What became of a transaction: whether it was done, its gas, its logs."""
        state = self.state
        state.execution_context._timestamp = step["time"]
        state.execution_context._base_fee_per_gas = 0
        # what a transaction leaves only until its end
        state.lock_changes()
        sender = bytes.fromhex(step["from"][2:])
        made = self.vm.get_transaction_builder().create_unsigned_transaction(
            nonce=state.get_nonce(sender),
            gas_price=0,
            gas=int(step["gas"], 16),
            to=bytes.fromhex((step["to"] or "0x")[2:]),
            value=int(step["value"], 16),
            data=bytes.fromhex(step["data"][2:]),
        )
        transaction = SpoofTransaction(made, from_=sender)
        done = state.costless_execute_transaction(transaction)
        logs = [
            ["0x" + at.hex(), ["0x" + f"{topic:064x}" for topic in topics], "0x" + said.hex()]
            for at, topics, said in done.get_log_entries()
        ]
        return [not done.is_error, self.vm.finalize_gas_used(transaction, done), logs]
