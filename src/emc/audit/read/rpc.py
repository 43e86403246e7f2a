"""JSON-RPC requests to a node: many at once, each answer matched to its question or asked again."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import aiohttp
import msgspec

from emc.errors import EMCError

# what a node says when it is asked too fast, rather than too much
_TOO_FAST = ("rate limit", "too many requests", "request limit", "throughput", "try again")


class Request(NamedTuple):
    """A question to a node."""

    method: str
    params: list[Any]


class Refused(NamedTuple):
    """A node's answer that it will not answer."""

    message: str


class UnansweredError(EMCError):
    """A node that gives no usable answer, however often it is asked."""


class Transport(Protocol):
    """What carries questions to a node."""

    async def ask(self, requests: Sequence[Request]) -> "list[msgspec.Raw | Refused]":
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


class Http:
    """Questions over HTTP, in batches and several at once.

    Args:
        tries: How often a question is asked before it counts as unanswered.
        batch: Questions in one request.
        parallel: Requests under way at once.
        timeout: Seconds for one request.
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
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise EMCError(f"{url} is not a URL of a node", "write http://127.0.0.1:8545")
        self.url, self.tries, self.batch, self.pause = url, tries, batch, pause
        self.timeout = aiohttp.ClientTimeout(total=timeout)
        self.parallel = parallel
        self.next_id = 0
        self.last_trouble = ""

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

    async def ask(self, requests: Sequence[Request]) -> list[msgspec.Raw | Refused]:
        """Each question's answer, in the order of the questions.

        Raises:
            UnansweredError: a question stays without a usable answer.
        """
        parts = [requests[i : i + self.batch] for i in range(0, len(requests), self.batch)]
        found = await asyncio.gather(*(self._settle(part) for part in parts))
        return [answer for part in found for answer in part]

    async def _settle(self, requests: Sequence[Request]) -> list[msgspec.Raw | Refused]:
        """Ask until every question is answered, what is missing in smaller batches."""
        answers: dict[int, msgspec.Raw | Refused] = {}
        size = len(requests)
        for turn in range(self.tries):
            missing = [place for place in range(len(requests)) if place not in answers]
            if not missing:
                break
            if turn:
                await asyncio.sleep(min(self.pause * 2 ** (turn - 1), 5))
                size = max(1, size // 4)
            for at in range(0, len(missing), size):
                places = missing[at : at + size]
                found = await self._post([requests[place] for place in places])
                answers |= {places[i]: answer for i, answer in found.items()}
        if len(answers) < len(requests):
            lacking = next(r for place, r in enumerate(requests) if place not in answers)
            raise UnansweredError(
                f"the node {self.name} gives no usable answer to {lacking.method}: "
                f"{self.last_trouble}",
                "ask again later, or ask another node",
            )
        return [answers[place] for place in range(len(requests))]

    async def _post(self, requests: Sequence[Request]) -> dict[int, msgspec.Raw | Refused]:
        """One request; the answers that can be used, by the place of their question."""
        first = self.next_id
        self.next_id += len(requests)
        body = [
            {"jsonrpc": "2.0", "id": first + i, "method": each.method, "params": each.params}
            for i, each in enumerate(requests)
        ]
        sent = msgspec.json.encode(body[0] if len(body) == 1 else body)
        headers = {"Content-Type": "application/json"}
        try:
            async with (
                self.gate,
                self.session.post(self.url, data=sent, headers=headers) as response,
            ):
                raw = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.last_trouble = str(error) or type(error).__name__
            return {}
        try:
            decoded = msgspec.json.decode(raw, type=_Answer | list[_Answer])
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.last_trouble = f"HTTP {status}, {len(raw)} bytes that are not JSON"
            return {}
        return self._matched(first, len(body), decoded if isinstance(decoded, list) else [decoded])

    def _matched(
        self, first: int, count: int, answers: list[_Answer]
    ) -> dict[int, msgspec.Raw | Refused]:
        found: dict[int, msgspec.Raw | Refused] = {}
        twice = set()
        for answer in answers:
            place = answer.id - first if isinstance(answer.id, int) else -1
            if not 0 <= place < count:
                if answer.error is not None:
                    self.last_trouble = _message(answer.error)
                continue
            usable: msgspec.Raw | Refused = answer.result
            if answer.error is not None:
                message = _message(answer.error)
                if any(words in message.lower() for words in _TOO_FAST):
                    self.last_trouble = message
                    continue
                usable = Refused(message)
            elif not memoryview(answer.result).nbytes:
                self.last_trouble = "an answer without a result"
                continue
            if place in found and not _same(found[place], usable):
                twice.add(place)
            found[place] = usable
        if twice:
            self.last_trouble = "two different answers to one question"
        if len(found) < count and not self.last_trouble:
            self.last_trouble = "some answers are missing"
        return {place: answer for place, answer in found.items() if place not in twice}


def _same(one: msgspec.Raw | Refused, other: msgspec.Raw | Refused) -> bool:
    if isinstance(one, Refused) or isinstance(other, Refused):
        return one == other
    return bytes(one) == bytes(other)


def _message(error: Any) -> str:
    text = error.get("message", error) if isinstance(error, dict) else error
    return " ".join(str(text).split())[:300]
