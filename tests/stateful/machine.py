"""Everything that a payer, a payee or a stranger may do to an EMC's money, in any order."""

from dataclasses import replace
from fractions import Fraction
from typing import Any, ClassVar

import boa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from emc.core.limits import MAX_ROWS
from emc.core.terms import NATIVE, Assessment, Gate, Leaving, Metric, Renegotiation, Terms
from tests import tables
from tests.kit import CUSTOMER, FAR, World, address, events, received
from tests.spec import strategies
from tests.spec.model import Model, Run
from tests.spec.till import DAY, placed, signed, system
from tests.stateful.market import HONEST, MOODS, Market, market, stray_token
from tests.wallets import approve

NUMBERS = st.one_of(st.integers(0, 60), st.integers(250, 260), st.just(2**256 - 2))
SEEDS = st.integers(0, 2**32 - 1)
MAX_GAS = 16_000_000
WITHDRAW_GAS = 1_000_000
WINDOWS = (0, 0, DAY)
# the epoch from which on an EMC may come to its end
MIDDLE = 4


def crowd(payee: str, backstop: str) -> Terms:
    """Sixty-four nodes with both kinds of cost, all paid at one address, gate at the benchmark."""
    rows = tuple(
        tables.row(i, 15_625, payee=payee, running=5_000, cost=100) for i in range(MAX_ROWS)
    )
    goal = {"benchmark": 100_000, "target": 200_000, "gate": Gate.BENCHMARK}
    return tables.terms(rows, backstop=backstop, **goal)


