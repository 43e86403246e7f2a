"""The local chain stays itself: over stops and starts, and whatever is killed."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from web3 import Web3
from web3.types import RPCEndpoint

from emc.chain import local_chain, local_state
from emc.cli import emc
from emc.errors import EMCError
from tests.canvas import kit
from tests.integration.commands import wait

pytestmark = pytest.mark.anvil
ROOT = Path(__file__).parents[2]
COIN = 10**18


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path, anvil_program: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for a chain of one's own, and anvil found."""
    monkeypatch.setenv("EMC_CHAIN", str(tmp_path / "chain"))
    monkeypatch.delenv("APE_FOUNDRY_HOST", raising=False)
    if anvil_program.startswith(str(ROOT)):
        monkeypatch.chdir(ROOT)
    yield tmp_path / "chain"
    local_chain.stop()


def web3_at(url: str) -> Web3:
    return Web3(Web3.HTTPProvider(url))


def pay(w3: Web3) -> None:
    """One coin from the first account to the second, in a block of its own."""
    payer, payee = w3.eth.accounts[:2]
    w3.eth.wait_for_transaction_receipt(
        w3.eth.send_transaction({"from": payer, "to": payee, "value": COIN})
    )


def test_over_ten_restarts_the_chain_has_the_same_blocks_and_their_state(home: Path) -> None:
    port = free_port()
    w3 = web3_at(local_chain.start(port)[0].url)
    at_first = w3.eth.get_balance(w3.eth.accounts[1])
    for _ in range(3):
        pay(w3)
    w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [86_400])
    hashes = [w3.eth.get_block(number)["hash"] for number in range(4)]
    for _ in range(10):
        local_chain.stop()
        assert not list(home.glob(".state.json.*"))
        # the first block's time is not that of the restart
        time.sleep(1.1)
        local_chain.start(port)
        pay(w3)
        count = w3.eth.block_number
        now = [w3.eth.get_block(number) for number in range(count + 1)]
        assert [each["hash"] for each in now[: len(hashes)]] == hashes
        assert all(b["parentHash"] == a["hash"] for a, b in pairwise(now))
        assert all(a["timestamp"] <= b["timestamp"] for a, b in pairwise(now))
        for number in range(count + 1):
            has = w3.eth.get_balance(w3.eth.accounts[1], number)
            assert has == at_first + number * COIN
        hashes = [each["hash"] for each in now]
    assert len(hashes) == 14


def test_when_stop_returns_the_whole_state_is_on_disk_and_nothing_runs(home: Path) -> None:
    found, _ = local_chain.start(free_port())
    pay(web3_at(found.url))
    local_chain.stop()
    state = json.loads((home / "state.json").read_text())
    assert len(state["blocks"]) == 2
    assert len(state["historical_states"]) >= 1
    assert local_chain.ask(found.url, "eth_chainId") is None
    assert local_chain.running() is None


def test_states_that_anvil_writes_to_the_disk_go_with_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    found, _ = local_chain.start(free_port())
    # it holds some 500 in its memory
    web3_at(found.url).provider.make_request(RPCEndpoint("anvil_mine"), [600])
    kept = home / local_chain.OLD_STATES
    wait(lambda: any(kept.rglob("*.json")))
    assert any(kept.rglob("*.json"))
    local_chain.stop()
    assert not kept.exists()
    # nor does one that is killed leave them for longer than until the next start
    (kept / "left").mkdir(parents=True)
    local_chain.start(free_port())
    assert not (kept / "left").exists()
    assert not list((tmp_path / "user").rglob("*.json"))


def test_a_stop_that_cannot_keep_the_state_stops_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = local_chain.start(free_port())
    pay(web3_at(found.url))
    monkeypatch.setattr(local_state, "TRIES", 0)
    with pytest.raises(EMCError, match="the chain was not stopped: blocks are made") as caught:
        local_chain.stop()
    assert f"`kill {found.pid}`" in caught.value.hint
    assert local_chain.running() == found
    assert not (home / "state.json").exists()
    monkeypatch.undo()
    monkeypatch.setenv("EMC_CHAIN", str(home))


def test_new_blocks_are_kept_while_it_runs_and_outlive_a_kill_of_anvil(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_chain, "SAVE_EVERY", 0.1)
    port = free_port()
    found, _ = local_chain.start(port)
    w3 = web3_at(found.url)
    genesis = w3.eth.get_block(0)["hash"]
    for _ in range(3):
        pay(w3)
    wait(lambda: _blocks(home) == 4, 20)
    os.kill(found.pid, signal.SIGKILL)
    wait(lambda: local_chain.running() is None, 5)
    local_chain.start(port)
    assert w3.eth.block_number == 3
    assert w3.eth.get_block(0)["hash"] == genesis


def test_whenever_what_saves_is_killed_the_kept_state_is_whole(home: Path) -> None:
    found, _ = local_chain.start(free_port())
    w3 = web3_at(found.url)
    pay(w3)
    local_state.save(found.url, home)
    saving = "from emc.chain import local_state, local_chain; import sys, pathlib\n"
    saving += "print(flush=True)\n"
    saving += "while True: local_state.save(sys.argv[1], pathlib.Path(sys.argv[2]))"
    chance, blocks = random.Random(7), 2
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", saving, found.url, str(home)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            pay(w3)
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        kept = _blocks(home)
        assert blocks <= kept <= w3.eth.block_number + 1
        blocks = kept
    # what was left half written is cleared away by the next
    local_state.save(found.url, home)
    assert not list(home.glob(".state.json.*"))
    assert _blocks(home) == 14


def test_an_emc_that_was_reconciled_before_a_restart_is_so_after_it(
    home: Path,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Coin leaves no log: the balances of each block in which it moved are asked for again."""
    found, _ = local_chain.start(free_port())
    monkeypatch.setenv("EMC_NETWORK", "local")
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path / "deployments"))
    monkeypatch.setenv("APE_DATA_FOLDER", str(tmp_path / "ape"))
    (tmp_path / "picnic.yaml").write_text(
        kit.SMALL.replace(
            "currency: {symbol: EUR, decimals: 2}", "currency: {symbol: ETH, decimals: 18}"
        )
    )
    (tmp_path / "orders.csv").write_text("order,customer,amount\n1,ann,1.5\n2,bob,0.25\n")
    agreement = str(tmp_path / "picnic.agreement.json")
    said("deploy", str(tmp_path / "picnic.yaml"), "--out", agreement)
    said("sell", agreement, "--orders", str(tmp_path / "orders.csv"))
    verdicts = []
    for round_ in range(2):
        store = str(tmp_path / f"store-{round_}")
        evidence = str(tmp_path / "evidence.json")
        words = (agreement, "--store", store, "--evidence", evidence, "--json")
        verdicts.append(said("audit", "run", *words))
        local_chain.stop()
        time.sleep(1.1)
        local_chain.start(found.port)
    first, second = (json.loads(each)[0] for each in verdicts)
    assert first["verdict"] == second["verdict"] == "RECONCILED"


def said(*words: str) -> str:
    result = CliRunner(mix_stderr=False).invoke(emc, words)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def _blocks(home: Path) -> int:
    state = home / "state.json"
    return len(json.loads(state.read_text())["blocks"]) if state.exists() else 0
