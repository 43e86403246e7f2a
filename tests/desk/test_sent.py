"""What was sent is told in one place of the page, whatever becomes of the screen it was sent from.

That it holds for every act of every screen is checked wherever somebody leaves a desk: see
`Person.close`.
"""

import json
from typing import Any

import pytest

from tests.desk import browser as kit
from tests.desk import test_screens as screens
from tests.desk.browser import Comes, Town
from tests.desk.test_browser import link

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
EUR = 100


def registry(town: Town) -> Any:
    return town.contract("MicroEnterprises", town.rooms["microenterprises"]).functions


def test_an_act_is_told_of_after_its_button_is_gone_until_it_is_put_away(
    town: Town, comes: Comes
) -> None:
    owner, heir = comes(6), comes(7)
    assert owner.wallet is not None
    assert heir.wallet is not None
    owner.go("/me")
    owner.press("Register")
    owner.sent("Register")
    me = registry(town).me_of(owner.wallet.key.address).call()
    offered = registry(town).offer_account(heir.wallet.key.address)
    made = offered.transact({"from": town.w3.eth.accounts[6]})
    town.w3.eth.wait_for_transaction_receipt(made)

    heir.go("/me")
    heir.page.get_by_text("Take over one that was offered").click()
    heir.page.get_by_label("ME", exact=True).fill(str(me))
    heir.press("Take it over")
    heir.page.get_by_text("Take over one that was offered").wait_for(state="detached")
    told = heir.sent("Take it over")
    # the keyboard goes on from the screen
    heir.page.locator("h1:focus").wait_for()
    assert registry(town).me_of(heir.wallet.key.address).call() == me
    # on another screen too, in which there is a way back
    heir.go("/look")
    heir.heads("Look at an EMC")
    told.get_by_text("Take it over: Done").click()
    told.get_by_role("link").click()
    heir.heads("Your micro-enterprise")
    assert heir.told() == heir.wallet.sent
    told.get_by_role("button", name="Dismiss").click()
    told.wait_for(state="detached")
    # and the keyboard goes on from there
    heir.page.locator("h1:focus").wait_for()
    heir.wallet.sent.clear()


ELSEWHERE = "0x70B8AB4a7FD3F3ea34BF6Ef8bbd5d7d6fc9dfe7C"
# where a node acts, what it writes there, and the button
ACTS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("EMC/report", {"What it is about": "cooks", "Number": "4"}, "Report it"),
    ("EMC/charge", {"Clause that was broken": "late"}, "Charge this node"),
    ("EMC/charge", {}, "Drop your charge"),
    ("EMC/leave", {"Type its last four": "EMC"}, "Give notice"),
    ("EMC/leave", {}, "Stay after all"),
    ("EMC/redirect", {"New address": ELSEWHERE, "Type its last four": "NEW"}, "Pay this row there"),
    ("/me", {}, "Change it"),
    ("/me", {"New address": ELSEWHERE, "Type its last four": "NEW"}, "Offer it to this account"),
    ("/me", {}, "Take the offer back"),
)


def test_every_act_of_a_node_is_told_of(town: Town, comes: Comes) -> None:
    emc = json.loads(town.kiosk.read_text())["emc"]
    typed = {"EMC": emc[-4:], "NEW": ELSEWHERE[-4:]}
    cook = comes(2, bypass_csp=True)
    assert cook.wallet is not None
    for screen, fields, button in ACTS:
        # another screen first: what is told does not depend on the one it was sent from
        cook.go("/look")
        cook.heads("Look at an EMC")
        cook.go(screen.replace("EMC/", f"/emc/31337/{emc}/"))
        if screen == "/me":
            cook.page.get_by_text("Move it to another account").click()
        for name, text in fields.items():
            cook.page.get_by_label(name).fill(typed.get(text, text))
        cook.page.get_by_role("button", name=button, exact=True).click()
        cook.sent(button)
    assert cook.told() == cook.wallet.sent
    said = cook.page.locator(".sent summary").all_text_contents()
    assert said[::-1] == [f"{button}: Done" for *_, button in ACTS]
    # and nobody is barred from it, on a small phone
    page = cook.page
    page.set_viewport_size({"width": 320, "height": 640})
    for each in page.locator(".sent summary").all():
        each.click()
    assert screens.barriers(page, screens.WHOLE) == []
    assert screens.measured(page) == screens.FITS


def test_a_transaction_that_is_reverted_says_why(town: Town, comes: Comes, tmp_path: Any) -> None:
    buyer = comes(3)
    assert buyer.wallet is not None
    account = buyer.wallet.key.address
    buyer.opens(town.signed(tmp_path / "signed.json"))
    buyer.press("Form the EMC")
    buyer.heads("Collecting")
    buyer.press("Form the EMC")
    buyer.sent("Form the EMC")
    town.mint(account, 200 * EUR)
    currency = town.agreement.functions.currency_of().call()
    token = town.contract("Token", currency).functions
    by = {"from": account}
    town.ask("anvil_impersonateAccount", account)

    def pays_elsewhere() -> None:
        for each in (
            token.approve(town.emc, 200 * EUR),
            town.agreement.functions.sale(1, 100 * EUR, bytes(32)),
        ):
            town.w3.eth.wait_for_transaction_receipt(each.transact(by))

    buyer.go(link(town, 1, 100 * EUR))
    buyer.wallet.meanwhile = pays_elsewhere
    buyer.press("Pay 100.00 EUR")
    told = buyer.sent("Pay 100.00 EUR", "Reverted: nothing has changed, only the fee is spent.")
    told.get_by_text("This payer has paid the order number").wait_for()
    assert town.agreement.functions.total().call() == 100 * EUR
    assert not buyer.page.get_by_text("Order 1 is paid").count()
