"""The same system on every chain, byte for byte, whoever deploys it and whatever runs it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ape.api.networks import NetworkAPI, ProviderContextManager
from ape.managers.accounts import AccountManager
from ape_test.accounts import TestAccount
from eth_account import Account
from web3 import Web3
from web3.types import RPCEndpoint

from emc.chain.edge import Chain, connect
from emc.client import creating, runtime
from emc.core.addresses import PROXY, PROXY_CODE, PROXY_SENDER, PROXY_TRANSACTION, created
from emc.core.parts import NAMES
from emc.files import systems
from tests import hardhat
from tests.anvil import ROOT
from tests.integration.commands import LOCAL
from tests.javascript import required

pytestmark = pytest.mark.anvil
OWN = Account.from_key("0x" + "5e" * 32)


def codes(chain: Chain) -> dict[str, bytes]:
    """What runs at each address; each was told of this chain and its others."""
    at = systems.ours()
    assert all(runtime.is_ours(chain, name, at) for name in NAMES)
    return {name: bytes(chain.provider.get_code(at[name])) for name in NAMES}


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A key that only its owner has, as ape would load it."""
    # a node that makes a block only when something is sent
    monkeypatch.setattr(NetworkAPI, "required_confirmations", 0)
    account = TestAccount(index=0, address_str=OWN.address, private_key=OWN.key.to_0x_hex())
    monkeypatch.setattr(AccountManager, "load", lambda *_: account)
    return account


@pytest.mark.deep
def test_a_system_is_the_same_on_three_chains_and_replayed_by_a_fourth(
    node: str,
    own: Any,  # noqa: ARG001
    asked_of_nodes: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path))
    required("@ethereumjs/vm")
    found = {}
    # ape would go on with the chain of another test
    monkeypatch.setattr(ProviderContextManager, "connected_providers", {})
    with connect() as chain:
        assert creating.create(chain, chain.account("TEST::0")) == systems.ours()
        found["embedded"] = codes(chain)
    monkeypatch.setenv("APE_FOUNDRY_HOST", node)
    with connect(LOCAL[1]) as chain:
        creating.create(chain, chain.account("TEST::7"))
        found["anvil"] = codes(chain)
    with hardhat.running() as url:
        web3 = Web3(Web3.HTTPProvider(url))
        rich = {"address": OWN.address, "balance": hex(10**19)}
        web3.provider.make_request(RPCEndpoint("hardhat_setBalance"), list(rich.values()))
        # it begins without the proxy
        assert not web3.eth.get_code(PROXY)
        asked_of_nodes.clear()
        with connect(url) as chain:
            sender = chain.account("own")
            creating.create(chain, sender)
            found["hardhat"] = codes(chain)
            sent = sender.nonce
        assert bytes(web3.eth.get_code(PROXY)) == PROXY_CODE
    # the proxy's coin, and each contract
    assert sent == 1 + len(NAMES)
    # what is told of a chain's id is the same on two with the same
    differing = {name for name in NAMES if found["anvil"][name] != found["hardhat"][name]}
    assert differing == {"Consent", "Changes", "Conduct", "Goals"}
    raw = [
        json.loads(each)["params"][0] for each in asked_of_nodes if "eth_sendrawtransaction" in each
    ]
    # what was refused at first was sent again
    transactions = [each for place, each in enumerate(raw) if each not in raw[place + 1 :]]
    assert len(transactions) == sent + 1
    replay = {
        "chainId": 11155111,
        "transactions": transactions,
        "addresses": list(systems.ours().values()),
    }
    answer = subprocess.run(
        ["node", str(ROOT / "tests" / "replay.mjs")],
        input=json.dumps(replay),
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(answer.stdout)
    assert said.get("error") is None
    assert {
        name: bytes.fromhex(said["code"][at][2:]) for name, at in systems.ours().items()
    } == found["hardhat"]


def test_the_proxy_is_made_by_the_transaction_that_everybody_has() -> None:
    assert Account.recover_transaction(PROXY_TRANSACTION) == PROXY_SENDER
    assert created(PROXY_SENDER, 0) == PROXY
