"""The embedded chain as a node that a browser's questions reach, as long as this process lives."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from emc.chain.carrying import Embedded
from emc.desk.server import Desk, serve
from emc.rpc.http import Request
from emc.rpc.refusal import Refused

HOST = "127.0.0.1"


def open_desk(web3: Any, folder: Path, ready: Callable[[str], None]) -> None:
    """Serve the desk in front of the embedded chain, until Ctrl-C.

    Args:
        folder: Whose papers are on the desk.
        ready: Told of the address to open.
    """
    asyncio.run(_serve(web3, folder, ready))


async def _serve(web3: Any, folder: Path, ready: Callable[[str], None]) -> None:
    node, embedded = web.Application(), Embedded(web3)
    node.add_routes([web.post("/", lambda request: _answer(embedded, request))])
    runner = web.AppRunner(node)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        url = f"http://{HOST}:{runner.addresses[0][1]}"
        await serve(Desk(url, "embedded", web3.eth.chain_id, folder), 0, ready)
    finally:
        await runner.cleanup()


async def _answer(embedded: Embedded, request: web.Request) -> web.Response:
    asked = await request.json()
    questions = asked if isinstance(asked, list) else [asked]
    answers = await embedded.ask([_question(embedded.web3, each) for each in questions])
    told = [
        {"jsonrpc": "2.0", "id": each["id"], **_told(answer)}
        for each, answer in zip(questions, answers, strict=True)
    ]
    body = msgspec.json.encode(told if isinstance(asked, list) else told[0])
    return web.Response(body=body, content_type="application/json")


def _question(web3: Any, asked: dict[str, Any]) -> Request:
    newest = hex(web3.eth.block_number)
    params = [newest if each == "latest" else each for each in asked["params"]]
    return Request(asked["method"], params)


def _told(answer: Any) -> dict[str, Any]:
    if isinstance(answer, Refused):
        return {"error": {"code": -32000, "message": answer.message}}
    return {"result": answer}
