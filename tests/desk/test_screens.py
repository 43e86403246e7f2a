"""Every screen: no barrier that axe finds, no sideways scroll, nothing too small to hit."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from emc.core.checkout import CheckoutOrder
from emc.core.terms import NATIVE
from emc.files import order_request
from tests.desk import browser as kit
from tests.desk.browser import DAY, Person, Town, wallet_of
from tests.profiles import IS_DEEP

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
WHOLE = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
# what is seen differs by width, colours by scheme: each is looked at in full once
FULL = ((320, "light"), (768, "dark"), (1280, "light"))
COLOURS = ((320, "dark"), (768, "light"), (1280, "dark"))
TARGET = 44
# all of them in the deep profile; before a commit the phone in full, and the dark of a large window
LOOKS = 3 if IS_DEEP else 1

_AXE = """(only) => axe.run(document, {runOnly: only, resultTypes: ["violations"]}).then((found) =>
  found.violations.map(({id, nodes}) => [id, nodes.map((node) => node.html.slice(0, 120))]))"""
# what sticks out of the window, what is larger than where it stands, what is too small for a thumb
_MEASURED = """(least) => {
  const seen = [...document.querySelectorAll("body *")].filter(
    (each) => !each.closest(".unseen, .skip, thead"));
  const box = (each) => each.getBoundingClientRect();
  const told = (each) => each.outerHTML.slice(0, 99);
  const inline = (each) => getComputedStyle(each).display === "inline";
  const cut = (each) => !inline(each) && each.scrollWidth > each.clientWidth + 1;
  return {
    wide: seen.filter((each) => box(each).right > innerWidth + 1).map(told),
    cut: seen.filter((each) => each.clientWidth && !each.closest("svg") && cut(each)).map(told),
    small: seen
      .filter((each) => each.matches("a, button, select, input, summary") && box(each).width)
      .filter((each) => Math.min(box(each).height, box(each).width) < least - 0.5)
      .map(told),
  };
}"""


@pytest.fixture(scope="module")
def town(_town: Town) -> Town:
    """A chain on which nobody has signed anything."""
    _town.put_back()
    return _town


@pytest.fixture(scope="module")
def person(chromium: Any, home: str, town: Town) -> Iterator[Person]:
    """Somebody with an agreement to sign, an EMC, and a change of it on the desk."""
    baker = Person(chromium, home, wallet_of(town, 1), node=town.url, bypass_csp=True)
    baker.connect()
    furnish(baker, town)
    yield baker
    baker.close()


def furnish(baker: Person, town: Town) -> None:
    """Lay on a desk what its screens are about; a call for bids is open."""
    shares = ((0, 48, 43, 38), (2, 17, 22, 27))
    change = town.renegotiation(town.folder / "change.json", *shares, of=town.kiosk)
    baker.opens(town.paper, town.kiosk, change)
    baker.sees("3 papers are on the desk")
    ends = town.w3.eth.get_block("latest")["timestamp"] + DAY
    bar = (NATIVE, 0, 0, 0, NATIVE, False)
    call = (NATIVE, "roasting", b"\1" * 32, 0, 350_000, 1, ends, 0, bar)
    market = town.contract("CallForBids", town.rooms["callforbids"]).functions
    sent = market.open(call, "").transact({"from": town.w3.eth.accounts[2]})
    town.w3.eth.wait_for_transaction_receipt(sent)


SCREENS = {
    "home": ("/", "thing"),
    "open": ("/open", "Drop files here"),
    "look": ("/look", "Address of the EMC"),
    "agreement": ("PICNIC", "Every row"),
    "sign": ("PICNIC/sign", "the same digest"),
    "gather": ("PICNIC/gather", "Who has agreed"),
    "change": ("CHANGE", "Every field that differs"),
    "emc": ("EMC", "Shares by epoch"),
    "money": ("EMC/money", "Nothing was paid to this row yet"),
    "redirect": ("EMC/redirect", "New address"),
    "leave": ("EMC/leave", "Give notice"),
    "rate": ("EMC/rate", "Ratings begin when"),
    "pay": ("PAY", "How it is shared"),
    "shares": ("EMC/shares", "Sum of Base"),
    "amend": ("EMC/amend", "Hash of the canvas"),
    "assess": ("EMC/assess", "there is nothing to submit"),
    "report": ("EMC/report", "Nobody has reported anything yet"),
    "charge": ("EMC/charge", "What a charge means"),
    "disband": ("EMC/disband", "What ending it now means"),
    "ask": ("EMC/ask", "How it is paid"),
    "returns": ("EMC/returns", "Nobody has paid an order"),
    "order": ("ORDER", "what you paid|Is it paid?"),
    "orders": ("/orders", "You have paid no order"),
    "me": ("/me", "Change its profile"),
    "calls": ("/calls", "roasting"),
    "calling": ("EMC/call", "Open the call"),
    "call": ("/call/31337/1", "Your bid|Give up the places"),
    "nowhere": ("/nowhere", "There is nothing here"),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_nobody_is_barred_from_a_screen(person: Person, town: Town, screen: str) -> None:
    page = unfolded(person, town, screen)
    for only, kinds in ((WHOLE, FULL[:LOOKS]), (CONTRAST, COLOURS[-LOOKS:])):
        for width, scheme in kinds:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            assert barriers(page, only) == [], (width, scheme)
            assert measured(page) == FITS, width


def barriers(page: Any, only: dict[str, Any]) -> Any:
    """What axe finds on a page whose policy lets it run."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(kit.AXE.read_text(encoding="utf-8"))
    return page.evaluate(_AXE, only)


