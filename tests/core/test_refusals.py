"""What a node's refusal means, in the words that providers use."""

import pytest

from emc.rpc import http
from emc.rpc.refusal import Meaning, Patience, Refused, meaning, told_to_wait, words

CALL, LOGS, BALANCE = "eth_call", "eth_getLogs", "eth_getBalance"


@pytest.mark.parametrize(
    ("method", "code", "message", "means"),
    [
        # an answer: executed, and failed
        (CALL, 3, "execution reverted: EMC: not open", Meaning.REVERTED),
        (CALL, -32000, "execution reverted", Meaning.REVERTED),
        (CALL, -32015, "VM execution error.: Reverted 0x08c379a0", Meaning.REVERTED),
        (CALL, -32603, "VM Exception while processing transaction: revert", Meaning.REVERTED),
        (CALL, -32603, "EVM error InvalidFEOpcode", Meaning.REVERTED),
        (CALL, -32000, "invalid opcode: INVALID", Meaning.REVERTED),
        (CALL, -32000, "out of gas", Meaning.REVERTED),
        (CALL, -32000, "stack underflow (0 <=> 2)", Meaning.REVERTED),
        # a token's own words are no node's
        (CALL, 3, "execution reverted: rate limit exceeded", Meaning.REVERTED),
        (CALL, 3, "execution reverted: header not found", Meaning.REVERTED),
        # what is not executed does not revert
        (BALANCE, 3, "execution reverted", Meaning.UNCLEAR),
        # no answers, whatever they sound like
        (CALL, -32000, "header not found", Meaning.UNCLEAR),
        (CALL, -32000, "execution aborted (timeout = 5s)", Meaning.UNCLEAR),
        (CALL, -32603, "Internal error", Meaning.UNCLEAR),
        (CALL, -32000, "could not tell whether execution reverted", Meaning.UNCLEAR),
        # asked too fast
        (CALL, -32005, "daily request count exceeded, request rate limited", Meaning.BUSY),
        (CALL, -32029, "Too Many Requests", Meaning.BUSY),
        (CALL, -32097, "capacity", Meaning.BUSY),
        (CALL, -32007, "15/second request limit reached", Meaning.BUSY),
        (BALANCE, -32016, "over rate limit", Meaning.BUSY),
        (LOGS, 429, "Your app has exceeded its compute units per second capacity", Meaning.BUSY),
        (LOGS, -32005, "you are limited to 5 requests per second", Meaning.BUSY),
        (LOGS, -32005, "limit exceeded", Meaning.BUSY),
        # by an address of another kind
        (LOGS, -32005, "Too many requests from this IP address", Meaning.BUSY),
        (LOGS, -32005, "max concurrent requests from these addresses reached", Meaning.BUSY),
        (LOGS, -32600, "exceeded the throughput capacity of all filters", Meaning.BUSY),
        (LOGS, -32005, "quota exceeded: up to 100 filters a day", Meaning.BUSY),
        # asked for too much
        (LOGS, -32005, "query returned more than 10000 results", Meaning.TOO_MUCH),
        (LOGS, -32602, "Log response size exceeded. You can make eth_getLogs requests with up to "
         "a 2K block range", Meaning.TOO_MUCH),
        (LOGS, -32701, "exceed maximum block range: 50000", Meaning.TOO_MUCH),
        (LOGS, -32614, "eth_getLogs is limited to a 10,000 range", Meaning.TOO_MUCH),
        (LOGS, -32062, "Block range is too large", Meaning.TOO_MUCH),
        (LOGS, 35, "ranges over 10000 blocks are not supported on freetier", Meaning.TOO_MUCH),
        (LOGS, -32047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max "
         "range: 800", Meaning.TOO_MUCH),
        (LOGS, -32005, "Too many logs requested. Max logs per response is 20000.",
         Meaning.TOO_MUCH),
        (LOGS, -32000, "query timeout exceeded, try again with a smaller range", Meaning.TOO_MUCH),
        (LOGS, -32000, "query exceeds max block range 1000 for address filters", Meaning.TOO_MUCH),
        (CALL, -32600, "batch too large", Meaning.TOO_MUCH),
        (BALANCE, -32003, "response too large", Meaning.TOO_MUCH),
        (LOGS, -32602, "exceed max addresses or topics per search position", Meaning.TOO_WIDE),
        (LOGS, -32602, "invalid argument 0: exceed max topics", Meaning.TOO_WIDE),
        (LOGS, -32701, "please specify less number of address in the getLogs query",
         Meaning.TOO_WIDE),
        (LOGS, -32005, "This query contains 5006 filters. The current limit is 5000.",
         Meaning.TOO_WIDE),
        (LOGS, -32701, "Please specify an address in your request", Meaning.UNCLEAR),
        # not there any more
        (BALANCE, -32000, "missing trie node 3fc5 (path ) state 0x12 is not available",
         Meaning.GONE),
        (CALL, -32000, "required historical state unavailable (reexec=128)", Meaning.GONE),
        (CALL, -32000, "old data not available due to pruning", Meaning.GONE),
        (CALL, -32000, "state at block #16 is pruned", Meaning.GONE),
        (CALL, -32002, "No state available for block 0x12", Meaning.GONE),
        (BALANCE, -32000, "distance to target block exceeds maximum proof window", Meaning.GONE),
        (CALL, -32000, "project ID does not have access to archive state", Meaning.GONE),
        (CALL, -32000, "World state unavailable", Meaning.GONE),
        # no such question
        ("debug_traceTransaction", -32601, "the method debug_traceTransaction does not exist/is "
         "not available", Meaning.UNSUPPORTED),
        ("debug_traceTransaction", -32000, "Method not whitelisted", Meaning.UNSUPPORTED),
    ],
)  # fmt: skip
def test_a_refusal_means_what_providers_mean_by_it(
    method: str, code: int, message: str, means: Meaning
) -> None:
    assert meaning(method, code, message) is means


