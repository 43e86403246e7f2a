"""Debian's Firefox ESR for playwright, which speaks WebDriver BiDi with newer ones.

Playwright asks for some things that this Firefox does not know yet, all of them about keeping the
bodies of answers, which no test here looks at. So a small proxy stands between the two: it says
yes to those, and passes everything else on as it is. This module is also the program that
playwright starts in place of the browser.
"""

import asyncio
import json
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, WSMsgType, web

FIREFOX = shutil.which("firefox-esr")
ROOT = Path(__file__).parent.parent.parent
# what only newer ones know, and what they answer
UNKNOWN = {
    "network.addDataCollector": {"collector": "none"},
    "network.removeDataCollector": {},
    "network.disownData": {},
    "emulation.setLocaleOverride": {},
    "emulation.setMediaFeaturesOverride": {},
    "emulation.setScreenSettingsOverride": {},
    "emulation.setScreenOrientationOverride": {},
    "browser.setDownloadBehavior": {},
}
_LISTENS = re.compile(r"WebDriver BiDi listening on ws://127\.0\.0\.1:(\d+)")
# longest message, bytes
MOST = 64 * 2**20


@contextmanager
def firefox(folder: Path) -> Iterator[Any]:
    """The system's Firefox, without a window.

    Args:
        folder: For the program that playwright starts, and for what is saved.
    """
    from playwright.sync_api import sync_playwright

    program = folder / "firefox"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.desk.firefox "$@"\n'
    )
    program.chmod(0o755)
    with sync_playwright() as player:
        running = player.firefox.launch(
            channel="moz-firefox",
            executable_path=program,
            firefox_user_prefs={
                "browser.download.folderList": 2,
                "browser.download.dir": str(folder),
            },
        )
        yield running
        running.close()


async def _pass(port: int, request: web.Request) -> web.WebSocketResponse:
    """One connection of playwright's, passed on."""
    here = web.WebSocketResponse(max_msg_size=MOST)
    await here.prepare(request)
    url = f"http://127.0.0.1:{port}{request.path_qs}"
    async with ClientSession() as session, session.ws_connect(url, max_msg_size=MOST) as there:

        async def back() -> None:
            async for message in there:
                if message.type is WSMsgType.TEXT:
                    await here.send_str(message.data)
            await here.close()

        answers = asyncio.create_task(back())
        async for message in here:
            if message.type is not WSMsgType.TEXT:
                continue
            asked = json.loads(message.data)
            known = UNKNOWN.get(asked.get("method", ""))
            if known is None:
                await there.send_str(message.data)
            else:
                await here.send_json({"type": "success", "id": asked["id"], "result": known})
        answers.cancel()
    return here


async def _run(options: list[str]) -> int:
    assert FIREFOX is not None
    browser = await asyncio.create_subprocess_exec(
        FIREFOX, *options, stderr=asyncio.subprocess.PIPE
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, browser.terminate)
    assert browser.stderr is not None
    runner = None
    async for raw in browser.stderr:
        line = raw.decode(errors="replace")
        if found := _LISTENS.search(line):
            app = web.Application()
            app.router.add_get("/{path:.*}", partial(_pass, int(found[1])))
            runner = web.AppRunner(app, shutdown_timeout=0.5)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            own = runner.addresses[0][1]
            line = line.replace(found[1], str(own))
        sys.stderr.write(line)
        sys.stderr.flush()
    if runner is not None:
        await runner.cleanup()
    return await browser.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(_run(sys.argv[1:])))
