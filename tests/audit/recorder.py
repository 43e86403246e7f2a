"""A node that knows what happened on boa's chain: each call is a block with one transaction.

Answers the questions that the audit asks, from what it has recorded; views are called on the chain
as it is now.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boa
import msgspec
from eth_utils import keccak, to_checksum_address

from emc.rpc.http import Request
from emc.rpc.refusal import Meaning, Refused

TRANSFER = keccak(text="Transfer(address,address,uint256)")
BALANCE_OF = keccak(text="balanceOf(address)")[:4]
DEBUG = "debug_traceTransaction"


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


class Recorder:
    """Records an environment from now on, and answers as a node (`ask`).

    Args:
        traces: Whether it tells what transactions called.
    """

    def __init__(self, env: Any, *, traces: bool = False) -> None:
        self.env = env
        self.traces = traces
        self.times = [int(env.timestamp)]
        self.sent: list[dict[str, Any] | None] = [None]
        self.trees: list[Any] = [None]
        self.logs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.balances: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.initial: dict[str, int] = {}
        self.asked: dict[str, int] = defaultdict(int)
        self.depth = 0
        # of tokens whose logs do not tell: who holds how much since which block
        self.holdings: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self.execute, self.give = env.execute_code, env.set_balance
        env.execute_code, env.set_balance = self._execute, self._give

    def stop(self) -> None:
        self.env.execute_code, self.env.set_balance = self.execute, self.give

    @property
    def head(self) -> int:
        return len(self.times) - 1

    @contextmanager
    def anchor(self) -> Iterator[None]:
        """What happens inside is undone, on the chain and here."""
        head, initial = self.head, dict(self.initial)
        try:
            with self.env.anchor():
                yield
        finally:
            del self.times[head + 1 :], self.sent[head + 1 :], self.trees[head + 1 :]
            self.initial = initial
            for logs in self.logs.values():
                while logs and int(logs[-1]["blockNumber"], 16) > head:
                    logs.pop()
            for known in self.balances.values():
                while known and known[-1][0] > head:
                    known.pop()

    def watch(self, token: str, holders: Sequence[str]) -> None:
        """Note balances from now on, block by block."""
        for who in holders:
            self.holdings[token.lower(), who.lower()] = [(self.head, self._holding(token, who))]

    def _holding(self, token: str, who: str) -> int:
        data = BALANCE_OF + bytes.fromhex(who[2:]).rjust(32, b"\0")
        answer = self.execute(to_address=token, data=data, simulate=True, is_modifying=False)
        return int.from_bytes(answer.output, "big")

    # recording

    def _give(self, who: Any, value: int) -> None:
        at = str(who)
        self.initial.setdefault(at, self.env.get_balance(who))
        self.give(who, value)
        self._block(None, None, [])
        self.balances[at].append((self.head, value))

    def _execute(self, *args: Any, **kwargs: Any) -> Any:
        computation = self.execute(*args, **kwargs)
        if kwargs.get("simulate") or not kwargs.get("is_modifying", True):
            return computation
        if computation.is_error:
            return computation
        message = computation.msg
        logs = list(computation.get_raw_log_entries())
        net: dict[str, int] = defaultdict(int)
        _transfers(computation, net)
        if not logs and not net:
            return computation
        sent = {
            "from": to_checksum_address(message.sender),
            "to": to_checksum_address(message.to),
            "input": hexed(bytes(message.data)),
            "value": hex(message.value),
        }
        self._block(sent, computation, logs)
        for at, amount in net.items():
            now = self.env.get_balance(at)
            self.initial.setdefault(at, now - amount)
            self.balances[at].append((self.head, now))
        return computation

    def _block(self, sent: Any, tree: Any, logs: list[Any]) -> None:
        self.times.append(int(self.env.timestamp))
        number = self.head
        self.sent.append(sent and {**sent, "hash": self._hash(number, b"tx")})
        self.trees.append(tree if self.traces else None)
        for (token, who), known in self.holdings.items():
            known.append((number, self._holding(token, who)))
        for index, (_, at, topics, data) in enumerate(logs):
            self.logs[to_checksum_address(at).lower()].append(
                {
                    "address": to_checksum_address(at).lower(),
                    "topics": [hexed(topic.to_bytes(32, "big")) for topic in topics],
                    "data": hexed(bytes(data)),
                    "blockNumber": hex(number),
                    "blockHash": self._hash(number),
                    "transactionHash": self._hash(number, b"tx"),
                    "logIndex": hex(index),
                }
            )

    @staticmethod
    def _hash(number: int, kind: bytes = b"block") -> str:
        return hexed(keccak(kind + number.to_bytes(8, "big")))

    # answering

    async def __aenter__(self) -> "Recorder":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def ask(self, requests: Sequence[Request]) -> list[msgspec.Raw | Refused]:
        found: list[msgspec.Raw | Refused] = []
        for request in requests:
            self.asked[request.method] += 1
            answer = getattr(self, request.method)(*request.params)
            found.append(
                answer if isinstance(answer, Refused) else msgspec.Raw(msgspec.json.encode(answer))
            )
        return found

    def eth_chainId(self) -> str:  # noqa: N802
        return hex(self.env.evm.patch.chain_id)

    def eth_blockNumber(self) -> str:  # noqa: N802
        return hex(self.head)

    def eth_getBlockByNumber(self, number: str, _: bool) -> Any:  # noqa: N802
        at = int(number, 16)
        if at > self.head:
            return None
        return {
            "number": number,
            "hash": self._hash(at),
            "parentHash": self._hash(at - 1) if at else "0x" + "0" * 64,
            "timestamp": hex(self.times[at]),
        }

    def eth_getLogs(self, query: dict[str, Any]) -> Any:  # noqa: N802
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        found = []
        for at in query.get("address", list(self.logs)):
            for log in self.logs.get(at.lower(), ()):
                if first <= int(log["blockNumber"], 16) <= last and _fits(log, query["topics"]):
                    found.append(log)
        return found

    def eth_getBalance(self, who: str, at: str) -> str:  # noqa: N802
        known = self.balances.get(to_checksum_address(who))
        if not known:
            return hex(self.env.get_balance(who))
        place = bisect_right(known, (int(at, 16), 2**256))
        return hex(known[place - 1][1] if place else self.initial[to_checksum_address(who)])

    def eth_getCode(self, who: str, _: str) -> str:  # noqa: N802
        return hexed(self.env.get_code(who))

    def eth_call(self, call: dict[str, str], at: str) -> Any:
        data = bytes.fromhex(call["data"][2:])
        answer = self.execute(to_address=call["to"], data=data, simulate=True, is_modifying=False)
        if answer.is_error:
            return Refused("execution reverted", Meaning.REVERTED)
        if data[:4] == BALANCE_OF:
            # the one view that is asked about the past
            value = int.from_bytes(answer.output, "big")
            known = self.holdings.get((call["to"].lower(), "0x" + data[16:36].hex()))
            if known:
                place = bisect_right(known, (int(at, 16), 2**256))
                return hexed(known[max(place - 1, 0)][1].to_bytes(32, "big"))
            return hexed((value - self._since(call["to"], data[16:], at)).to_bytes(32, "big"))
        return hexed(answer.output)

    def eth_getTransactionByHash(self, tx: str) -> Any:  # noqa: N802
        return next((sent for sent in self.sent if sent and sent["hash"] == tx), None)

    def eth_getTransactionReceipt(self, tx: str) -> Any:  # noqa: N802
        found = [log for logs in self.logs.values() for log in logs if log["transactionHash"] == tx]
        return {"logs": found}

    def debug_traceTransaction(self, tx: str, _: Any) -> Any:  # noqa: N802
        for sent, tree in zip(self.sent, self.trees, strict=True):
            if sent and sent["hash"] == tx and tree is not None:
                return _frame(tree)
        return Refused("the method does not exist", Meaning.UNSUPPORTED)

    def _since(self, token: str, who: bytes, at: str) -> int:
        """What came in less what went out after a block."""
        net = 0
        for log in self.logs.get(token.lower(), ()):
            if int(log["blockNumber"], 16) > int(at, 16) and log["topics"][0] == hexed(TRANSFER):
                amount = int(log["data"], 16)
                net += amount * (log["topics"][2][26:] == who.hex())
                net -= amount * (log["topics"][1][26:] == who.hex())
        return net


def _transfers(computation: Any, net: dict[str, int]) -> None:
    if computation.is_error:
        return
    message = computation.msg
    if message.value and message.should_transfer_value:
        net[to_checksum_address(message.sender)] -= message.value
        net[to_checksum_address(message.storage_address)] += message.value
    for child in computation.children:
        _transfers(child, net)


def _frame(computation: Any) -> dict[str, Any]:
    message = computation.msg
    kind = "CALL" if message.should_transfer_value else "DELEGATECALL"
    frame = {
        "type": kind,
        "from": to_checksum_address(message.sender),
        "to": to_checksum_address(message.storage_address),
        "value": hex(message.value),
        "input": hexed(bytes(message.data)),
        "calls": [_frame(child) for child in computation.children],
    }
    return frame | ({"error": "reverted"} if computation.is_error else {})


def _fits(log: dict[str, Any], topics: list[Any]) -> bool:
    for place, want in enumerate(topics):
        if want is not None:
            options = want if isinstance(want, list) else [want]
            if place >= len(log["topics"]) or log["topics"][place] not in options:
                return False
    return True


def recording() -> Recorder:
    """Record boa's chain as it is now."""
    return Recorder(boa.env)
