"""What nodes do at the desk besides signing: what would be refused is said before the wallet."""

import json
import re
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from emc.files import proposal
from tests.desk import browser as kit
from tests.desk.browser import DAY, Comes, Town
from tests.integration.commands import CANVASES

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]


def test_a_node_proposes_shares_that_fit_the_bounds(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    baker = comes(1)
    baker.knows(town.kiosk)
    emc = json.loads(town.kiosk.read_text())["emc"]
    baker.go(f"/emc/31337/{emc}/shares")
    # whoever knows the terms knows how many must agree
    baker.sees("Nodes that must agree")
    row = baker.page.get_by_role("group", name="Baker (row 0)")
    base = row.get_by_label("Base, percent")
    draw = baker.page.get_by_role("button", name="Draw up these shares")

    def says(text: str) -> None:
        draw.click(force=True)
        baker.sees(text)
        assert baker.page.url.endswith("/shares")

    says("Nothing differs from the terms in force.")
    base.fill("65")
    says("Outside its bounds: 30% to 60%.")
    base.fill("1.23456")
    says("Write a number such as 12.5, with at most four decimals.")
    base.fill("48,5")
    says("Base adds up to 98.5%, not to 100 %.")
    cook = baker.page.get_by_role("group", name="Cook (row 1)")
    cook.get_by_label("Base, percent").fill("31.5")
    draw.click()
    baker.heads("Other shares “Kiosk”")
    written = proposal.read(baker.saves("Save the file", tmp_path / "shares.json"))
    assert isinstance(written.change, proposal.Renegotiation)
    said = [(each.row, each.base, each.leading) for each in written.change.shares]
    assert said == [(0, 485_000, 450_000), (1, 315_000, 300_000)]


def test_a_node_measures_reports_charges_and_ends(town: Town, comes: Comes, tmp_path: Path) -> None:
    paper = town.deploys("users", CANVASES["users"].replace("title: Picnic", "title: Users"))
    emc = json.loads(paper.read_text())["emc"]
    goals = town.contract("Goals", town.rooms["goals"])
    proof = tmp_path / "count.txt"
    proof.write_text("110 families")
    baker, cook = comes(1), comes(2)
    for person in (baker, cook):
        person.knows(paper)

    baker.go(f"/emc/31337/{emc}/assess")
    submit = baker.page.get_by_role("button", name="Submit the value")
    submit.click(force=True)
    baker.sees("Write a whole number.")
    baker.page.get_by_label("Value: users").fill("110")
    baker.page.get_by_label("Measured at").fill("2099-01-01T00:00")
    baker.sees("It must have been measured by now, and not after the deadline.")
    baker.page.get_by_label("Measured at").fill("")
    baker.brings(proof)
    submit.click()
    baker.sees("110 users by Baker (row 0) waits")
    baker.sees("Your value is still open")
    (seen,) = goals.events.Assessed.get_logs(from_block=0)
    assert seen["args"]["amount"] == 110
    assert seen["args"]["evidence"] == keccak(proof.read_bytes())
    # another may have it counted at once if all agree, and the submitter takes it back
    baker.press("Take the value back")
    baker.page.get_by_text("110 users by Baker (row 0) waits").wait_for(state="detached")

    cook.go(f"/emc/31337/{emc}/report")
    cook.sees("Nobody has reported anything yet.")
    cook.page.get_by_label("What it is about").fill("cooks")
    cook.page.get_by_label("Number").fill("40")
    cook.press("Report it")
    cook.page.get_by_role("row", name=re.compile("cooks")).wait_for()
    assert not cook.page.get_by_role("button", name="Confirm report 0").count()
    baker.go(f"/emc/31337/{emc}/report")
    baker.press("Confirm report 0")
    confirmed = baker.page.get_by_role("row", name=re.compile("cooks"))
    confirmed.get_by_text("Baker (row 0)").wait_for()

    baker.go(f"/emc/31337/{emc}/charge")
    baker.sees("The node has 3 days to remedy the breach.")
    do = baker.page.get_by_role("button", name="Charge this node")
    do.click(force=True)
    baker.sees("Cite the clause.")
    baker.page.get_by_label("Charged").select_option("2")
    baker.page.get_by_label("Clause that was broken").fill("ü" * 65)
    baker.sees("Too long: at most 128 bytes.")
    baker.page.get_by_label("Clause that was broken").fill("rides")
    do.click()
    baker.sees("Open charges")
    baker.sees("You have already made this charge.")
    # it changed meanwhile: what the wallet was not asked for is said in words
    cook.go(f"/emc/31337/{emc}/charge")
    cook.page.get_by_label("Charged").select_option("2")
    cook.page.get_by_label("Clause that was broken").fill("rides")
    cook.press("Charge this node")
    cook.sees("You have already made this charge.")
    town.skip(4 * DAY)
    cook.page.reload()
    cook.press("Draw up the expulsion")
    cook.heads("Expulsion of a node “Users”")

    baker.go(f"/emc/31337/{emc}/disband")
    baker.sees("The gate is closed: what is held, 0.00 EUR, goes to the backstop")
    baker.sees("every node: 3")
    baker.press("Draw up the disbanding")
    baker.heads("Disbanding “Users”")


def test_what_changed_meanwhile_is_said_before_the_wallet_is_asked(
    town: Town, comes: Comes
) -> None:
    emc = json.loads(town.kiosk.read_text())["emc"]
    baker = comes(1)
    assert baker.wallet is not None
    baker.knows(town.kiosk)
    baker.go(f"/emc/31337/{emc}/charge")
    baker.page.get_by_label("Charged").select_option("1")
    baker.page.get_by_label("Clause that was broken").fill("cooks")
    # the same charge from another window
    other = comes(1)
    other.knows(town.kiosk)
    other.go(f"/emc/31337/{emc}/charge")
    other.page.get_by_label("Charged").select_option("1")
    other.page.get_by_label("Clause that was broken").fill("cooks")
    other.press("Charge this node")
    other.sees("Open charges")
    baker.press("Charge this node")
    baker.sees("It has changed meanwhile: You have already made this charge.")
    assert "eth_sendTransaction" not in baker.wallet.seen


def test_an_account_becomes_a_micro_enterprise_and_hands_it_on(town: Town, comes: Comes) -> None:
    registry = town.contract("MicroEnterprises", town.rooms["microenterprises"]).functions
    founder, heir = comes(6), comes(7)
    assert founder.wallet is not None
    assert heir.wallet is not None
    founder.press("Your micro-enterprise")
    founder.page.get_by_label("Kind").select_option("4")
    founder.page.get_by_label("Where its profile can be read").fill("https://example.org/me.md")
    # coming back after a while reads the chain again, and takes nothing away that was typed
    founder.page.evaluate(
        "() => { const now = Date.now; Date.now = () => now() + 1e6;"
        " dispatchEvent(new Event('focus')) }"
    )
    founder.page.wait_for_timeout(500)
    assert founder.page.get_by_label("Kind").input_value() == "4"
    founder.press("Register")
    founder.sees("outside partner")
    me = registry.me_of(founder.wallet.key.address).call()
    assert registry.kind_of(me).call() == 4

    heir.go("/me")
    heir.page.get_by_text("Take over one that was offered").click()
    heir.page.get_by_label("ME", exact=True).fill(str(me))
    heir.press("Take it over")
    heir.sees("The ME's account must offer it first")
    founder.page.get_by_text("Move it to another account").click()
    founder.page.get_by_label("New address").fill(heir.wallet.key.address)
    founder.page.get_by_label("Type its last four").fill(heir.wallet.key.address[-4:])
    founder.press("Offer it to this account")
    founder.sees(f"The other account takes over ME {me} on this screen.")
    heir.press("Take it over")
    heir.sees("Change its profile")
    assert registry.account_of(me).call() == heir.wallet.key.address
