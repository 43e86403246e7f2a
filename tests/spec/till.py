"""An EMC on the in-memory chain beside the model: every step is taken on both and compared."""

from collections.abc import Callable, Iterable
from dataclasses import astuple, replace
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

import boa
from eth_utils import to_checksum_address

from emc.core.terms import NATIVE, Assessment, Metric, Row, Terms
from tests import authority
from tests.kit import CUSTOMER, FAR, World, address, deployer, events, received
from tests.spec.model import BACKSTOP, Model, Run

MAX_ROWS = 64
# so many rows are looked at one by one
FEW = 8
DAY = 86_400
RICH = 2**110
# answers every call with the magic value of ERC-1271: a contract wallet whose owner agrees to all
AGREES = bytes.fromhex("631626ba7e60e01b5f5260205ff3")


def once_per_chain(make: Callable[..., Any]) -> Callable[..., Any]:
    """Made once on each chain of a process, and forgotten with it.

    What calls it first must not be undone later: a fixture of the session, never a test.
    """
    made: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()

    @wraps(make)
    def get(*args: Any) -> Any:
        here = made.setdefault(boa.env, {})
        if args not in here:
            here[args] = make(*args)
        return here[args]

    return get


@once_per_chain
def system() -> World:
    """One system, whose MEs are contract wallets that sign whatever they are shown."""
    # it stays for the life of the process: our addresses are left to those who need them
    world = World(nodes=0, is_ours=False)
    for index in range(MAX_ROWS):
        wallet = address(f"wallet {index}")
        boa.env.set_code(wallet, AGREES)
        with boa.env.prank(wallet):
            world.registry.register(2, 0, "https://example.org/me.json", b"\1" * 32)
    boa.env.set_balance(world.buyer, RICH)
    return world


@once_per_chain
def settlement(decimals: int) -> Any:
    """A plain token with permit, one per number of decimals."""
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
        assessment=Assessment(window=DAY, objections=500_000),
    )


