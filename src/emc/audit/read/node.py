"""What a node knows of a chain, by questions with typed answers."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec

from emc.audit.read.rpc import Refused, Request, Transport, UnansweredError
from emc.errors import EMCError

# blocks of one question for logs, before the node says what is too much
SPAN = 2_000
PIECES = 64


class Log(msgspec.Struct, gc=False):
    """An event as a node gives it."""

    address: str
    topics: list[str]
    data: str
    blockNumber: str  # noqa: N815
    blockHash: str  # noqa: N815
    transactionHash: str  # noqa: N815
    logIndex: str  # noqa: N815
    removed: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Its block, and its index in that."""
        return int(self.blockNumber, 16), int(self.logIndex, 16)


class Block(msgspec.Struct):
    """A block's header."""

    number: str
    hash: str
    parentHash: str  # noqa: N815
    timestamp: str

    @property
    def time(self) -> int:
        """Unix seconds."""
        return int(self.timestamp, 16)


class Transaction(msgspec.Struct, rename={"sender": "from"}):
    """What was sent."""

    hash: str
    sender: str
    input: str
    value: str
    to: str | None = None


class Pinned(NamedTuple):
    """A block that everything else is read at."""

    number: int
    hash: str
    time: int


class Node:
    """A node behind a transport."""

    def __init__(self, transport: Transport, *, parallel: int = 4) -> None:
        self.transport = transport
        self.parallel = parallel
        # the most blocks that it gave logs of at once, once it refused more
        self.limit: int | None = None

    async def one(self, method: str, *params: Any) -> Any:
        """One answer, as it is.

        Raises:
            EMCError: the node refuses.
        """
        (answer,) = await self.transport.ask([Request(method, list(params))])
        if isinstance(answer, Refused):
            raise EMCError(f"the node refuses {method}: {answer.message}", "ask another node")
        return msgspec.json.decode(answer)

    async def chain_id(self) -> int:
        return _number(await self.one("eth_chainId"))

    async def head(self, depth: int = 0) -> Pinned:
        """The newest block but so many."""
        number = _number(await self.one("eth_blockNumber"))
        return await self.pin(max(0, number - depth))

    async def pin(self, number: int) -> Pinned:
        """A block by its number."""
        (block,) = (await self.blocks([number])).values()
        return Pinned(number, block.hash.lower(), block.time)

    async def blocks(self, numbers: Iterable[int]) -> dict[int, Block]:
        """Headers by number.

        Raises:
            EMCError: the node has no such block.
        """
        wanted = sorted(set(numbers))
        found: dict[int, Block] = {}
        for turn in range(4):
            missing = [number for number in wanted if number not in found]
            if not missing:
                return found
            if turn:
                await asyncio.sleep(0.2 * turn)
            answers = await self.transport.ask(
                [Request("eth_getBlockByNumber", [hex(number), False]) for number in missing]
            )
            for number, answer in zip(missing, answers, strict=True):
                if isinstance(answer, Refused):
                    continue
                # a node behind others may not have it yet
                block = _typed(answer, Block | None)
                if block is not None and int(block.number, 16) == number:
                    found[number] = block
        raise UnansweredError(f"the node has no block {missing[0]}", "ask again, or another node")

    async def balances(self, asked: Sequence[tuple[str, int]]) -> list[int | None]:
        """Native coin of accounts at blocks; nothing where the node does not know any more."""
        requests = [Request("eth_getBalance", [who, hex(at)]) for who, at in asked]
        return [
            None if isinstance(answer, Refused) else _number(msgspec.json.decode(answer))
            for answer in await self.transport.ask(requests)
        ]

    async def calls(self, asked: Sequence[tuple[str, bytes, int]]) -> list[bytes | None]:
        """What views answer at blocks; nothing where they revert or the node does not know."""
        requests = [
            Request("eth_call", [{"to": to, "data": "0x" + data.hex()}, hex(at)])
            for to, data, at in asked
        ]
        return [
            None if isinstance(answer, Refused) else _bytes(answer)
            for answer in await self.transport.ask(requests)
        ]

    async def codes(self, asked: Sequence[tuple[str, int]]) -> list[bytes | None]:
        """Code at addresses and blocks."""
        requests = [Request("eth_getCode", [who, hex(at)]) for who, at in asked]
        return [
            None if isinstance(answer, Refused) else _bytes(answer)
            for answer in await self.transport.ask(requests)
        ]

    async def transactions(self, hashes: Iterable[str]) -> dict[str, Transaction]:
        """Transactions by hash.

        Raises:
            EMCError: the node does not give one.
        """
        wanted = sorted(set(hashes))
        answers = await self.transport.ask(
            [Request("eth_getTransactionByHash", [each]) for each in wanted]
        )
        found = {}
        for each, answer in zip(wanted, answers, strict=True):
            sent = None if isinstance(answer, Refused) else _typed(answer, Transaction | None)
            if sent is None or sent.hash.lower() != each:
                raise UnansweredError(f"the node does not give transaction {each}", "ask another")
            found[each] = sent
        return found

    async def receipts(self, hashes: Iterable[str]) -> dict[str, list[Log]]:
        """The logs of transactions by their receipts."""
        wanted = sorted(set(hashes))
        answers = await self.transport.ask(
            [Request("eth_getTransactionReceipt", [each]) for each in wanted]
        )
        found = {}
        for each, answer in zip(wanted, answers, strict=True):
            receipt = None if isinstance(answer, Refused) else _typed(answer, _Receipt | None)
            if receipt is None:
                raise UnansweredError(f"the node gives no receipt of {each}", "ask another node")
            found[each] = receipt.logs
        return found

    async def traces(self, hashes: Sequence[str]) -> list[dict[str, Any] | None]:
        """What transactions called, where the node tells: by `debug_traceTransaction`."""
        requests = [
            Request("debug_traceTransaction", [each, {"tracer": "callTracer"}]) for each in hashes
        ]
        found = []
        for answer in await self.transport.ask(requests):
            trace = None if isinstance(answer, Refused) else msgspec.json.decode(answer)
            found.append(trace if isinstance(trace, dict) else None)
        return found

    async def birth(self, address: str, head: int) -> int:
        """The block in which an address got its code, by halving; 0 where the node does not know
        old states.

        Raises:
            EMCError: it has no code now.
        """
        (code,) = await self.codes([(address, head)])
        if not code:
            raise EMCError(f"{address} has no code on this chain", "check network and address")
        low, high = -1, head
        while high - low > 1:
            middle = (low + high) // 2
            (code,) = await self.codes([(address, middle)])
            if code is None:
                return 0
            low, high = (low, middle) if code else (middle, high)
        return high

    # logs

    async def logs(
        self,
        addresses: Sequence[str],
        topics: Sequence[Any],
        first: int,
        last: int,
        take: Callable[[list[Log]], Awaitable[None]],
        done: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Hand over the logs of a range of blocks, in pieces and in any order.

        Args:
            addresses: None for whoever logged it.
            done: Is told how many blocks are read.

        Raises:
            EMCError: the node gives none, however small the range, or other logs than were asked.
        """
        if first > last:
            return
        span = max(SPAN, -(-(last - first + 1) // PIECES))
        pieces = [(at, min(at + span - 1, last)) for at in range(first, last + 1, span)][::-1]
        wanted = {each.lower() for each in addresses}
        waiting = asyncio.Condition()
        busy = 0

        def is_ready() -> bool:
            return bool(pieces) or not busy

        async def work() -> None:
            nonlocal busy
            while True:
                async with waiting:
                    await waiting.wait_for(is_ready)
                    if not pieces:
                        return
                    piece = pieces.pop()
                    busy += 1
                smaller: list[tuple[int, int]] = []
                try:
                    found, smaller = await self._piece(wanted, list(topics), *piece)
                    await take(found)
                finally:
                    async with waiting:
                        busy -= 1
                        pieces.extend(smaller)
                        waiting.notify_all()
                if not smaller:
                    done(piece[1] - piece[0] + 1)

        await together([work() for _ in range(self.parallel)])

    async def _piece(
        self, addresses: set[str], topics: list[Any], first: int, last: int
    ) -> tuple[list[Log], list[tuple[int, int]]]:
        """The logs of a piece, or the two halves to ask for instead."""
        if self.limit and last - first + 1 > self.limit:
            return [], _halves(first, last)
        query = {
            "topics": topics,
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        if addresses:
            query["address"] = sorted(addresses)
        trouble = ""
        for _ in range(3):
            try:
                (answer,) = await self.transport.ask([Request("eth_getLogs", [query])])
            except UnansweredError as error:
                trouble = str(error)
                break
            if isinstance(answer, Refused):
                trouble = answer.message
                break
            try:
                found = _logs.decode(answer)
                trouble = _unasked(found, addresses, topics, first, last)
            except (msgspec.DecodeError, ValueError):
                trouble = "logs that are none"
                continue
            if not trouble:
                return found, []
        if last == first or "nobody asked" in trouble:
            raise UnansweredError(
                f"the node gives no logs of blocks {first} to {last}: {trouble}",
                "ask again later, or ask another node",
            )
        self.limit = max(1, (last - first + 1) // 2)
        return [], _halves(first, last)


async def together(asked: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Ask at once; the first that fails ends all."""
    tasks = [asyncio.create_task(each) for each in asked]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Receipt(msgspec.Struct):
    logs: list[Log]


def _halves(first: int, last: int) -> list[tuple[int, int]]:
    middle = (first + last) // 2
    return [(middle + 1, last), (first, middle)]


_logs = msgspec.json.Decoder(list[Log])


def _unasked(
    found: list[Log], addresses: set[str], topics: list[Any], first: int, last: int
) -> str:
    """What is wrong with logs; empty if they are those asked for.

    Raises:
        ValueError: a number is none.
    """
    # few different values in many logs
    emitters = set(map(attrgetter("address"), found))
    if (
        True in map(attrgetter("removed"), found)
        or (addresses and not addresses.issuperset(each.lower() for each in emitters))
        or not all(_fits(found, place, want) for place, want in enumerate(topics))
    ):
        return "logs that nobody asked for"
    for index in set(map(attrgetter("logIndex"), found)):
        int(index, 16)
    blocks = set(map(attrgetter("blockNumber"), found))
    if not all(first <= int(block, 16) <= last for block in blocks):
        return "logs of blocks that nobody asked for"
    return ""


def _fits(found: list[Log], place: int, want: Any) -> bool:
    if want is None:
        return True
    topics = list(map(attrgetter("topics"), found))
    if min(map(len, topics), default=place + 1) <= place:
        return False
    options = set(want if isinstance(want, list) else [want])
    return options.issuperset(each.lower() for each in set(map(itemgetter(place), topics)))


def _typed(answer: msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.DecodeError as error:
        raise UnansweredError(f"the node's answer makes no sense: {error}", "ask another") from None


def _number(value: Any) -> int:
    try:
        return int(value, 16)
    except (TypeError, ValueError):
        raise UnansweredError(f"the node answers {value!r} for a number", "ask another") from None


def _bytes(answer: msgspec.Raw) -> bytes:
    value = msgspec.json.decode(answer)
    try:
        return bytes.fromhex(value[2:])
    except (TypeError, ValueError):
        raise UnansweredError(f"the node answers {value!r} for bytes", "ask another") from None
