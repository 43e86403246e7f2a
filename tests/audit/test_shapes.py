"""Chains write blocks, transactions and logs in shapes of their own: the audit reads all alike."""

from typing import Any

import pytest

from tests.audit.faulty import Fault, proxy
from tests.audit.test_nodes import Sold, audit, content, each
from tests.audit.test_nodes import good as good
from tests.audit.test_nodes import sold as sold

pytestmark = pytest.mark.anvil


def shaped(asked: Any, answer: Any, changes: dict[str, Any]) -> Any:
    """Answers with more fields, or others, by method."""
    found = []
    for question, told in zip(each(asked), each(answer), strict=True):
        change, result = changes.get(question["method"]), told.get("result")
        if change is not None and result:
            result = (
                [line | change for line in result] if isinstance(result, list) else result | change
            )
            told = {**told, "result": result}
        found.append(told)
    return found if isinstance(answer, list) else found[0]


def optimism(asked: Any, answer: Any) -> Any:
    """OP stack: deposit transactions (0x7e) have no signature and no gas price."""
    deposit = {
        "type": "0x7e",
        "sourceHash": "0x" + "1" * 64,
        "mint": "0x0",
        "isSystemTx": False,
        "v": "0x0",
        "r": "0x0",
        "s": "0x0",
        "gasPrice": "0x0",
        "depositReceiptVersion": "0x1",
    }
    fees = {"l1Fee": "0x5", "l1GasUsed": "0x640", "type": "0x7e", "depositNonce": "0x1"}
    changes = {"eth_getTransactionByHash": deposit, "eth_getTransactionReceipt": fees}
    return shaped(asked, answer, changes)


def arbitrum(asked: Any, answer: Any) -> Any:
    """Arbitrum: blocks tell of layer 1, transactions have types of their own."""
    block = {"l1BlockNumber": "0x1234", "sendCount": "0x1", "sendRoot": "0x" + "2" * 64}
    sent = {"type": "0x69", "requestId": "0x" + "3" * 64, "ticketId": "0x" + "4" * 64}
    return shaped(asked, answer, {"eth_getBlockByNumber": block, "eth_getTransactionByHash": sent})


def zksync(asked: Any, answer: Any) -> Any:
    """zkSync: blocks, transactions and logs belong to batches of layer 1."""
    batch = {"l1BatchNumber": "0x7", "l1BatchTimestamp": "0x64"}
    log = {"l1BatchNumber": "0x7", "transactionLogIndex": "0x0", "logType": None}
    sent = {"type": "0xff", "l1BatchNumber": "0x7", "l1BatchTxIndex": "0x0", "chainId": "0x144"}
    return shaped(
        asked,
        answer,
        {
            "eth_getBlockByNumber": batch,
            "eth_getLogs": log,
            "eth_getTransactionByHash": sent,
            "eth_getTransactionReceipt": {"l2ToL1Logs": [], "l1BatchNumber": "0x7"},
        },
    )


@pytest.mark.parametrize("shape", [optimism, arbitrum, zksync])
def test_what_another_chain_writes_is_read_the_same(
    sold: Sold, good: list[Any], shape: Fault
) -> None:
    with proxy(sold.url, shape) as url:
        verdict, db = audit(url, sold.emc)
    assert verdict.word == "RECONCILED", [line.text for line in verdict.faults]
    assert content(db) == good


def test_blocks_of_one_time_tie(sold: Sold) -> None:
    times: dict[str, str] = {}

    def one_time(asked: Any, answer: Any) -> Any:
        for question, told in zip(each(asked), each(answer), strict=True):
            if question["method"] == "eth_getBlockByNumber" and told.get("result"):
                now = times.setdefault("now", told["result"]["timestamp"])
                told["result"]["timestamp"] = now
        return answer

    with proxy(sold.url, one_time) as url:
        verdict, _ = audit(url, sold.emc)
    assert verdict.word == "RECONCILED", [line.text for line in verdict.faults]


def test_a_node_without_old_states_says_which_and_what_helps(sold: Sold) -> None:
    bench = sold.bench
    emc, _ = bench.make(bench.terms(3))
    bench.send(emc.functions.sale(1, 700, b"\1" * 32), bench.buyer, 700)
    head = bench.web3.eth.block_number

    def pruned(asked: Any, answer: Any) -> Any:
        found = []
        for question, told in zip(each(asked), each(answer), strict=True):
            is_state = question["method"] in ("eth_getBalance", "eth_call", "eth_getCode")
            if is_state and int(question["params"][1], 16) < head:
                error = {"code": -32000, "message": "missing trie node 0x12 (path )"}
                told = {"jsonrpc": "2.0", "id": question["id"], "error": error}
            found.append(told)
        return found if isinstance(answer, list) else found[0]

    with proxy(sold.url, pruned) as url:
        # a token's own events tell all that is needed
        of_token, _ = audit(url, sold.emc)
        of_coin, _ = audit(url, emc.address)
    assert of_token.word == "RECONCILED", of_token.unproven
    assert of_coin.word == "NOT CHECKED"
    serious = [text for text, is_serious in of_coin.unproven if is_serious]
    assert any(f"no longer has the state of block {head - 1}" in text for text in serious)
    assert all(text.endswith("ask an archive node") for text in serious)
