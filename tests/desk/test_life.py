"""Three people at three desks and nothing else: from signing to the stars they give each other."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.canvas import kit as canvases
from tests.desk import browser as kit
from tests.desk.browser import DAY, Comes, Person, Town
from tests.integration.commands import emc, enter

pytestmark = [
    pytest.mark.anvil,
    # what it does is done in short, one by one, in the normal run
    pytest.mark.deep,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
ETH = 10**18
LIFE = canvases.with_(
    ("title: Picnic", "title: Life"),
    ("{symbol: EUR, decimals: 2}", "{symbol: ETH, decimals: 18}"),
    ("unit: EUR of baskets", "metric: users\n  unit: users of baskets"),
    ("benchmark: 1000", "benchmark: 100"),
    ("target: 2000", "target: 200"),
    ("quorum: 60, interval: 7d", "quorum: 60, window: 3d, objections: 30"),
    (
        "margin: 5}",
        "margin: 5}\n  review: {commit: 7d, reveal: 7d}\n"
        "  assessment: {window: 1d, objections: 60, grace: 5d}",
    ),
)


class Life:
    """An EMC as the node knows it."""

    def __init__(self, town: Town, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
        self.town, self.paper = town, tmp_path / "life.json"
        enter(patch, town.url, tmp_path, tmp_path)
        (tmp_path / "life.yaml").write_text(LIFE)
        emc("deploy", "life.yaml", "--hold", "--out", str(self.paper))
        self.at = json.loads(self.paper.read_text())["emc"]
        self.emc = town.contract("EMC", self.at).functions

    def route(self, screen: str = "") -> str:
        return f"/emc/31337/{self.at}" + (f"/{screen}" if screen else "")

    def stands(self, *, epoch: int, received: int, is_open: bool) -> Any:
        """What must hold whenever anybody looks; gives the accounts."""
        found = self.emc.accounts().call()
        all_in, paid, credited, held, pending, dust = found
        assert all_in == received
        assert all_in == paid + credited + held + pending + dust
        assert self.town.w3.eth.get_balance(self.at) == all_in - paid
        assert self.emc.epoch().call() == epoch
        assert self.emc.is_gate_open().call() == is_open
        return found

    def link(self, order: int, amount: int) -> str:
        asked = f"uint256={order}&uint256={amount}&bytes32=0x{'00' * 32}&value={amount}"
        return f"/pay/{quote(f'ethereum:{self.at}@31337/sale?{asked}', safe='')}"


def agrees(person: Person, button: str, into: Path) -> Path:
    """Sign what is on the screen; gives the file with the signature."""
    person.press("Agree or decline")
    person.press(button)
    person.sees("You have agreed by signature")
    return person.saves("Save the file", into)


def test_three_people_live_a_whole_life_at_the_desk(
    town: Town, comes: Comes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(town, tmp_path, monkeypatch)
    baker, cook, rider = people = [comes(number) for number in (1, 2, 3)]
    names = ("Baker", "Cook", "Rider")

    # they agree: each signs the file that the one before has sent on
    file = life.paper
    for person, name in zip(people, names, strict=True):
        person.opens(file)
        person.heads("Agreement “Life”")
        file = agrees(person, f"Agree to this agreement as {name}", tmp_path / f"{name}.json")
    rider.sees("3 have agreed, 3 must")
    rider.press("Form the EMC")
    rider.sees("This is in force")
    assert life.emc.stage().call() == 1
    life.stands(epoch=1, received=0, is_open=False)
    for person in people:
        person.knows(file)

    # somebody buys: costs flow, income waits for the users
    buyer = comes(8)
    buyer.go(life.link(1, 300 * ETH))
    buyer.press("Pay 300.00 ETH")
    buyer.sees("Order 1 is paid: 300.00 ETH.")
    accounts = life.stands(epoch=1, received=300 * ETH, is_open=False)
    assert accounts[1] == 100 * ETH + 60 * ETH
    assert accounts[3] == 140 * ETH

    # one reports, another confirms
    cook.go(life.route("report"))
    cook.page.get_by_label("What it is about").fill("cooks")
    cook.page.get_by_label("Number").fill("40")
    cook.press("Report it")
    cook.page.get_by_role("row", name=re.compile("cooks")).wait_for()
    baker.go(life.route("report"))
    baker.press("Confirm report 0")
    confirmed = baker.page.get_by_role("row", name=re.compile("cooks"))
    confirmed.get_by_text("Baker (row 0)").wait_for()

    # shares change: proposed, signed, objected to, and in force when the objection is taken back
    cook.go(life.route("shares"))
    for name, share in (("Baker (row 0)", "48"), ("Cook (row 1)", "32")):
        row = cook.page.get_by_role("group", name=name)
        row.get_by_label("Base, percent").fill(share)
    cook.press("Draw up these shares")
    cook.heads("Other shares “Life”")
    cook.press("Signatures and sending")
    cook.press("Open the time to object")
    cook.sees("You have agreed on chain")
    baker.go("/")
    baker.sees("Other shares are proposed: read and decide")
    baker.page.get_by_role("button", name="Read and decide").last.click()
    baker.heads("Other shares “Life”")
    agrees(baker, "Agree to these shares as Baker", tmp_path / "shares.json")
    rider.opens(tmp_path / "shares.json")
    rider.page.get_by_role("button", name="Object", exact=True).click()
    rider.page.get_by_role("button", name="Take my objection back").wait_for()
    town.skip(3 * DAY + 1)
    baker.page.reload()
    baker.sees("More nodes objected than the terms allow")
    rider.press("Take my objection back")
    rider.page.get_by_role("button", name="Object", exact=True).wait_for()
    baker.page.reload()
    baker.press("Put the shares in force")
    baker.sees("This is in force")
    life.stands(epoch=2, received=300 * ETH, is_open=False)

    # terms change with the consent of all
    elsewhere = town.w3.eth.accounts[7]
    rider.go(life.route("amend"))
    row = rider.page.get_by_role("group", name="Rider (row 2)")
    row.get_by_label("Where it is paid").fill(elsewhere)
    rider.press("Draw up this amendment")
    rider.heads("Other terms “Life”")
    rider.sees("Addresses change")
    file = agrees(rider, "Agree to these terms as Rider", tmp_path / "terms-rider.json")
    for person, name in ((baker, "Baker"), (cook, "Cook")):
        person.opens(file)
        person.heads("Other terms “Life”")
        file = agrees(person, f"Agree to these terms as {name}", tmp_path / f"terms-{name}.json")
    cook.press("Put the terms in force")
    cook.sees("This is in force")
    life.stands(epoch=3, received=300 * ETH, is_open=False)
    assert life.emc.payee_of(2).call() == elsewhere

    # the goal is measured; the gate opens, and what it held flows
    baker.go(life.route("assess"))
    baker.page.get_by_label("Value: users").fill("120")
    baker.press("Submit the value")
    baker.sees("120 users by Baker (row 0) waits")
    town.skip(DAY + 1)
    cook.go(life.route())
    cook.press("Count the value")
    cook.page.get_by_role("button", name="Count the value").wait_for(state="detached")
    accounts = life.stands(epoch=3, received=300 * ETH, is_open=True)
    assert accounts[3] == 0

    # a payee that takes nothing for a while is owed, and withdraws
    town.ask("anvil_setCode", elsewhere, "0x60006000fd")
    buyer.go(life.link(2, 50 * ETH))
    buyer.press("Pay 50.00 ETH")
    buyer.sees("Order 2 is paid: 50.00 ETH.")
    owed = life.emc.credits(2).call()
    assert owed > 0
    accounts = life.stands(epoch=3, received=350 * ETH, is_open=True)
    assert accounts[2] >= owed
    town.ask("anvil_setCode", elsewhere, "0x")
    before = town.w3.eth.get_balance(elsewhere)
    rider.go(life.route("money"))
    rider.press("Withdraw it")
    rider.page.get_by_text("The payee did not accept a payment").wait_for(state="detached")
    assert town.w3.eth.get_balance(elsewhere) == before + owed
    life.stands(epoch=3, received=350 * ETH, is_open=True)

    # it ends, and they rate each other: first a hash, then the stars
    town.skip(90 * DAY)
    cook.page.reload()
    cook.press("End the EMC")
    cook.press("Ratings")
    assert life.emc.stage().call() in (2, 4)
    cook.press("Begin the ratings")
    cook.sees("Your ratings")
    for person, name in zip(people, names, strict=True):
        person.go(life.route("rate"))
        person.page.get_by_label("Quality").first.select_option("4")
        person.saves("Save my ratings and their salt", tmp_path / f"{name}.salt.json")
        person.press("Commit to these ratings")
        # who is the last goes on at once
        reveal = person.page.get_by_role("button", name="Reveal")
        person.page.get_by_text("You have committed").or_(reveal).first.wait_for()
    for person in people:
        person.page.reload()
        person.press("Reveal")
        person.sees("You have revealed your ratings.")
    reputation = town.contract("Reputation", town.rooms["reputation"]).functions
    stars = [reputation.counts_of(life.at, me).call()[5 + 4 - 1] for me in (1, 2, 3)]
    assert sum(stars) == 3
    life.stands(epoch=3, received=350 * ETH, is_open=True)
