"""An EMC on the in-memory chain beside the model: every step is taken on both and compared."""

from dataclasses import astuple, replace
from functools import cache
from typing import Any

import boa
from eth_utils import to_checksum_address

from emc.terms import NATIVE, Terms
from tests.kit import CUSTOMER, FAR, World, address, deployer, events, received
from tests.spec.model import BACKSTOP, Model, Run

MAX_ROWS = 64
DAY = 86_400
RICH = 2**110
# answers every call with the magic value of ERC-1271: a contract wallet whose owner agrees to all
AGREES = bytes.fromhex("631626ba7e60e01b5f5260205ff3")


@cache
def system() -> World:
    """One system per process, whose MEs are contract wallets that sign whatever they are shown."""
    world = World(nodes=0)
    for index in range(MAX_ROWS):
        wallet = address(f"wallet {index}")
        boa.env.set_code(wallet, AGREES)
        with boa.env.prank(wallet):
            world.registry.register(2, 0, "https://example.org/me.json", b"\1" * 32)
    boa.env.set_balance(world.buyer, RICH)
    return world


@cache
def settlement(decimals: int) -> Any:
    """A plain token with permit, one per process and number of decimals."""
    world = system()
    token = deployer("mocks/Token.vy").deploy("Token", "TKN", decimals)
    token.mint(world.buyer, RICH)
    return token


def placed(terms: Terms, currency: str = NATIVE) -> Terms:
    """Drawn terms as they can be signed now: real MEs for the nodes, times counted from now."""
    now = boa.env.timestamp
    rows = tuple(replace(row, party=row.id + 1) if row.is_node else row for row in terms.rows)
    return replace(
        terms,
        rows=rows,
        currency=currency,
        starts_at=0,
        ends_at=now + 365 * DAY,
        goal=replace(terms.goal, deadline=now + 300 * DAY),
    )


class Till:
    """One EMC, its terms, its currency (no token: native coin) and its model."""

    def __init__(self, terms: Terms, token: Any = None, buyer: str | None = None) -> None:
        self.world = system()
        self.buyer = buyer or self.world.buyer
        self.token = token
        self.gas = 0
        self.terms = placed(terms, token.address if token else NATIVE)
        given = [(index, FAR, b"\1") for index in range(len(self.terms.nodes))]
        self.emc = self.world.make(self.terms, given)
        self.model = Model(self.terms)
        self.number = 0
        self.payout: Any = None
        self.payees = [*(row.payee for row in self.terms.rows), self.terms.backstop]
        self.before = {payee: received(payee, token) for payee in self.payees}
        if token is not None:
            with boa.env.prank(self.buyer):
                token.approve(self.emc.address, RICH)

    def sale(self, amount: int) -> Run:
        """The buyer pays one order of this amount under the next number."""
        self.number += 1
        with boa.env.prank(self.buyer):
            self.emc.sale(self.number, amount, CUSTOMER, value=0 if self.token else amount)
        payout = self._payout()
        assert (payout.number, payout.customer) == (self.number, CUSTOMER)
        assert (payout.payer, payout.gross, payout.received) == (self.buyer, amount, amount)
        return self._compare(payout, self.model.sell(amount))

    def sales(self, amounts: list[int]) -> Run:
        """The buyer pays orders of these amounts under the next numbers, in one transaction."""
        first = self.number + 1
        self.number += len(amounts)
        total = sum(amounts)
        orders = [(amount, CUSTOMER) for amount in amounts]
        with boa.env.prank(self.buyer):
            self.emc.sales(first, orders, value=0 if self.token else total)
        payout = self._payout()
        assert (payout.payer, payout.gross, payout.received) == (self.buyer, total, total)
        assert payout.number == first
        return self._compare(payout, self.model.sell(total))

    def absorb(self, amount: int) -> Run:
        """Somebody sends money without an order, and a stranger has it booked."""
        with boa.env.prank(self.buyer):
            if self.token:
                self.token.transfer(self.emc.address, amount)
            else:
                boa.env.raw_call(self.emc.address, value=amount)
        with boa.env.prank(self.world.stranger):
            self.emc.absorb()
        payout = self._payout()
        assert (payout.payer, payout.gross, payout.received) == (self.emc.address, amount, amount)
        assert (payout.number, payout.customer) == (0, bytes(32))
        return self._compare(payout, self.model.sell(amount))

    def disburse(self) -> Run:
        """A stranger has everything paid out that waits below `disburse_at`."""
        with boa.env.prank(self.world.stranger):
            self.emc.disburse()
        payout = self._payout()
        assert (payout.payer, payout.gross, payout.received) == (NATIVE, 0, 0)
        return self._compare(payout, self.model.disburse())

    def end(self) -> Run:
        """The end date comes and a stranger ends the EMC."""
        boa.env.timestamp = self.terms.ends_at
        with boa.env.prank(self.world.stranger):
            self.emc.end()
        payout = self._payout()
        (ended,) = events(self.emc, "Ended")
        run = self.model.end(0)
        assert self.emc.is_gate_open() == self.model.is_open
        assert (ended.succeeded, ended.total) == (not self.model.has_failed, self.model.total)
        return self._compare(payout, run)

    def check_accounts(self) -> None:
        """The chain's own accounts are the model's."""
        assert tuple(self.emc.accounts()) == astuple(self.model.accounts())

    def check_balances(self) -> None:
        """Every payee has what the model says, and the EMC the rest."""
        for payee in set(self.payees):
            got = received(payee, self.token) - self.before[payee]
            assert got == self.model.balances.get(payee, 0)
        assert received(self.emc.address, self.token) == self.model.total - self.model.paid

    def check_drift(self) -> None:
        """Each row is within one base unit per rounding of its exact share, dust below the sum."""
        model = self.model
        exact = model.waterfall.exact(model.shared, is_open=model.is_open)
        for row, given, share in zip(self.terms.rows, model.given, exact, strict=True):
            assert 0 <= share - given < 1 + (row.cost > 0)
        roundings = (1 + (model.waterfall.cover > 0)) * len(self.terms.rows)
        assert 0 <= model.accounts().dust < roundings

    def _payout(self) -> Any:
        self.gas = self.emc._computation.get_gas_used()
        (self.payout,) = events(self.emc, "Payout")
        return self.payout

    def _compare(self, payout: Any, run: Run) -> Run:
        assert payout.epoch == 1
        if payout.payments or any(run.payments):
            assert tuple(payment.amount for payment in payout.payments) == run.payments
            assert [str(payment.payee) for payment in payout.payments] == self.model.payees
        assert (payout.credited, payout.total, payout.held) == (run.credited, run.total, run.held)
        self.check_accounts()
        self.check_drift()
        if self.token is None or len(self.terms.rows) <= 8:
            self.check_balances()
        return run


def checksum(number: int) -> str:
    """The address with this number."""
    return to_checksum_address(number.to_bytes(20, "big"))


__all__ = [
    "AGREES",
    "BACKSTOP",
    "DAY",
    "RICH",
    "Till",
    "checksum",
    "placed",
    "settlement",
    "system",
]
