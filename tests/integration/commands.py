"""Commands as people run them: as processes, or one after the other in this process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from click.testing import CliRunner
from web3 import Web3
from web3.types import RPCEndpoint

from emc import artifacts
from emc.files import bundle, json_file
from emc.files.bundle import Bundle
from tests import forks
from tests.canvas import kit

LOCAL = ("--network", "ethereum:local:foundry")
# after the three nodes and the controller of the fund
OUTSIDER, JOINER = "TEST::0", "TEST::5"

# the picnic of tests/canvas: a baker, a cook and a rider, and a lake that is the sink
CANVASES = {
    "picnic": kit.SMALL,
    "windowed": kit.with_(
        ("quorum: 60, interval: 7d", "quorum: 60, window: 3d, objections: 30"),
        ("sink: lake", "returns: {days: 7, cashier: cook}\nsink: lake"),
    ),
    "users": kit.with_(
        ("unit: EUR of baskets", "metric: users\n  unit: users of baskets"),
        ("benchmark: 1000", "benchmark: 100"),
        ("target: 2000", "target: 200"),
        ("rules:\n", "rules:\n  assessment: {window: 1d, objections: 60, grace: 5d}\n"),
    ),
}


# processes


class Terminal:
    """Commands as processes of their own, in a folder of their own.

    What runs from start to end is forked from one that has imported everything: see tests.forks.
    """

    def __init__(self, node: str, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "EMC_DEPLOYMENTS"},
            "APE_FOUNDRY_HOST": node,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            # as on a fresh machine: neither it nor the folder it is in exists
            "APE_DATA_FOLDER": str(folder / "data" / "ape"),
        }

    def run(
        self, *words: str, fails: bool = False, is_forked: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """A command from start to end; what fails says so without a traceback."""
        process = self.start(*words, is_forked=is_forked)
        out, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors, errors
        assert (process.returncode != 0) == fails, errors
        return subprocess.CompletedProcess(words, process.returncode, out, errors)

    def start(self, *words: str, is_forked: bool = False) -> "subprocess.Popen[str]":
        """A command that runs on."""
        path = self.environment["PATH"]
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.environment | {"PATH": forks.path_before(path) if is_forked else path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def emc_at(node: str, address: str) -> Any:
    """An EMC as web3 sees it."""
    return Web3(Web3.HTTPProvider(node)).eth.contract(
        address=Web3.to_checksum_address(address), abi=artifacts.load("EMC")["abi"]
    )


def contract(w3: Web3, name: str, address: str) -> Any:
    """One of our contracts as web3 sees it."""
    return w3.eth.contract(
        address=Web3.to_checksum_address(address), abi=artifacts.load(name)["abi"]
    )


def orders(folder: Path, lines: list[str]) -> str:
    """A file of orders."""
    (folder / "orders.csv").write_text("\n".join(["order,customer,amount", *lines]) + "\n")
    return "orders.csv"


def wait(until: Callable[[], bool], seconds: float = 60) -> None:
    """Let others work until something is so."""
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.02)


# one process


@dataclass(frozen=True)
class Said:
    """What a command wrote."""

    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Office:
    """A node with a system and an EMC of each canvas, all signed; the node can be put back."""

    def __init__(self, node: str, folder: Path) -> None:
        self.node, self.folder = node, folder
        self.w3 = Web3(Web3.HTTPProvider(node))
        with pytest.MonkeyPatch.context() as patch:
            enter(patch, node, folder, folder)
            for name, text in CANVASES.items():
                (folder / f"{name}.yaml").write_text(text)
                emc("deploy", f"{name}.yaml")
        self._snapshot = self.ask("evm_snapshot")

    def ask(self, method: str, *params: Any) -> Any:
        """A request that only a test node answers."""
        answer = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in answer, answer
        return answer["result"]

    def put_back(self) -> None:
        """Undo everything since the EMCs were made."""
        assert self.ask("evm_revert", self._snapshot)
        self._snapshot = self.ask("evm_snapshot")
        self.ask("evm_setNextBlockTimestamp", self.now + 1)
        self.ask("evm_mine")

    def skip(self, seconds: int) -> None:
        """Let time pass."""
        self.ask("evm_increaseTime", seconds)
        self.ask("evm_mine")

    @property
    def now(self) -> int:
        """Time of the newest block."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    @property
    def block(self) -> int:
        """Number of the newest block."""
        return int(self.w3.eth.block_number)

    @property
    def sent(self) -> int:
        """How many transactions all test accounts have sent."""
        return sum(self.w3.eth.get_transaction_count(each) for each in self.w3.eth.accounts)


