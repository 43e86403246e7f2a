"""A proxy before a real node that answers as bad nodes do."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import ClientSession, web

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
    ready: list[int] = []
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
        ready.append(runner.addresses[0][1])
        started.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield f"http://127.0.0.1:{ready[0]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
