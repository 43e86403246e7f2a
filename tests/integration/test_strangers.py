"""An agreement file, a node's address and a key are enough for a node of an EMC, and a node's
address and the EMC's for an auditor: neither has a deployment file, nor needs one.
"""

import json
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3
from web3.types import RPCEndpoint

from emc.chain.known_keys import PHRASES
from emc.files import systems
from tests.canvas import kit
from tests.integration.commands import Terminal, contract, emc_at, orders

pytestmark = pytest.mark.anvil
PASSPHRASE = "correct horse"
FILE = "picnic.agreement.json"
DAY, COIN = 86_400, 10**18
CANVAS = kit.with_(
    ("{symbol: EUR, decimals: 2}", "{symbol: ETH, decimals: 18}"),
    ("quorum: 60, interval: 7d", "quorum: 60, window: 3d, objections: 30"),
)
# a contract that takes no coin
REFUSES = "0x5f5ffd"


def person(node: str, folder: Path, alias: str | None = None, key: bytes = b"") -> Terminal:
    """Somebody in an empty folder, with a key file or without, who knows a node."""
    folder.mkdir()
    found = Terminal(node, folder)
    del found.environment["APE_FOUNDRY_HOST"]
    found.environment["EMC_NETWORK"] = node
    found.environment["EMC_SALTS"] = str(folder / "salts")
    if alias is not None:
        keys = Path(found.environment["APE_DATA_FOLDER"]) / "accounts"
        keys.mkdir(parents=True)
        # a real key file, only faster to open
        made = Account.encrypt(key, PASSPHRASE, kdf="pbkdf2", iterations=1000)
        (keys / f"{alias}.json").write_text(json.dumps(made))
        found.environment[f"APE_ACCOUNTS_{alias}_PASSPHRASE"] = PASSPHRASE
    return found


def test_a_node_and_an_auditor_need_no_deployment_file(node: str, tmp_path: Path) -> None:
    w3 = Web3(Web3.HTTPProvider(node))

    def ask(method: str, *params: Any) -> None:
        assert "error" not in w3.provider.make_request(RPCEndpoint(method), list(params))

    def skip(seconds: int) -> None:
        ask("evm_increaseTime", seconds)
        ask("evm_mine")

    # the cook's key is one that only the cook has
    Account.enable_unaudited_hdwallet_features()
    own = Account.from_mnemonic(PHRASES[0], account_path="m/44'/60'/0'/0/2")
    cook = person(node, tmp_path / "cook", "cook", own.key)
    leader = person(node, tmp_path / "leader")
    (leader.folder / "picnic.yaml").write_text(CANVAS)
    leader.run("emc", "deploy", "picnic.yaml", "--hold")
    copyfile(leader.folder / FILE, cook.folder / FILE)

    # the cook reads and signs
    said = cook.run("emc", "inspect", FILE).stdout
    assert "Picnic" in said
    cook.run("emc", "sign", FILE, "--account", "cook", "--yes")
    for account in ("TEST::1", "TEST::3"):
        leader.run("emc", "sign", FILE, "--account", account, "--yes")
    copyfile(cook.folder / FILE, leader.folder / "cooks.json")
    leader.run("emc", "collect", FILE, "cooks.json", "--out", "whole.json")
    done = json.loads(leader.run("emc", "deploy", "whole.json", "--json").stdout)
    assert done["stage"] == "ACTIVE"
    emc, agreement = done["emc"], emc_at(node, done["emc"])

    # the cook sees how it stands, objects to a change, and withdraws what could not be paid
    status = json.loads(cook.run("emc", "status", emc, "--json").stdout)
    assert status["stage"] == "ACTIVE"
    change = ("--share", "0=49/44/39", "--share", "1=31/31/31", "--out", "change.json")
    leader.run("emc", "renegotiate", "propose", emc, *change)
    leader.run("emc", "renegotiate", "open", "change.json", "--account", "TEST::1", "--yes")
    copyfile(leader.folder / "change.json", cook.folder / "change.json")
    cook.run("emc", "renegotiate", "object", "change.json", "--account", "cook", "--yes")
    shown = cook.run("emc", "renegotiate", "status", "change.json").stdout
    assert "object" in shown
    payee = agreement.functions.payee_of(1).call()
    ask("anvil_setCode", payee, REFUSES)
    book = orders(leader.folder, ["1,ann,2000"])
    leader.run("emc", "sell", emc, "--orders", book, "--account", "TEST::0")
    credit = agreement.functions.credits(1).call()
    assert credit > 0
    ask("anvil_setCode", payee, "0x")
    before = w3.eth.get_balance(payee)
    cook.run("emc", "till", "withdraw", emc, "--row", "1", "--account", "cook", "--yes")
    # but for the gas, which it paid itself
    assert 0 <= before + credit - w3.eth.get_balance(payee) < COIN // 100
    assert agreement.functions.credits(1).call() == 0

    # it ends, and all rate each other
    skip(91 * DAY)
    leader.run("emc", "till", "end", emc, "--account", "TEST::0", "--yes")
    leader.run("emc", "rate", "open", emc, "--account", "TEST::0")
    raters = ((leader, "TEST::1", (2, 3)), (cook, "cook", (1, 3)), (leader, "TEST::3", (1, 2)))
    for who, account, others in raters:
        file = f"{account}.yaml".replace("::", "")
        given = ", ".join(f"{me}: {me + 1}" for me in others)
        (who.folder / file).write_text(f"ratings: {{{given}}}\n")
        who.run("emc", "rate", "commit", emc, file, "--account", account, "--yes")
    for who, account, _ in raters:
        who.run("emc", "rate", "reveal", emc, "--account", account, "--yes")
    leader.run("emc", "rate", "finalise", emc, "--account", "TEST::0")

    # the auditor knows the node and the EMC
    auditor = person(node, tmp_path / "auditor")
    (verdict,) = json.loads(auditor.run("emc", "audit", "run", emc, "--json").stdout)
    assert verdict["verdict"] == "RECONCILED", verdict
    assert verdict["unproven"] == []
    evidence = json.loads((auditor.folder / "EVIDENCE.json").read_text())
    assert evidence["deployment"]["Reputation"] == systems.ours()["Reputation"]
    reputation = contract(w3, "Reputation", systems.ours()["Reputation"])
    assert reputation.functions.stars_of(1).call()[0][0] == 200
    for who in (cook, auditor):
        assert not list(who.folder.rglob("deployments"))
        assert not list(who.folder.rglob("31337*.json"))
