"""A proxy before a real node that answers as bad nodes do."""

import asyncio
import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import ClientError, ClientSession, web

from emc.rpc.http import Http
from emc.rpc.refusal import Patience, Refused

# what becomes of a request and its answer; raises web exceptions, or gives what to send
Fault = Callable[[Any, Any], Any]


@contextmanager
def proxy(node: str, fault: Fault) -> Iterator[str]:
    """A node's URL behind which every answer passes through `fault`.

    Args:
        fault: Takes the request and the answer, both decoded; a text or a response is sent as it
            is.
    """
    loop = asyncio.new_event_loop()
    ready: list[web.AppRunner] = []
    started = threading.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        async with ClientSession() as session, session.post(node, json=asked) as response:
            answer = await response.json()
        changed = fault(asked, answer)
        if asyncio.iscoroutine(changed):
            changed = await changed
        if isinstance(changed, web.Response):
            return changed
        text = changed if isinstance(changed, str) else json.dumps(changed)
        return web.Response(text=text, content_type="application/json")

    async def serve() -> None:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.append(runner)
        started.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield f"http://127.0.0.1:{ready[0].addresses[0][1]}"
    finally:
        asyncio.run_coroutine_threadsafe(ready[0].cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class Wire(Http):
    """A recorder behind HTTP, and chance that makes of its answers what bad nodes make of them.

    Args:
        rate: How many of 1,000 requests, and of 1,000 answers, go wrong.
    """

    def __init__(self, recorder: Any, seed: int, rate: int) -> None:
        patience = Patience(ceiling=0.02, pause=0.001)
        super().__init__("http://recorder", tries=3, pause=0, patience=patience)
        self.recorder, self.chance, self.rate, self.done = recorder, random.Random(seed), rate, 0

    async def _carry(self, sent: bytes) -> tuple[int, Mapping[str, str], bytes]:
        asked = json.loads(sent)
        told = [self._told(each) for each in (asked if isinstance(asked, list) else [asked])]
        if self._goes_wrong():
            return self._whole(asked, told)
        return 200, {}, json.dumps(told if isinstance(asked, list) else told[0]).encode()

    def _goes_wrong(self) -> bool:
        is_wrong = self.chance.randrange(1_000) < self.rate
        self.done += is_wrong
        return is_wrong

    def _told(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        head = {"jsonrpc": "2.0", "id": asked["id"]}
        found = getattr(self.recorder, asked["method"])(*asked["params"])
        if self._goes_wrong():
            return {**head, **self.chance.choice(WRONG)(found)}
        if isinstance(found, Refused):
            code = 3 if found.message == "execution reverted" else -32601
            return {**head, "error": {"code": code, "message": found.message}}
        return {**head, "result": found}

    def _whole(self, asked: Any, told: list[Any]) -> tuple[int, Mapping[str, str], bytes]:
        kind = self.chance.randrange(7)
        if kind == 0:
            raise ClientError("connection reset")
        if kind == 1:
            return 429, {"Retry-After": "0"}, b'{"error": {"code": 429, "message": "block range"}}'
        if kind == 2:
            return 502, {}, b"<html>bad gateway</html>"
        if kind == 3 and isinstance(asked, list):
            first = {"id": asked[0]["id"], "error": {"code": -32600, "message": "batch too large"}}
            return 200, {}, json.dumps([first]).encode()
        text = json.dumps(told if isinstance(asked, list) else told[0])
        if kind == 4:
            return 200, {}, text[: len(text) // 2].encode()
        if kind == 5:
            told = told[: len(told) // 2]
            return 200, {}, json.dumps(told).encode()
        return 200, {}, b"[]"


# what may stand in place of one answer
WRONG: list[Callable[[Any], dict[str, Any]]] = [
    lambda _: {"error": {"code": -32000, "message": "header not found"}},
    lambda _: {"error": {"code": -32000, "message": "missing trie node: state is not available"}},
    lambda _: {"error": {"code": -32603, "message": "Internal error"}},
    lambda _: {"error": {"code": -32005, "message": "limit exceeded"}},
    lambda _: {"error": "nope"},
    lambda _: {"result": 7},
    lambda _: {"result": "0x"},
    lambda _: {"result": None},
    lambda _: {},
]
