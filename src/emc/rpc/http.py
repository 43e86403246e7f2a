"""JSON-RPC requests to a node: many at once, each answer matched to its question or asked again."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import aiohttp
import msgspec

from emc.errors import EMCError
from emc.rpc import refusal
from emc.rpc.refusal import Meaning, Patience, Refused


class Request(NamedTuple):
    """A question to a node."""

    method: str
    params: list[Any]


class UnansweredError(EMCError):
    """A node that gives no usable answer, however often it is asked."""


Answer = msgspec.Raw | Refused


def address_of(provider: Any) -> str | None:
    """The address of the node behind a provider of ape, if it has one."""
    found = getattr(provider, "http_uri", None) or getattr(provider, "uri", None)
    return str(found) if found else None


class Transport(Protocol):
    """What carries questions to a node."""

    async def ask(self, requests: Sequence[Request]) -> "list[Answer]":
        """Each question's answer as JSON, in the order of the questions."""

    async def __aenter__(self) -> "Transport": ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class _Answer(msgspec.Struct):
    id: Any = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: Any = None


@dataclass
class _Reply:
    """What came back for one request.

    Args:
        answers: By the place of their question in the request.
        refused: What stands for each question without an answer.
        is_whole: Whether every question has one of its own, so that refusals are about questions
            and not about how many they were.
        wait: Seconds that the node asks to wait, if it is busy and says so.
    """

    refused: Refused
    answers: dict[int, Answer] = field(default_factory=dict)
    is_whole: bool = False
    is_busy: bool = False
    wait: float | None = None


