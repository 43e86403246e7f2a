"""Everything that a party or a stranger may do to an EMC's money, in any order."""

from dataclasses import replace
from typing import Any, ClassVar

import boa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from emc.terms import MAX_ROWS, NATIVE, Gate, Goal, Metric, Row, Terms
from tests.kit import CUSTOMER, FAR, World, address, events, received
from tests.spec import strategies
from tests.spec.model import BACKSTOP, Model, Run
from tests.spec.till import DAY, placed, system
from tests.stateful.market import HONEST, MOODS, Market, market, stray_token

NUMBERS = st.one_of(st.integers(0, 60), st.integers(250, 260), st.just(2**256 - 2))
MAX_GAS = 16_000_000
WITHDRAW_GAS = 1_000_000


def crowd(payee: str, backstop: str) -> Terms:
    """Sixty-four nodes with both kinds of cost, all paid at one address, gate at the benchmark."""
    return Terms(
        canvas=b"\1" * 32,
        backstop=backstop,
        starts_at=0,
        ends_at=0,
        goal=Goal(Metric.PROCEEDS, 100_000, 200_000, 0, Gate.BENCHMARK),
        rows=tuple(
            Row(i, i + 1, payee, 15_625, 15_625, 15_625, 0, 1_000_000, 5_000, 100)
            for i in range(MAX_ROWS)
        ),
    )