def unfolded(person: Person, town: Town, screen: str) -> Any:
    """The page at a screen, with everything open that can be."""
    route, text = SCREENS[screen]
    person.go(route_of(town, route))
    person.page.get_by_text(re.compile(text)).first.wait_for()
    person.page.evaluate(
        "for (const each of document.querySelectorAll('details')) each.open = true"
    )
    return person.page


def measured(page: Any) -> Any:
    """What is not as wide or as large on the screen as it must be."""
    return page.evaluate(_MEASURED, TARGET)


FITS: dict[str, list[str]] = {"wide": [], "cut": [], "small": []}


def route_of(town: Town, route: str) -> str:
    """A route with its places filled in."""
    emc, amount = json.loads(town.kiosk.read_text())["emc"], 1_200 * 10**18
    order = f"uint256=1&uint256={amount}&bytes32=0x{'00' * 32}&value={amount}"
    link = order_link(town, emc)
    places = {
        "ORDER": f"/order/{link}",
        "PICNIC": kit.paper_route(town.paper),
        "CHANGE": kit.paper_route(town.folder / "change.json"),
        "EMC": f"/emc/31337/{emc}",
        "PAY": f"/pay/{quote(f'ethereum:{emc}@31337/sale?{order}', safe='')}",
    }
    name, _, rest = route.partition("/")
    return f"{places[name]}/{rest}".rstrip("/") if name in places else route


def order_link(town: Town, emc: str) -> str:
    """An order that may come back for a day, in a link."""
    due_at = town.w3.eth.get_block("latest")["timestamp"] + DAY
    order = CheckoutOrder(
        emc, NATIVE, bytes(32), 10**18, bytes(32), town.w3.eth.accounts[8], due_at
    )
    asked = order_request.Request(31337, town.rooms["checkout"], NATIVE, "1001", order)
    document = json.dumps(order_request.document(asked)).encode()
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


def test_the_keyboard_alone_comes_past_the_frame(chromium: Any, home: str) -> None:
    guest = Person(chromium, home)
    guest.go("/look")
    guest.heads("Look at an EMC")
    guest.page.keyboard.press("Tab")
    assert guest.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    guest.page.keyboard.press("Enter")
    assert guest.page.evaluate("document.activeElement.tagName") == "H1"
    guest.page.keyboard.press("Tab")
    focused = guest.page.evaluate("document.activeElement.labels?.[0]?.textContent")
    assert focused == "Address of the EMC"
    guest.close()


def test_anybody_looks_into_an_emc_without_a_wallet(chromium: Any, home: str, town: Town) -> None:
    guest = Person(chromium, home, node=town.url)
    guest.go(route_of(town, "EMC"))
    guest.sees("closed: 0.00 ETH are held until 1,000.00 ETH are reached")
    guest.press("Read the history")
    guest.sees("the EMC was formed")
    guest.close()


@pytest.mark.parametrize(("language", "words"), [("de", "Was auf Sie wartet"), ("zh", "您的待办")])
def test_the_page_speaks_the_language_of_the_browser(
    chromium: Any, home: str, language: str, words: str
) -> None:
    guest = Person(chromium, home, locale=language)
    guest.go("/")
    guest.heads(words)
    assert guest.page.get_attribute("html", "lang") == language
    guest.close()