class Desk:
    """Commands in a folder, one after the other in this process."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        self._orders = 0
        for name in CANVASES:
            copyfile(office.folder / self.file(name), folder / self.file(name))

    @staticmethod
    def file(name: str) -> str:
        """The agreement file of a canvas."""
        return f"{name}.agreement.json"

    def emc(self, name: str) -> Any:
        """The EMC of a canvas, as web3 sees it."""
        return emc_at(self.office.node, self.read(self.file(name))["emc"])

    def token(self, name: str) -> Any:
        """The test token in which a canvas settles."""
        return self.office.w3.eth.contract(
            address=self.emc(name).functions.currency_of().call(),
            abi=artifacts.load("Token")["abi"],
        )

    def read(self, file: str) -> Any:
        """A JSON file."""
        return json.loads((self.folder / file).read_text())

    def edit(self, file: str, way: tuple[str | int, ...], value: Any) -> None:
        """Put a value somewhere into a JSON file, and checks that fit it."""
        content = self.read(file)
        place = content
        for key in way[:-1]:
            place = place[key]
        place[way[-1]] = value
        (self.folder / file).write_text(json_file.sealed(content))

    def sell(self, name: str, amount: int) -> None:
        """Somebody pays one order, in base units."""
        self._orders += 1
        agreement, token = self.emc(name), self.token(name)
        payer = {"from": self.office.w3.eth.accounts[9]}
        for call in (
            token.functions.mint(payer["from"], amount),
            token.functions.approve(agreement.address, amount),
            agreement.functions.sale(self._orders, amount, bytes(32)),
        ):
            self.done(call.transact(payer))

    def done(self, transaction: Any) -> None:
        """Wait until it is in a block."""
        assert self.office.w3.eth.wait_for_transaction_receipt(transaction)["status"] == 1

    def bundle(self, name: str) -> Bundle:
        """The agreement of a canvas."""
        return bundle.read(self.folder / self.file(name))


def emc(*words: str, fails: bool = False, says_no: bool = False) -> Said:
    """A command in this process; what fails says so without a traceback and writes no result.

    Args:
        says_no: It does its work, and its exit code says that something was left out.
    """
    from emc.cli import emc as command

    result = CliRunner(mix_stderr=False).invoke(command, [*words, *LOCAL])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert (result.exit_code != 0) == (fails or says_no), result.stderr
    if fails:
        assert "Error: " in result.stderr
    # nobody is at a terminal
    assert "\x1b" not in result.stdout + result.stderr
    return Said(result.stdout, result.stderr)


def signed(group: str, file: str, *accounts: int) -> None:
    """Test accounts sign a proposal, offline."""
    for account in accounts:
        said = emc(group, "sign", file, "--account", f"TEST::{account}", "--yes")
        assert f"signed in {file}" in said.err


def enter(patch: pytest.MonkeyPatch, node: str, office: Path, folder: Path) -> None:
    """Let commands of this process run on a node, with an office's contracts, in a folder."""
    patch.setenv("APE_FOUNDRY_HOST", node)
    patch.setenv("APE_DATA_FOLDER", str(office / "ape"))
    patch.setenv("EMC_DEPLOYMENTS", str(office / "deployments"))
    patch.setenv("EMC_AGREEMENTS", str(folder / "agreements"))
    patch.chdir(folder)
