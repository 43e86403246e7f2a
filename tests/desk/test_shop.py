"""A shop at the desk: asked for, signed without gas, relayed, given back, booked, refunded."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.core.checkout import CheckoutOrder
from emc.files import order_request
from tests.canvas import kit as canvases
from tests.desk import browser as kit
from tests.desk.browser import DAY, Comes, Town
from tests.kit import deployer

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
USD = 10**6
SHOP = canvases.with_(("title: Picnic", "title: Shop"), ("gate: benchmark", "gate: none"))


class Shop:
    """An EMC that settles in a token, at Checkout."""

    def __init__(self, town: Town, *, is_stable: bool = False) -> None:
        self.town = town
        self.paper = town.deploys("shop", SHOP)
        found = json.loads(self.paper.read_text())
        self.emc, self.currency = found["emc"], found["parties"]["currency"]
        if is_stable:
            self._stable()
        self.token = town.contract("Token", self.currency)
        self.checkout = town.contract("Checkout", town.rooms["checkout"])

    def _stable(self) -> None:
        """Its token becomes one that takes authorizations, as USDC does."""
        names = [keccak(text="USD Coin"), keccak(text="2")]
        fields = "string name,string version,uint256 chainId,address verifyingContract"
        words = [keccak(text=f"EIP712Domain({fields})"), *names, 31337, self.currency]
        separator = keccak(encode(["bytes32"] * 3 + ["uint256", "address"], words))
        code = deployer("mocks/StableToken.vy").compiler_data.bytecode_runtime + separator
        self.town.ask("anvil_setCode", self.currency, "0x" + code.hex())

    def fund(self, who: str, amount: int) -> None:
        sent = self.token.functions.mint(who, amount).transact(
            {"from": self.town.w3.eth.accounts[9]}
        )
        self.town.w3.eth.wait_for_transaction_receipt(sent)

    def route(self, screen: str = "") -> str:
        return f"/emc/31337/{self.emc}" + (f"/{screen}" if screen else "")

    def state(self, order: CheckoutOrder) -> tuple[int, int]:
        standing, rest = self.checkout.functions.standing_of(order.argument()).call()
        return standing, rest

    def placed(self) -> list[Any]:
        return list(self.checkout.events.Placed.get_logs(from_block=0))


def asked(shop: Shop, comes: Comes, tmp_path: Path, name: str, amount: str, days: str) -> Path:
    """What the cashier, with the wallet of local account 8, asks for at the desk."""
    cashier = comes(8)
    cashier.go(shop.route("ask"))
    page = cashier.page
    page.get_by_label("How it is paid").select_option("checkout")
    page.get_by_label("Order", exact=True).fill(name)
    page.get_by_label("Amount of the sale").fill(amount)
    page.get_by_label("Days in which it can be returned").fill(days)
    return cashier.saves("Save the file", tmp_path / f"{name}.json")


def test_a_buyer_without_coin_signs_and_the_shop_sends_and_gives_back(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    shop = Shop(town, is_stable=True)
    file = asked(shop, comes, tmp_path, "1001", "24.50", "14")
    request = order_request.read_request(file)
    assert request.order.amount == 24_500_000
    assert request.order.due_at - town.w3.eth.get_block("latest")["timestamp"] <= 14 * DAY

    buyer = comes(4)
    assert buyer.wallet is not None
    account = buyer.wallet.key.address
    buyer.opens(file)
    buyer.heads("Order 1001")
    buyer.sees("Can be returned")
    buyer.sees("The buyer's account has too little.")
    shop.fund(account, 100 * USD)
    town.ask("anvil_setBalance", account, "0x0")
    buyer.page.reload()
    buyer.press("Sign to pay 24.50 USDC")
    # what the wallet showed: an amount, Checkout, and a nonce that is this order's hash
    buyer.heads("A signed payment: 1001")
    buyer.sees("the signature is the buyer's")
    signed = buyer.saves("Save the file", tmp_path / "signed.json")
    given = order_request.read_authorization(signed)
    assert (given.order.buyer, given.order.amount) == (account, 24_500_000)
    assert not shop.placed()

    # altered on the way: every field is in what was signed
    for way, words in (
        ("cashier", "The buyer has signed something else."),
        ("valid_before", "The signature has expired"),
    ):
        altered = json.loads(signed.read_text())
        del altered["checks"]
        if way == "cashier":
            altered["order"]["cashier"] = account
        else:
            altered["valid_before"] = 1
        (tmp_path / "altered.json").write_text(json.dumps(altered))
        buyer.opens(tmp_path / "altered.json")
        buyer.sees(words)

    cashier = comes(8)
    cashier.opens(signed)
    cashier.press("Send this payment")
    cashier.sees("This order is already paid; it can be paid only once.")
    cashier.sent("Send this payment")
    (placed,) = shop.placed()
    assert placed["args"]["buyer"] == account
    assert shop.state(given.order) == (1, 24_500_000)

    # a part goes back, by the cashier alone
    cashier.go(shop.route("returns"))
    cashier.page.get_by_label("1001").check()
    cashier.page.get_by_label("How much, USDC").fill("30")
    cashier.sees("More than zero, and at most 24.50 USDC.")
    # 1200 in English, 1.2 in German
    cashier.page.get_by_label("How much, USDC").fill("1,200")
    cashier.sees("Write digits and a point, at most 6 decimals.")
    cashier.page.get_by_label("How much, USDC").fill("4,5")
    cashier.press("Give back 1 order")
    cashier.sees("Credit note")
    assert shop.state(given.order) == (1, 20_000_000)
    assert shop.token.functions.balanceOf(account).call() == 80 * USD

    # the buyer is content before it is due
    town.ask("anvil_setBalance", account, hex(10**18))
    buyer.go("/orders")
    buyer.heads("My orders")
    buyer.press("Let the EMC have it now")
    buyer.page.get_by_text("sold", exact=True).wait_for()
    assert shop.state(given.order) == (2, 20_000_000)
    assert town.contract("EMC", shop.emc).functions.total().call() == 20_000_000


def test_an_order_is_paid_by_a_permit_booked_by_anybody_and_refunded(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    shop = Shop(town)
    file = asked(shop, comes, tmp_path, "INV-7", "12", "1")
    buyer, helper = comes(4), comes(5)
    assert buyer.wallet is not None
    assert helper.wallet is not None
    for person in (buyer, helper):
        assert person.wallet is not None
        shop.fund(person.wallet.key.address, 5_000)
    buyer.opens(file)
    buyer.sees("This token accepts no payment by signature alone.")
    buyer.press("Pay 12.00 EUR")
    buyer.sees("Order INV-7 is paid: 12.00 EUR.")
    # one transaction, since the token takes permits
    assert buyer.wallet.seen.count("eth_sendTransaction") == 1
    assert buyer.wallet.seen.count("eth_signTypedData_v4") == 1
    order = order_request.read_request(file).by(buyer.wallet.key.address)
    assert shop.state(order) == (1, 1_200)
    buyer.page.reload()
    buyer.sees("This order is already paid; it can be paid only once.")
    buyer.press("Ask the chain")
    buyer.sees("Paid as it was asked for: waits, 12.00 EUR")

    helper.go(shop.route("returns"))
    book = helper.page.get_by_role("button", name=re.compile("Book"))
    book.click(force=True)
    helper.sees("Nothing is due.")
    town.skip(DAY)
    helper.page.reload()
    helper.press("Book 1 order")
    helper.page.get_by_role("cell", name="sold").wait_for()
    assert shop.state(order) == (2, 1_200)
    helper.page.locator("label.mark input").check()
    helper.page.get_by_label("How much, EUR").fill("2")
    helper.press("Refund it")
    helper.sees("Credit note")
    assert shop.state(order) == (2, 1_000)


def test_a_sale_is_paid_by_a_permit_and_its_link_is_a_code(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    shop = Shop(town)
    buyer = comes(4)
    assert buyer.wallet is not None
    shop.fund(buyer.wallet.key.address, 5_000)
    buyer.go(shop.route("ask"))
    buyer.page.get_by_label("Order", exact=True).fill("1002")
    buyer.page.get_by_label("Amount of the sale").fill("10")
    picture = buyer.saves("Save the picture", tmp_path / "code.svg").read_text()
    assert picture.startswith("<svg")
    buyer.press("See it as the buyer does")
    buyer.press("Pay 10.00 EUR")
    buyer.sees("Order 1,002 is paid: 10.00 EUR.")
    assert buyer.wallet.seen.count("eth_sendTransaction") == 1
    assert town.contract("EMC", shop.emc).functions.total().call() == 1_000


def test_a_request_that_names_other_rules_is_refused_before_the_wallet(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    shop = Shop(town)
    file = asked(shop, comes, tmp_path, "1", "1", "1")
    buyer = comes(4)
    assert buyer.wallet is not None
    good = json.loads(file.read_text())
    for change, words in (
        ({"checkout": shop.emc}, "another Checkout than this system's"),
        ({"currency": shop.emc}, "in other money than this EMC takes"),
        ({"order": good["order"] | {"due_at": 2**39}}, "due after the EMC's end"),
        ({"order": good["order"] | {"buyer": shop.currency}}, "for another buyer's account"),
    ):
        altered = {key: value for key, value in (good | change).items() if key != "checks"}
        path = tmp_path / "altered.json"
        path.write_text(json.dumps(altered))
        buyer.opens(path)
        buyer.sees(words)
    (tmp_path / "cut.json").write_text(file.read_text().replace('"amount": "', '"amount": "9'))
    buyer.opens(tmp_path / "cut.json")
    buyer.sees("The file was altered at order.amount")
    buyer.go(f"/order/{quote('!!!')}")
    buyer.page.get_by_role("alert").wait_for()
    assert "eth_sendTransaction" not in buyer.wallet.seen
    assert "eth_signTypedData_v4" not in buyer.wallet.seen


def test_an_order_is_asked_for_and_compared_as_the_agreement_says(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    says = "returns: {days: 10, cashier: cook}\nleading_goal:"
    canvas = SHOP.replace("leading_goal:", says)
    paper = town.deploys("returns", canvas)
    emc = json.loads(paper.read_text())["emc"]
    cook = town.w3.eth.accounts[2]
    merchant = comes(8)
    merchant.opens(paper)
    merchant.sees("for 10 days, by Cook; what waits until then counts towards no goal")
    merchant.go(f"/emc/31337/{emc}/ask")
    page = merchant.page
    page.get_by_label("Order", exact=True).fill("1001")
    page.get_by_label("Amount of the sale").fill("24.50")
    file = merchant.saves("Save the file", tmp_path / "1001.json")
    order = order_request.read_request(file).order
    assert order.cashier == cook
    assert 0 < order.due_at - town.w3.eth.get_block("latest")["timestamp"] <= 10 * DAY
    differs = page.get_by_text("This differs from the agreement:")
    assert not differs.count()
    page.get_by_label("Days in which it can be returned").fill("11")
    page.get_by_label("Cashier, who alone gives it back", exact=True).fill(town.w3.eth.accounts[8])
    merchant.sees("another cashier than Cook")
    merchant.sees("it can be returned for longer than 10 days")
    other = merchant.saves("Save the file", tmp_path / "other.json")

    # the same is said to who pays, where the agreement is known
    buyer = comes(4)
    buyer.knows(paper)
    buyer.opens(other)
    buyer.heads("Order 1001")
    buyer.sees("another cashier than Cook")
    uri = f"ethereum:{emc}@31337/sale?uint256=1&uint256=1&bytes32=0x{'00' * 32}"
    buyer.go(f"/pay/{quote(uri, safe='')}")
    buyer.sees("This one is final at once.")