class Actions(RuleBasedStateMachine):
    """The rules: each is taken on the chain and on the model."""

    decimals: ClassVar[int | None] = None

    @initialize(
        drawn=strategies.market_terms(),
        payees=st.lists(st.sampled_from((0, 1, 2, 3, 4, 5, 3, 4)), min_size=5, max_size=5),
        sulking=st.sampled_from((True, True, False)),
        early=st.integers(0, 3),
    )
    def form(self, drawn: Terms, payees: list[int], early: int, sulking: bool) -> None:
        """Nodes sign, and whoever was in a hurry has advanced money already."""
        self.world: World = system()
        self.market: Market = market(self.decimals)
        token = self.market.token
        unit = self.market.unit
        pool = (*HONEST, *self.market.moody[:3])
        rows = tuple(
            replace(row, payee=pool[payees[row.id]], cost=row.cost * unit) for row in drawn.rows
        )
        goal = replace(
            drawn.goal, benchmark=drawn.goal.benchmark * unit, target=drawn.goal.target * unit
        )
        scaled = replace(
            drawn,
            rows=rows,
            goal=goal,
            disburse_at=drawn.disburse_at * unit,
            backstop=self.market.moody[3],
        )
        self.terms = placed(scaled, token.address if token else NATIVE)
        self.account = {row.id: address(f"wallet {row.id}") for row in self.terms.nodes}
        for row in self.terms.rows:
            if not row.is_node:
                self.account[row.id] = str(row.party)
        self.moods: dict[str, int] = {}
        self.model = Model(self.terms, refuses=lambda payee: bool(self.moods.get(payee)))
        if sulking:
            self.change_mood(0, 1)
            self.change_mood(1, 2)
        self.unbooked = 0
        self.rotations = 0
        self.ends_at = self.terms.ends_at
        self.touched: set[tuple[str, int]] = set()
        self.runs: list[tuple[int, bool, tuple[int, ...]]] = []
        self.flowed = [0] * len(rows)
        self.missed = [0] * len(rows)
        self.before = {payee: received(payee, token) for payee in (*pool, self.terms.backstop)}
        self.gas = 0
        given = [(i, FAR, b"\1") for i in range(len(self.terms.nodes))]
        if early:
            self.emc = self.world.make(self.terms, given[1:])
            self._advance(early)
            with boa.env.prank(self.world.stranger):
                head, table = self.terms.head(), self.terms.table()
                self.world.consent.sign(self.world.creator, head, table, given[:1])
        else:
            self.emc = self.world.make(self.terms, given)
        self.look()

    def _advance(self, early: int) -> None:
        """Both payers advance money and the first takes its own back."""
        for payer in self.market.payers:
            self._allow(payer.address, early)
            with boa.env.prank(payer.address):
                self.emc.advance(early, value=self._value(early))
        with boa.env.prank(self.market.payers[0].address):
            self.emc.take_back()
        self.unbooked = early

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

    @rule()
    def disburse(self) -> None:
        """A stranger has everything paid out that gathered."""
        with boa.env.prank(self.world.stranger):
            self.emc.disburse()
        self.book(self.model.disburse())

    @rule(size=strategies.steady_sizes(), forced=st.booleans())
    def donate(self, size: strategies.Size, forced: bool) -> None:
        """Money arrives without an order: by plain transfer, or forced upon the EMC."""
        amount = self._amount(size)
        if self.market.token:
            with boa.env.prank(self.market.payers[0].address):
                self.market.token.transfer(self.emc.address, amount)
        elif forced:
            has = boa.env.get_balance(self.emc.address)
            boa.env.set_balance(self.emc.address, has + amount)
        else:
            with boa.env.prank(self.market.payers[0].address):
                boa.env.raw_call(self.emc.address, value=amount)
        self.unbooked += amount
        self.look()

    @rule()
    def absorb(self) -> None:
        """A stranger has it booked."""
        reason = None
        if not self.model.has_ended and boa.env.timestamp >= self.ends_at:
            reason = "emc: to be ended first"
        elif not self.unbooked:
            reason = "emc: nothing to absorb"
        with boa.env.prank(self.world.stranger):
            if reason:
                with boa.reverts(reason):
                    self.emc.absorb()
                return
            self.emc.absorb()
        run = self.model.sell(self.unbooked)
        self.unbooked = 0
        self.book(run)

    @rule(row=st.sampled_from((0, 1, 2, 3, 4, BACKSTOP)))
    def withdraw(self, row: int) -> None:
        """A stranger has a credit paid out; only its payee can receive it."""
        if row != BACKSTOP:
            row %= len(self.terms.rows)
        payee = self.terms.backstop if row == BACKSTOP else self.model.payees[row]
        with boa.env.prank(self.world.stranger):
            if not self.model.credits[row]:
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
        self.look()

    @rule(which=st.integers(0, 3), mood=st.sampled_from((0, 0, *MOODS)))
    def change_mood(self, which: int, mood: int) -> None:
        """A payee starts or stops refusing."""
        payee = self.market.moody[which]
        self.market.set_mood(payee, mood)
        self.moods[payee] = mood

    @rule(days=st.sampled_from((1, 200)))
    def wait(self, days: int) -> None:
        """Time passes, sometimes beyond the end date."""
        boa.env.time_travel(seconds=days * DAY)

    @rule(patient=st.sampled_from((True, True, False)))
    def end(self, patient: bool) -> None:
        """A stranger ends the EMC: once, at its time, or on its target if the terms say so."""
        reason = None
        if patient and self.model.orders:
            boa.env.timestamp = max(boa.env.timestamp, self.ends_at)
        is_early = boa.env.timestamp < self.ends_at
        goal = self.terms.goal
        if is_early and not (goal.ends_emc and self.model.total >= goal.target):
            reason = "emc: not over yet"
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

    @rule()
    def rescue(self) -> None:
        """A foreign token that strayed goes to the backstop; the settlement currency stays."""
        token = stray_token()
        token.mint(self.emc.address, 7)
        had = token.balanceOf(self.terms.backstop)
        with boa.env.prank(self.world.stranger):
            self.emc.rescue(token.address)
            assert token.balanceOf(self.terms.backstop) == had + 7
            with boa.reverts("emc: not a foreign token"):
                self.emc.rescue(self.terms.currency)
        self.look()

    # parties

    @rule(row=st.integers(0, 4), to=st.integers(0, 5), stranger=st.booleans())
    def change_payee(self, row: int, to: int, stranger: bool) -> None:
        """A row's controller has it paid elsewhere; nobody else, not even its former account."""
        row %= len(self.terms.rows)
        payee = (*HONEST, *self.market.moody[:3])[to]
        args = (self.emc.address, self.terms.head(), self.terms.table(), row)
        change = self.world.conduct.change_payee
        if stranger:
            former = self.world.stranger
            if self.terms.rows[row].is_node and self.account[row] != address(f"wallet {row}"):
                former = address(f"wallet {row}")
            with boa.env.prank(former), boa.reverts("members: not the controller"):
                change(*args, payee)
            return
        with boa.env.prank(self.account[row]):
            with boa.reverts("members: payee cannot be paid"):
                change(*args, self.emc.address)
            change(*args, payee)
        self.model.payees[row] = payee
        self.look(self.world.consent)

    @rule(row=st.integers(0, 4))
    def rotate(self, row: int) -> None:
        """An ME moves to another account; its row and its payee stay."""
        row %= len(self.terms.nodes)
        self.rotations += 1
        new = address(f"account {self.rotations}")
        with boa.env.prank(self.account[row]):
            self.world.registry.offer_account(new)
        with boa.env.prank(new):
            self.world.registry.accept_account(self.terms.rows[row].party)
        self.account[row] = new

    @rule(who=st.integers(0, 2))
    def trespass(self, who: int) -> None:
        """Nobody but the table opens, declines, adopts or redirects, and it does not any more."""
        caller = (self.world.stranger, self.account[0], self.world.creator)[who]
        head, table = self.terms.head(), self.terms.table()
        boa.env.set_balance(caller, 10**18)
        page = (1, self.terms.currency, caller, 0, FAR, 0, 1, 2, 0, 0, False)
        with boa.env.prank(caller):
            for call, args in (
                (self.emc.open, (self.terms.currency, caller)),
                (self.emc.decline, ()),
                (self.emc.adopt, (page, [table[0][1]], [])),
                (self.emc.change_payee, (0, caller)),
            ):
                with boa.reverts("emc: not the table"):
                    call(*args)
            with boa.reverts("emc: active"):
                self.emc.take_back()
            with boa.reverts("emc: active"):
                self.emc.advance(1, value=self._value(1))
            with boa.reverts("consent: not signing"):
                self.world.consent.revoke(self.emc.address)
            with boa.reverts("consent: not signing"):
                self.world.consent.sign(self.world.creator, head, table, [(0, FAR, b"\1")])
        with boa.env.prank(self.account[0]), boa.reverts("consent: not signing"):
            self.world.consent.decline(self.world.creator, head, table, 0)

    @precondition(lambda self: self.market.token is None)
    @rule(amount=st.integers(1, 5), off=st.sampled_from((-1, 1)))
    def pay_wrongly(self, amount: int, off: int) -> None:
        """Coin that is not the amount of the order is refused."""
        if boa.env.timestamp >= self.ends_at:
            return
        with boa.env.prank(self.market.payers[0].address), boa.reverts("currency: wrong amount"):
            self.emc.sale(10**6, amount, CUSTOMER, value=amount + off)

    # what the chain shows after a step

    def book(self, run: Run) -> None:
        """Keep what a payment run said, and compare it with the model's."""
        self.look()
        (payout,) = [log for log in self.logs if type(log).__name__ == "Payout"]
        amounts = tuple(payment.amount for payment in payout.payments)
        assert amounts == run.payments or (not amounts and not any(run.payments))
        assert (payout.credited, payout.total, payout.held) == (run.credited, run.total, run.held)
        for row, amount in enumerate(amounts):
            self.flowed[row] += amount
            if payout.credited >> row & 1:
                self.missed[row] += amount
        self.runs.append((self.model.shared, self.model.is_open, tuple(self.flowed)))

    def look(self, called: Any = None) -> None:
        """Read what the invariants need; the first thing read is the last transaction's gas."""
        contract = called or self.emc
        if contract._computation is not None:
            self.gas = max(self.gas, contract._computation.get_gas_used())
            self.logs = contract.get_logs() if not contract._computation.is_error else []
        self.accounts = self.emc.accounts()
        self.page = bytes(self.emc.page())
        self.credits = {row: self.emc.credits(row) for row in self.model.credits}
        self.holdings = {
            payee: received(payee, self.market.token) - had for payee, had in self.before.items()
        }
        self.balance = received(self.emc.address, self.market.token)

    def _amount(self, size: strategies.Size) -> int:
        return min(size.at(self.model, self.model.total), 10 * self.terms.goal.target)

    def _value(self, amount: int) -> int:
        return 0 if self.market.token else amount

    def _allow(self, payer: str, amount: int) -> None:
        if self.market.token:
            with boa.env.prank(payer):
                self.market.token.approve(self.emc.address, amount)


__all__ = ["MAX_GAS", "Actions"]
