"""Serves the desk to the browser of this machine, and to nobody else.

A local server can be reached by every web site that the browser shows. So it listens on 127.0.0.1
alone, answers only to its own Host and Origin, and wants the token that was in the address it
opened, which other sites cannot read. It pipes the questions that the desk asks to one node, and
reads and writes the papers of one folder.
"""

import asyncio
import json
import os
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from emc import desk
from emc.errors import EMCError
from emc.files import json_file
from emc.files.whole import replace_file

HOST = "127.0.0.1"
TOKEN = "X-Desk-Token"
MAX_FILES = 1000
# questions of the desk in one request are calls with a table each
MAX_QUESTION = 2**23
MAX_ANSWER = 2**26
TIMEOUT = 30
# what the desk asks a node; a test node takes others that change it
METHODS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_getBalance",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getTransactionReceipt",
    }
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,120}\.json")
_CSP = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Desk:
    """What is served.

    Args:
        node: The address of the node that questions go to.
        network: What people call the network.
        folder: Where papers are read and written.
        token: What every question of the page must carry.
    """

    node: str
    network: str
    chain_id: int
    folder: Path
    token: str = field(default_factory=lambda: secrets.token_hex(32))

    def address(self, port: int) -> str:
        """What the browser is to open; the token lies where no server is told of it."""
        return f"http://{HOST}:{port}/#token={self.token}"


async def serve(
    served: Desk, port: int, ready: Callable[[str], None], stop: asyncio.Event | None = None
) -> None:
    """Serve until it is stopped.

    Args:
        port: 0: any that is free.
        ready: Hears the address once it answers.

    Raises:
        EMCError: the port is taken.
    """
    runner = web.AppRunner(application(served), access_log=None)
    await runner.setup()
    try:
        try:
            site = web.TCPSite(runner, HOST, port)
            await site.start()
        except OSError as error:
            raise EMCError(
                f"port {port} cannot be used: {error.strerror or error}",
                "name another with --port, 0 for any that is free",
            ) from None
        ready(served.address(runner.addresses[0][1]))
        await (stop or asyncio.Event()).wait()
    finally:
        await runner.cleanup()


def application(served: Desk) -> web.Application:
    """Everything that is answered, behind the guard."""
    page = desk.page()
    handlers = _Handlers(served, page)
    made = web.Application(
        middlewares=[web.middleware(_guard(served, _policy(page)))], client_max_size=MAX_QUESTION
    )
    made.add_routes(
        [
            web.get("/", handlers.page),
            web.get("/api/about", handlers.about),
            web.post("/api/rpc", handlers.rpc),
            web.get("/api/files", handlers.files),
            web.get("/api/files/{name}", handlers.read),
            web.put("/api/files/{name}", handlers.write),
        ]
    )
    made.cleanup_ctx.append(handlers.session)
    return made


def _policy(page: bytes) -> str:
    """The page's own policy, narrowed: all that it asks goes through this server."""
    found = _CSP.search(page.decode())
    assert found is not None, "the page has no policy"
    rules = [each.strip() for each in found[1].split(";")]
    kept = [each for each in rules if not each.startswith("connect-src ")]
    return "; ".join([*kept, "connect-src 'self'", "frame-ancestors 'none'"])


def _guard(served: Desk, policy: str) -> Callable[[web.Request, Handler], Any]:
    """Refuses whoever is not the page that this server opened."""

    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = _refusal(served, request) or await handler(request)
        except web.HTTPException as error:
            response = web.Response(status=error.status, text=error.text)
        response.headers.update(_HEADERS)
        response.headers["Content-Security-Policy"] = policy
        return response

    return guard


def _refusal(served: Desk, request: web.Request) -> web.Response | None:
    """Why a request is not answered; none if it is."""
    port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
    own = f"{HOST}:{port}"
    # a name that was made to point here (DNS rebinding) shows in Host
    if request.headers.getall("Host", []) != [own]:
        return web.Response(status=403, text="not this host")
    if request.headers.get("Origin", f"http://{own}") != f"http://{own}":
        return web.Response(status=403, text="not this origin")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        # a link from elsewhere may open the page, and can read nothing of it
        is_visit = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.path == "/"
        if not is_visit:
            return web.Response(status=403, text="not this site")
    if request.path.startswith("/api/"):
        given = request.headers.get(TOKEN, "")
        if not secrets.compare_digest(given.encode(), served.token.encode()):
            return web.Response(status=401, text="open the address that `emc desk` printed")
    return None


