"""A block with more logs than a node gives at once is read from its receipts, or not at all."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from emc.errors import EMCError
from emc.rpc.http import Request
from emc.rpc.node import Log, Node
from emc.rpc.refusal import Meaning, Refused

HERE, BLOCK = "0x" + "ab" * 20, "0x" + "bb" * 32
TXS = ["0x" + f"{number:02x}" * 32 for number in range(3)]


def receipt(place: int) -> dict[str, Any]:
    """Of a transaction with two logs."""
    own = {"transactionHash": TXS[place], "blockHash": BLOCK, "blockNumber": "0x7"}
    logs = [
        {**own, "address": HERE, "topics": [], "data": "0x", "logIndex": hex(2 * place + index)}
        for index in range(2)
    ]
    return {**own, "logs": logs}


class Full:
    """A node that gives no logs of its block.

    Args:
        changes: What becomes of what a method gives.
    """

    def __init__(self, changes: dict[str, Callable[[Any], Any]]) -> None:
        self.changes = changes

    async def __aenter__(self) -> "Full":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def ask(self, requests: Sequence[Request]) -> list[Any]:
        return [self._answer(*each) for each in requests]

    def _answer(self, method: str, params: list[Any]) -> Any:
        given: dict[str, Callable[[], Any]] = {
            "eth_getBlockByNumber": lambda: {
                "number": params[0],
                "hash": BLOCK,
                "parentHash": BLOCK,
                "timestamp": "0x1",
                "transactions": TXS,
            },
            "eth_getBlockReceipts": lambda: [receipt(place) for place in range(3)],
            "eth_getTransactionReceipt": lambda: receipt(TXS.index(params[0])),
        }
        if method not in given:
            return Refused("query returned more than 2 results", Meaning.TOO_WIDE)
        found = self.changes.get(method, lambda answer: answer)(given[method]())
        return found if isinstance(found, Refused) else msgspec.Raw(msgspec.json.encode(found))


def read(changes: dict[str, Callable[[Any], Any]], monkeypatch: pytest.MonkeyPatch) -> list[Log]:
    """What is read of the block."""
    monkeypatch.setattr("emc.rpc.node.TRIES", 1)
    found: list[Log] = []

    async def take(logs: list[Log]) -> None:
        found.extend(logs)

    asyncio.run(Node(Full(changes)).logs([HERE], [], 7, 7, take))
    return found


def missing(_: Any) -> Refused:
    return Refused("the method does not exist", Meaning.UNSUPPORTED)


def logs(change: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda one: {**one, "logs": [{**log, **change} for log in one["logs"]]}


@pytest.mark.parametrize(
    "all_receipts",
    [
        lambda answer: answer,
        missing,
        lambda _: [],
        lambda answer: answer[:2],
        lambda answer: answer * 2,
        lambda answer: [*answer[:2], answer[0]],
        lambda answer: [{**each, "logs": each["logs"][1:]} for each in answer],
        lambda answer: [{**each, "blockHash": TXS[0]} for each in answer],
    ],
)
def test_what_are_not_all_receipts_of_the_block_is_asked_for_one_by_one(
    all_receipts: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read({"eth_getBlockReceipts": all_receipts}, monkeypatch)
    assert [log.place for log in found] == [(7, index) for index in range(6)]


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("eth_getBlockByNumber", missing),
        ("eth_getBlockByNumber", lambda _: None),
        ("eth_getBlockByNumber", lambda block: {**block, "number": "0x6"}),
        ("eth_getBlockByNumber", lambda block: {**block, "transactions": TXS[1:]}),
        ("eth_getTransactionReceipt", missing),
        ("eth_getTransactionReceipt", lambda _: None),
        ("eth_getTransactionReceipt", lambda _: receipt(1)),
        ("eth_getTransactionReceipt", lambda one: {**one, "blockHash": TXS[0]}),
        ("eth_getTransactionReceipt", lambda one: {**one, "logs": one["logs"][:1]}),
        ("eth_getTransactionReceipt", lambda one: {**one, "logs": one["logs"] * 2}),
        ("eth_getTransactionReceipt", logs({"blockHash": TXS[0]})),
        ("eth_getTransactionReceipt", logs({"blockNumber": "0x6"})),
        ("eth_getTransactionReceipt", logs({"blockNumber": "zz"})),
        ("eth_getTransactionReceipt", logs({"transactionHash": BLOCK})),
        ("eth_getTransactionReceipt", logs({"removed": True})),
    ],
)
def test_receipts_that_are_not_those_of_the_block_hide_no_log(
    method: str, change: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EMCError, match="the node gives no logs of blocks 7 to 7"):
        read({"eth_getBlockReceipts": missing, method: change}, monkeypatch)
