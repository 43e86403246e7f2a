"""What the tests of Checkout share: a shop whose orders are paid there, and its books."""

from collections.abc import Generator, Sequence
from itertools import count
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from emc.core import checkout
from emc.core.checkout import CheckoutOrder, OrderState, TokenDomain
from emc.core.terms import NATIVE, Terms
from emc.core.typed_data import signable
from tests.kit import COIN, FAR, World, address, deployer, received

DAY = 86_400
CUSTOMER = keccak(text="a customer's salted reference")
# all shops of the test that runs
SHOPS: list["Shop"] = []


def key_of(role: str) -> LocalAccount:
    """A key for an actor who signs, with coin on its account."""
    key: LocalAccount = Account.from_key(keccak(text=role))
    boa.env.set_balance(key.address, 10**9 * COIN)
    return key


def batch(orders: Sequence[CheckoutOrder]) -> tuple[str, str, list[Any]]:
    """The arguments of a call for many orders of one EMC and cashier."""
    return orders[0].emc, orders[0].cashier, [order.line() for order in orders]


class Shop:
    """An EMC whose buyers pay at Checkout, in native coin or in a token."""

    def __init__(
        self,
        world: World,
        token: VyperContract | None = None,
        terms: Terms | None = None,
        **changes: Any,
    ) -> None:
        if terms is None:
            currency = {"currency": token.address} if token else {}
            rows = world.rows([500_000, 300_000, 200_000])
            terms = world.terms(rows, **{**currency, **changes})
        self.world, self.token, self.terms = world, token, terms
        self.emc = world.make(terms)
        self.checkout = world.checkout
        self.cashier = address("cashier")
        self.buyer = key_of("buyer with a key")
        self.numbers = count(1)
        self.orders: list[CheckoutOrder] = []
        # what lies at Checkout and is nobody's; negative: what a token took
        self.surplus = 0
        if token:
            token.mint(self.buyer.address, 10**15)
        SHOPS.append(self)

    @property
    def currency(self) -> str:
        return str(self.token.address) if self.token else NATIVE

    @property
    def now(self) -> int:
        return int(boa.env.timestamp)

    def order(self, amount: int = 1_000, **changes: Any) -> CheckoutOrder:
        """An order as the merchant requests it: the cashier can give it back for 14 days."""
        values: dict[str, Any] = {
            "emc": str(self.emc.address),
            "buyer": self.buyer.address,
            "reference": keccak(text=f"order {next(self.numbers)}"),
            "amount": amount,
            "customer": CUSTOMER,
            "cashier": self.cashier,
            "due_at": self.now + 14 * DAY,
        }
        order = CheckoutOrder(**{**values, **changes})
        self.orders.append(order)
        return order

    def pay(self, order: CheckoutOrder, **changes: Any) -> None:
        """The buyer pays it, with the allowance it needs; `changes` are the sender or the coin."""
        with boa.env.prank(changes.get("sender", order.buyer)):
            if self.token:
                # by its bytes, since boa cannot read what a weird token answers
                data = self.token.approve.prepare_calldata(self.checkout.address, order.amount)
                boa.env.raw_call(self.token.address, data=data)
            value = changes.get("value", 0 if self.token else order.amount)
            self.checkout.pay(order.argument(), value=value)

    def paid(self, amount: int = 1_000, **changes: Any) -> CheckoutOrder:
        """An order that the buyer has paid."""
        order = self.order(amount, **changes)
        self.pay(order)
        return order

    def authorization(self, order: CheckoutOrder, **changes: Any) -> tuple[int, int, bytes]:
        """What the buyer signs for an order: good after, good before, signature."""
        assert self.token is not None
        key = changes.pop("key", self.buyer)
        after, before = changes.pop("valid_after", 0), changes.pop("valid_before", FAR)
        at = changes.pop("checkout", self.checkout.address)
        domain = TokenDomain("USD Coin", "2", boa.env.evm.patch.chain_id, str(self.token.address))
        message = checkout.authorization(
            domain, order, str(at), valid_after=after, valid_before=before
        )
        message["message"].update(changes)
        return after, before, bytes(key.sign_message(signable(message)).signature)

    def relay(self, order: CheckoutOrder, *authorization: Any) -> None:
        """A stranger sends what the buyer has signed."""
        with boa.env.prank(self.world.stranger):
            self.checkout.pay_with_authorization(
                order.argument(), *(authorization or self.authorization(order))
            )

    def give_back(
        self,
        orders: Sequence[CheckoutOrder],
        amounts: Sequence[int] = (),
        sender: str | None = None,
    ) -> None:
        """The cashier gives orders back."""
        with boa.env.prank(sender or self.cashier):
            self.checkout.give_back(*batch(orders), list(amounts))

    def release(self, order: CheckoutOrder, sender: str | None = None) -> None:
        """The buyer lets an order be booked early."""
        with boa.env.prank(sender or order.buyer):
            self.checkout.release(order.argument())

    def book(self, orders: Sequence[CheckoutOrder], sender: str | None = None) -> None:
        """A stranger books what is due."""
        with boa.env.prank(sender or self.world.stranger):
            self.checkout.book(*batch(orders))

    def refund(
        self, order: CheckoutOrder, amount: int, sender: str | None = None, **changes: Any
    ) -> None:
        """Somebody sends the buyer of a booked order money of its own."""
        payer = sender or self.world.buyer
        if self.token:
            self.token.mint(payer, amount)
        with boa.env.prank(payer):
            if self.token:
                data = self.token.approve.prepare_calldata(self.checkout.address, amount)
                boa.env.raw_call(self.token.address, data=data)
            value = changes.get("value", 0 if self.token else amount)
            self.checkout.refund(order.argument(), amount, value=value)

    def until_due(self, order: CheckoutOrder) -> None:
        """Let time pass until then."""
        boa.env.time_travel(seconds=order.due_at - self.now)

    def until_end(self) -> None:
        """Let time pass until the EMC's end, and end it."""
        boa.env.time_travel(seconds=self.terms.ends_at - self.now)
        self.emc.end()

    def standing(self, order: CheckoutOrder) -> tuple[OrderState, int]:
        """Where an order stands and what rests of it."""
        standing, rest = self.checkout.standing_of(order.argument())
        return OrderState(standing), int(rest)

    def has(self, who: str) -> int:
        """What somebody has of the currency."""
        return received(who, self.token)

    def hash(self, order: CheckoutOrder) -> bytes:
        """The order's hash, as computed here."""
        return order.hash(boa.env.evm.patch.chain_id, str(self.checkout.address))


def check_books() -> None:
    """By currency, all that lies at Checkout waits for its buyers or is nobody's."""
    for currency in {shop.currency for shop in SHOPS}:
        shops = [shop for shop in SHOPS if shop.currency == currency]
        orders = {order for shop in shops for order in shop.orders}
        waiting = sum(
            rest
            for standing, rest in map(shops[0].standing, orders)
            if standing is OrderState.WAITING
        )
        buyers = {order.buyer for order in orders}
        credits = sum(shops[0].checkout.credits(currency, buyer) for buyer in buyers)
        surplus = sum(shop.surplus for shop in shops)
        assert shops[0].has(shops[0].checkout.address) == waiting + credits + surplus


@pytest.fixture(autouse=True)
def shops() -> list[Shop]:
    """Remembers every shop that the test opens."""
    SHOPS.clear()
    return SHOPS


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:  # noqa: ARG001
    """Checks the books while the chain still is as the test left it."""
    result = yield
    check_books()
    return result


def stable_token() -> VyperContract:
    """A token after EIP-2612 and EIP-3009 with USDC's habits."""
    return deployer("mocks/StableToken.vy").deploy()