class Journal(Model):
    """The model, and beside it each row's exact share of every single income, by the terms in force
    when it came in: with the income and, for an EMC that fails, without."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.due = {id: [Fraction(0), Fraction(0)] for id in self.rows}

    def _book(self, amount: int) -> None:
        low, high = self.proceeds, self.proceeds + amount + self.dust
        if high != low:
            for column, is_open in enumerate((True, False)):
                before = self.page.exact(low, is_open=is_open)
                after = self.page.exact(high, is_open=is_open)
                for id, less, more in zip(self.ids, before, after, strict=True):
                    self.due.setdefault(id, [Fraction(0), Fraction(0)])[column] += more - less
        super()._book(amount)


class Actions(RuleBasedStateMachine):
    """The rules: each is taken on the chain and on the model."""

    decimals: ClassVar[int | None] = None
    # values of assessed measures that wait for their window, by metric and submitter
    values: dict[tuple[Metric, int], Any]
    # last second in which others may submit once more
    open_until: int = 0

    def form(self, drawn: Terms, payees: list[int], early: int, sulking: bool, seed: int) -> None:
        """All agree, one of them perhaps on chain, and whoever was in a hurry has paid already."""
        self.world: World = system()
        self.market: Market = market(self.decimals)
        token = self.market.token
        self.pool = (*HONEST, *self.market.moody[:3])
        self.terms = placed(self._scaled(drawn, payees, seed), token.address if token else NATIVE)
        # current accounts of MEs, by ME id
        self.account = {id + 1: address(f"wallet {id}") for id in range(MAX_ROWS)}
        self.moods: dict[str, int] = {}
        self.model = Journal(self.terms, refuses=lambda payee: bool(self.moods.get(payee)))
        if sulking:
            self.change_mood(0, 1)
            self.change_mood(1, 2)
        self.unbooked = 0
        self.rotations = 0
        self.ends_at = self.terms.ends_at
        self.touched: set[tuple[str, int]] = set()
        self.paid: dict[int, int] = {}
        self.missed: dict[int, int] = {}
        self.before = {payee: received(payee, token) for payee in (*self.pool, self.terms.backstop)}
        self.looks = 0
        self.tried: set[Any] = set()
        self.gas = 0
        # what stands in the table for each row that ever was
        self.parties = {row.id: row.party for row in self.terms.rows}
        self.hashed: tuple[Terms, bytes] = self.terms, self.terms.hash()
        self.first = self.terms.head(), self.terms.packed_rows()
        self.first_target = strategies.aim(self.terms).target
        given = signed(row.id for row in self.terms.nodes)
        if early:
            self._send(self.world.address_of(self.terms), early)
            approve(self.world, self.terms, 0)
            given = given[1:]
        self.emc = self.world.make(self.terms, given)
        self.look()

    def _scaled(self, drawn: Terms, payees: list[int], seed: int) -> Terms:
        """Drawn terms in the units of the currency, with room to renegotiate and rules that can be
        kept within a test."""
        unit = self.market.unit
        rows = tuple(
            replace(
                row,
                payee=self.pool[payees[row.id]],
                cost=row.cost * unit,
                lower=row.lower // 4,
                upper=max(row.upper, 900_000),
            )
            for row in drawn.rows
        )
        measures = tuple(
            replace(each, benchmark=each.benchmark * unit, target=each.target * unit)
            for each in drawn.goal.measures
        )
        goal = replace(drawn.goal, measures=measures)
        return replace(
            drawn,
            rows=rows,
            goal=goal,
            disburse_at=drawn.disburse_at * unit,
            backstop=self.market.moody[3],
            renegotiation=Renegotiation(
                quorum=(500_000, 666_667, 1_000_000)[seed % 3],
                interval=WINDOWS[seed // 3 % 3],
                window=WINDOWS[seed // 9 % 3],
                objections=340_000,
            ),
            leaving=Leaving(WINDOWS[seed // 27 % 3], WINDOWS[seed // 81 % 3], 660_000, 100_000),
            assessment=Assessment(NATIVE, 1 + WINDOWS[seed // 243 % 3], 500_000, 20 * DAY),
        )

    def _send(self, emc: str, amount: int, forced: bool = False) -> None:
        """Money without an order, also before there is an EMC."""
        payer = self.market.payers[0].address
        if self.market.token:
            with boa.env.prank(payer):
                self.market.token.transfer(emc, amount)
        elif forced:
            boa.env.set_balance(emc, boa.env.get_balance(emc) + amount)
        else:
            with boa.env.prank(payer):
                boa.env.raw_call(emc, value=amount)
        self.unbooked += amount

    # payers

    @rule(
        who=st.integers(0, 1),
        number=NUMBERS,
        size=strategies.steady_sizes(),
        how=st.sampled_from("apf"),
    )
    def sell(self, who: int, number: int, size: strategies.Size, how: str) -> None:
        """A payer pays an order; in a token by allowance (a), permit (p), front-run permit (f)."""
        payer = self.market.payers[who]
        amount = self._amount(size)
        args: tuple[Any, ...] = (number, amount, CUSTOMER)
        if self.market.token and how != "a":
            until = boa.env.timestamp + DAY
            vrs = self.market.permit(payer, self.emc.address, amount, until)
            if how == "f":
                self.market.token.permit(payer.address, self.emc.address, amount, until, *vrs)
            args = (*args, until, *vrs)
            call = self.emc.sale_with_permit
        else:
            self._allow(payer.address, amount)
            call = self.emc.sale
        self._order(payer.address, number, [amount], call, args)

    @rule(
        who=st.integers(0, 1),
        first=NUMBERS,
        some=st.lists(st.one_of(st.none(), strategies.steady_sizes()), min_size=1, max_size=8),
    )
    def sell_batch(self, who: int, first: int, some: list[strategies.Size | None]) -> None:
        """A payer pays consecutive orders with gaps; a taken number refuses the whole batch."""
        payer = self.market.payers[who].address
        amounts = [self._amount(size) if size else 0 for size in some]
        self._allow(payer, sum(amounts))
        orders = [(amount, CUSTOMER) for amount in amounts]
        if not any(amounts):
            is_over = boa.env.timestamp >= self.ends_at
            reason = "emc: over" if is_over else "currency: nothing paid"
            with boa.env.prank(payer), boa.reverts(reason):
                self.emc.sales(first, orders)
            return
        self._order(payer, first, amounts, self.emc.sales, (first, orders))

    def _order(
        self, payer: str, first: int, amounts: list[int], call: Any, args: tuple[Any, ...]
    ) -> None:
        total = sum(amounts)
        numbers = {(payer, first + i) for i, amount in enumerate(amounts) if amount}
        reason = None
        if numbers & self.model.orders:
            reason = "orders: already paid"
        elif any(number >= 2**256 for _, number in numbers):
            reason = "orders: number too large"
        elif boa.env.timestamp >= self.ends_at:
            reason = "emc: over"
        value = (
            {}
            if call is getattr(self.emc, "sale_with_permit", None)
            else {"value": self._value(total)}
        )
        self.touched |= numbers
        with boa.env.prank(payer):
            if reason:
                with boa.reverts(reason):
                    call(*args, **value)
                self.look()
                return
            call(*args, **value)
        run = self.model.order(payer, first, amounts)
        assert run is not None
        self.book(run)
        (payout,) = [log for log in self.logs if type(log).__name__ == "Payout"]
        assert (payout.payer, payout.number, payout.gross) == (payer, first, total)

    # anyone

    @precondition(lambda self: self.model.pending or self.model.dust or "none" not in self.tried)
    @rule()
    def disburse(self) -> None:
        """A stranger has everything paid out that gathered."""
        if not self.model.pending:
            self.tried.add("none")
        with boa.env.prank(self.world.stranger):
            self.emc.disburse()
        self.book(self.model.disburse())

    @rule(size=strategies.steady_sizes(), forced=st.booleans())
    def donate(self, size: strategies.Size, forced: bool) -> None:
        """Money arrives without an order: by plain transfer, or forced upon the EMC."""
        self._send(self.emc.address, self._amount(size), forced)
        self.look()

    @precondition(lambda self: self.unbooked or "absorb" not in self.tried)
    @rule()
    def absorb(self) -> None:
        """A stranger has it booked."""
        reason = None
        if not self.model.has_ended and boa.env.timestamp >= self.ends_at:
            reason = "emc: to be ended first"
        elif not self.unbooked:
            self.tried.add("absorb")
            reason = "emc: nothing to absorb"
        with boa.env.prank(self.world.stranger):
            if reason:
                with boa.reverts(reason):
                    self.emc.absorb()
                return
            self.emc.absorb()
        run = self.model.absorb(self.unbooked)
        self.unbooked = 0
        self.book(run)

    @precondition(lambda self: any(self.credits.values()) or "withdraw" not in self.tried)
    @rule(place=st.sampled_from((0, 0, 0, 1, 1, 9)))
    def withdraw(self, place: int) -> None:
        """A stranger has a credit paid out; only its payee can receive it, also if it has left."""
        rows = sorted(self.model.credits, key=lambda row: -self.model.credits[row])
        row = rows[place % len(rows)]
        payee = self.model.payee_of(row)
        with boa.env.prank(self.world.stranger):
            if not self.model.credits[row]:
                self.tried.add("withdraw")
                with boa.reverts("creditors: no credit"):
                    self.emc.withdraw(row)
                return
            if self.moods.get(payee):
                # the payee may burn all of the caller's gas here: nobody else is paid with it
                with boa.reverts():
                    self.emc.withdraw(row, gas=WITHDRAW_GAS)
                self.look()
                return
            self.emc.withdraw(row)
        amount = self.model.withdraw(row)
        (event,) = events(self.emc, "Withdrawn")
        assert (event.row, event.payee, event.amount) == (row, payee, amount)
        self.paid[row] = self.paid.get(row, 0) + amount
        self.look()

    @rule(which=st.integers(0, 3), mood=st.sampled_from((0, 0, *MOODS)))
    def change_mood(self, which: int, mood: int) -> None:
        """A payee starts or stops refusing."""
        payee = self.market.moody[which]
        self.market.set_mood(payee, mood)
        self.moods[payee] = mood

    @rule(days=st.sampled_from((1, 1, 200)))
    def wait(self, days: int) -> None:
        """Time passes, late in life sometimes beyond the end date."""
        boa.env.time_travel(seconds=(days if self.model.epoch > MIDDLE else 1) * DAY)

    @precondition(lambda self: self.model.epoch > MIDDLE or "end" not in self.tried)
    @rule(patient=st.sampled_from((True, True, False)))
    def end(self, patient: bool) -> None:
        """A stranger ends the EMC: once, at its time, or on its target if the terms say so."""
        reason = None
        self.tried.add("end")
        if patient and self.model.epoch > MIDDLE:
            boa.env.timestamp = max(boa.env.timestamp, self.ends_at)
        is_early = boa.env.timestamp < self.ends_at
        if is_early and not self.model.may_end:
            reason = "emc: not over yet"
        elif not is_early and (self.values or boa.env.timestamp <= self.open_until):
            reason = "emc: a value is open"
        elif self.model.has_ended:
            reason = "emc: already ended"
        with boa.env.prank(self.world.stranger):
            if reason:
                with boa.reverts(reason):
                    self.emc.end()
                return
            self.emc.end()
        if is_early:
            self.ends_at = boa.env.timestamp
        run = self.model.end(self.unbooked)
        self.unbooked = 0
        self.book(run)

    @precondition(lambda self: "rescue" not in self.tried)
    @rule()
    def rescue(self) -> None:
        """A foreign token that strayed goes to the backstop; the settlement currency stays."""
        self.tried.add("rescue")
        token = stray_token()
        token.mint(self.emc.address, 7)
        had = token.balanceOf(self.terms.backstop)
        with boa.env.prank(self.world.stranger):
            self.emc.rescue(token.address)
            assert token.balanceOf(self.terms.backstop) == had + 7
            with boa.reverts("emc: not a foreign token"):
                self.emc.rescue(self.terms.currency)
        self.look()

    @precondition(lambda self: "trespass" not in self.tried)
    @rule(who=st.integers(0, 2))
    def trespass(self, who: int) -> None:
        """Nobody but the contracts that the EMC obeys adopts, disbands or redirects, and nobody
        makes it again."""
        node = self.account[int(self.terms.rows[0].party)] if self.terms.nodes else NATIVE
        caller = (self.world.stranger, node, self.world.buyer)[who]
        rows = self.terms.packed_rows()
        self.tried.add("trespass")
        boa.env.set_balance(caller, 10**18)
        page = (1, self.terms.currency, caller, 0, FAR, 0, 1, 2, 0, 0, 0, 0)
        with boa.env.prank(caller):
            for call, args in (
                (self.emc.adopt, (page, [rows[0][1]], [0], [])),
                (self.emc.disband, ()),
                (self.emc.change_payee, (0, caller)),
            ):
                with boa.reverts("emc: not the authority"):
                    call(*args)
            with boa.reverts("consent: not the authority"):
                self.world.consent.replace(self.emc.address, bytes(32))
            # a second making of the same, by whomever and with whatever, changes nothing
            if not self.rotations:
                agreed = self.world.consent.terms_of(self.emc.address)
                again = self.world.consent.make(*self.first, [(0, 0, b"")])
                assert (again, self.world.consent.terms_of(again)) == (self.emc.address, agreed)

    @precondition(lambda self: not self.market.token and "pay_wrongly" not in self.tried)
    @rule(amount=st.integers(1, 5), off=st.sampled_from((-1, 1)))
    def pay_wrongly(self, amount: int, off: int) -> None:
        """Coin that is not the amount of the order is refused."""
        if boa.env.timestamp >= self.ends_at:
            return
        self.tried.add("pay_wrongly")
        with boa.env.prank(self.market.payers[0].address), boa.reverts("currency: wrong amount"):
            self.emc.sale(10**6, amount, CUSTOMER, value=amount + off)

    # what the chain shows after a step

    def book(self, run: Run, room: Any = None) -> None:
        """Keep what a payment run said, and compare it with the model's."""
        self.look(room)
        self._tell([run], self.model.epoch, self.model.ids, self.model.payees())

    def _tell(self, runs: list[Run], epoch: int, ids: list[int], payees: list[str]) -> None:
        payouts = [log for log in self.logs if type(log).__name__ == "Payout"]
        for payout, run in zip(payouts, runs, strict=True):
            amounts = tuple(payment.amount for payment in payout.payments)
            assert amounts == run.payments or (not amounts and not any(run.payments))
            said = payout.credited, payout.total, payout.held, payout.epoch
            assert said == (run.credited, run.total, run.held, epoch)
            assert not amounts or [str(payment.payee) for payment in payout.payments] == payees
            for place, (id, amount) in enumerate(zip(ids, amounts, strict=False)):
                where = self.missed if payout.credited >> place & 1 else self.paid
                where[id] = where.get(id, 0) + amount

    def look(self, called: Any = None) -> None:
        """Read what the invariants need; the first thing read is the last transaction's gas."""
        contract = called or self.emc
        if contract._computation is not None:
            self.gas = max(self.gas, contract._computation.get_gas_used())
            self.logs = contract.get_logs() if not contract._computation.is_error else []
        token = self.market.token
        self.accounts = self.emc.accounts()
        self.page = bytes(self.emc.page())
        self.credits = {row: self.emc.credits(row) for row in self.model.credits}
        # of the live rows one at a time: it takes long
        self.looks += 1
        asked = (self.model.ids[self.looks % len(self.model.ids)], *self.model.gone)
        self.holds = {row: self.emc.earned(row)[1] for row in asked}
        self.left = {row: str(self.emc.payee_of(row)) for row in self.model.gone}
        for payee in (*self.model.payees(), self.terms.backstop):
            self.before.setdefault(payee, received(payee, token))
        self.holdings = {payee: received(payee, token) - had for payee, had in self.before.items()}
        self.balance = received(self.emc.address, token)
        self.agreed = self.world.consent.terms_of(self.emc.address)
        self.is_open = self.emc.is_gate_open()

    def _amount(self, size: strategies.Size) -> int:
        # a goal that an amendment brought near is small, one that users measure is no amount
        most = max(10 * self.first_target, 10 * self.model.total)
        return min(size.at(self.model, self.model.total), most)

    def _value(self, amount: int) -> int:
        return 0 if self.market.token else amount

    def _allow(self, payer: str, amount: int) -> None:
        if self.market.token:
            with boa.env.prank(payer):
                self.market.token.approve(self.emc.address, amount)


__all__ = ["MAX_GAS", "Actions"]