class _Handlers:
    """What is answered."""

    def __init__(self, served: Desk, page: bytes) -> None:
        self.served, self._page = served, page
        self._session: ClientSession | None = None

    async def session(self, _: web.Application) -> Any:
        """The connection to the node, as long as the server runs."""
        timeout = ClientTimeout(total=TIMEOUT)
        # a proxy of the environment has no business with this machine's own ports
        is_far = f"//{HOST}" not in self.served.node
        async with ClientSession(timeout=timeout, trust_env=is_far) as self._session:
            yield

    async def page(self, _: web.Request) -> web.Response:
        """The bytes that the package ships."""
        return web.Response(body=self._page, content_type="text/html", charset="utf-8")

    async def about(self, _: web.Request) -> web.Response:
        """Which network is behind the pipe."""
        about = {"chain_id": self.served.chain_id, "network": self.served.network}
        return web.json_response(about)

    async def rpc(self, request: web.Request) -> web.Response:
        """A question to the node, or several, and its answer as it is."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        body = await request.read()
        if not _is_asked(body):
            raise web.HTTPForbidden(text="not a question of the desk")
        assert self._session is not None
        try:
            async with self._session.post(
                self.served.node,
                data=body,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                said = await answer.content.read(MAX_ANSWER + 1)
                while not answer.content.at_eof() and len(said) <= MAX_ANSWER:
                    said += await answer.content.read(MAX_ANSWER + 1 - len(said))
                status = answer.status
        except (ClientError, TimeoutError) as error:
            raise web.HTTPBadGateway(text=f"the node does not answer: {error}") from None
        if len(said) > MAX_ANSWER:
            raise web.HTTPBadGateway(text="the node says too much")
        return web.Response(body=said, status=status, content_type="application/json")

    async def files(self, _: web.Request) -> web.Response:
        """The papers in the folder: name and size."""
        return web.json_response(await asyncio.to_thread(self._listed))

    async def read(self, request: web.Request) -> web.Response:
        """A paper."""
        found = await asyncio.to_thread(self._paper, self._path(request))
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found, content_type="application/json")

    async def write(self, request: web.Request) -> web.Response:
        """Keep a paper. What is there is replaced only by the same with no signature less."""
        path = self._path(request)
        body = await request.read()
        if len(body) > json_file.MAX_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=json_file.MAX_BYTES, actual_size=len(body))
        try:
            await asyncio.to_thread(_keep, path, body)
        except EMCError as error:
            raise web.HTTPConflict(text=str(error)) from None
        return web.Response(status=204)

    def _path(self, request: web.Request) -> Path:
        """The file that a name means: in the folder itself, and nowhere else."""
        name = str(request.match_info["name"])
        if not _NAME.fullmatch(name):
            raise web.HTTPNotFound
        return self.served.folder / name

    def _listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for path in sorted(self.served.folder.glob("*.json")):
            if len(found) == MAX_FILES:
                break
            if _NAME.fullmatch(path.name) and (paper := self._paper(path)) is not None:
                found.append({"name": path.name, "size": len(paper)})
        return found

    def _paper(self, path: Path) -> bytes | None:
        """The bytes of a paper; none of any other file, such as a key."""
        try:
            # no link that leads out of the folder
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                raw = file.read(json_file.MAX_BYTES + 1)
        except OSError:
            return None
        if len(raw) > json_file.MAX_BYTES:
            return None
        found = _json(raw)
        is_ours = isinstance(found, dict) and str(found.get("format", "")).startswith("emc-")
        return raw if is_ours else None


def _keep(path: Path, body: bytes) -> None:
    """Write a paper.

    Raises:
        EMCError: it is not a paper, or it would replace something else.
    """
    # what knows canvases takes longer to come than the page
    from emc.files import signature_files

    new = signature_files.parsed(json_file.parsed(body, path.name, "a paper"), path.name)
    if path.is_symlink():
        raise EMCError(f"{path.name} is a link")
    if path.exists():
        old = signature_files.read(path)
        signed = {each.index for each in new.signatures}
        if signature_files.difference(old, new) or any(
            each.index not in signed for each in old.signatures
        ):
            raise EMCError(f"{path.name} already exists with other contents")
    replace_file(path, body.decode())


def _is_asked(body: bytes) -> bool:
    """Whether a request holds nothing but questions that the desk has."""
    found = _json(body)
    questions = found if isinstance(found, list) else [found]
    return bool(questions) and all(
        isinstance(each, dict) and str(each.get("method")) in METHODS for each in questions
    )


def _json(raw: bytes) -> Any:
    """What bytes say; nothing if they are no JSON, or too deep for the parser."""
    try:
        return None if json_file.is_deep(raw) else json.loads(raw)
    except ValueError:
        return None