class Http:
    """Questions over HTTP, in batches and several at once.

    Args:
        tries: How often a question is asked before it counts as unanswered.
        batch: Questions in one request.
        parallel: Requests under way at once.
        timeout: Seconds for one request.
        pause: Seconds before a question is asked again.
        patience: How long a busy node is waited for.
        headers: What the node wants to be told with each request.
    """

    def __init__(
        self,
        url: str,
        *,
        tries: int = 5,
        batch: int = 200,
        parallel: int = 6,
        timeout: float = 60,
        pause: float = 0.2,
        patience: Patience | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise EMCError(f"{url} is not a URL of a node", "write http://127.0.0.1:8545")
        self.url, self.tries, self.batch, self.pause = url, tries, batch, pause
        self.timeout = aiohttp.ClientTimeout(total=timeout)
        self.parallel = parallel
        self.headers = {**(headers or {}), "Content-Type": "application/json"}
        self.patience = patience or Patience()
        self.next_id = 0
        # nobody asks before; set by a node that is busy
        self.not_before = 0.0

    @property
    def name(self) -> str:
        """The node, without what may be a key in its URL."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    async def __aenter__(self) -> "Http":
        self.gate = asyncio.Semaphore(self.parallel)
        self.session = aiohttp.ClientSession(timeout=self.timeout, trust_env=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.session.close()

    async def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Each question's answer, in the order of the questions; a refusal only after the question
        was asked as often as may help.
        """
        parts = [requests[i : i + self.batch] for i in range(0, len(requests), self.batch)]
        found = await asyncio.gather(*(self._settle(part) for part in parts))
        return [answer for part in found for answer in part]

    async def _settle(self, requests: Sequence[Request]) -> list[Answer]:
        """Ask until every question is settled; what is missing in smaller batches."""
        settled: dict[int, Answer] = {}
        refused: dict[int, Refused] = {}
        size, turn, idle = len(requests), 0, 0
        while len(settled) < len(requests) and turn < self.tries:
            missing = [place for place in range(len(requests)) if place not in settled]
            before, is_whole, busy = len(settled), True, None
            for at in range(0, len(missing), size):
                places = missing[at : at + size]
                reply = await self._post([requests[place] for place in places])
                for i, place in enumerate(places):
                    answer = reply.answers.get(i, reply.refused)
                    if not isinstance(answer, Refused):
                        settled[place] = answer
                        continue
                    refused[place] = answer
                    is_own = reply.is_whole or len(places) == 1
                    if is_own and refusal.is_final(requests[place].method, answer, turn):
                        settled[place] = answer
                is_whole = is_whole and reply.is_whole
                if reply.is_busy:
                    busy = reply
                    break
            if len(settled) > before:
                self.patience.answered()
                idle = 0
            if busy is not None:
                # a batch may be what is too fast
                idle += 1
                size = max(1, size // 4) if idle > 2 else size
                if not await self._rest(busy.wait):
                    break
                continue
            turn += 1
            if len(settled) < len(requests) and turn < self.tries:
                await asyncio.sleep(min(self.pause * 2 ** (turn - 1), 5))
                size = size if is_whole else max(1, size // 4)
        return [settled[i] if i in settled else refused[i] for i in range(len(requests))]

    async def _rest(self, told: float | None) -> bool:
        """Wait as the node asks; whether it was worth it."""
        now = time.monotonic()
        if self.not_before > now:
            # somebody else has been told already
            await asyncio.sleep(self.not_before - now)
            return True
        seconds = self.patience.wait(told)
        if seconds is None:
            return False
        self.not_before = now + seconds
        await asyncio.sleep(seconds)
        return True

    async def _post(self, requests: Sequence[Request]) -> _Reply:
        """One request, and what can be used of its answer."""
        first = self.next_id
        self.next_id += len(requests)
        body = [
            {"jsonrpc": "2.0", "id": first + i, "method": each.method, "params": each.params}
            for i, each in enumerate(requests)
        ]
        sent = msgspec.json.encode(body[0] if len(body) == 1 else body)
        try:
            status, told, raw = await self._carry(sent)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _Reply(Refused(str(error) or type(error).__name__))
        return _read(requests, first, raw, status, told)

    async def _carry(self, sent: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and text of the answer to a request."""
        async with (
            self.gate,
            self.session.post(self.url, data=sent, headers=self.headers) as response,
        ):
            return response.status, response.headers, await response.read()


def _read(
    requests: Sequence[Request], first: int, raw: bytes, status: int, headers: Mapping[str, str]
) -> _Reply:
    """What an answer's text says to a request."""
    try:
        decoded = msgspec.json.decode(raw, type=_Answer | list[_Answer])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decoded = []
    answers = decoded if isinstance(decoded, list) else [decoded]
    method = requests[0].method
    # for whom the node speaks where it answers all questions at once, or none
    speaks = next((each.error for each in answers if each.error is not None), None)
    code, message = refusal.words(speaks) if speaks is not None else (0, _said(raw, status))
    found = refusal.meaning(method, code, message, status)
    if status in (429, 503) and (status == 429 or headers.get("Retry-After")):
        wait = refusal.told_to_wait(headers, speaks, time.time())
        message = f"HTTP {status}: {message}" if speaks is not None else message
        return _Reply(Refused(message, Meaning.BUSY), {}, is_busy=True, wait=wait)
    reply = _Reply(Refused(message, found))
    if not answers:
        reply.is_busy = found is Meaning.BUSY
        return reply
    _match(reply, requests, first, answers)
    busy = [
        each.error
        for each in answers
        if each.error is not None
        and refusal.meaning(method, *refusal.words(each.error)) is Meaning.BUSY
    ]
    if busy:
        reply.is_busy = True
        reply.wait = refusal.told_to_wait(headers, busy[0], time.time())
    return reply


def _said(raw: bytes, status: int) -> str:
    """A text that is no JSON-RPC, if somebody can read it."""
    text = " ".join(raw.decode("utf-8", "ignore").split())
    if text and len(text) <= 300 and text.isprintable() and text[0] not in "<{[":
        return f"HTTP {status}: {text}" if status != 200 else text
    return f"HTTP {status}, {len(raw)} bytes that are not JSON-RPC"


def _match(
    reply: _Reply, requests: Sequence[Request], first: int, answers: Sequence[_Answer]
) -> None:
    """Sort answers to their questions.

    An error counts only where every question of the request has an answer of its own: some nodes
    refuse a whole batch with one error, under the first id or under none.
    """
    found: dict[int, Answer] = {}
    twice = set()
    for answer in answers:
        place = answer.id - first if isinstance(answer.id, int) else -1
        if not 0 <= place < len(requests):
            if len(requests) != 1 or len(answers) != 1 or answer.error is None:
                continue
            # the only question, and an error without its id
            place = 0
        usable: Answer = answer.result
        if answer.error is not None:
            code, message = refusal.words(answer.error)
            usable = Refused(message, refusal.meaning(requests[place].method, code, message))
        elif not memoryview(answer.result).nbytes:
            usable = Refused("an answer without a result")
        if place in found and not _same(found[place], usable):
            twice.add(place)
        found[place] = usable
    reply.is_whole = len(found) == len(requests) and not twice
    for place, each in found.items():
        if place in twice:
            reply.answers[place] = Refused("two different answers to one question")
        elif reply.is_whole or not isinstance(each, Refused):
            reply.answers[place] = each
    if not reply.is_whole and not any(each.error is not None for each in answers):
        reply.refused = Refused("some answers are missing")


def _same(one: Answer, other: Answer) -> bool:
    if isinstance(one, Refused) or isinstance(other, Refused):
        return one == other
    return bytes(one) == bytes(other)
