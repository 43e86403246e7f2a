"""A token is tried by a call before anybody relies on it."""

from typing import Any

import pytest
from web3 import EthereumTesterProvider, Web3

from emc.chain.trial import doubts
from emc.core.terms import NATIVE
from tests.kit import deployer

TO = "0x" + "11" * 20


@pytest.fixture(scope="module")
def w3() -> Web3:
    return Web3(EthereumTesterProvider())


def put(w3: Web3, name: str) -> Any:
    """A mock of a token on the chain."""
    data = deployer(f"mocks/{name}.vy").compiler_data
    abi = deployer(f"mocks/{name}.vy").at(TO).abi
    sent = w3.eth.contract(abi=abi, bytecode=data.bytecode).constructor().transact()
    return w3.eth.contract(w3.eth.wait_for_transaction_receipt(sent)["contractAddress"], abi=abi)


def asked(w3: Web3, token: Any) -> str:
    return doubts(w3.eth, token.address, w3.eth.accounts[0], TO)


@pytest.mark.parametrize(
    ("kind", "said"),
    [(0, ""), (1, "not with 1"), (2, "not with 1"), (3, ""), (4, ""), (6, "does not say")],
)
def test_what_a_token_says_is_told(w3: Web3, kind: int, said: str) -> None:
    token = put(w3, "TurningToken")
    token.functions.turn(kind).transact()
    found = asked(w3, token)
    assert said in found if said else found == ""


def test_a_token_that_refuses_whoever_has_it_is_told(w3: Web3) -> None:
    token = put(w3, "TurningToken")
    token.functions.mint(w3.eth.accounts[0], 1).transact()
    assert asked(w3, token) == ""
    token.functions.turn(4).transact()
    assert "refuses a transfer" in asked(w3, token)


def test_an_address_without_code_is_no_token(w3: Web3) -> None:
    assert "no ERC-20" in doubts(w3.eth, TO, w3.eth.accounts[0], TO)
    assert doubts(w3.eth, NATIVE, w3.eth.accounts[0], TO) == ""
