"""The ten minutes of docs/desk.md, lived in a browser: what it has in italics is on the page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emc import desk
from emc.core import typed_data
from emc.files import bundle, signature_files
from tests.anvil import ROOT
from tests.desk import browser as kit
from tests.desk.browser import DAY, Comes, Person, Town
from tests.desk.wallet import local_account
from tests.integration.commands import emc, enter

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
BOX = ROOT / "canvases" / "breakfast-box.yaml"
EUR = 100


@dataclass
class Step:
    """A part of the tutorial: what it names on the page, and what of it was found there."""

    number: int
    names: list[str]
    person: Person
    found: set[str] = field(default_factory=set)

    def named(self, text: str) -> str:
        """A text that this step must have in italics."""
        assert text in self.names, f"step {self.number} does not name {text!r}"
        self.found.add(text)
        return text

    def presses(self, text: str) -> None:
        self.person.press(self.named(text))

    def sees(self, text: str) -> None:
        self.person.sees(self.named(text))


@dataclass
class Tutorial:
    text: str
    person: Person

    @contextmanager
    def step(self, number: int) -> Iterator[Step]:
        """A step in which everything that it names is found."""
        _, _, rest = self.text.partition(f"\n## {number}. ")
        part, _, _ = rest.partition("\n## ")
        found = Step(number, re.findall(r"(?<![*\w])\*([^*\n]+)\*(?!\*)", part), self.person)
        yield found
        assert set(found.names) == found.found, f"step {number}"


@pytest.fixture
def ours(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the agreement that somebody sent, and elsewhere what the others signed."""
    enter(monkeypatch, town.url, tmp_path, tmp_path)
    emc("deploy", str(BOX), "--hold", "--out", "ours.agreement.json")
    paper = bundle.read(tmp_path / "ours.agreement.json")
    for row in paper.terms.nodes[:2]:
        key = local_account(row.id + 1)
        message = paper.message(row, key.address, paper.made_at + 7 * DAY, 0)
        data = bytes(key.sign_message(typed_data.signable(message)).signature)
        paper = paper.signed(bundle.Signature.of(message, "0x" + data.hex()))
    folder = tmp_path / "agreements"
    folder.mkdir()
    (tmp_path / "ours.agreement.json").rename(folder / "ours.agreement.json")
    signature_files.write(tmp_path / "others.json", paper)
    return folder


def test_the_ten_minutes_of_the_page_are_lived(
    town: Town, comes: Comes, ours: Path, tmp_path: Path
) -> None:
    with kit.served(town, ours) as address:
        courier = comes(3, home=address.partition("#")[0], node="", connects=False)
        courier.page.goto(address)
        live(
            Tutorial((ROOT / "docs" / "desk.md").read_text(), courier), town, comes, ours, tmp_path
        )
        courier.close()


def live(book: Tutorial, town: Town, comes: Comes, ours: Path, tmp_path: Path) -> None:
    """What the reader does."""
    courier, page = book.person, book.person.page
    with book.step(1) as step:
        step.presses("Connect")
    with book.step(2):
        assert desk.digest(desk.page()) in page.locator("footer").inner_text()
    with book.step(3) as step:
        courier.heads(step.named("1 thing waits for you"))
        page.get_by_role("link", name=step.named("Open"), exact=True).wait_for()
        step.presses("Read and decide")
        step.sees("What it does for you")
    with book.step(4) as step:
        step.presses("Agree or decline")
        # as a wallet that takes its time
        courier.wallet.silent = {"eth_signTypedData_v4"}
        step.presses("Agree to this agreement as Bicycle couriers")
        step.sees("What your wallet must show")
        courier.press("Stop waiting")
        courier.wallet.behave()
        courier.press("Agree to this agreement as Bicycle couriers")
        step.sees("You have agreed by signature")
        courier.saves(step.named("Save the file"), tmp_path / "mine.json")
    courier.sees("Kept in the folder as breakfast-box.agreement.json.")
    kept = bundle.read(ours / "breakfast-box.agreement.json")
    assert [each.index for each in kept.signatures] == [2]
    with book.step(5) as step:
        acts(step, book, tmp_path)
        assert town.contract("EMC", at(page)).functions.epoch().call() == 1
    with book.step(6) as step:
        pays(step, town, comes, kept.terms.currency)
    with book.step(7) as step:
        step.presses("Home")
        step.presses("Calls for bids")
        page.get_by_text(step.named("Call for bids"), exact=True).click()
        page.get_by_role("button", name="Open the call").wait_for()


