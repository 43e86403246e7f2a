"""Networks: the local chain that stays, what `--network` means, and public networks with a local
stand-in.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ape.api import ReceiptAPI
from ape.logging import LogLevel, logger
from ape_ethereum.provider import Web3Provider
from ape_ethereum.trace import Trace
from ape_test.provider import LocalProvider
from click.testing import CliRunner
from eth_account import Account
from eth_account.hdaccount import ETHEREUM_DEFAULT_PATH
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from emc.chain import answers, known_keys, local_chain, networks
from emc.chain.edge import connect
from emc.cli import emc
from emc.client.system import System
from emc.errors import EMCError
from emc.files import deployments
from tests import anvil
from tests.integration.commands import Desk, wait

pytestmark = pytest.mark.anvil
ROOT = Path(__file__).parents[2]
DAY = 86_400
SEPOLIA, BASE_SEPOLIA = 11155111, 84532


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


def said(*words: str, code: int = 0) -> str:
    """A command of `emc chain`."""
    result = CliRunner(mix_stderr=False).invoke(emc, ["chain", *words])
    assert result.exit_code == code, result.stderr
    return result.stdout if code == 0 or result.stdout else result.stderr


def web3_at(url: str) -> Web3:
    return Web3(Web3.HTTPProvider(url))


# the local chain


def test_the_local_chain_goes_on_where_it_was_stopped_until_it_is_begun_anew(home: Path) -> None:
    port = free_port()
    assert json.loads(said("status", "--json", code=1))["running"] is False
    first = json.loads(said("start", "--port", str(port), "--json"))
    assert first["running"]
    assert (first["url"], first["chain_id"], first["block"]) == (
        f"http://127.0.0.1:{port}",
        31337,
        0,
    )
    # a second start finds it
    assert json.loads(said("start", "--json"))["pid"] == first["pid"]
    w3 = web3_at(first["url"])
    payer = w3.eth.accounts[0]
    # a contract that logs when it is made
    made = w3.eth.send_transaction({"from": payer, "data": "0x5f5fa0635f5fa0005f526004601cf3"})
    receipt = w3.eth.wait_for_transaction_receipt(made)
    genesis = w3.eth.get_block(0)["hash"]
    assert json.loads(said("stop", "--json"))["running"] is False
    assert said("status", code=1).startswith("The local chain does not run")
    assert (home / "state.json").stat().st_size > 0
    again = local_chain.start(port)[0]
    assert w3.eth.get_block(0)["hash"] == genesis
    assert w3.eth.get_code(receipt["contractAddress"]).hex() == "5f5fa000"
    assert len(w3.eth.get_logs({"fromBlock": 0})) == 1
    assert w3.eth.get_transaction_receipt(made) == receipt
    assert networks.resolve("local").settings == {"host": again.url}
    with pytest.raises(EMCError, match="the local chain runs at") as caught:
        local_chain.start(port, fresh=True)
    assert "emc chain stop" in caught.value.hint
    with pytest.raises(EMCError, match=f"not on port {port + 1}"):
        local_chain.start(port + 1)
    local_chain.stop()
    assert local_chain.stop() is False
    local_chain.start(port, fresh=True)
    assert w3.eth.block_number == 0
    assert w3.eth.get_block(0)["hash"] != genesis


def test_the_time_of_the_local_chain_is_moved_and_stays_moved(home: Path) -> None:  # noqa: ARG001
    at = local_chain.start(free_port())[0]
    w3 = web3_at(at.url)
    began = w3.eth.get_block("latest")["timestamp"]
    answer = json.loads(said("forward", "150d", "--json"))
    moved = w3.eth.get_block("latest")
    assert (answer["now"], answer["block"]) == (moved["timestamp"], moved["number"] == 1)
    assert 0 <= moved["timestamp"] - began - 150 * DAY < 60
    assert said("forward", "1h", "--network", at.url).startswith("It is 20")
    assert said("stop").startswith("The local chain has stopped\n")
    assert said("stop").startswith("The local chain did not run\n")
    local_chain.start(at.port)
    w3.provider.make_request(RPCEndpoint("evm_mine"), [])
    assert 0 <= w3.eth.get_block("latest")["timestamp"] - began - 150 * DAY - 3600 < 120


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("soon",), "'soon' is not a span of time"),
        (("0d",), "'0d' is not a span to advance by"),
        (("99999d",), "'99999d' is not a span to advance by"),
        (("1d",), "the local chain does not run"),
        (("1d", "--network", "embedded"), "the embedded chain ends with this command"),
    ],
)
def test_time_that_cannot_be_moved_is_refused(
    words: tuple[str, ...],
    why: str,
    home: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(networks, "_answers", lambda _: False)
    assert f"Error: {why}" in said("forward", *words, code=1)


def test_a_chain_that_was_killed_is_known_to_be_gone_and_can_be_started(home: Path) -> None:
    port = free_port()
    found, _ = local_chain.start(port)
    os.kill(found.pid, signal.SIGKILL)
    wait(lambda: local_chain.running() is None, 5)
    assert local_chain.status().running is False
    with pytest.raises(EMCError, match="the local chain does not run"):
        networks.resolve("local")
    # the number of the process may be somebody else's by now: it is left alone
    (home / "running.json").write_text(json.dumps({"pid": os.getpid(), "port": port}))
    assert local_chain.stop() is False
    assert local_chain.start(port)[1] is True


def test_of_two_that_start_it_at_once_one_does(home: Path) -> None:  # noqa: ARG001
    port, results = free_port(), []
    threads = [
        threading.Thread(target=lambda: results.append(local_chain.start(port))) for _ in range(2)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(is_new for _, is_new in results) == [False, True]
    assert results[0][0] == results[1][0]


def test_a_port_that_is_taken_is_said_and_nothing_is_left(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = said("start", "--port", str(port), code=1)
        assert f"Error: port {port} is taken by another program" in answer
        assert f"emc chain start --port {port + 1}" in answer
    assert local_chain.running() is None
    assert not (home / "running.json").exists()


def test_a_damaged_state_is_refused_with_what_anvil_says(home: Path) -> None:
    home.mkdir()
    (home / "state.json").write_text('{"block"')
    with pytest.raises(EMCError, match=r"anvil did not start: .*failed to parse") as caught:
        local_chain.start(free_port())
    assert "--fresh" in caught.value.hint
    assert local_chain.running() is None
    assert (home / "state.json").read_text() == '{"block"'


def test_without_anvil_it_is_said_how_to_install_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EMCError, match="no anvil is installed") as caught:
        local_chain.start(free_port())
    assert "npm install --no-save @foundry-rs/anvil@1.7.1" in caught.value.hint
    assert local_chain.running() is None
    assert home.exists()


# what --network means


@pytest.mark.parametrize(
    ("told", "choice"),
    [
        ("embedded", "ethereum:local:test"),
        ("sepolia", "ethereum:sepolia"),
        ("base-sepolia", "base:sepolia"),
        ("ethereum:local:foundry", "ethereum:local:foundry"),
        ("arbitrum:sepolia", "arbitrum:sepolia"),
    ],
)
def test_a_network_is_what_people_call_it(told: str, choice: str) -> None:
    assert networks.resolve(told).choice == choice


@pytest.mark.parametrize(
    ("told", "chain_id"), [("sepolia", SEPOLIA), ("base-sepolia", BASE_SEPOLIA)]
)
def test_ape_knows_the_test_networks_and_a_node_of_each(
    told: str, chain_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ape import networks as known
    from ruamel.yaml import YAML

    monkeypatch.chdir(ROOT)
    choice, node = networks.TEST_NETWORKS[told]
    ecosystem, network = choice.split(":")
    configured = YAML(typ="safe").load((ROOT / "ape-config.yaml").read_text())["node"]
    assert configured[ecosystem][network]["uri"] == node
    provider = known.get_provider_from_choice(f"{choice}:{node}")
    assert provider.network.chain_id == chain_id
    assert networks.is_public(chain_id)
    assert not networks.is_public(31337)


def test_a_network_can_be_set_once_for_all_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMC_NETWORK", "nowhere:at:all")
    monkeypatch.chdir(tmp_path)
    for words in (
        ("verify", "0x" + "11" * 20),
        ("deploy", str(ROOT / "canvases/breakfast-box.yaml")),
    ):
        result = CliRunner(mix_stderr=False).invoke(emc, words)
        assert result.exit_code == 1
        assert "there is no network 'nowhere:at:all'" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_address_where_no_node_answers_is_refused() -> None:
    with pytest.raises(EMCError, match="does not answer as a node"):
        networks.resolve(f"http://127.0.0.1:{free_port()}")


def test_local_is_the_node_that_ape_foundry_is_told(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMC_CHAIN", str(tmp_path))
    monkeypatch.setattr(local_chain, "PORT", free_port())
    monkeypatch.setenv("APE_FOUNDRY_HOST", node)
    with connect("local") as chain:
        assert chain.node == node


# public networks: a local node with the chain's id stands in


def test_a_proxy_is_looked_for_once_for_each_connection(
    node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", node)
    monkeypatch.setenv("NO_PROXY", "")
    provider = HTTPProvider("http://node.example")
    answers.guard(provider)
    monkeypatch.delenv("HTTP_PROXY")
    assert Web3(provider).eth.chain_id == 31337
    # a node for which the environment names none is asked itself
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    provider = HTTPProvider(node)
    answers.guard(provider)
    monkeypatch.delenv("NO_PROXY")
    assert Web3(provider).eth.chain_id == 31337


def test_each_connection_of_a_process_is_made_like_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[LocalProvider] = []
    monkeypatch.setattr(LocalProvider, "_post_connect", lambda self: made.append(self))
    for count in range(1, 4):
        with connect("embedded"):
            assert len(made) == count


@pytest.mark.parametrize("network", ["embedded", "ethereum:local:nothing"])
def test_ape_speaks_again_after_a_connection_whatever_came_of_it(network: str) -> None:
    def heard() -> tuple[Any, ...]:
        silenced = Trace.show, ReceiptAPI.show_debug_logs, Web3Provider._post_connect
        return logger.level, *silenced

    logger.set_level(LogLevel.INFO)
    before = heard()
    with suppress(EMCError, ZeroDivisionError), connect(network):
        assert not set(heard()) & set(before)
        raise ZeroDivisionError
    assert heard() == before


@pytest.fixture
def sepolia(anvil_program: str) -> Iterator[str]:  # noqa: ARG001
    with anvil.running("--chain-id", str(SEPOLIA)) as url:
        yield url


def test_a_stand_in_for_sepolia_takes_the_contracts_and_refuses_test_keys(
    sepolia: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ape import chain as ape_chain
    from ape.api.networks import NetworkAPI
    from ape.managers.accounts import AccountManager
    from ape_test.accounts import TestAccount

    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path))
    own = Account.from_key("0x" + "4d" * 32)
    keys = {
        "own": TestAccount(index=0, address_str=own.address, private_key=own.key.to_0x_hex()),
        # a test key, taken over into a key file
        "borrowed": SimpleNamespace(address=web3_at(sepolia).eth.accounts[3]),
    }
    # a node that makes a block only when something is sent
    monkeypatch.setattr(NetworkAPI, "required_confirmations", 0)
    monkeypatch.setattr(AccountManager, "load", lambda _, alias: keys[alias])
    web3_at(sepolia).provider.make_request(
        RPCEndpoint("anvil_setBalance"), [own.address, hex(10**18)]
    )
    assert networks.resolve(sepolia).choice == f"ethereum:sepolia:{sepolia}"
    with (
        ape_chain.contracts.deployments.use_temporary_cache(),
        connect(sepolia) as chain,
    ):
        assert (chain.id, chain.is_local) == (SEPOLIA, False)
        for alias, says in (
            ("TEST::0", "TEST::0 is a test account, its key is public"),
            ("test::3", "test::3 is a test account, its key is public"),
            ("borrowed", f"borrowed is {keys['borrowed'].address}, a test account"),
            (own.address, "is an address, not an account of ape"),
        ):
            with pytest.raises(EMCError, match=says):
                chain.account(alias)
        sender = chain.account("own")
        system = System.deploy(chain, sender)
        known = deployments.read(SEPOLIA)
        # ape's own deployments know the same, with the same transactions
        for name, each in known.contracts.items():
            assert each.birth is not None
            (kept,) = ape_chain.contracts.deployments.get_deployments(name)
            assert (kept.address, kept.transaction_hash) == (each.address, each.birth.transaction)
        nonce = sender.nonce
        assert System.deploy(chain, sender).implementation == system.implementation
        assert sender.nonce == nonce
    # a file of another chain with this id is refused, not replaced
    known.genesis = "0x" + "00" * 32
    deployments.write(known)
    with (
        connect(sepolia) as chain,
        pytest.raises(EMCError, match="records a chain whose first block is 0x00"),
    ):
        System.deploy(chain, chain.account("own"))
    assert deployments.read(SEPOLIA).genesis == known.genesis


def test_a_public_chain_is_not_local_whatever_it_is_called(
    sepolia: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APE_FOUNDRY_HOST", sepolia)
    with connect("ethereum:local:foundry") as chain:
        assert not chain.is_local
        with pytest.raises(EMCError, match="its key is public"):
            chain.account("TEST::0")
    refused = said("forward", "1d", "--network", "ethereum:local:foundry", code=1)
    assert f"Error: chain {SEPOLIA} is not local: nobody moves its time" in refused
    assert web3_at(sepolia).eth.block_number == 0


@pytest.mark.parametrize("network", ["local", "ethereum:local:foundry"])
def test_where_no_local_node_answers_none_is_started(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that ape starts ends with the command, and takes with it what was deployed."""
    dead = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("APE_FOUNDRY_HOST", dead)
    monkeypatch.chdir(tmp_path)
    canvas = str(ROOT / "canvases" / "breakfast-box.yaml")
    result = CliRunner(mix_stderr=False).invoke(emc, ["deploy", canvas, "--network", network])
    assert (result.exit_code, result.stdout) == (1, "")
    said = f"Error: network {network!r} cannot be used: no node answers at {dead}"
    assert result.stderr.splitlines()[0] == said
    assert not list(tmp_path.glob("*.agreement.json"))


