"""Many readings of a chain at once, whose questions go to the node together.

Each reading runs in a thread of its own and asks as if it were alone. Whenever all of them wait for
an answer, what they ask is sent in one batch, each question once, and questions for logs as one
where they can be. So the requests are as many as the longest reading needs, however many readings
there are.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from emc.chain import answers, carrying, merging
from emc.rpc.http import Request
from emc.rpc.refusal import Meaning, Refused

if TYPE_CHECKING:
    from emc.chain.edge import Chain

# readings that go on at once
MOST = 256
# seconds without a new question, after which waiting ends
PATIENCE = 0.5
Found = TypeVar("Found")
Ask = Callable[[Any, Any], Any]
# the encoded request, by which equal ones are found; the request; who waits for the answer
Question = tuple[bytes, Request, Future[Any]]


def read(chain: "Chain", readings: Sequence[Callable[[], Found]]) -> list[Found]:
    """What readings find, in their order. What one of them raises is raised once all have ended."""
    if chain.is_embedded or len(readings) < 2:
        return [each() for each in readings]
    workers = min(len(readings), MOST)
    meeting = _Meeting(chain, workers)
    with _asked_through(chain.provider.web3.provider, meeting), ThreadPoolExecutor(workers) as pool:
        threads = [pool.submit(_work, meeting, readings[i::workers]) for i in range(workers)]
        parts = [each.result() for each in threads]
    return [parts[place % workers][place // workers] for place in range(len(readings))]


def _work(meeting: "_Meeting", readings: Sequence[Callable[[], Found]]) -> list[Found]:
    try:
        return [each() for each in readings]
    finally:
        meeting.leave()


class _Meeting:
    """Where those who read wait until all of them have a question.

    Args:
        present: How many read.
    """

    def __init__(self, chain: "Chain", present: int) -> None:
        self.present, self.came = present, 0
        self.node = carrying.transport(chain)
        self.alone: Ask = chain.provider.web3.provider.make_request
        self.waiting: list[Question] = []
        self.lock = threading.Lock()
        # one request after the other, whoever sends it
        self.turn = threading.Lock()

    def __call__(self, method: Any, params: Any) -> Any:
        """The node's answer, as web3 has it. A question without a valid answer, or that cannot be
        sent as it is, is asked alone; one for too many logs is not.
        """
        mine: Future[Any] = Future()
        request = Request(str(method), list(params))
        try:
            text = msgspec.json.encode(request)
        except TypeError:
            return self.alone(method, params)
        with self.lock:
            self.waiting.append((text, request, mine))
            self.came += 1
            everybody = self._all()
        self._send(everybody)
        found = self._answer(mine)
        if isinstance(found, Refused):
            if method == "eth_getLogs" and found.meaning is Meaning.TOO_MUCH:
                # so it would be alone: whoever asks goes on with less
                error = {"code": -32000, "message": found.message}
                return {"jsonrpc": "2.0", "id": 0, "error": error}
        else:
            # what is no text is no answer
            with suppress(ValueError):
                answer = {"jsonrpc": "2.0", "id": 0, "result": msgspec.json.decode(found)}
                if not answers.fault(str(method), answer):
                    return answer
        return self.alone(method, params)

    def _answer(self, mine: Future[Any]) -> Any:
        """Wait for an answer. If no other reading asks for a while, one may be waiting for a lock
        that a reading here holds: then what was asked so far is sent.
        """
        while True:
            came, asked = self.came, self.waiting
            if wait([mine], PATIENCE).done:
                return mine.result()
            with self.lock:
                is_stuck = came == self.came and asked is self.waiting
                asked, self.waiting = (asked, []) if is_stuck else ([], self.waiting)
            self._send(asked)

    def leave(self) -> None:
        """Who has nothing more to ask is not waited for."""
        with self.lock:
            self.present -= 1
            everybody = self._all()
        self._send(everybody)

    def _all(self) -> list[Question]:
        """Everybody's questions, once all have one."""
        if len(self.waiting) < self.present:
            return []
        found, self.waiting = self.waiting, []
        return found

    def _send(self, asked: Sequence[Question]) -> None:
        if not asked:
            return
        unique = {text: request for text, request, _ in asked}
        try:
            with self.turn:
                found = asyncio.run(self._ask(list(unique.values())))
            said = dict(zip(unique, found, strict=True))
        except BaseException as error:
            for _, _, each in asked:
                each.set_exception(error)
            return
        for text, _, each in asked:
            each.set_result(said[text])

    async def _ask(self, requests: Sequence[Request]) -> list[Any]:
        groups = merging.groups(requests)
        async with self.node:
            told = await self.node.ask([each.request for each in groups])
            found = {
                place: part
                for group, answer in zip(groups, told, strict=True)
                for place, part in zip(group.places, group.parts(answer), strict=True)
            }
            # some nodes take few addresses or topics in one question, or give few logs
            apart = [
                place
                for group in groups
                for place in group.places
                if len(group.places) > 1 and isinstance(found[place], Refused)
            ]
            again = await self.node.ask([requests[place] for place in apart]) if apart else []
        found.update(zip(apart, again, strict=True))
        return [found[place] for place in range(len(requests))]


@contextmanager
def _asked_through(provider: Any, ask: Ask) -> Iterator[None]:
    """Have whatever a web3 provider is asked go another way, for a while."""
    usual = provider.make_request
    answers.route(provider, ask)
    try:
        yield
    finally:
        answers.route(provider, usual)