def at(page: Any) -> str:
    """The EMC on whose page one is."""
    return str(re.findall("/emc/31337/(0x[0-9a-fA-F]{40})", page.url)[0])


def acts(step: Step, book: Tutorial, tmp_path: Path) -> None:
    """Bring it together, look at it, and at all that nodes can do."""
    courier, page = book.person, book.person.page
    step.sees("Bring in what others signed")
    courier.brings(tmp_path / "others.json")
    courier.sees("3 have agreed, 3 must")
    step.presses("Form the EMC")
    courier.sees("This is in force")
    courier.sent("Form the EMC").get_by_role("button", name=step.named("Dismiss")).wait_for()
    step.presses("Look at the EMC")
    page.get_by_role("link", name=step.named("Home"), exact=True).wait_for()
    home = page.url
    step.presses("Money")
    step.sees("What the next sale would bring")
    page.get_by_role("link", name=step.named("Be paid elsewhere")).wait_for()
    for act in (
        "Propose other shares",
        "Amend the terms",
        "Call for bids",
        "Report, and confirm reports",
        "Charge a node with breaking a clause",
        "End the EMC early",
    ):
        page.evaluate("(to) => { location.href = to }", home)
        page.get_by_text("What nodes can do here").click()
        page.get_by_role("link", name=step.named(act)).click()
        page.get_by_role("heading", level=1, name="Breakfast box").wait_for()
    step.named("What nodes can do here")
    courier.go("/")
    page.get_by_role("link", name=step.named("Your micro-enterprise")).wait_for()
    page.evaluate("(to) => { location.href = to }", home)


def pays(step: Step, town: Town, comes: Comes, currency: str) -> None:
    """Ask for a payment, and pay it."""
    courier, page = step.person, step.person.page
    emc_at = at(page)
    page.get_by_text("What nodes can do here").click()
    step.presses("Ask for a payment")
    page.get_by_label("Order", exact=True).fill("1")
    page.get_by_label("Amount of the sale").fill("900")
    link = page.get_by_role("link", name=step.named("See it as the buyer does"))
    route = link.get_attribute("href")
    link.click()
    step.sees("How it is shared")
    buyer = comes(8)
    token = town.contract("Token", currency)
    sent = token.functions.mint(buyer.wallet.key.address, 900 * EUR).transact(
        {"from": town.w3.eth.accounts[9]}
    )
    town.w3.eth.wait_for_transaction_receipt(sent)
    buyer.go(route.removeprefix("#"))
    buyer.press(f"{step.named('Pay')} 900.00 EUR")
    buyer.sees("Order 1 is paid: 900.00 EUR.")
    assert town.contract("EMC", emc_at).functions.total().call() == 900 * EUR
    buyer.go("/")
    buyer.press(step.named("My orders"))
    buyer.sees("You have paid no order at Checkout")
    courier.go(f"/emc/31337/{emc_at}")
    page.get_by_text("What nodes can do here").click()
    page.get_by_role("link", name=step.named("Orders and returns")).wait_for()
    step.presses("Ask for a payment")
    page.get_by_label("How it is paid").select_option("checkout")
    page.get_by_label("Order", exact=True).fill("2")
    page.get_by_label("Amount of the sale").fill("12")
    file = courier.saves("Save the file", Path(str(town.folder)) / "order.json")
    courier.opens(file)
    step.sees("Is it paid?")
