"""People at the desk in a real browser: each with a context and a wallet of their own."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import quote

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from emc.core import typed_data
from emc.desk import server
from emc.files import bundle, proposal, signature_files, systems
from tests import anvil
from tests.browsers import CHROMIUM as CHROMIUM
from tests.browsers import Browser
from tests.canvas import kit
from tests.desk.wallet import Node, Wallet, install, local_account
from tests.integration.commands import contract, emc, enter

DESK = anvil.ROOT / "src" / "emc" / "desk" / "desk.html"
AXE = anvil.ROOT / "node_modules" / "axe-core" / "axe.min.js"
DAY = 86_400
# everybody may object for three days; of three nodes nobody's objection is too few
CANVAS = kit.with_(
    ("quorum: 60, interval: 7d", "quorum: 60, window: 3d, objections: 30"),
    ("margin: 5}", "margin: 5}\n  review: {commit: 7d, reveal: 7d}"),
)
# in coin, and signed by everybody
NATIVE = kit.with_(
    ("title: Picnic", "title: Kiosk"),
    ("{symbol: EUR, decimals: 2}", "{symbol: ETH, decimals: 18}"),
    ("unit: EUR of baskets", "unit: ETH of baskets"),
)
# nothing is there
BLANK = "blank"
# longest that a screen may take, milliseconds
PATIENCE = 30_000


class Town:
    """A chain with a system and one agreement that nobody has signed; it can be put back."""

    def __init__(self, node: str, folder: Path) -> None:
        self.url, self.folder, self.node = node, folder, Node(node)
        self.w3 = Web3(Web3.HTTPProvider(node))
        with pytest.MonkeyPatch.context() as patch:
            enter(patch, node, folder, folder)
            (folder / "picnic.yaml").write_text(CANVAS)
            emc("deploy", "picnic.yaml", "--hold", "--out", "picnic.json")
            (folder / "kiosk.yaml").write_text(NATIVE)
            emc("deploy", "kiosk.yaml", "--out", "kiosk.json")
        self.paper, self.kiosk = folder / "picnic.json", folder / "kiosk.json"
        self.emc = json.loads(self.paper.read_text())["emc"]
        self._snapshot = self.ask("evm_snapshot")

    def deploys(self, name: str, canvas: str) -> Path:
        """An EMC that all have signed; gives its agreement file."""
        with pytest.MonkeyPatch.context() as patch:
            enter(patch, self.url, self.folder, self.folder)
            (self.folder / f"{name}.yaml").write_text(canvas)
            (self.folder / f"{name}.json").unlink(missing_ok=True)
            emc("deploy", f"{name}.yaml", "--out", f"{name}.json")
        return self.folder / f"{name}.json"

    def ask(self, method: str, *params: Any) -> Any:
        """A request that only a test node answers."""
        answer = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in answer, answer
        return answer["result"]

    def put_back(self) -> None:
        """Undo everything since nobody had signed."""
        assert self.ask("evm_revert", self._snapshot)
        self._snapshot = self.ask("evm_snapshot")

    def skip(self, seconds: int) -> None:
        """Let time pass."""
        self.ask("evm_increaseTime", seconds)
        self.ask("evm_mine")

    def contract(self, name: str, address: str) -> Any:
        """One of our contracts as web3 sees it."""
        return contract(self.w3, name, address)

    def signed(self, into: Path) -> Path:
        """The agreement with the signature of every node."""
        paper = bundle.read(self.paper)
        for row in paper.terms.nodes:
            key = local_account(row.id + 1)
            message = paper.message(row, key.address, paper.made_at + 7 * DAY, 0)
            data = bytes(key.sign_message(typed_data.signable(message)).signature)
            paper = paper.signed(bundle.Signature.of(message, "0x" + data.hex()))
        signature_files.write(into, paper)
        return into

    def renegotiation(
        self, into: Path, *shares: tuple[int, int, int, int], of: Path | None = None
    ) -> Path:
        """A renegotiation: row, base, leading, upside, in percent.

        Args:
            of: The agreement file; by default that which nobody has signed.
        """
        change = proposal.Renegotiation(
            shares=tuple(
                proposal.Share(
                    row=row, base=base * 10_000, leading=lead * 10_000, upside=up * 10_000
                )
                for row, base, lead, up in shares
            )
        )
        return self._proposed(into, change, of or self.paper)

    def amendment(self, into: Path, of: Path, row: int, **changes: Any) -> Path:
        """Other terms, in which one row differs."""
        terms = bundle.read(of).terms
        place = terms.place_of(row)
        new = proposal.document_of(terms.with_row(place, **changes))
        return self._proposed(into, proposal.Amendment(terms=new), of)

    def _proposed(self, into: Path, change: proposal.Body, of: Path) -> Path:
        agreement = bundle.read(of)
        terms = proposal.applied(change, agreement.terms)
        asked = proposal.Proposal(
            chain_id=agreement.chain_id,
            emc=agreement.emc,
            epoch=1,
            terms_hash=terms.hash(),
            change=change,
        )
        signature_files.write(into, asked)
        return into

    @cached_property
    def rooms(self) -> dict[str, str]:
        """Where the contracts of this version are, by name in lower case."""
        return {name.lower(): at for name, at in systems.ours().items()}

    @property
    def agreement(self) -> Any:
        """The EMC, once it is made."""
        return self.contract("EMC", self.emc)

    def mint(self, to: str, amount: int) -> None:
        """Give somebody of the token in which the EMC settles, base units."""
        currency = json.loads(self.paper.read_text())["parties"]["currency"]
        token = self.contract("Token", currency)
        sent = token.functions.mint(to, amount).transact({"from": self.w3.eth.accounts[9]})
        self.w3.eth.wait_for_transaction_receipt(sent)


class Person:
    """Somebody at a desk.

    Args:
        node: The node that was named to the page; else it asks the wallet's.
    """

    def __init__(
        self,
        browser: Browser,
        home: str,
        wallet: Wallet | None = None,
        *,
        node: str = "",
        **options: Any,
    ) -> None:
        self.home, self.wallet = home, wallet
        self._browser, self.page = browser, browser.page(**options)
        self.page.set_default_timeout(PATIENCE)
        # how many transactions the wallet had sent when the page was loaded last
        self.before = 0
        self.complaints: list[str] = []
        # what hears them; and what is in the page until it is left
        self._ears = {
            "domcontentloaded": lambda _: self._begins(),
            "pageerror": lambda error: self.complaints.append(str(error)),
            "console": self._hears,
        }
        self._laid: list[Any] = []
        self._is_in = self._is_gone = False
        for event, ear in self._ears.items():
            self.page.on(event, ear)
        if wallet is not None:
            self.brings_wallets(wallet)
        if node:
            # as if it had been typed in on an earlier visit
            kept = json.dumps({"nodes": {"31337": node}})
            # on the empty page that comes first Firefox keeps nothing, and complains
            script = (
                "if (document.URL !== 'about:blank') "
                f"localStorage['emc-desk/1'] ??= {json.dumps(kept)}"
            )
            self._laid.append(self.page.add_init_script(script))

    def brings_wallets(self, *wallets: Wallet) -> None:
        """Put wallets into the page, before it goes anywhere."""
        self._laid += install(self.page, *wallets)

    def _begins(self) -> None:
        self.before = len(self.wallet.sent) if self.wallet else 0
        self._is_in = self.page.url.startswith(self.home)

    def _hears(self, said: Any) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def go(self, route: str = "/") -> None:
        """Go to a screen; the page is loaded only once."""
        if self._is_in:
            self.page.evaluate("(to) => { location.hash = to }", route)
        else:
            self.page.goto(f"{self.home}#{route}")

    def connect(self) -> None:
        """Let the page see the wallet."""
        assert self.wallet is not None
        self.go("/")
        self.press(f"Connect {self.wallet.name}")
        self.page.get_by_text("Your account", exact=False).first.wait_for()

    def press(self, name: str) -> None:
        """Press a button or follow a link by its name."""
        either = self.page.get_by_role("button", name=name).or_(
            self.page.get_by_role("link", name=name)
        )
        either.first.click()

    def sees(self, text: str) -> None:
        """Wait until a text is on the screen."""
        from playwright.sync_api import TimeoutError as TooLateError

        try:
            self.page.get_by_text(text).first.wait_for()
        except TooLateError:
            shown = self.page.locator("body").inner_text()
            raise AssertionError(f"no {text!r} on the screen, but\n{shown}") from None

    def heads(self, text: str) -> None:
        """Wait until the screen has this heading."""
        self.page.get_by_role("heading", level=1, name=text).wait_for()

    def brings(self, *files: Path | dict[str, Any]) -> None:
        """Choose files where the screen takes some."""
        chosen = [each if isinstance(each, dict) else str(each) for each in files]
        self.page.locator("input[type=file]").first.set_input_files(chosen)

    def opens(self, *files: Path | dict[str, Any]) -> None:
        """Open files at the desk."""
        self.go("/open")
        self.heads("Open a file or a link")
        self.brings(*files)

    def knows(self, paper: Path) -> None:
        """Open one file, and wait until it is read."""
        self.opens(paper)
        self.page.wait_for_url("**#/paper/**")

    def saves(self, button: str, into: Path) -> Path:
        """Press a button that gives a file."""
        with self.page.expect_download() as coming:
            self.press(button)
        coming.value.save_as(into)
        return into

    def sent(self, what: str, state: str = "Done") -> Any:
        """Wait until the page tells what became of an act; gives where it does."""
        place = self.page.get_by_role("complementary", name="What you sent on this visit")
        name = self.page.get_by_text(f"{what}: {state}", exact=True)
        told = place.locator(".notice", has=name).first
        told.wait_for()
        return told

    def told(self) -> list[str]:
        """Hashes of the transactions of which the page tells, the oldest first."""
        shown = self.page.locator(".sent .hash code").all_text_contents()
        return shown[::-1]

    def close(self) -> None:
        """Leave; nothing may have been complained of, and everything that was sent is told."""
        if not self._is_gone:
            if self.wallet is not None:
                assert self.told() == self.wallet.sent[self.before :]
            self._is_gone = True
            for event, ear in self._ears.items():
                self.page.remove_listener(event, ear)
            for each in self._laid:
                each.close()
            self._browser.leave(self.page, f"{self.home}{BLANK}")
        assert not self.complaints, self.complaints


Comes = Callable[..., Person]


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        if self.path != f"/{BLANK}":
            self.wfile.write(self.server.page)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def static_host(page: bytes = DESK.read_bytes()) -> Iterator[str]:
    """A web server that has the page and nothing else; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        server.page = page  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@contextmanager
def served(town: Town, folder: Path) -> Iterator[str]:
    """`emc desk` before a town's node; gives the address that it opens."""
    desk = server.Desk(town.url, "local", 31337, folder)
    found: Queue[str] = Queue()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    runs = threading.Thread(
        target=lambda: loop.run_until_complete(server.serve(desk, 0, found.put, stop))
    )
    runs.start()
    try:
        yield found.get(timeout=10)
    finally:
        loop.call_soon_threadsafe(stop.set)
        runs.join(10)
        loop.close()


def wallet_of(town: Town, number: int, **behaviour: Any) -> Wallet:
    """The wallet of a local account: 1 the baker, 2 the cook, 3 the rider, 4 the lake's."""
    return Wallet(local_account(number), town.node, **behaviour)


def paper_route(paper: Path) -> str:
    """The route of a paper that lies on the desk."""
    file = json.loads(paper.read_text())
    kind = file["change"]["kind"] if "change" in file else "formation"
    key = f"{file['chain_id']}:{file['emc'].lower()}:{file['terms_hash'][2:18]}:{kind}"
    return f"/paper/{quote(key, safe='')}"