@pytest.mark.parametrize("message", ["block range too large", "execution reverted", ""])
def test_a_body_under_429_is_no_answer(message: str) -> None:
    assert {meaning(each, 3, message, 429) for each in (CALL, LOGS, BALANCE)} == {Meaning.BUSY}


@pytest.mark.parametrize(
    ("headers", "error", "seconds"),
    [
        ({"Retry-After": "7"}, None, 7),
        ({"Retry-After": "Thu, 01 Jan 1970 00:16:50 GMT"}, None, 10),
        ({"Retry-After": "soon"}, {"message": "try again in 250ms"}, 0.25),
        ({}, {"message": "limited", "data": {"rate": {"backoff_seconds": 30}}}, 30),
        ({}, {"message": "Too many requests, please retry in 2 seconds"}, 2),
        ({}, {"message": "15/second request limit reached"}, None),
        ({}, "slow down", None),
    ],
)
def test_a_node_is_waited_for_as_it_says(
    headers: dict[str, str], error: object, seconds: float | None
) -> None:
    assert told_to_wait(headers, error, 1_000) == seconds


def test_an_answer_deeper_than_anything_is_none() -> None:
    deep = b'{"id": 0, "result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    reply = http._read([http.Request(CALL, [])], 0, deep, 200, {})
    assert not reply.answers
    assert reply.refused.message == f"HTTP 200, {len(deep)} bytes that are not JSON-RPC"


def test_waiting_has_a_ceiling_and_is_told() -> None:
    told: list[float] = []
    patience = Patience(ceiling=20, pause=0.5, tell=told.append)
    assert [patience.wait(None) for _ in range(4)] == [0.5, 1, 2, 4]
    assert patience.wait(10) == 10
    assert patience.wait(10) is None
    assert told == [1, 2, 4, 10]
    patience.answered()
    assert patience.wait(3_600) is None
    assert patience.wait(0) == 0.5


def test_an_error_is_read_whatever_it_is() -> None:
    assert words({"code": -32000, "message": "a\n  b", "data": "Reverted 0x"}) == (
        -32000,
        "a b: Reverted 0x",
    )
    assert words({"code": "x", "message": ""})[0] == 0
    assert words(["x"]) == (0, "['x']")
    assert Refused("pruned", Meaning.GONE).hint == "ask an archive node"
