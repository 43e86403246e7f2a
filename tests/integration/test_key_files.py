"""Accounts of people: key files with a passphrase, at a terminal and without one."""

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest
from eth_account import Account
from web3 import Web3
from web3.types import RPCEndpoint

from tests import anvil
from tests.canvas import kit
from tests.integration.commands import LOCAL, Terminal, emc_at, orders

pytestmark = pytest.mark.anvil
PASSPHRASE = "correct horse"
SHOP = Account.from_key("0x" + "5a" * 32)
VARIABLE = "APE_ACCOUNTS_shop_PASSPHRASE"
COIN = 10**18


@dataclass
class Shop:
    """A merchant with a key file of its own, and an EMC in coin."""

    terminal: Terminal
    node: str
    emc: str

    @property
    def sold(self) -> int:
        """What came in."""
        return int(emc_at(self.node, self.emc).functions.accounts().call()[0])

    @property
    def sent(self) -> int:
        """How many transactions the shop has sent."""
        return int(Web3(Web3.HTTPProvider(self.node)).eth.get_transaction_count(SHOP.address))

    def at_a_terminal(self, *words: str, columns: int = 80) -> "pexpect.spawn[str]":
        """A command with a person before it."""
        return pexpect.spawn(
            str(Path(sys.executable).parent / "emc"),
            [*words, *LOCAL],
            cwd=str(self.terminal.folder),
            env=self.terminal.environment | {"TERM": "xterm", "COLUMNS": str(columns)},
            dimensions=(24, columns),
            encoding="utf-8",
            timeout=60,
        )


@pytest.fixture(scope="module")
def _ground(
    anvil_program: str,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with anvil.running("--accounts", "10") as url:
        terminal = Terminal(url, folder)
        keys = Path(terminal.environment["APE_DATA_FOLDER"]) / "accounts"
        keys.mkdir(parents=True)
        for alias in ("shop", "corner-shop"):
            # a real key file, only faster to open
            made = Account.encrypt(SHOP.key, PASSPHRASE, kdf="pbkdf2", iterations=1000)
            (keys / f"{alias}.json").write_text(json.dumps(made))
        w3 = Web3(Web3.HTTPProvider(url))
        w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [SHOP.address, hex(10**6 * COIN)])
        (folder / "picnic.yaml").write_text(
            kit.SMALL.replace("{symbol: EUR, decimals: 2}", "{symbol: ETH, decimals: 18}")
        )
        made_emc = json.loads(terminal.run("emc", "deploy", "picnic.yaml", *LOCAL, "--json").stdout)
        yield Shop(terminal, url, made_emc["emc"])


@pytest.fixture
def shop(_ground: Shop) -> Iterator[Shop]:
    provider = Web3(Web3.HTTPProvider(_ground.node)).provider
    before = provider.make_request(RPCEndpoint("evm_snapshot"), [])["result"]
    yield _ground
    _ground.terminal.environment.pop(VARIABLE, None)
    provider.make_request(RPCEndpoint("evm_revert"), [before])


def test_many_orders_are_sold_by_a_key_file_and_nobody_is_asked(shop: Shop) -> None:
    """In batches, so with many signatures; standard output is JSON and nothing else."""
    book = orders(shop.terminal.folder, [f"{number},ann,0.01" for number in range(1, 41)])
    shop.terminal.environment[VARIABLE] = PASSPHRASE
    words = ("sell", shop.emc, "--orders", book, "--batch", "4", "--account", "shop", "--json")
    said = shop.terminal.run("emc", *words, *LOCAL)
    assert json.loads(said.stdout)["sold"] == 40
    assert shop.sent == 10
    assert shop.sold == 40 * COIN // 100
    assert "[y/N]" not in said.stderr
    assert PASSPHRASE not in said.stdout + said.stderr


def test_a_dash_in_an_alias_is_an_underscore_in_the_variable(shop: Shop) -> None:
    book = orders(shop.terminal.folder, ["1,ann,0.01"])
    shop.terminal.environment["APE_ACCOUNTS_corner_shop_PASSPHRASE"] = PASSPHRASE
    words = ("sell", shop.emc, "--orders", book, "--account", "corner-shop", "--json")
    assert json.loads(shop.terminal.run("emc", *words, *LOCAL).stdout)["sold"] == 1


def test_a_wrong_passphrase_in_the_environment_is_said_and_sends_nothing(shop: Shop) -> None:
    book = orders(shop.terminal.folder, ["1,ann,0.01"])
    shop.terminal.environment[VARIABLE] = "wrong"
    words = ("sell", shop.emc, "--orders", book, "--account", "shop", "--json")
    said = shop.terminal.run("emc", *words, *LOCAL, fails=True)
    assert said.stdout == ""
    assert f"{VARIABLE} does not open the key file shop" in said.stderr
    assert shop.sent == 0


