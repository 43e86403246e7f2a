"""A table of faults: whatever a node answers to whatever question, whenever, no verdict is false.

Each fault is tried on every method that the audit needs, once, now and then, and always. Of an
honest EMC the audit may say RECONCILED, or that it is NOT CHECKED and why; of one that is asked for
the wrong canvas it may not say RECONCILED.
"""

import asyncio
import json
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from emc.audit.prove import reconcile
from emc.audit.read import sync
from emc.errors import EMCError
from emc.rpc.http import Http
from emc.rpc.node import Node
from emc.rpc.refusal import Patience
from tests.audit.faulty import proxy
from tests.audit.kit import store_of
from tests.audit.test_nodes import Sold
from tests.audit.test_nodes import sold as sold
from tests.profiles import IS_DEEP

pytestmark = pytest.mark.anvil

METHODS = (
    "eth_call",
    "eth_getCode",
    "eth_getBalance",
    "eth_getLogs",
    "eth_getBlockByNumber",
    "eth_getTransactionByHash",
    "eth_chainId",
    "eth_blockNumber",
)
# which of the questions of a method are answered falsely
MOMENTS: dict[str, Callable[[int], bool]] = {
    "the first": lambda count: count == 1,
    "the second": lambda count: count == 2,
    "every second": lambda count: count % 2 == 0,
    "all": lambda _: True,
}


def error(code: int, message: str, **more: Any) -> Callable[[Any], Any]:
    return lambda _: {"error": {"code": code, "message": message, **more}}


# what is put in place of an answer to one question
ANSWERS: dict[str, Callable[[Any], Any]] = {
    "header not found": error(-32000, "header not found"),
    "pruned": error(-32000, "missing trie node 12 (path ) state 0x34 is not available"),
    "internal error": error(-32603, "Internal error"),
    "rate by code": error(-32029, "no"),
    "another rate by code": error(-32097, "no"),
    "rate by words": error(-32005, "daily request count exceeded, request rate limited"),
    "no such method": error(-32601, "the method does not exist/is not available"),
    "an error that is a text": lambda _: {"error": "nope"},
    "null": lambda _: {"result": None},
    "empty data": lambda _: {"result": "0x"},
    "a list": lambda _: {"result": [{}, None]},
    "a number": lambda _: {"result": 7},
    "no result": lambda _: {},
    "cut off": lambda result: (
        {"result": result[: len(result) // 2 | 1]} if isinstance(result, str) else {"result": None}
    ),
}


# what becomes of a whole request
def limited(*_: Any) -> web.Response:
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": 429, "message": "block range"}}
    return web.Response(status=429, text=json.dumps(body), headers={"Retry-After": "0.01"})


def first_only(asked: Any, _: Any) -> str:
    """One error under the first id, as geth refuses a batch."""
    first = asked[0]["id"] if isinstance(asked, list) else asked["id"]
    return json.dumps(
        [{"jsonrpc": "2.0", "id": first, "error": {"code": -32600, "message": "batch too large"}}]
    )


REQUESTS: dict[str, Callable[[Any, Any], Any]] = {
    "429": limited,
    "503": lambda *_: web.Response(status=503, text="<html>busy</html>"),
    "400": lambda *_: web.Response(status=400, text="bad request"),
    "half of a batch": lambda _, answer: answer[::2] if isinstance(answer, list) else answer,
    "one error for all": first_only,
    "no answers": lambda *_: "[]",
    "no JSON": lambda *_: "<html>",
}


class Faulty:
    """Answers some questions of one method falsely."""

    def __init__(self, method: str, fault: str, moment: str) -> None:
        self.method, self.fault, self.is_time = method, fault, MOMENTS[moment]
        self.count = self.done = 0

    def __call__(self, asked: Any, answer: Any) -> Any:
        asks = asked if isinstance(asked, list) else [asked]
        told = answer if isinstance(answer, list) else [answer]
        hits = [each["method"] == self.method and self._next() for each in asks]
        if not any(hits):
            return answer
        self.done += 1
        if self.fault in REQUESTS:
            return REQUESTS[self.fault](asked, answer)
        made = [
            {"jsonrpc": "2.0", "id": each["id"], **ANSWERS[self.fault](each.get("result"))}
            if hit
            else each
            for hit, each in zip(hits, told, strict=True)
        ]
        return made if isinstance(answer, list) else made[0]

    def _next(self) -> bool:
        self.count += 1
        return self.is_time(self.count)


TABLE = list(product(METHODS, [*ANSWERS, *REQUESTS], MOMENTS))
# by default a part, in which all methods, faults and moments are met
PART = TABLE if IS_DEEP else TABLE[::9]


class Mixed(NamedTuple):
    """EMCs in both currencies on a node."""

    url: str
    emcs: list[str]


@pytest.fixture(scope="module")
def mixed(sold: Sold) -> Mixed:
    bench = sold.bench
    emc, _ = bench.make(bench.terms(3))
    for number in range(1, 4):
        bench.send(emc.functions.sale(number, 700, b"\1" * 32), bench.buyer, 700)
    return Mixed(sold.url, [emc.address, sold.script.sold(bench, sold.script.book(3))])


def verdict(url: str, emc: str, canvas: bytes | None = None) -> str:
    """The verdict's word, or why there is none."""
    db = store_of()

    async def run() -> str:
        patience = Patience(ceiling=0.3, pause=0.01)
        settings: dict[str, Any] = {"tries": 3, "timeout": 5, "pause": 0.001}
        async with Http(url, patience=patience, **settings) as http:
            node = Node(http)
            await sync.sync(db, node, emc)
            found = await reconcile.run(db, node, emc, canvas=canvas)
            return found.word

    try:
        word = asyncio.run(run())
    except EMCError as refusal:
        # in words, and with what helps
        return "NOT CHECKED" if str(refusal) and refusal.hint else repr(refusal)
    # nothing false was kept
    kept = db.execute("SELECT decimals, symbol FROM emcs").fetchall()
    assert kept in ([(18, "ETH")], [(18, "TKN")])
    return word


def test_no_fault_makes_a_verdict_false(mixed: Mixed) -> None:
    assert [verdict(mixed.url, emc) for emc in mixed.emcs] == ["RECONCILED"] * 2
    assert [verdict(mixed.url, emc, bytes(32)) for emc in mixed.emcs] == ["NOT RECONCILED"] * 2
    met, found = 0, {"RECONCILED": 0, "NOT CHECKED": 0}
    for place, (method, fault, moment) in enumerate(PART):
        faulty = Faulty(method, fault, moment)
        with proxy(mixed.url, faulty) as url:
            word = verdict(url, mixed.emcs[place % 2])
        assert word in found, (method, fault, moment, word)
        met += faulty.done > 0
        found[word] += 1
        if moment == "the first" and fault not in ("pruned", "empty data"):
            assert word == "RECONCILED", (method, fault)
        if place % 8 == 0:
            again = Faulty(method, fault, moment)
            with proxy(mixed.url, again) as url:
                assert verdict(url, mixed.emcs[place % 2], bytes(32)) != "RECONCILED", (
                    method,
                    fault,
                    moment,
                )
    assert met >= 60
    # neither is everything refused, nor was every fault harmless
    assert min(found.values()) >= 10, found
