"""Bad nodes and turning chains: the same result as from a good node, or a clear error."""

import asyncio
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from aiohttp import web

from emc.audit.prove import reconcile
from emc.audit.prove.case import Verdict
from emc.audit.read import sync
from emc.errors import EMCError
from emc.rpc.http import Http
from emc.rpc.node import Node
from emc.rpc.refusal import Patience
from tests import anvil
from tests.audit.faulty import Fault, proxy
from tests.audit.kit import store_of

pytestmark = pytest.mark.anvil
ROOT = Path(__file__).parents[2]
SALES = 30
IMPATIENT = {"tries": 4, "timeout": 1.5, "pause": 0.01}


class Sold(NamedTuple):
    """An EMC on a node that has sold something."""

    url: str
    emc: str
    bench: Any
    script: Any


@pytest.fixture(scope="module")
def sold(anvil_program: str) -> Iterator[Sold]:  # noqa: ARG001
    spec = importlib.util.spec_from_file_location("bench_audit", ROOT / "scripts/bench_audit.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with anvil.running(*script.OPTIONS) as url:
        bench = script.Bench(url)
        yield Sold(url, script.sold(bench, script.book(SALES)), bench, script)


def audit(
    url: str, emc: str, db: duckdb.DuckDBPyConnection | None = None, **settings: Any
) -> tuple[Verdict, duckdb.DuckDBPyConnection]:
    """The verdict from a node, asked impatiently."""
    kept = store_of() if db is None else db

    async def run() -> Verdict:
        patience = Patience(ceiling=1, pause=0.02)
        async with Http(url, patience=patience, **{**IMPATIENT, **settings}) as http:
            node = Node(http)
            await sync.sync(kept, node, emc)
            return await reconcile.run(kept, node, emc)

    return asyncio.run(run()), kept


def content(db: duckdb.DuckDBPyConnection) -> list[Any]:
    """Everything that was read and rebuilt."""
    return [
        db.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
        for table in ("payouts", "payments", "orders", "transfers", "events", "ledger", "books")
    ]


@pytest.fixture(scope="module")
def good(sold: Sold) -> list[Any]:
    verdict, db = audit(sold.url, sold.emc)
    assert verdict.word == "RECONCILED", [each.text for each in verdict.faults]
    assert verdict.evidence["counts"]["payments"] == 10 * SALES
    return content(db)


def each(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def limits_ranges(asked: Any, answer: Any) -> Any:
    """Gives logs of at most 16 blocks."""
    if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
        query = asked["params"][0]
        if int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= 16:
            error = {"code": -32005, "message": "query exceeds max block range 16"}
            return {"jsonrpc": "2.0", "id": asked["id"], "error": error}
    return answer


class FewNames:
    """Gives logs of at most two addresses, and of one topic in each place."""

    def __init__(self, message: str) -> None:
        self.error = {"code": -32602, "message": message}

    def __call__(self, asked: Any, answer: Any) -> Any:
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
            query = asked["params"][0]
            lists = [each for each in query["topics"] if isinstance(each, list)]
            if len(query["address"]) > 2 or any(len(each) > 1 for each in lists):
                return {"jsonrpc": "2.0", "id": asked["id"], "error": self.error}
        return answer


def gives_few_logs(asked: Any, answer: Any) -> Any:
    """Gives at most four logs at once, however few blocks and names they are asked for by."""
    if isinstance(asked, dict) and asked["method"] == "eth_getLogs" and len(answer["result"]) > 4:
        error = {"code": -32005, "message": "query returned more than 4 results"}
        return {"jsonrpc": "2.0", "id": asked["id"], "error": error}
    return answer


def gives_few_logs_nor_receipts(asked: Any, answer: Any) -> Any:
    """The same, and has no method for all receipts of a block."""
    if isinstance(asked, dict) and asked["method"] == "eth_getBlockReceipts":
        error = {"code": -32601, "message": "the method eth_getBlockReceipts does not exist"}
        return {"jsonrpc": "2.0", "id": asked["id"], "error": error}
    return gives_few_logs(asked, answer)


class Sometimes:
    """Does something to every so many answers."""

    def __init__(self, every: int, change: Fault) -> None:
        self.every, self.change, self.count = every, change, 0

    def __call__(self, asked: Any, answer: Any) -> Any:
        self.count += 1
        return self.change(asked, answer) if self.count % self.every == 1 else answer


def breaks_off(_: Any, answer: Any) -> str:
    """Sends half of an answer."""
    import json

    text = json.dumps(answer)
    return text[: len(text) // 2]


async def never_answers(_: Any, answer: Any) -> Any:
    await asyncio.sleep(2)
    return answer


def is_busy(_: Any, __: Any) -> Any:
    raise web.HTTPTooManyRequests


def reorders(asked: Any, answer: Any) -> Any:
    """Turns batches and lists of logs round."""
    if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
        return {**answer, "result": answer["result"][::-1]}
    return answer[::-1] if isinstance(answer, list) else answer


def doubles(asked: Any, answer: Any) -> Any:
    """Says everything twice."""
    if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
        return {**answer, "result": answer["result"] * 2}
    return answer * 2 if isinstance(answer, list) else answer


def forgets(_: Any, answer: Any) -> Any:
    """Leaves answers of a batch out."""
    return answer[1::2] if isinstance(answer, list) else answer


@pytest.mark.parametrize(
    "fault",
    [
        limits_ranges,
        gives_few_logs,
        gives_few_logs_nor_receipts,
        FewNames("exceed max addresses or topics per search position"),
        FewNames("invalid params"),
        Sometimes(4, breaks_off),
        Sometimes(9, never_answers),
        Sometimes(3, is_busy),
        reorders,
        doubles,
        forgets,
    ],
    ids=[
        "limited",
        "few logs",
        "few logs, receipts one by one",
        "few names",
        "few names, unsaid",
        "broken",
        "slow",
        "busy",
        "reordered",
        "doubled",
        "missing",
    ],
)
def test_a_bad_node_gives_the_same_result(sold: Sold, good: list[Any], fault: Fault) -> None:
    with proxy(sold.url, fault) as url:
        verdict, db = audit(url, sold.emc, tries=6)
    assert verdict.word == "RECONCILED"
    assert content(db) == good


def drops_logs(asked: Any, answer: Any) -> Any:
    """Says nothing of all logs but the first twenty."""
    if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
        return {**answer, "result": answer["result"][:20]}
    return answer


def invents_logs(asked: Any, answer: Any) -> Any:
    """Gives logs of somebody else."""
    if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
        return {
            **answer,
            "result": [{**log, "address": "0x" + "11" * 20} for log in answer["result"]],
        }
    return answer


def never_has_blocks(asked: Any, answer: Any) -> Any:
    """Has no block but the newest."""
    return (
        [
            {**found, "result": None} if question["method"] == "eth_getBlockByNumber" else found
            for question, found in zip(each(asked), each(answer), strict=True)
        ][: len(each(asked))]
        if isinstance(asked, list)
        else answer
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (drops_logs, "different logs when it is asked twice"),
        (invents_logs, "logs that nobody asked for"),
        (never_has_blocks, "has no such block"),
        (breaks_off, "gives no usable answer"),
        (is_busy, "gives no usable answer"),
    ],
)
def test_a_node_that_cannot_be_used_is_said_to_be_one(sold: Sold, fault: Fault, words: str) -> None:
    with proxy(sold.url, fault) as url, pytest.raises(EMCError, match=words):
        audit(url, sold.emc, tries=2)


def test_what_the_chain_forgets_is_forgotten_here(sold: Sold) -> None:
    sell = sold.bench.send
    emc = sold.script.sold(sold.bench, sold.script.book(3))
    contract = sold.bench.web3.eth.contract(address=emc, abi=sold.bench.implementation.abi)
    _, db = audit(sold.url, emc)
    before = content(db)
    snapshot = sold.bench.web3.provider.make_request("evm_snapshot", [])["result"]
    sell(contract.functions.sale(1, 1_000, b"\1" * 32), sold.bench.buyer)
    sell(contract.functions.sale(2, 2_000, b"\1" * 32), sold.bench.buyer)
    audit(sold.url, emc, db)
    assert len(content(db)[0]) == len(before[0]) + 2 == 5
    # another history from the same point on, one block longer
    sold.bench.web3.provider.make_request("evm_revert", [snapshot])
    for number in (7, 8, 9):
        sell(contract.functions.sale(number, 500, b"\2" * 32), sold.bench.buyer)
    verdict, _ = audit(sold.url, emc, db)
    fresh, other = audit(sold.url, emc)
    assert (verdict.word, fresh.word) == ("RECONCILED", "RECONCILED")
    assert content(db) == content(other)