def test_the_keys_that_everybody_has_are_those_of_the_test_phrases() -> None:
    known = known_keys.addresses()
    assert len(known) == len(known_keys.PHRASES) * known_keys.COUNT
    Account.enable_unaudited_hdwallet_features()
    for phrase in known_keys.PHRASES:
        assert Account.from_mnemonic(phrase).address in known
        last = ETHEREUM_DEFAULT_PATH[:-1] + str(known_keys.COUNT - 1)
        assert Account.from_mnemonic(phrase, account_path=last).address in known


# runs a command as `emc` does, and says last which slow packages it imported
PROGRAM = """
import sys
from emc.cli import main
try:
    main()
finally:
    print(*sorted(sys.modules.keys() & {"ape", "eth", "pandas"}), file=sys.stderr)
"""


def heard(*words: str) -> list[str]:
    """What a command in a process of its own wrote on standard error."""
    command = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, capture_output=True, text=True).stderr.splitlines()


@pytest.mark.parametrize("words", [("status", Desk.file("picnic")), ("trust", "--seed", "1")])
def test_who_only_reads_waits_for_no_embedded_chain_and_no_tables(
    desk: Desk, words: tuple[str, ...]
) -> None:
    """Ape would import both first, a third of a second each."""
    assert heard(*words, "--json", "--network", desk.office.node) == ["ape"]


@pytest.mark.usefixtures("anvil_program")
def test_who_only_reads_on_a_public_network_waits_for_no_tables() -> None:
    with anvil.running("--chain-id", str(SEPOLIA)) as url:
        said = heard("list", "--network", url)
    assert "there is no system" in said[0]
    assert said[-1] == "ape eth"
