"""The desk in a real browser, with wallets that do as people and as bad wallets do."""

import json
from pathlib import Path
from shutil import copyfile
from typing import Any
from urllib.parse import quote

import pytest

from emc.files import signature_files
from tests.desk import browser as kit
from tests.desk.browser import DAY, Comes, Person, Town, wallet_of
from tests.desk.wallet import DECLINED, PENDING

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
EUR = 100
STRANGER = "0x70B8AB4a7FD3F3ea34BF6Ef8bbd5d7d6fc9dfe7C"


def link(town: Town, order: int, amount: int) -> str:
    """The route of a payment request."""
    uri = f"ethereum:{town.emc}@31337/sale?uint256={order}&uint256={amount}&bytes32=0x{'00' * 32}"
    return f"/pay/{quote(uri, safe='')}"


def emc_route(town: Town, screen: str = "") -> str:
    return f"/emc/31337/{town.emc}" + (f"/{screen}" if screen else "")


def test_three_people_form_an_emc_of_files_that_they_merge_and_sell(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    # one asks its wallet alone for what the chain says, one is on a phone
    baker = comes(1, node="")
    cook, rider = comes(2, viewport={"width": 390, "height": 800}), comes(3)
    files = []
    for name, person in (("Baker", baker), ("Cook", cook), ("Rider", rider)):
        person.opens(town.paper)
        person.heads("Agreement “Picnic”")
        person.sees("What it does for you")
        person.press("Agree or decline")
        person.press(f"Agree to this agreement as {name}")
        person.sees("You have agreed by signature")
        files.append(person.saves("Save the file", tmp_path / f"{name}.json"))
    # the terminal reads what the desk wrote, and finds every signature good
    gathered = signature_files.gather(files)
    assert not gathered.refused
    assert not gathered.unchecked
    assert len(gathered.paper.signatures) == 3

    baker.sees("Still missing: Cook (row 1), Rider (row 2). 3 must agree.")
    baker.brings(files[2], files[1])
    baker.sees("3 have agreed, 3 must")
    baker.press("Form the EMC")
    baker.sees("This is in force")
    assert town.agreement.functions.epoch().call() == 1

    buyer = comes(8)
    assert buyer.wallet is not None
    town.mint(buyer.wallet.key.address, 5_000 * EUR)
    buyer.go(link(town, 1, 1_200 * EUR))
    buyer.sees("How it is shared")
    buyer.press("Pay 1,200.00 EUR")
    buyer.sees("Order 1 is paid: 1,200.00 EUR.")
    assert town.agreement.functions.total().call() == 1_200 * EUR
    # twice is refused before the wallet is asked
    sent = buyer.wallet.seen.count("eth_sendTransaction")
    buyer.page.reload()
    buyer.sees("Your account has paid this order already.")
    buyer.page.get_by_role("button", name="Pay 1,200.00 EUR").click(force=True)
    assert buyer.wallet.seen.count("eth_sendTransaction") == sent == 1

    rider.go(emc_route(town, "money"))
    rider.sees("Payouts of this row, newest first: 1 of 1")
    earned, _ = town.agreement.functions.earned(2).call()
    rider.page.get_by_role("cell", name=f"{earned / EUR:,.2f} EUR").wait_for()
    statement = rider.saves("Save as CSV", tmp_path / "payouts.csv").read_text().splitlines()
    assert statement[0].startswith("block,time,transaction,epoch,order,gross_EUR,row")
    assert f",1,1200.00,2,{rider.wallet.key.address},{earned / EUR:.2f},paid" in statement[1]


def test_the_desk_of_the_terminal_keeps_what_is_signed_in_its_folder(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    copyfile(town.paper, tmp_path / "from-the-baker.json")
    with kit.served(town, tmp_path) as address:
        cook = comes(2, home=address.partition("#")[0], node="", connects=False)
        cook.page.goto(address)
        cook.press("Connect Test wallet")
        cook.heads("1 thing waits for you")
        cook.press("Read and decide")
        cook.press("Agree or decline")
        cook.press("Agree to this agreement as Cook")
        cook.sees("Kept in the folder as picnic.agreement.json.")
        cook.go("/")
        cook.heads("Nothing waits for you")
        cook.close()
    paper = signature_files.read(tmp_path / "picnic.agreement.json")
    assert [each.index for each in paper.signatures] == [1]
    assert not signature_files.read(tmp_path / "from-the-baker.json").signatures


def test_what_is_signed_is_what_was_shown(town: Town, comes: Comes) -> None:
    cook = comes(2)
    assert cook.wallet is not None
    cook.knows(town.paper)
    cook.press("Agree or decline")
    cook.sees("the same digest")
    # whoever revokes elsewhere in between signs by another nonce
    account = cook.wallet.key.address
    town.ask("anvil_impersonateAccount", account)
    consent = town.contract("Consent", town.rooms["consent"]).functions
    town.w3.eth.wait_for_transaction_receipt(consent.revoke(town.emc).transact({"from": account}))
    cook.press("Agree to this agreement as Cook")
    cook.sees("It has changed meanwhile")
    assert "eth_signTypedData_v4" not in cook.wallet.seen


def test_shares_change_when_enough_agree_and_nobody_objects(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    signed = town.signed(tmp_path / "signed.json")
    change = town.renegotiation(tmp_path / "change.json", (0, 48, 43, 38), (2, 17, 22, 27))
    baker, cook, rider = (comes(number) for number in (1, 2, 3))
    for person in (baker, cook, rider):
        person.opens(signed)
        person.heads("Agreement “Picnic”")
    baker.press("Form the EMC")
    baker.heads("Collecting")
    baker.press("Form the EMC")
    baker.sees("This is in force")

    baker.opens(change)
    baker.heads("Other shares “Picnic”")
    shares = baker.page.get_by_role("table", name="Shares of what is left").inner_text()
    assert "50%" in shares
    assert "48%" in shares
    baker.page.get_by_role("img", name="Curve of what the row earns").wait_for()
    baker.press("Signatures and sending")
    baker.press("Open the time to object")
    baker.sees("You have agreed on chain")

    # nobody has sent it to the cook: its desk finds it on chain
    cook.go("/")
    cook.sees("Other shares are proposed: read and decide")
    cook.page.get_by_role("button", name="Read and decide").last.click()
    cook.heads("Other shares “Picnic”")
    cook.press("Agree or decline")
    cook.press("Agree to these shares as Cook")
    cook.sees("You have agreed by signature")
    mailed = cook.saves("Save the file", tmp_path / "cook.json")

    rider.opens(mailed)
    rider.heads("Other shares “Picnic”")
    rider.page.get_by_role("button", name="Object", exact=True).click()
    rider.page.get_by_role("button", name="Take my objection back").wait_for()
    town.skip(3 * DAY + 1)
    baker.brings(mailed)
    baker.sees("More nodes objected than the terms allow")
    rider.press("Take my objection back")
    rider.page.get_by_role("button", name="Object", exact=True).wait_for()
    baker.page.reload()
    baker.sees("2 have agreed, 2 must")
    baker.press("Put the shares in force")
    baker.sees("This is in force")
    assert town.agreement.functions.epoch().call() == 2

    # a payee is another one only after the last four characters of its address
    rider.go(emc_route(town, "redirect"))
    rider.page.get_by_label("New address").fill(STRANGER)
    rider.page.get_by_label("Type its last four").fill("0000")
    rider.sees("These are not the last four")
    rider.page.get_by_label("Type its last four").fill(STRANGER[-4:])
    rider.press("Pay this row there")
    rider.sent("Pay this row there")
    assert town.agreement.functions.payee_of(2).call() == STRANGER

    cook.go(emc_route(town, "leave"))
    cook.page.get_by_label("Type its last four").fill(town.emc[-4:])
    cook.press("Give notice")
    cook.sees("Stay after all")
    town.skip(7 * DAY)
    cook.page.reload()
    cook.press("Let the node go")
    cook.sent("Let the node go")
    cook.sees("Your account is not the account of a node here.")
    assert town.agreement.functions.epoch().call() == 3


def test_a_payment_that_a_payee_refused_is_withdrawn_at_the_desk(town: Town, comes: Comes) -> None:
    emc = json.loads(town.kiosk.read_text())["emc"]
    agreement = town.contract("EMC", emc)
    rider = town.w3.eth.accounts[3]
    # a payee that takes no coin
    town.ask("anvil_setCode", rider, "0x60006000fd")
    paid = {"from": town.w3.eth.accounts[9], "value": 1_200 * 10**18}
    town.w3.eth.wait_for_transaction_receipt(
        agreement.functions.sale(1, 1_200 * 10**18, bytes(32)).transact(paid)
    )
    town.ask("anvil_setCode", rider, "0x")
    credit = agreement.functions.credits(2).call()
    assert credit
    person = comes(3)
    person.opens(town.kiosk)
    person.heads("Agreement “Kiosk”")
    person.go("/")
    person.sees("1 thing waits for you")
    person.go(f"/emc/31337/{emc}/money")
    person.sees("The payee did not accept a payment")
    before = town.w3.eth.get_balance(rider)
    person.press("Withdraw it")
    person.page.get_by_text("The payee did not accept a payment").wait_for(state="detached")
    person.sent("Withdraw it")
    assert agreement.functions.credits(2).call() == 0
    assert town.w3.eth.get_balance(rider) > before + credit - 10**17


def test_every_misbehaviour_of_a_wallet_ends_in_words(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    baker = comes(1)
    wallet = baker.wallet
    assert wallet is not None
    baker.opens(town.paper)
    baker.heads("Agreement “Picnic”")
    baker.press("Agree or decline")
    agree = baker.page.get_by_role("button", name="Agree to this agreement as Baker")

    def says(text: str) -> None:
        agree.click()
        baker.sees(text)
        assert not baker.page.get_by_text("You have agreed").count()
        wallet.behave()

    wallet.refuses = {"eth_signTypedData_v4": DECLINED}
    says("You declined in the wallet")
    wallet.refuses = {"eth_signTypedData_v4": PENDING}
    says("The wallet is already asking something")
    wallet.refuses = {"eth_signTypedData_v4": (4100, "not authorized")}
    says("The wallet does not let this page use that account")
    wallet.refuses = {"eth_signTypedData_v4": (-32603, "Internal error")}
    says("The wallet reports an internal error")
    wallet.lies = True
    says("The signature is for something other than what is shown")
    # on another chain, and it does not switch
    wallet.chain, wallet.refuses = 1, {"wallet_switchEthereumChain": DECLINED}
    says("You declined in the wallet")
    # it does not know the chain, and will not be told
    wallet.known, wallet.refuses = {1}, {"wallet_addEthereumChain": DECLINED}
    says("You declined in the wallet")
    assert wallet.chain == 1
    # once told it is asked to sign, and declines that
    wallet.refuses = {"eth_signTypedData_v4": DECLINED}
    says("You declined in the wallet")
    assert (wallet.chain, wallet.known) == (31337, {1, 31337})
    # silence can be given up, and what it says later is not heard
    wallet.silent = {"eth_signTypedData_v4"}
    agree.click()
    baker.page.get_by_text("What your wallet must show").wait_for()
    baker.press("Stop waiting")
    baker.sees("Stopped")
    wallet.behave()
    # v of 0 or 1, as some hardware says it
    wallet.recovery = 0
    agree.click()
    baker.sees("You have agreed by signature")
    written = json.loads(baker.saves("Save the file", tmp_path / "baker.json").read_text())
    assert written["signatures"][0]["data"][-2:] in ("1b", "1c")
    assert len(written["signatures"]) == 1


def test_a_hostile_wallet_gets_no_word_into_the_page(town: Town, chromium: Any, home: str) -> None:
    script = "<img src=x onerror=alert(1)>"
    evil = wallet_of(town, 1, name=f"{script}\u202eevil", icon="https://example.org/track.png")
    twin = wallet_of(town, 2, name=f"{script}\u202eevil", icon=f"data:text/html,{script}")
    person = Person(chromium, home)
    asked: list[str] = []
    person.page.on("request", lambda request: asked.append(request.url))
    person.brings_wallets(evil, twin)
    person.go("/")
    person.page.get_by_role("button", name="Connect <img").first.wait_for()
    assert person.page.locator("img").count() == 0
    assert "\u202e" not in person.page.inner_text("body")
    assert all(each.startswith((home, "data:")) for each in asked)
    person.close()


def test_hostile_files_are_refused_in_words_and_do_nothing(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    person = comes()
    good = json.loads(town.paper.read_text())

    def file(name: str, content: bytes) -> dict[str, Any]:
        return {"name": name, "mimeType": "application/json", "buffer": content}

    altered = json.loads(town.paper.read_text())
    altered["terms"]["rows"][0]["payee"] = STRANGER
    hostile = {
        "deep.json": (b"[" * 100_000, "not a file of agreements|nested too deeply"),
        "twice.json": (b'{"format": "emc-agreement/2", "format": "x"}', "gives a field twice"),
        "altered.json": (
            json.dumps(altered).encode(),
            "altered|another terms hash|is not valid",
        ),
        "list.json": (b"[1, 2]", "another kind|not a file"),
        "<img src=x onerror=alert(1)>.json": (b"<script>alert(1)</script>", "not a file"),
    }
    person.opens(*(file(name, content) for name, (content, _) in hostile.items()))
    person.sees(f"{len(hostile)} things were left out")
    said = person.page.get_by_role("alert").inner_text()
    for name, (_, words) in hostile.items():
        line = next(each for each in said.splitlines() if name[:12] in each)
        assert any(word in line for word in words.split("|")), line
    assert person.page.locator("main img").count() == 0

    large = tmp_path / "large.json"
    large.write_bytes(b'"' + b"a" * 10_000_000 + b'"')
    person.brings(large)
    person.sees("The file is too large to be one of ours")

    # words of strangers are shown as what they are
    good["canvas"]["title"] = "</h1><script>alert(1)</script>\u202e0x"
    person.brings(file("words.json", json.dumps(good).encode()))
    person.page.get_by_role("alert").wait_for()
    assert not person.page.get_by_role("heading", level=1, name="alert").count()


def test_an_amendment_sets_a_changed_payee_apart_and_its_signature_can_be_taken_back(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    emc = json.loads(town.kiosk.read_text())["emc"]
    change = town.amendment(tmp_path / "change.json", town.kiosk, 2, payee=STRANGER)
    baker = comes(1)
    baker.opens(town.kiosk, change)
    baker.sees("2 papers are on the desk")
    baker.press("Other terms “Kiosk”")
    baker.sees("Addresses change")
    said = baker.page.locator(".notice", has_text="Addresses change").inner_text()
    assert "Where Rider (row 2) is paid, after" in said
    assert STRANGER in "".join(said.split())
    baker.press("Agree or decline")
    baker.sees("the same digest")
    baker.press("Agree to these terms as Baker")
    baker.sees("You have agreed by signature")
    baker.sees("1 has agreed, 3 must")

    baker.page.go_back()
    baker.page.get_by_text("Other ways: on chain, or take it back").click()
    baker.press("Take back what I signed")
    baker.sent("Take back what I signed")
    baker.sees("its signature was revoked")
    # what was revoked does not count, and one may agree on chain instead
    baker.press("Agree on chain instead")
    baker.sees("You have agreed on chain")
    matter = town.contract("Changes", town.rooms["changes"]).functions
    terms_hash = json.loads(change.read_text())["terms_hash"]
    named = matter.amendment_matter(emc, 2, terms_hash).call()
    assert matter.approved_until(emc, named, baker.wallet.key.address).call()


def test_members_rate_each_other_and_the_salt_is_saved_before_anything_is_sent(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    baker = comes(1)
    baker.opens(town.signed(tmp_path / "signed.json"))
    baker.heads("Agreement “Picnic”")
    baker.press("Form the EMC")
    baker.heads("Collecting")
    baker.press("Form the EMC")
    baker.sees("This is in force")
    town.mint(baker.wallet.key.address, 100 * EUR)
    baker.go(link(town, 7, 100 * EUR))
    baker.press("Pay 100.00 EUR")
    baker.sees("Order 7 is paid")
    town.skip(91 * DAY)
    baker.go(emc_route(town))
    baker.press("End the EMC")
    baker.press("Ratings")
    baker.press("Begin the ratings")
    baker.sees("Your ratings")
    reputation = town.contract("Reputation", town.rooms["reputation"]).functions
    salts = {}
    for number, name in ((1, "Baker"), (2, "Cook")):
        person = baker if name == "Baker" else comes(number)
        person.go(emc_route(town, "rate"))
        person.page.get_by_label("Quality").first.select_option("4")
        assert person.page.get_by_role("button", name="Commit to these ratings").get_attribute(
            "aria-disabled"
        )
        salts[name] = person.saves("Save my ratings and their salt", tmp_path / f"{name}.salt.json")
        assert not reputation.review_of(town.emc).call()[3] >> (number - 1) & 1
        person.press("Commit to these ratings")
        person.sees("You have committed")
    town.skip(8 * DAY)
    # on another machine the salt is brought as a file
    other = comes(2)
    other.go(emc_route(town, "rate"))
    other.sees("Bring the file that you saved")
    other.brings(salts["Baker"])
    other.page.get_by_role("alert").wait_for()
    other.brings(salts["Cook"])
    other.press("Reveal")
    other.sees("You have revealed your ratings.")
    baker.page.reload()
    baker.sees("Your ratings and their salt are here.")
    baker.press("Reveal")
    baker.sees("You have revealed your ratings.")
    # four stars for quality, once for the baker by the cook and once for the cook by the baker
    for me in (1, 2):
        assert reputation.counts_of(town.emc, me).call()[5 + 4 - 1] == 1
