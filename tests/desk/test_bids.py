"""Calls and bids at the desk: read, bid, improve, seal, open, withdraw, award, decline."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from emc.core.terms import NATIVE
from emc.files import calls
from emc.files.salts import Secret
from tests.canvas.kit import CANVASES
from tests.desk import browser as kit
from tests.desk.browser import DAY, Comes, Person, Town

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
ROASTER = calls.load_call(CANVASES / "calls" / "roaster.yaml")
BID = {
    "Short word for the canvas": "roastery",
    "What people call you": "Courtyard  roastery",
    "How you would solve it": "We roast on Mondays\nin the courtyard.",
    "What you contribute": "Roasts\n\nGrinds and fills",
    "How anybody can see that you delivered": "Beans of the week",
    "Share you ask for, percent": "25,50",
    "Its lower bound, percent": "20",
    "Its upper bound, percent": "35",
    "Fixed costs to be covered first": "400.00",
    "Running cost, percent of every sale": "12",
}


def opened(town: Town, *, reveal: int = 0) -> Any:
    """A call of the baker's, who is ME 1; an outsider with local account 6 becomes an ME."""
    w3, by = town.w3, town.w3.eth.accounts
    registry = town.contract("MicroEnterprises", town.rooms["microenterprises"]).functions
    market = town.contract("CallForBids", town.rooms["callforbids"])
    ends = w3.eth.get_block("latest")["timestamp"] + DAY
    bar = (NATIVE, 0, 0, 0, NATIVE, False)
    call = (NATIVE, "roasting", ROASTER.hash(), 150_000, 350_000, 1, ends, reveal, bar)
    for sent in (
        registry.register(4, 0, "", bytes(32)).transact({"from": by[6]}),
        market.functions.open(call, "ipfs://call").transact({"from": by[1]}),
    ):
        w3.eth.wait_for_transaction_receipt(sent)
    return market


def fills(person: Person, **others: str) -> None:
    """Write the whole bid into its form."""
    for name, text in (BID | others).items():
        person.page.get_by_label(name, exact=True).fill(text)


def test_a_bid_is_written_improved_and_awarded(town: Town, comes: Comes, tmp_path: Path) -> None:
    market = opened(town)
    roaster = comes(6)
    roaster.press("Calls for bids")
    roaster.press("1. roasting (bids are taken)")
    roaster.heads("Call 1")
    document = tmp_path / "call.json"
    document.write_text(json.dumps(ROASTER.document()))
    roaster.brings(document)
    roaster.sees("Coffee for a hundred boxes every working day; Beans roasted within the week")
    place = roaster.page.get_by_role("button", name="Bid", exact=True)
    place.click(force=True)
    roaster.sees("Short word for the canvas: Write small letters, digits and hyphens")
    fills(roaster, **{"Share you ask for, percent": "40"})
    roaster.sees("It lies outside its own bounds.")
    fills(roaster, **{"Its upper bound, percent": "50", "Share you ask for, percent": "40"})
    roaster.sees("Outside its bounds: 15% to 35%.")
    fills(roaster)
    place.click(force=True)
    roaster.sees("Save the file first.")
    saved = roaster.saves("Save the file of the bid", tmp_path / "bid.json")
    place.click()
    roaster.sees("Its state: open to everybody.")
    # the terminal reads what the desk wrote, and finds the hash that is on chain
    (seen,) = market.events.Bid.get_logs(from_block=0)
    made = calls.load_bid(saved, ROASTER)
    assert seen["args"]["document"] == made.hash()
    assert seen["args"]["share"] == made.share.asked == 255_000
    assert made.obligations == ["Roasts", "Grinds and fills"]

    fills(roaster, **{"Share you ask for, percent": "22"})
    roaster.saves("Save the file of the bid", tmp_path / "better.json")
    roaster.press("Replace my bid")
    roaster.sees("22%")

    baker = comes(1)
    baker.go("/call/31337/1")
    baker.page.get_by_role("button", name="Award a place").click(force=True)
    baker.sees("The time to bid, and to open sealed bids, must be over first.")
    # an improvement after it was read is not what the leader awards
    baker.press("End the time to bid now")
    baker.sees("the leader awards")
    baker.press("Award a place")
    baker.sees("Next comes an agreement that both sign.")
    assert market.functions.bid_of(1, 4).call()[0] == 8


