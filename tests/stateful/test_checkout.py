"""Orders at Checkout in any order of events: received = sold + given back + waiting + credited, by
currency, to the unit, whatever anyone calls."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils import keccak
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emc.core.checkout import CheckoutOrder, OrderState
from emc.core.terms import NATIVE, Gate
from tests.kit import address, deployer
from tests.profiles import effort
from tests.spec.till import system
from tests.stateful.market import market

DAY = 86_400
CASHIERS = (address("cashier"), address("other cashier"))
STRANGER = address("stranger at the checkout")
EFFORT = settings(max_examples=effort(0.4))
PLACES = st.integers(0, 2)
AMOUNTS = st.sampled_from((1, 2, 999, 10_000, 123_457))
# which of the orders of a batch, by bit
CHOICES = st.integers(1, 2**12 - 1)


@dataclass
class Entry:
    """An order as the specification has it."""

    standing: OrderState
    rest: int


class Checkouts(RuleBasedStateMachine):
    """Two EMCs in one currency and one in another, three buyers of whom one may refuse money."""

    decimals: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self.anchor = boa.env.anchor()
        self.anchor.__enter__()
        self.world = system()
        self.world.register(3)
        self.checkout = self.world.checkout
        ours, other = market(self.decimals), market(6 if self.decimals is None else None)
        self.buyers = (*(payer.address for payer in ours.payers), ours.moody[0])
        for buyer in (*self.buyers, STRANGER, *CASHIERS):
            boa.env.set_balance(buyer, 10**30)
            for each in (ours, other):
                if each.token:
                    each.token.mint(buyer, 10**30)
        self.markets = (ours, ours, other)
        self.entries: dict[CheckoutOrder, Entry] = {}
        self.ended: set[str] = set()
        # by currency
        self.received: Counter[str] = Counter()
        self.sold: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        self.surplus: Counter[str] = Counter()
        # by currency and buyer; what came of refunds is no buyer's order any more
        self.credits: Counter[tuple[str, str]] = Counter()
        self.refused: set[str] = set()

    def teardown(self) -> None:
        self.world.nodes.clear()
        self.anchor.__exit__(None, None, None)

    @initialize(gated=st.booleans())
    def begin(self, gated: bool) -> None:
        """The EMCs: the second has a gate that opens late, or never."""
        self.emcs: list[VyperContract] = []
        self.tokens: list[Any] = []
        for place, each in enumerate(self.markets):
            token = each.token
            terms = self.world.terms(
                self.world.rows([500_000, 300_000, 200_000]),
                nonce=place,
                currency=token.address if token else NATIVE,
                gate=Gate.BENCHMARK if place == 1 and gated else Gate.NONE,
                benchmark=10**6,
                ends_at=boa.env.timestamp + 400 * DAY,
            )
            self.emcs.append(self.world.make(terms))
            self.tokens.append(token)
        self.ends_at = terms.ends_at

    # what is known

    def currency(self, place: int) -> str:
        return str(self.tokens[place].address) if self.tokens[place] else NATIVE

    def place_of(self, order: CheckoutOrder) -> int:
        return [str(emc.address) for emc in self.emcs].index(order.emc)

    def has_failed(self, place: int) -> bool:
        emc = self.emcs[place]
        return str(emc.address) in self.ended and not emc.is_gate_open()

    def is_over(self) -> bool:
        return bool(boa.env.timestamp >= self.ends_at)

    def some(self, place: int, cashier: int, choice: int) -> list[CheckoutOrder]:
        """Some of the orders of an EMC and a cashier."""
        emc = str(self.emcs[place].address)
        found = [
            order
            for order in self.entries
            if order.emc == emc and order.cashier == CASHIERS[cashier]
        ]
        return [order for i, order in enumerate(found) if choice >> i % 12 & 1]

    def allow(self, place: int, owner: str, amount: int) -> int:
        """Let Checkout take an amount; the coin to send along."""
        if self.tokens[place] is None:
            return amount
        with boa.env.prank(owner):
            self.tokens[place].approve(self.checkout.address, amount)
        return 0

    def send(self, place: int, order: CheckoutOrder, amount: int) -> None:
        """The model of money on its way to a buyer."""
        currency = self.currency(place)
        if order.buyer in self.refused:
            self.credits[currency, order.buyer] += amount
        else:
            self.given[currency] += amount

    # what happens

    @rule(
        place=PLACES,
        buyer=PLACES,
        name=st.integers(0, 8),
        amount=AMOUNTS,
        days=st.sampled_from((0, 0, 1, 14, 14, 30, 400)),
        cashier=st.integers(0, 1),
    )
    def pay(self, place: int, buyer: int, name: int, amount: int, days: int, cashier: int) -> None:
        """A buyer pays, sometimes under a reference that it has used."""
        order = CheckoutOrder(
            emc=str(self.emcs[place].address),
            buyer=self.buyers[buyer],
            reference=keccak(text=str(name)),
            amount=amount,
            cashier=CASHIERS[cashier],
            due_at=int(boa.env.timestamp) + days * DAY,
        )
        names = {(each.emc, each.buyer, each.reference) for each in self.entries}
        reason = None
        if self.is_over():
            reason = "checkout: EMC is over"
        elif order.due_at >= self.ends_at:
            reason = "checkout: due after the end"
        elif (order.emc, order.buyer, order.reference) in names:
            reason = "checkout: order exists"
        value = self.allow(place, order.buyer, amount)
        with boa.env.prank(order.buyer):
            if reason is not None:
                with boa.reverts(reason):
                    self.checkout.pay(order.argument(), value=value)
                return
            self.checkout.pay(order.argument(), value=value)
        currency = self.currency(place)
        self.received[currency] += amount
        self.entries[order] = Entry(OrderState.WAITING if days else OrderState.BOOKED, amount)
        if not days:
            self.sold[currency] += amount

    @rule(place=PLACES, cashier=st.integers(0, 1), choice=CHOICES, part=st.sampled_from((0, 1, 2)))
    def give_back(self, place: int, cashier: int, choice: int, part: int) -> None:
        """The cashier gives all or a part of some orders back."""
        orders = self.some(place, cashier, choice)
        now, failed = boa.env.timestamp, self.has_failed(place)
        can = [
            order
            for order in orders
            if self.entries[order].standing is OrderState.WAITING and (failed or now < order.due_at)
        ]
        amounts = [max(1, self.entries[order].rest // part) for order in orders] if part else []
        call = (str(self.emcs[place].address), CASHIERS[cashier], [each.line() for each in orders])
        with boa.env.prank(CASHIERS[cashier]):
            if not can:
                with boa.reverts("checkout: nothing to give back"):
                    self.checkout.give_back(*call, amounts)
                return
            self.checkout.give_back(*call, amounts)
        for order in can:
            entry = self.entries[order]
            amount = max(1, entry.rest // part) if part else entry.rest
            entry.rest -= amount
            if entry.rest == 0:
                entry.standing = OrderState.RETURNED
            self.send(place, order, amount)

    @rule(place=PLACES, cashier=st.integers(0, 1), choice=CHOICES)
    def return_all(self, place: int, cashier: int, choice: int) -> None:
        """A stranger has all of it go back, which only an EMC that failed allows."""
        orders = self.some(place, cashier, choice)
        call = (str(self.emcs[place].address), CASHIERS[cashier], [each.line() for each in orders])
        can = [each for each in orders if self.entries[each].standing is OrderState.WAITING]
        reason = None
        if not self.has_failed(place):
            reason = "checkout: not the cashier"
        elif not can:
            reason = "checkout: nothing to give back"
        with boa.env.prank(STRANGER):
            if reason is not None:
                with boa.reverts(reason):
                    self.checkout.give_back(*call, [])
                return
            self.checkout.give_back(*call, [])
        for order in can:
            entry = self.entries[order]
            self.send(place, order, entry.rest)
            entry.standing, entry.rest = OrderState.RETURNED, 0

    @rule(place=PLACES, cashier=st.integers(0, 1), choice=CHOICES)
    def book(self, place: int, cashier: int, choice: int) -> None:
        """A stranger books what is due."""
        orders = self.some(place, cashier, choice)
        can = [
            order
            for order in orders
            if self.entries[order].standing is OrderState.WAITING
            and order.due_at <= boa.env.timestamp
        ]
        reason = "checkout: nothing due"
        if can:
            reason = self.unsold(place)
        call = (str(self.emcs[place].address), CASHIERS[cashier], [each.line() for each in orders])
        with boa.env.prank(STRANGER):
            if reason:
                with boa.reverts(reason):
                    self.checkout.book(*call)
                return
            self.checkout.book(*call)
        for order in can:
            self.booked(place, order)

    def unsold(self, place: int) -> str:
        """Why an EMC takes nothing; empty if it does."""
        if self.is_over() and str(self.emcs[place].address) not in self.ended:
            return "checkout: to be ended first"
        return "checkout: gate stayed closed" if self.has_failed(place) else ""

    def booked(self, place: int, order: CheckoutOrder) -> None:
        entry = self.entries[order]
        entry.standing = OrderState.BOOKED
        self.sold[self.currency(place)] += entry.rest

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """A buyer lets an order be booked early."""
        if not self.entries:
            return
        order = data.draw(st.sampled_from(sorted(self.entries, key=str)))
        place = self.place_of(order)
        reason = self.unsold(place)
        if self.entries[order].standing is not OrderState.WAITING:
            reason = "checkout: does not wait"
        with boa.env.prank(order.buyer):
            if reason:
                with boa.reverts(reason):
                    self.checkout.release(order.argument())
                return
            self.checkout.release(order.argument())
        self.booked(place, order)

    @rule(data=st.data(), part=st.sampled_from((1, 2, 3)), more=st.sampled_from((0, 0, 0, 1)))
    def refund(self, data: st.DataObject, part: int, more: int) -> None:
        """Somebody pays a buyer of its own money, at times too much."""
        if not self.entries:
            return
        order = data.draw(st.sampled_from(sorted(self.entries, key=str)))
        place, entry = self.place_of(order), self.entries[order]
        amount = entry.rest // part + more * entry.rest + more
        reason = None
        if entry.standing is not OrderState.BOOKED:
            reason = "checkout: not booked"
        elif amount > entry.rest:
            reason = "checkout: more than was booked"
        elif amount == 0:
            reason = "currency: nothing paid"
        value = self.allow(place, STRANGER, amount)
        with boa.env.prank(STRANGER):
            if reason is not None:
                with boa.reverts(reason):
                    self.checkout.refund(order.argument(), amount, value=value)
                return
            self.checkout.refund(order.argument(), amount, value=value)
        entry.rest -= amount
        self.received[self.currency(place)] += amount
        self.send(place, order, amount)

    @rule(place=PLACES, buyer=PLACES)
    def withdraw(self, place: int, buyer: int) -> None:
        """Anyone has a buyer's credit sent to it."""
        who, currency = self.buyers[buyer], self.currency(place)
        amount = self.credits[currency, who]
        with boa.env.prank(STRANGER):
            if amount == 0 or who in self.refused:
                with boa.reverts():
                    self.checkout.withdraw(currency, who, who)
                return
            self.checkout.withdraw(currency, who, who)
        self.credits[currency, who] = 0
        self.given[currency] += amount

    @rule(mood=st.integers(0, 2))
    def change_mood(self, mood: int) -> None:
        """The third buyer takes money, or refuses it in one of its ways, in every currency."""
        who = self.buyers[2]
        deployer("mocks/MoodyPayee.vy").at(who).set_mood(mood)
        for each in self.markets:
            if each.token:
                each.token.set_mood(who, mood)
        self.refused = {who} if mood else set()

    @rule(place=PLACES, amount=AMOUNTS)
    def stray(self, place: int, amount: int) -> None:
        """Money strays in: nobody's."""
        with boa.env.prank(STRANGER):
            if self.tokens[place]:
                self.tokens[place].transfer(self.checkout.address, amount)
            else:
                deployer("mocks/ForcedCoin.vy").deploy().force(self.checkout.address, value=amount)
        self.surplus[self.currency(place)] += amount

    @rule(days=st.sampled_from((1, 14, 30, 100)))
    def wait(self, days: int) -> None:
        """Time passes."""
        boa.env.time_travel(seconds=days * DAY)

    @rule(place=PLACES)
    def end(self, place: int) -> None:
        """An EMC is ended by its date."""
        emc = self.emcs[place]
        if str(emc.address) in self.ended or not self.is_over():
            return
        emc.end()
        self.ended.add(str(emc.address))

    # what always holds

    @invariant()
    def every_unit_is_in_one_place(self) -> None:
        """Received is sold, given back, waiting or credited; and what is not sold or given back
        lies there."""
        for place in range(len(getattr(self, "emcs", ()))):
            currency = self.currency(place)
            waiting = sum(
                entry.rest
                for order, entry in self.entries.items()
                if entry.standing is OrderState.WAITING
                and self.currency(self.place_of(order)) == currency
            )
            credited = sum(amount for (each, _), amount in self.credits.items() if each == currency)
            assert (
                self.received[currency]
                == self.sold[currency] + self.given[currency] + waiting + credited
            )
            token = self.tokens[place]
            balance = (
                token.balanceOf(self.checkout.address)
                if token
                else boa.env.get_balance(self.checkout.address)
            )
            assert balance == waiting + credited + self.surplus[currency]

    @invariant()
    def every_order_stands_as_the_model_says(self) -> None:
        for order, entry in self.entries.items():
            standing, rest = self.checkout.standing_of(order.argument())
            assert (OrderState(standing), rest) == (entry.standing, entry.rest)
        for (currency, buyer), amount in self.credits.items():
            assert self.checkout.credits(currency, buyer) == amount

    @invariant()
    def emcs_have_what_was_sold(self) -> None:
        """Nothing else was sold to them."""
        for currency, sold in self.sold.items():
            emcs = [emc for place, emc in enumerate(self.emcs) if self.currency(place) == currency]
            assert sum(emc.total() for emc in emcs) == sold


class TokenCheckouts(Checkouts):
    """Two EMCs in a token with 6 decimals, one in coin."""

    decimals = 6


TestNativeCheckouts = Checkouts.TestCase
TestTokenCheckouts = TokenCheckouts.TestCase
TestNativeCheckouts.settings = TestTokenCheckouts.settings = EFFORT
