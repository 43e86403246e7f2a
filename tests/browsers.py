"""The system's Chromium: begun once for all tests of a process, its pages used again."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHROMIUM = shutil.which("chromium")
# what Debian's draws for an address bar that nobody sees: a program of its own for each window,
# which costs more than our page in it
UNSEEN = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
SIZE = {"width": 1280, "height": 900}


class Browser:
    """A browser without a window, and the pages in it that are free.

    What takes longest is to make a page, not what happens in it. So whoever leaves one, leaves it
    blank for the next.
    """

    def __init__(self, running: Any) -> None:
        self.running = running
        self._shared: list[Any] = []
        self._free: list[Any] = []

    def page(self, viewport: dict[str, int] = SIZE, **options: Any) -> Any:
        """A page that remembers nothing; with options in a context of its own."""
        is_own = bool(options)
        if self._free and not is_own:
            page = self._free.pop()
            page.set_viewport_size(viewport)
            return page
        options = {"locale": "en-GB", "viewport": viewport} | options
        page = self.running.new_context(accept_downloads=True, **options).new_page()
        if not is_own:
            self._shared.append(page)
        return page

    def leave(self, page: Any, blank: str) -> None:
        """Leave a page.

        Args:
            blank: A page without content, of the origin that it was at last.
        """
        if page in self._shared:
            page.goto(blank)
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
            self._free.append(page)
        else:
            page.context.close()


class Chromium(Browser):
    """The system's Chromium; other tests may run a loop of their own while it is not in use."""

    def __init__(self, running: Any) -> None:
        super().__init__(running)
        # between two calls playwright leaves its loop marked as running
        self._loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)

    @contextmanager
    def in_use(self) -> Iterator["Chromium"]:
        """While it may be called."""
        asyncio._set_running_loop(self._loop)
        try:
            yield self
        finally:
            asyncio._set_running_loop(None)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Chromium, not yet in use."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        options = [f"--disable-features={','.join(UNSEEN)}"]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = Chromium(player.chromium.launch(executable_path=CHROMIUM, args=options))
        yield browser
        with browser.in_use():
            browser.running.close()
        asyncio._set_running_loop(browser._loop)