def test_a_sealed_bid_is_saved_first_and_opened_from_its_file(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    market = opened(town, reveal=DAY)
    roaster = comes(6)
    roaster.go("/call/31337/1")
    fills(roaster)
    downloads: list[Any] = []
    roaster.page.on("download", lambda each: downloads.append(each))
    roaster.press("Save the file of the bid")
    roaster.page.get_by_role("button", name="Bid under seal").and_(
        roaster.page.locator(":not([aria-disabled])")
    ).click()
    roaster.sees("Its state: sealed.")
    assert not market.events.Bid.get_logs(from_block=0)
    salt = tmp_path / "salt.json"
    next(each for each in downloads if "salt" in each.suggested_filename).save_as(salt)
    found = json.loads(salt.read_text())
    del found["checks"]
    # as `emc bid reveal` checks it
    secret = Secret.model_validate(found)
    assert calls.opened_bid(secret).hash() == secret.bytes_of("document")
    assert market.functions.bid_of(1, 4).call()[1] == bytes.fromhex(secret.commitment[2:])

    town.skip(DAY + 1)
    elsewhere = comes(6)
    elsewhere.go("/call/31337/1")
    elsewhere.page.get_by_role("button", name="Open my bid to everybody").click(force=True)
    elsewhere.sees("Bring the salt file first.")
    altered = tmp_path / "altered.json"
    altered.write_text(json.dumps(found | {"salt": "0x" + "11" * 32}))
    elsewhere.page.locator("input[type=file]").last.set_input_files(str(altered))
    elsewhere.sees("commitment is not valid")
    elsewhere.page.locator("input[type=file]").last.set_input_files(str(salt))
    elsewhere.press("Open my bid to everybody")
    elsewhere.sees("Its state: open to everybody.")
    elsewhere.press("Take my bid back")
    elsewhere.sees("Its state: withdrawn.")


def test_a_call_that_was_amended_meanwhile_is_read_again_first(town: Town, comes: Comes) -> None:
    market = opened(town)
    roaster = comes(6)
    assert roaster.wallet is not None
    roaster.go("/call/31337/1")
    fills(roaster)
    with roaster.page.expect_download():
        roaster.press("Save the file of the bid")
    terms = list(market.functions.call_of(1).call())
    terms[3] = 240_000
    sent = market.functions.amend(1, tuple(terms), "").transact({"from": town.w3.eth.accounts[1]})
    town.w3.eth.wait_for_transaction_receipt(sent)
    roaster.page.get_by_role("button", name="Bid", exact=True).click()
    roaster.sees("It has changed meanwhile: the call was amended")
    assert "eth_sendTransaction" not in roaster.wallet.seen
    baker = comes(1)
    baker.go("/call/31337/1")
    baker.press("Give up the places that are left")
    baker.page.get_by_text("over", exact=True).wait_for()
    assert market.functions.phase_of(1).call() == 8


def test_a_leader_calls_for_bids_and_the_terminal_reads_what_it_wrote(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    market = town.contract("CallForBids", town.rooms["callforbids"])
    baker = comes(1)
    baker.press("Calls for bids")
    baker.page.get_by_text("Call for bids", exact=True).click()
    said = {
        "Title": "Breakfast  box",
        "Looked for": "roasting coffee",
        "Scenario": "People on their way to work.",
        "Proposition": "Bread and coffee as one box.",
        "Needs": "Coffee for a hundred boxes\n\nBeans of the week",
        "Lower bound, percent": "15,50",
        "Upper bound, percent": "10",
        "Places to give": "2",
        "Last moment to bid": "2020-01-01T00:00",
        "Days to open sealed bids; 0: bids are open": "14",
        "Currency, such as EUR": "EUR",
        "Decimals of its token; 18 for coin": "2",
    }
    page = baker.page
    for name, text in said.items():
        page.get_by_label(name, exact=True).fill(text)
    baker.sees("Above 0, at most 100, and not below the lower bound.")
    baker.sees("Choose a time that is still to come.")
    open_ = page.get_by_role("button", name="Open the call")
    page.get_by_label("Upper bound, percent", exact=True).fill("35")
    now = town.w3.eth.get_block("latest")["timestamp"]
    closes = datetime.fromtimestamp(now + 20 * DAY).replace(second=0, microsecond=0)
    page.get_by_label("Last moment to bid", exact=True).fill(closes.strftime("%Y-%m-%dT%H:%M"))
    open_.click(force=True)
    baker.sees("Save the file first.")
    saved = baker.saves("Save the file", tmp_path / "call.json")
    open_.click()
    baker.press("1. roasting coffee (bids are taken)")
    baker.heads("Call 1")
    made = calls.load_call(saved)
    (seen,) = market.events.Called.get_logs(from_block=0)
    terms = seen["args"]["terms"]
    assert terms["document"] == made.hash()
    assert (terms["lower"], terms["upper"], terms["places"]) == (155_000, 350_000, 2)
    assert terms["closes_at"] == made.closes_at(0) == int(closes.timestamp())
    assert terms["reveal"] == made.reveal_span == 14 * DAY
    assert made.needs == ["Coffee for a hundred boxes", "Beans of the week"]
    # anybody who has the file reads it at the desk
    baker.brings(saved)
    baker.sees("Coffee for a hundred boxes; Beans of the week")

    # of a running EMC its leader alone calls, and proves its terms
    emc = json.loads(town.kiosk.read_text())["emc"]
    cook = comes(2)
    for person in (cook, baker):
        person.go(f"/emc/31337/{emc}/call")
        for name, text in said.items():
            if "Currency" not in name and "Decimals" not in name:
                person.page.get_by_label(name, exact=True).fill(text)
        person.page.get_by_label("Upper bound, percent", exact=True).fill("35")
        when = closes.strftime("%Y-%m-%dT%H:%M")
        person.page.get_by_label("Last moment to bid", exact=True).fill(when)
        person.saves("Save the file", tmp_path / "late.json")
        person.press("Open the call")
        if person is cook:
            person.sees("Only the row's controller may do this")
    baker.heads("Calls for bids")
    assert market.functions.call_of(2).call()[0] == emc
    assert calls.load_call(tmp_path / "late.json").currency.symbol == "ETH"
