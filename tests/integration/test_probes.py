"""A chain on which EMCs cannot live is refused before anything is sent, with the reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from emc.chain import probes
from emc.chain.edge import Chain, connect
from emc.client import creating
from emc.core.addresses import PROXY, PROXY_SENDER
from emc.errors import EMCError
from tests import anvil
from tests.audit.faulty import Fault, proxy
from tests.integration.commands import LOCAL, emc
from tests.kit import CONTRACTS
from tests.profiles import long

FIRST, *OTHERS = probes.NEW

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def plain(anvil_program: str) -> Iterator[str]:  # noqa: ARG001
    """A node on which nothing was deployed, and nothing is."""
    with anvil.running("--accounts", "10") as url:
        yield url


@pytest.fixture(autouse=True)
def nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path))


@contextmanager
def behind(node: str, fault: Fault, patch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """A chain whose node answers as it should not."""
    with proxy(node, fault) as url:
        patch.setenv("APE_FOUNDRY_HOST", url)
        with connect(LOCAL[1]) as chain:
            yield chain


def asked_for(asked: Any, program: bytes) -> bool:
    """Whether a request is that a node runs a program."""
    if asked["method"] != "eth_call":
        return False
    call = asked["params"][0]
    return "0x" + program.hex() in (call.get("data"), call.get("input"))


def saying(program: bytes, *numbers: int) -> Fault:
    """A node that gives other numbers for a program."""
    words = "0x" + "".join(f"{each:064x}" for each in numbers)

    def fault(asked: Any, answer: Any) -> Any:
        return {**answer, "result": words} if asked_for(asked, program) else answer

    return fault


def refusing(program: bytes, says: str) -> Fault:
    """A node that refuses a program."""

    def fault(asked: Any, answer: Any) -> Any:
        if not asked_for(asked, program):
            return answer
        error = {"code": -32000, "message": says}
        return {"jsonrpc": "2.0", "id": answer["id"], "error": error}

    return fault


def told(node: str, program: bytes, value: int = 0) -> list[int]:
    """What a node gives for a program."""
    w3 = Web3(Web3.HTTPProvider(node))
    said = w3.eth.call({"from": w3.eth.accounts[0], "data": "0x" + program.hex(), "value": value})  # type: ignore[typeddict-item]
    return [int.from_bytes(said[at : at + 32], "big") for at in range(0, len(said), 32)]


def refused(node: str, fault: Fault, patch: pytest.MonkeyPatch) -> str:
    """Why a system is refused; nothing was sent then."""
    w3 = Web3(Web3.HTTPProvider(node))
    with (
        behind(node, fault, patch) as chain,
        pytest.raises(EMCError) as caught,
    ):
        creating.create(chain, chain.account("TEST::0"))
    assert w3.eth.block_number == 0
    return str(caught.value)


@pytest.mark.parametrize("name", [FIRST, *map(long, OTHERS)])
@pytest.mark.parametrize("says", ["invalid opcode", "EVM error: NotActivated"])
def test_a_chain_without_an_instruction_of_cancun_is_refused(
    plain: str, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    said = refused(plain, refusing(probes.NEW[name], says), monkeypatch)
    assert said.startswith(
        f"no system on chain 31337: it does not run {name}, an instruction of Cancun"
    )
    assert says in said
    assert name in refused(plain, saying(probes.NEW[name], 0), monkeypatch)


@pytest.mark.parametrize(("fork", "lacks"), [long("london", "PUSH0"), ("shanghai", "MCOPY")])
def test_a_real_chain_with_older_rules_is_refused(
    anvil_program: str,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    fork: str,
    lacks: str,
) -> None:
    with anvil.running(hardfork=fork) as node:
        said = refused(node, lambda _, answer: answer, monkeypatch)
        assert f"it does not run {lacks}, an instruction of Cancun" in said
        monkeypatch.setenv("APE_FOUNDRY_HOST", node)
        words = emc("system", "deploy", "--account", "TEST::0", fails=True).err
        assert f"Error: no system on chain 31337: it does not run {lacks}" in words
        assert "Hint: use a chain that works like Ethereum" in words


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (1, "CREATE puts contracts elsewhere"),
        (2, "CREATE2 puts contracts elsewhere"),
        (3, "a contract does not run the code that it was created with"),
    ],
)
def test_a_chain_that_creates_contracts_in_its_own_way_is_refused(
    plain: str, monkeypatch: pytest.MonkeyPatch, place: int, says: str
) -> None:
    numbers = told(plain, probes.CREATIONS)
    numbers[place] ^= 1
    assert says in refused(plain, saying(probes.CREATIONS, *numbers), monkeypatch)


def test_who_has_no_coin_is_told_so_and_not_that_the_chain_is_wrong(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(plain, lambda _, answer: answer, monkeypatch) as chain:
        sender, provider = chain.account("TEST::0"), chain.provider
        has = sender.balance
        provider.set_balance(sender.address, 0)
        with pytest.raises(EMCError) as caught:
            creating.create(chain, sender)
        provider.set_balance(sender.address, has)
    assert str(caught.value) == f"{sender.address} has no coin for gas"
    assert "emc chain fund" in caught.value.hint


def test_a_chain_on_which_contracts_create_none_is_refused(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(plain, refusing(probes.CREATIONS, "unknown bytecode hash"), monkeypatch)
    assert "contracts cannot create contracts there (" in said
    assert "unknown bytecode hash" in said
    said = refused(plain, refusing(probes.COSTS, "out of gas"), monkeypatch)
    assert "it does not say what calls cost (" in said


def test_less_gas_than_a_payee_must_be_able_to_use_is_refused(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold, paying, left, reached, given = told(plain, probes.COSTS, value=1)
    # as on Ethereum: 2,600 and 9,000, and 63 of 64 parts
    assert 2_600 <= cold < 2_650
    assert 9_000 <= paying + probes.STIPEND < 9_200
    assert 0 <= left * 63 // 64 - reached < 200
    assert given in range(probes.PUSH_GAS - 10, probes.PUSH_GAS)
    for numbers in (
        # touching an account costs more, coin costs more, less is passed on, less is given
        (cold + 10_000, paying, left, reached, given),
        (cold, paying + 20_000, left, reached, given),
        (cold, paying, left, left * 7 // 8, given),
        (cold, paying, left, reached, given // 2),
        (cold, paying, 0, 0, given),
    ):
        said = refused(plain, saying(probes.COSTS, *numbers), monkeypatch)
        assert "of 100,000 gas that a payee must be able to use, " in said
        assert f"a call of an account that was not touched before costs {numbers[0]:,}" in said


def test_a_chain_of_small_transactions_is_refused(
    anvil_program: str,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with anvil.running("--gas-limit", "15000000") as node:
        said = refused(node, lambda _, answer: answer, monkeypatch)
    assert "a transaction may use 15,000,000 gas there; that of an EMC" in said


def test_a_node_that_runs_no_programs_says_nothing_about_its_chain(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        behind(plain, refusing(probes.PLAIN, "to is missing"), monkeypatch) as chain,
        pytest.raises(
            EMCError, match="the node does not answer the checks of chain 31337"
        ) as caught,
    ):
        creating.create(chain, chain.account("TEST::0"))
    assert "ask another one" in caught.value.hint


def test_what_is_measured_is_what_the_contracts_rely_on() -> None:
    source = (CONTRACTS / "modules" / "currency.vy").read_text()
    assert f"PUSH_GAS: constant(uint256) = {probes.PUSH_GAS:_}\n" in source
    assert f"PUSH_FLOOR: constant(uint256) = {probes.PUSH_FLOOR:_}\n" in source


# the deployment proxy


@contextmanager
def without_proxy(node: str, fault: Fault, patch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """A chain on which nobody has made the proxy."""
    ask = Web3(Web3.HTTPProvider(node)).provider.make_request
    code = ask(RPCEndpoint("eth_getCode"), [PROXY, "latest"])["result"]
    ask(RPCEndpoint("anvil_setCode"), [PROXY, "0x"])
    try:
        with behind(node, fault, patch) as chain:
            yield chain
    finally:
        ask(RPCEndpoint("anvil_setCode"), [PROXY, code])


@pytest.mark.parametrize(
    "says", ["only replay-protected (EIP-155) transactions allowed over RPC", "invalid sender"]
)
def test_a_node_that_refuses_the_proxys_transaction_is_paid_nothing(
    plain: str, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    def fault(asked: Any, answer: Any) -> Any:
        if asked["method"] != "eth_sendRawTransaction":
            return answer
        return {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32000, "message": says}}

    w3 = Web3(Web3.HTTPProvider(plain))
    before = w3.eth.get_balance(Web3.to_checksum_address(PROXY_SENDER))
    with (
        without_proxy(plain, fault, monkeypatch) as chain,
        pytest.raises(EMCError) as caught,
    ):
        creating.create(chain, chain.account("TEST::0"))
    said = f"no system on chain 31337: the deployment proxy {PROXY} cannot be made: "
    assert str(caught.value).startswith(said)
    assert says in str(caught.value)
    assert w3.eth.get_balance(Web3.to_checksum_address(PROXY_SENDER)) == before


def test_something_else_where_the_proxy_should_be_is_refused(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(asked: Any, answer: Any) -> Any:
        is_it = asked["method"] == "eth_getCode" and asked["params"][0].lower() == PROXY.lower()
        return {**answer, "result": "0x00"} if is_it else answer

    said = refused(plain, fault, monkeypatch)
    assert f"the deployment proxy {PROXY} has other code" in said


def test_a_gas_price_above_the_proxys_is_said_before_anything_is_sent(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(asked: Any, answer: Any) -> Any:
        if asked["method"] == "eth_getBlockByNumber":
            answer["result"]["baseFeePerGas"] = hex(150 * 10**9)
        return answer

    with (
        without_proxy(plain, fault, monkeypatch) as chain,
        pytest.raises(EMCError, match="100 gwei, the chain asks for 150") as caught,
    ):
        creating.create(chain, chain.account("TEST::0"))
    assert "when gas is cheaper" in caught.value.hint