class Till:
    """One EMC, its terms, its currency (no token: native coin) and its model."""

    def __init__(self, terms: Terms, token: Any = None, buyer: str | None = None) -> None:
        self.world = system()
        self.buyer = buyer or self.world.buyer
        self.token = token
        self.gas = 0
        self.terms = placed(terms, token.address if token else NATIVE)
        self.emc = self.world.make(self.terms, signed(row.id for row in self.terms.nodes))
        self.model = Model(self.terms)
        self.number = 0
        self.values = 0
        self.unbooked = 0
        # whether the books are compared after every step
        self.is_thorough = True
        self.payout: Any = None
        self.before: dict[str, int] = {}
        self._remember(self.terms)
        if token is not None:
            with boa.env.prank(self.buyer):
                token.approve(self.emc.address, RICH)

    # payers and anyone

    def sale(self, amount: int) -> Run:
        """The buyer pays one order of this amount under the next number."""
        self.number += 1
        with boa.env.prank(self.buyer):
            self.emc.sale(self.number, amount, CUSTOMER, value=0 if self.token else amount)
        payout = self._payout()
        assert (payout.number, payout.customer) == (self.number, CUSTOMER)
        assert (payout.payer, payout.gross, payout.received) == (self.buyer, amount, amount)
        return self._compare(self.model.sell(amount))

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
        return self._compare(self.model.sell(total))

    def send(self, amount: int) -> None:
        """Somebody sends money without an order."""
        with boa.env.prank(self.buyer):
            if self.token:
                self.token.transfer(self.emc.address, amount)
            else:
                boa.env.raw_call(self.emc.address, value=amount)
        self.unbooked += amount

    def absorb(self, amount: int) -> Run:
        """Somebody sends money without an order, and a stranger has it booked."""
        self.send(amount)
        amount, self.unbooked = self.unbooked, 0
        with boa.env.prank(self.world.stranger):
            self.emc.absorb()
        payout = self._payout()
        assert (payout.payer, payout.gross, payout.received) == (self.emc.address, amount, amount)
        assert (payout.number, payout.customer) == (0, bytes(32))
        return self._compare(self.model.absorb(amount))

    def disburse(self) -> Run:
        """A stranger has everything paid out that waits below `disburse_at`."""
        with boa.env.prank(self.world.stranger):
            self.emc.disburse()
        payout = self._payout()
        assert (payout.payer, payout.gross, payout.received) == (NATIVE, 0, 0)
        return self._compare(self.model.disburse())

    def withdraw(self, row: int) -> int:
        """A stranger has a row's credit paid out."""
        with boa.env.prank(self.world.stranger):
            self.emc.withdraw(row)
        amount = self.model.withdraw(row)
        (event,) = events(self.emc, "Withdrawn")
        assert (event.row, event.payee, event.amount) == (row, self.model.payee_of(row), amount)
        self.check_accounts()
        self.check_balances()
        return amount

    def end(self) -> Run:
        """The end date comes and a stranger ends the EMC."""
        boa.env.timestamp = self.terms.ends_at
        with boa.env.prank(self.world.stranger):
            self.emc.end()
        self._payout()
        (ended,) = events(self.emc, "Ended")
        amount, self.unbooked = self.unbooked, 0
        run = self.model.end(amount)
        assert self.emc.is_gate_open() == self.model.is_open
        assert (ended.succeeded, ended.total) == (not self.model.has_failed, self.model.total)
        return self._compare(run)

    # parties

    def renegotiate(self, new: Terms) -> None:
        """A stranger relays other shares, which every node has signed."""
        self._change(authority.renegotiate, self.world.changes, new, new.nodes)

    def amend(self, new: Terms) -> None:
        """A stranger relays other terms, signed by all who must."""
        staying = {row.id for row in new.nodes}
        leaving = [row.id for row in self.terms.nodes if row.id not in staying]
        if authority.touches(self.terms, new):
            leaving += authority.waiting(self.emc)
        self._change(authority.amend, self.world.changes, new, new.nodes, leaving)

    def leave(self, row: int) -> None:
        """A node leaves whose notice is over at once."""
        authority.leave(self.world, self.emc, self.terms, row)
        self._adopted(self.world.conduct, authority.without(self.terms, row))

    def assess(self, metric: Metric, value: int) -> None:
        """A node says how far a measure has come, and all others sign it."""
        self.values += 1
        submitter, *others = (row.id for row in self.terms.nodes)
        authority.assess(
            self.world, self.emc, self.terms, value, submitter, self.values, metric=metric
        )
        authority.finalise(
            self.world, self.emc, self.terms, submitter, signed(others), metric=metric
        )
        amount, self.unbooked = self.unbooked, 0
        self._turned(self.world.goals, self.model.assess(metric, value, amount))

    def _change(
        self, change: Any, room: Any, new: Terms, nodes: tuple[Row, ...], more: Any = ()
    ) -> None:
        given = signed([*(row.id for row in nodes), *more])
        change(self.world, self.emc, self.terms, new, given)
        self._adopted(room, new)

    def _adopted(self, room: Any, new: Terms) -> None:
        self.terms = new
        self._remember(new)
        amount, self.unbooked = self.unbooked, 0
        assert self.world.consent.terms_of(self.emc.address) == new.hash()
        self._turned(room, self.model.change(new, amount))

    def _turned(self, room: Any, runs: list[Run]) -> None:
        """Compare what a change paid, and what it took over to the next page."""
        self.gas = room._computation.get_gas_used()
        model = self.model
        before = model.epoch - (not events(room, "Finalised"))
        for payout, run in zip(events(room, "Payout"), runs, strict=True):
            assert payout.epoch == before
            assert tuple(payment.amount for payment in payout.payments) in (run.payments, ())
            said = payout.credited, payout.total, payout.held
            assert said == (run.credited, run.total, run.held)
        (adopted,) = events(room, "Adopted")
        assert (adopted.epoch, adopted.start) == (model.epoch, model.page.start)
        assert (adopted.dust, adopted.held) == (model.dust, model.held)
        for event in events(room, "Left"):
            account = model.gone[event.row]
            assert (event.payee, event.held) == (account.payee, account.forward)
            assert event.row not in model.rows
        self.check()

    # what must be so

    def check(self) -> None:
        """Everything that stands on chain is the model's."""
        self.check_accounts()
        self.check_drift()
        assert self.emc.is_gate_open() == self.model.is_open
        self.check_balances()
        if len(self.terms.rows) <= FEW:
            self.check_rows()

    def check_accounts(self) -> None:
        """The chain's own accounts are the model's."""
        assert tuple(self.emc.accounts()) == astuple(self.model.accounts())

    def check_balances(self) -> None:
        """Every payee has what the model says, and the EMC the rest."""
        for payee, had in self.before.items():
            got = received(payee, self.token) - had
            assert got == self.model.balances.get(payee, 0)
        lies_here = received(self.emc.address, self.token) - self.unbooked
        assert lies_here == self.model.total - self.model.paid

    def check_rows(self) -> None:
        """What each row has earned of the page and has waiting, behind the gate or as a credit."""
        holds = self.model.holds
        # of the live rows only one: it takes long
        asked = {self.model.ids[self.model.epoch % len(self.model.ids)], *self.model.gone}
        for id, credit in self.model.credits.items():
            assert self.emc.credits(id) == credit
            if id in asked:
                assert self.emc.earned(id)[1] == holds[id]

    def check_drift(self) -> None:
        """Each row is below its exact share by less than a unit per page and floor, dust is less
        than one per row and floor of a page."""
        model, holds = self.model, self.model.holds
        for id, (exact, floors) in model.exact().items():
            row = (model.rows | model.gone)[id]
            assert 0 <= exact - row.flowed - holds[id] < floors
        if not model.dust:
            roundings = (1 + (model.page.cover > 0)) * len(self.terms.rows)
            assert 0 <= model.accounts().dust < roundings

    def _remember(self, terms: Terms) -> None:
        for payee in (*(row.payee for row in terms.rows), terms.backstop):
            self.before.setdefault(payee, received(payee, self.token))

    def _payout(self) -> Any:
        self.gas = self.emc._computation.get_gas_used()
        (self.payout,) = events(self.emc, "Payout")
        return self.payout

    def _compare(self, run: Run) -> Run:
        payout = self.payout
        assert payout.epoch == self.model.epoch
        if payout.payments or any(run.payments):
            assert tuple(payment.amount for payment in payout.payments) == run.payments
            assert [str(payment.payee) for payment in payout.payments] == self.model.payees()
        assert (payout.credited, payout.total, payout.held) == (run.credited, run.total, run.held)
        if self.is_thorough and len(self.terms.rows) <= FEW:
            self.check_accounts()
            self.check_drift()
            self.check_balances()
        return run


def signed(rows: Iterable[int]) -> list[tuple[int, int, bytes]]:
    """Signatures of the wallets behind rows."""
    return [(row, FAR, b"\1") for row in rows]


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
    "signed",
    "system",
]
