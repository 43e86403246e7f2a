"""What a node knows of a chain, by questions with typed answers.

Own code, since it is measured better: the events of 69,110 payouts are read ten times as fast as by
ape's query, and `scripts/bench_audit.py` fails below that (docs/audit.md#how-fast).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from emc.errors import EMCError
from emc.rpc import shapes
from emc.rpc.http import Request, Transport, UnansweredError
from emc.rpc.query import Query
from emc.rpc.refusal import Meaning, Refused
from emc.rpc.shapes import Block as Block
from emc.rpc.shapes import Log as Log
from emc.rpc.shapes import Pinned as Pinned
from emc.rpc.shapes import Transaction as Transaction
from emc.rpc.shapes import Unknown as Unknown

# blocks of one question for logs, before the node says what is too much
SPAN = 2_000
PIECES = 64
# how often an answer that makes no sense is asked for
TRIES = 3
# answers after which a node that refused much is asked for more again
EASE = 100
Found = TypeVar("Found")


class Node:
    """A node behind a transport.

    What is not known is an error, unless a method says otherwise: no answer is never made up.
    """

    def __init__(self, transport: Transport, *, parallel: int = 4) -> None:
        self.transport = transport
        self.parallel = parallel
        # the most blocks that it gave logs of at once, once it refused more; the same of names
        self.limit: int | None = None
        self.names: int | None = None
        # answers since then
        self.eased = 0

    async def _ask(
        self, requests: Sequence[Request], read: Callable[[Any], Found]
    ) -> list[Found | Refused]:
        """What answers say; one that cannot be read is asked for again.

        Args:
            read: Takes an answer's text; raises ValueError if it cannot be read.
        """
        found: dict[int, Found | Refused] = {}
        for turn in range(TRIES):
            missing = [place for place in range(len(requests)) if place not in found]
            if not missing:
                break
            if turn:
                await asyncio.sleep(0.1 * turn)
            answers = await self.transport.ask([requests[place] for place in missing])
            for place, answer in zip(missing, answers, strict=True):
                try:
                    found[place] = answer if isinstance(answer, Refused) else read(answer)
                except (ValueError, TypeError) as error:
                    if turn == TRIES - 1:
                        found[place] = Refused(str(error) or "an answer that makes no sense")
        return [found[place] for place in range(len(requests))]

    async def _must(
        self, requests: Sequence[Request], read: Callable[[Any], Found], what: Sequence[str]
    ) -> list[Found]:
        """The same, where every question needs an answer.

        Args:
            what: Of what each answer is.

        Raises:
            UnansweredError: one is not known.
        """
        answers = await self._ask(requests, read)
        for request, answer, about in zip(requests, answers, what, strict=True):
            if isinstance(answer, Refused):
                asked = f"{request.method} {about}".rstrip()
                raise _unanswered(asked, answer.message, answer.hint)
        return answers  # type: ignore[return-value]

    async def chain_id(self) -> int:
        (found,) = await self._must([Request("eth_chainId", [])], shapes.number, [""])
        return found

    async def head(self, depth: int = 0) -> Pinned:
        """The newest block but so many."""
        (number,) = await self._must([Request("eth_blockNumber", [])], shapes.number, [""])
        return await self.pin(max(0, number - depth))

    async def pin(self, number: int) -> Pinned:
        """A block by its number."""
        (block,) = (await self.blocks([number])).values()
        return Pinned(number, block.hash.lower(), block.time)

    async def blocks(self, numbers: Iterable[int]) -> dict[int, Block]:
        """Headers by number.

        Raises:
            UnansweredError: the node has no such block.
        """
        wanted = sorted(set(numbers))
        requests = [Request("eth_getBlockByNumber", [hex(number), False]) for number in wanted]
        found = await self._must(requests, shapes.block, [f"of block {each}" for each in wanted])
        for number, block in zip(wanted, found, strict=True):
            if int(block.number, 16) != number:
                raise UnansweredError(
                    f"the node gives block {int(block.number, 16)} for block {number}",
                    "ask another node",
                )
        return dict(zip(wanted, found, strict=True))

    async def balances(self, asked: Sequence[tuple[str, int]]) -> list[int | Unknown]:
        """Native coin of accounts at blocks, as far as the node knows it."""
        return await self._past("eth_getBalance", shapes.number, asked)

    async def _past(
        self, method: str, read: Callable[[Any], Found], asked: Sequence[tuple[str, int]]
    ) -> list[Found | Unknown]:
        """What addresses had at blocks, as far as the node knows it."""
        requests = [Request(method, [who, hex(at)]) for who, at in asked]
        return [
            _unknown(answer, at) if isinstance(answer, Refused) else answer
            for answer, (_, at) in zip(await self._ask(requests, read), asked, strict=True)
        ]

    async def calls(self, asked: Sequence[tuple[str, bytes, int]]) -> list[bytes | None]:
        """What views answer at blocks; nothing where they revert.

        Raises:
            UnansweredError: the node does not say.
        """
        what = [f"eth_call 0x{data[:4].hex()} of {to} at block {at}" for to, data, at in asked]
        return _known(what, await self.past_calls(asked))

    async def past_calls(
        self, asked: Sequence[tuple[str, bytes, int]]
    ) -> list[bytes | Unknown | None]:
        """The same, as far as the node knows it."""
        requests = [
            Request("eth_call", [{"to": to, "data": "0x" + data.hex()}, hex(at)])
            for to, data, at in asked
        ]
        found: list[bytes | Unknown | None] = []
        for answer, (_, _, at) in zip(await self._ask(requests, shapes.data), asked, strict=True):
            if isinstance(answer, Refused):
                is_answer = answer.meaning is Meaning.REVERTED
                found.append(None if is_answer else _unknown(answer, at))
            else:
                found.append(answer)
        return found

    async def codes(self, asked: Sequence[tuple[str, int]]) -> list[bytes]:
        """Code at addresses and blocks.

        Raises:
            UnansweredError: the node does not say.
        """
        what = [f"eth_getCode of {who} at block {at}" for who, at in asked]
        return _known(what, await self.past_codes(asked))

    async def past_codes(self, asked: Sequence[tuple[str, int]]) -> list[bytes | Unknown]:
        """The same, as far as the node knows it."""
        return await self._past("eth_getCode", shapes.data, asked)

    async def transactions(self, hashes: Iterable[str]) -> dict[str, Transaction]:
        """Transactions by hash.

        Raises:
            UnansweredError: the node does not give one.
        """
        wanted = sorted(set(hashes))
        requests = [Request("eth_getTransactionByHash", [each]) for each in wanted]
        found = await self._must(requests, shapes.transaction, wanted)
        for each, sent in zip(wanted, found, strict=True):
            if sent.hash.lower() != each:
                raise UnansweredError(
                    f"the node gives transaction {sent.hash} for {each}", "ask another node"
                )
        return dict(zip(wanted, found, strict=True))

    async def receipts(self, hashes: Iterable[str]) -> dict[str, list[Log]]:
        """The logs of transactions by their receipts.

        Raises:
            UnansweredError: the node does not give one.
        """
        wanted = sorted(set(hashes))
        requests = [Request("eth_getTransactionReceipt", [each]) for each in wanted]
        found = await self._must(requests, shapes.receipt, wanted)
        return dict(zip(wanted, (each.logs for each in found), strict=True))

    async def traces(self, hashes: Sequence[str]) -> list[dict[str, Any] | Unknown]:
        """What transactions called, where the node tells: by `debug_traceTransaction`."""
        requests = [
            Request("debug_traceTransaction", [each, {"tracer": "callTracer"}]) for each in hashes
        ]
        answers = await self._ask(requests, shapes.trace)
        return [
            Unknown(
                f"the node does not tell what {each} called: {answer.message}",
                "ask a node that traces (debug_traceTransaction)",
            )
            if isinstance(answer, Refused)
            else answer
            for answer, each in zip(answers, hashes, strict=True)
        ]

    async def birth(self, address: str, head: int) -> int:
        """The block in which an address got its code, by halving; 0 where the node does not know
        old states: what is read of before is nothing.

        Raises:
            EMCError: it has no code now.
        """
        (now,) = await self.codes([(address, head)])
        if not now:
            raise EMCError(f"{address} has no code on this chain", "check network and address")
        low, high = -1, head
        while high - low > 1:
            middle = (low + high) // 2
            (code,) = await self.past_codes([(address, middle)])
            if isinstance(code, Unknown):
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
    ) -> None:
        """Hand over the logs of a range of blocks, in pieces and in any order.

        Args:
            addresses: Whose; public nodes refuse to look for anybody's.

        Raises:
            EMCError: the node gives none, however small the range, or other logs than were asked.
        """
        if first > last:
            return
        span = max(SPAN, -(-(last - first + 1) // PIECES))
        whose = sorted({each.lower() for each in addresses})
        pieces = [
            Query(whose, list(topics), at, min(at + span - 1, last))
            for at in range(first, last + 1, span)
        ][::-1]
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
                smaller: list[Query] = []
                try:
                    found, smaller = await self._piece(piece)
                    await take(found)
                finally:
                    async with waiting:
                        busy -= 1
                        pieces.extend(smaller)
                        waiting.notify_all()

        await together([work() for _ in range(self.parallel)])

    async def _piece(self, query: Query) -> tuple[list[Log], list[Query]]:
        """The logs of a piece, or the smaller ones to ask for instead."""
        if self.names and query.names > self.names:
            return [], query.by_names()
        if self.limit and query.blocks > self.limit:
            return [], query.by_blocks()
        trouble, hint, is_wide = "", "ask another node", False
        for _ in range(TRIES):
            (answer,) = await self.transport.ask([Request("eth_getLogs", [query.params])])
            if isinstance(answer, Refused):
                trouble, hint = answer.message, answer.hint
                if answer.meaning in (Meaning.BUSY, Meaning.GONE):
                    raise _no_logs(query, trouble, hint)
                is_wide = answer.meaning is Meaning.TOO_WIDE
                if is_wide or query.blocks > 1:
                    break
                continue
            try:
                # some nodes write null for none
                found = shapes.logs.decode(answer) or []
                trouble = shapes.unasked(found, query)
            except (msgspec.DecodeError, ValueError):
                trouble = "what are no logs"
                continue
            if not trouble:
                self._ease()
                return found, []
        if "nobody asked" in trouble:
            raise _no_logs(query, trouble, hint)
        if smaller := self._smaller(query, is_wide):
            return [], smaller
        if (by_receipts := await self._by_receipts(query)) is None:
            raise _no_logs(query, trouble, hint)
        return by_receipts, []

    async def _by_receipts(self, query: Query) -> list[Log] | None:
        """The logs of one block from its receipts, or nothing if the node gives none: anybody can
        fill a block with more logs of one contract than some nodes give at once.
        """
        number = query.first
        (block,) = await self._ask(
            [Request("eth_getBlockByNumber", [hex(number), False])],
            lambda answer: shapes.filled_block(answer, number),
        )
        if isinstance(block, Refused):
            return None
        (logs,) = await self._ask(
            [Request("eth_getBlockReceipts", [hex(number)])],
            lambda answer: shapes.logs_of(block, shapes.placed_receipts(answer)),
        )
        if isinstance(logs, Refused):
            # not every node has it
            asked = [Request("eth_getTransactionReceipt", [each]) for each in block.transactions]
            found = await self._ask(asked, shapes.placed_receipt)
            given = [each for each in found if not isinstance(each, Refused)]
            try:
                logs = shapes.logs_of(block, given)
            except ValueError:
                return None
        return [log for log in logs if not shapes.unasked([log], query)]

    def _smaller(self, query: Query, is_wide: bool) -> list[Query]:
        """What to ask for instead of what was refused; nothing if it cannot be less.

        Args:
            is_wide: Whether the node says that it was asked for too many addresses or topics. Some
                do not say so: then less blocks did not help.
        """
        self.eased = 0
        if query.names > 1 and (is_wide or query.blocks == 1):
            if not is_wide:
                self.limit = None
            self.names = query.names // 2
            return query.by_names()
        if query.blocks > 1:
            self.limit = query.blocks // 2
            return query.by_blocks()
        return []

    def _ease(self) -> None:
        """Ask for twice as much now and then: what was too much may have been so of a few blocks
        that somebody filled.
        """
        self.eased += 1
        if self.eased % EASE == 0:
            self.limit = self.limit and 2 * self.limit
            self.names = self.names and 2 * self.names


def _no_logs(query: Query, why: str, hint: str) -> UnansweredError:
    blocks = f"blocks {query.first} to {query.last}"
    return UnansweredError(f"the node gives no logs of {blocks}: {why}", hint)


def _known(what: Sequence[str], answers: Sequence[Found | Unknown]) -> list[Found]:
    """Answers, where every question needs one."""
    for each, answer in zip(what, answers, strict=True):
        if isinstance(answer, Unknown):
            raise _unanswered(each, answer.why, answer.hint)
    return answers  # type: ignore[return-value]


def _unanswered(what: str, why: str, hint: str) -> UnansweredError:
    return UnansweredError(f"the node gives no usable answer to {what}: {why}", hint)


def _unknown(refused: Refused, block: int) -> Unknown:
    if refused.meaning is Meaning.GONE:
        return Unknown(
            f"this node no longer has the state of block {block} ({refused.message})", refused.hint
        )
    return Unknown(refused.message, refused.hint)


async def together(asked: Iterable[Coroutine[Any, Any, Found]]) -> list[Found]:
    """Ask at once, for all answers; the first that fails ends all."""
    tasks = [asyncio.create_task(each) for each in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
