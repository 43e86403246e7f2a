"""What `bench.py` measures of orders at Checkout: paid, given back, booked one by one and in
batches, refunded; ten payees, in steady state.
"""

import json
from dataclasses import replace
from itertools import count
from typing import Any

from artifacts import compiled
from eth_account import Account
from eth_utils.crypto import keccak

from emc.core.checkout import CheckoutOrder, TokenDomain, authorization
from emc.core.typed_data import signable

PAYEES = 10
# orders of one transaction
BATCHES = (1, 10, 100)
# of base/commerce-payments at 3f77761 (solc 0.8.28, via IR, 100,000 runs, cancun), on anvil 1.7.1
# with the same token, buyer and amount, each step the second time, to one receiver without a fee
PEER = {
    "authorize": 129_089,
    "charge": 144_342,
    "capture": 61_998,
    "void": 59_529,
    "refund": 83_557,
}
FAR = 2**40 - 1
WAIT = 14 * 86_400
BUYER = Account.from_key(keccak(text="buyer with a key"))


class Shop:
    """An EMC of ten nodes whose orders are paid at Checkout."""

    def __init__(self, bench: Any, checkout: Any, token: Any) -> None:
        self.bench, self.checkout, self.token = bench, checkout, token
        self.currency = "erc20" if token else "native"
        self.amount = 29_330_000 if token else 10**15
        terms = bench.terms(PAYEES)
        self.emc, _ = bench.make(replace(terms, currency=token.address) if token else terms)
        self.names = count()
        if token:
            for payee in bench.payees[:PAYEES]:
                bench.send(token.functions.mint(payee, 1), bench.buyer)
            for who in (bench.buyer, BUYER.address):
                bench.send(token.functions.mint(who, 10**15), bench.buyer)
            bench.send(token.functions.approve(checkout.address, 2**256 - 1), bench.buyer)

    @property
    def now(self) -> int:
        return int(self.bench.web3.eth.get_block("latest")["timestamp"])

    def order(self, buyer: str, wait: int) -> CheckoutOrder:
        """An order that no one has paid."""
        return CheckoutOrder(
            emc=self.emc.address,
            buyer=buyer,
            reference=keccak(text=f"{self.currency} {next(self.names)}"),
            amount=self.amount,
            customer=keccak(text="customer"),
            cashier=self.bench.leader,
            due_at=self.now + wait if wait else 0,
        )

    def pay(self, wait: int = WAIT) -> tuple[CheckoutOrder, int]:
        """An order that the buyer has paid, and its gas."""
        order = self.order(self.bench.buyer, wait)
        value = 0 if self.token else order.amount
        call = self.checkout.functions.pay(order.argument())
        return order, self.bench.send(call, self.bench.buyer, value)

    def authorize(self, wait: int) -> int:
        """Gas of relaying what a buyer without coin has signed."""
        order, chain_id = self.order(BUYER.address, wait), self.bench.web3.eth.chain_id
        domain = TokenDomain("USD Coin", "2", chain_id, self.token.address)
        message = authorization(domain, order, self.checkout.address, valid_before=FAR)
        signature = BUYER.sign_message(signable(message)).signature
        call = self.checkout.functions.pay_with_authorization(
            order.argument(), 0, FAR, bytes(signature)
        )
        return int(self.bench.send(call, self.bench.leader))

    def batch(self, size: int) -> tuple[str, str, list[Any]]:
        """So many orders that were paid, as a call takes them."""
        lines = [self.pay()[0].line() for _ in range(size)]
        return self.emc.address, self.bench.leader, lines

    def measure(self) -> None:
        """Everything, the second time where the first writes what later ones change."""
        bench, calls = self.bench, self.checkout.functions
        self.pay(0)
        self.note("pay", 1, self.pay()[1])
        sold, gas = self.pay(0)
        self.note("pay_due", 1, gas)
        if self.token:
            self.authorize(0)
            self.note("pay_with_authorization", 1, self.authorize(WAIT))
            self.note("pay_with_authorization_due", 1, self.authorize(0))
        refund = calls.refund(sold.argument(), self.amount // 3)
        value = 0 if self.token else self.amount // 3
        bench.send(refund, bench.buyer, value)
        self.note("refund", 1, bench.send(refund, bench.buyer, value))
        for size in BATCHES:
            gas = bench.send(calls.give_back(*self.batch(size), []), bench.leader)
            self.note("give_back", size, -(-gas // size))
        batches = {size: self.batch(size) for size in BATCHES}
        bench.web3.provider.make_request("evm_setNextBlockTimestamp", [self.now + WAIT])
        bench.web3.provider.make_request("evm_mine", [])
        for size, batch in batches.items():
            gas = bench.send(calls.book(*batch), bench.leader)
            self.note("book", size, -(-gas // size))

    def note(self, scenario: str, size: int, gas: int) -> None:
        self.bench.note(f"checkout_{scenario}", size, gas, self.currency)


def measure_checkout(bench: Any) -> None:
    """Orders in native coin, and in a token with authorizations."""
    checkout = bench.deploy("Checkout", bench.consent.address)
    for token in (None, bench.put(json.loads(compiled("mocks/StableToken.vy")))):
        Shop(bench, checkout, token).measure()