def test_where_nobody_is_there_to_ask_it_is_said_how_to_give_the_passphrase(shop: Shop) -> None:
    book = orders(shop.terminal.folder, ["1,ann,0.01"])
    words = ("sell", shop.emc, "--orders", book, "--account", "shop", "--json")
    said = shop.terminal.run("emc", *words, *LOCAL, fails=True)
    assert said.stdout == ""
    assert "there is no terminal to ask at: Passphrase of shop, for orders 1 to 1" in said.stderr
    assert "APE_ACCOUNTS_<alias>_PASSPHRASE" in said.stderr


@pytest.mark.parametrize("columns", [40, 80])
def test_at_a_terminal_one_question_is_asked_and_seen(shop: Shop, columns: int) -> None:
    """It is not hidden behind the bar of progress, and nothing of ape's is shown."""
    book = orders(shop.terminal.folder, [f"{number},ann,0.01" for number in range(1, 7)])
    words = ("sell", shop.emc, "--orders", book, "--batch", "2", "--account", "shop")
    said = shop.at_a_terminal(*words, columns=columns)
    said.expect("Passphrase of shop, for orders 1 to 2: ")
    said.sendline("wrong")
    said.expect("That did not open it. Passphrase of shop, for orders 1 to 2: ")
    said.sendline(PASSPHRASE)
    said.expect("sold now +6 orders")
    rest = said.read()
    assert "Sign:" not in rest
    assert "unlocked?" not in rest
    said.expect(pexpect.EOF)
    said.close()
    assert said.exitstatus == 0
    assert shop.sent == 3


def test_of_a_payment_the_numbers_are_read_before_the_one_question(shop: Shop) -> None:
    words = ("pay", shop.emc, "--order", "7", "--amount", "0.5", "--account", "shop")
    said = shop.at_a_terminal(*words)
    said.expect(r"Pay 0\.50* ETH for order 7 from 0x[0-9a-fA-F]{40}\? \[y/N\]: ")
    assert "would pay" in said.before
    said.sendline("y")
    said.expect("Passphrase of shop, for paying order 7: ")
    said.sendline(PASSPHRASE)
    said.expect("paid by coin")
    said.expect(pexpect.EOF)
    said.close()
    assert shop.sold == COIN // 2


def test_what_would_be_refused_is_refused_before_the_passphrase_is_asked_for(shop: Shop) -> None:
    said = shop.terminal.run("emc", "me", "accept", "1", "--account", "shop", *LOCAL, fails=True)
    assert "Passphrase" not in said.stderr
    assert re.search(r"taking over was refused: mes?: ", said.stderr), said.stderr
    assert shop.sent == 0


def test_an_account_without_coin_for_gas_is_told_how_to_get_some(shop: Shop) -> None:
    provider = Web3(Web3.HTTPProvider(shop.node)).provider
    provider.make_request(RPCEndpoint("anvil_setBalance"), [SHOP.address, "0x0"])
    shop.terminal.environment[VARIABLE] = PASSPHRASE
    words = ("me", "register", "--kind", "node", "--account", "shop", *LOCAL)
    said = shop.terminal.run("emc", *words, fails=True)
    assert "registering failed: " in said.stderr
    assert "`emc chain fund ALIAS`" in said.stderr


def test_three_wrong_passphrases_end_the_command(shop: Shop) -> None:
    words = ("me", "register", "--kind", "node", "--account", "shop", "--json")
    said = shop.at_a_terminal(*words)
    for _ in range(3):
        said.expect("Passphrase of shop, for registering: ")
        said.sendline("wrong")
    said.expect("the key file shop was not opened")
    said.expect(pexpect.EOF)
    said.close()
    assert said.exitstatus == 1
    assert shop.sent == 0


def test_a_terminal_shows_the_question_and_a_pipe_gets_the_json(shop: Shop) -> None:
    """Whoever signs: `emc ... --json > file` at a terminal."""
    command = " ".join(("emc me register --kind node --account shop --json", *LOCAL, "> out.json"))
    said = pexpect.spawn(
        "/bin/sh",
        ["-c", command],
        cwd=str(shop.terminal.folder),
        env=shop.terminal.environment | {"TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
    )
    said.expect("Passphrase of shop, for registering: ")
    said.sendline(PASSPHRASE)
    said.expect(pexpect.EOF)
    assert os.path.getsize(shop.terminal.folder / "out.json")
    answer = json.loads((shop.terminal.folder / "out.json").read_text())
    assert answer["account"] == SHOP.address
