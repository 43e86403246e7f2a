"""Debian's Firefox ESR: half a life, every screen, and the acts of the newer ones."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from emc.files import signature_files
from tests.browsers import Browser
from tests.desk import browser as kit
from tests.desk import test_screens as screens
from tests.desk.browser import DAY, Comes, Person, Town
from tests.desk.firefox import FIREFOX, firefox

pytestmark = [
    pytest.mark.anvil,
    # half a minute: this browser is slow to begin
    pytest.mark.deep,
    pytest.mark.skipif(FIREFOX is None, reason="the program firefox-esr is not installed"),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this browser saves files."""
    return tmp_path_factory.mktemp("firefox")


@pytest.fixture(scope="module")
def chromium(saved: Path) -> Iterator[Any]:
    """The browser in which people sit down: here another one."""
    with firefox(saved) as running:
        yield Browser(running)


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """The page, which lets the driver of this browser run its own scripts in it."""
    page = kit.DESK.read_bytes()
    assert page.count(b"script-src 'sha256-") == 1
    with kit.static_host(page.replace(b"script-src ", b"script-src 'unsafe-eval' ")) as address:
        yield address


def test_the_page_as_it_is_runs_under_its_own_policy(chromium: Any) -> None:
    with kit.static_host() as address:
        guest = Person(chromium, address)
        guest.page.goto(address)
        guest.heads("What waits for you")
        # the driver's own scripts are refused, those of the page are not
        assert all("eval" in each for each in guest.complaints), guest.complaints
        guest.complaints.clear()
        guest.close()


def test_three_people_sign_merge_form_and_sell(town: Town, comes: Comes, saved: Path) -> None:
    files = []
    for number, name in ((1, "Baker"), (2, "Cook"), (3, "Rider")):
        person = comes(number)
        person.knows(town.paper)
        person.heads("Agreement “Picnic”")
        person.sees("What it does for you")
        person.press("Agree or decline")
        person.press(f"Agree to this agreement as {name}")
        person.sees("You have agreed by signature")
        person.press("Save the file")
        files.append(kept(saved, name))
    # the terminal reads what the desk wrote, and finds every signature good
    gathered = signature_files.gather(files)
    assert not gathered.refused
    assert len(gathered.paper.signatures) == 3

    person.brings(*files[:2])
    person.sees("3 have agreed, 3 must")
    person.press("Form the EMC")
    person.sees("This is in force")
    assert town.agreement.functions.epoch().call() == 1
    buyer = comes(8)
    assert buyer.wallet is not None
    town.mint(buyer.wallet.key.address, 10_000)
    sale = f"uint256=1&uint256=10000&bytes32=0x{'00' * 32}"
    buyer.go(f"/pay/{quote(f'ethereum:{town.emc}@31337/sale?{sale}', safe='')}")
    buyer.press("Pay 100.00 EUR")
    buyer.sees("Order 1 is paid: 100.00 EUR.")
    assert town.agreement.functions.total().call() == 10_000


def test_every_screen_is_drawn_on_a_phone(town: Town, comes: Comes) -> None:
    baker = comes(1, viewport={"width": 390, "height": 800})
    screens.furnish(baker, town)
    for screen in screens.SCREENS:
        page = screens.unfolded(baker, town, screen)
        assert screens.measured(page) == screens.FITS, screen


def test_terms_are_amended_bids_called_for_and_an_order_goes_back(town: Town, comes: Comes) -> None:
    emc = json.loads(town.kiosk.read_text())["emc"]
    baker = comes(1)
    baker.knows(town.kiosk)
    baker.go(f"/emc/31337/{emc}/amend")
    page = baker.page
    page.get_by_text("Leaving, charges, ending early").click()
    page.get_by_label("Notice before leaving").fill("10d")
    baker.press("Draw up this amendment")
    baker.heads("Other terms “Kiosk”")
    baker.sees("10 days after giving notice")

    baker.go(f"/emc/31337/{emc}/call")
    now = town.w3.eth.get_block("latest")["timestamp"]
    closes = datetime.fromtimestamp(now + 20 * DAY).strftime("%Y-%m-%dT%H:%M")
    said = {
        "Title": "Breakfast box",
        "Looked for": "roasting coffee",
        "Scenario": "People on their way to work.",
        "Proposition": "Bread and coffee as one box.",
        "Needs": "Coffee for a hundred boxes",
        "Lower bound, percent": "15",
        "Upper bound, percent": "35",
        "Last moment to bid": closes,
    }
    for name, text in said.items():
        page.get_by_label(name, exact=True).fill(text)
    baker.press("Save the file")
    baker.press("Open the call")
    baker.sent("Open the call")
    baker.heads("Calls for bids")
    baker.press("1. roasting coffee (bids are taken)")
    baker.heads("Call 1")

    # an order that may come back: paid at Checkout, and given back by its cashier
    buyer, cashier = comes(4), comes(8)
    buyer.go(f"/order/{screens.order_link(town, emc)}")
    buyer.press("Pay 1.00 ETH")
    buyer.sees("Order 1001 is paid: 1.00 ETH.")
    cashier.go(f"/emc/31337/{emc}/returns")
    cashier.page.locator("label.mark input").check()
    cashier.press("Give back 1 order")
    cashier.sees("Credit note")
    cashier.sent("Give back 1 order")
    assert town.w3.eth.get_balance(town.rooms["checkout"]) == 0


def kept(folder: Path, name: str) -> Path:
    """What the browser has just saved, under a name of its own."""
    for _ in range(100):
        found = [each for each in folder.glob("picnic*.json") if each.stat().st_size]
        if found and not list(folder.glob("*.part")):
            return found[0].rename(folder / f"{name}.json")
        time.sleep(0.1)
    raise AssertionError("nothing was saved")
