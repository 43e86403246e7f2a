"""What is held for nodes that left, while those that remain collude against them."""

from dataclasses import replace
from random import Random
from typing import Any

import boa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from emc.core.terms import Assessment, Gate, Goal, Measure, Metric, Terms
from emc.core.units import PPM
from tests import authority, tables
from tests.kit import address
from tests.profiles import effort
from tests.spec import strategies
from tests.spec.model import BACKSTOP
from tests.spec.till import DAY, signed
from tests.stateful.changes import MOSTLY, Changes
from tests.stateful.goals import ALL, is_active
from tests.stateful.machine import SEEDS

# of the target, in thousandths: together with two sales after changes less than the benchmark
PARTS = st.lists(st.integers(20, 60), min_size=1, max_size=3)
EFFORT = settings(max_examples=effort(0.12))
# the epoch from which on they may end it
LATE = 4
METRICS = strategies.metrics()


class Collusion(Changes):
    """Two of four nodes have left while the gate is closed. Nobody has their keys any more; those
    who remain sign whatever helps them, and change the terms as often as they like."""

    @initialize(metrics=METRICS, seed=SEEDS, shares=PARTS)
    def start(self, metrics: tuple[Metric, ...], seed: int, shares: list[int]) -> None:
        """Sales behind a closed gate, then one node goes and another is expelled."""
        rng = Random(seed)
        self.form(self._drawn(rng, metrics), [0, 1, 2, 0, 1], early=0, sulking=False, seed=seed)
        for number, share in enumerate(shares):
            self.sell(0, 70 + number, strategies.Share(share), "a")
        self.leave(2, patient=True)
        self.charge(2, 0, drops=False)
        self.expel(0, absent=ALL, patient=True)
        self.silent = frozenset(self.model.gone)
        assert self.silent == {2, 3}
        for row in self.silent:
            # a wallet without code, from which nobody calls
            boa.env.set_code(self.account[int(self.parties[row])], b"")
        self.signed_terms = self.terms
        self.ended_at: int | None = None
        self.promised = {row: self.model.holds[row] for row in self.silent}
        self.payees = {row: self.model.gone[row].payee for row in self.silent}
        self.paid_before = {row: self.paid.get(row, 0) for row in self.silent}
        assert all(self.promised.values())
        assert not self.model.is_open
        # and they cannot end it at once
        self.disband(ALL, patient=False)
        assert not self.model.has_ended

    def finish(self) -> None:
        """After a failure nothing is left for those who left."""
        super().finish()
        for row in self.promised if self.model.has_failed else ():
            with boa.env.prank(self.world.stranger), boa.reverts("creditors: no credit"):
                self.emc.withdraw(row)

    def _drawn(self, rng: Random, metrics: tuple[Metric, ...]) -> Terms:
        rows = tuple(
            tables.row(
                id,
                (base, 200_000, 200_000),
                party=id + 1 if id < 4 else address("controller"),
                payee=address("nobody yet"),
                running=rng.choice((0, 10_007)),
                cost=rng.choice((0, 7)),
            )
            for id, base in enumerate((200_000, 100_000, 300_000, 250_000, 150_000))
        )
        measures = tuple(Measure(metric, 1_000, 3_000) for metric in metrics)
        gate = rng.choice((Gate.BENCHMARK, Gate.TARGET))
        return tables.terms(rows, measures=measures, gate=gate, backstop=address("signed by all"))

    @precondition(is_active)
    @rule(seed=SEEDS, how=st.integers(0, 8), forges=st.booleans())
    def reach_out(self, seed: int, how: int, forges: bool) -> None:
        """They amend what decides about the money of those who left, with a forged signature or
        with none."""
        if not self._waiting() or len(self.terms.nodes) < 2:
            return
        terms, rng = self.terms, Random(seed)
        goal, new = terms.goal, replace(terms, nonce=terms.nonce + 1)
        later = terms.ends_at + 50 * DAY
        first, *others = goal.measures

        def counting(**changes: Any) -> Goal:
            return replace(goal, measures=(replace(first, **changes), *others))

        new = (
            replace(new, backstop=address("theirs")),
            replace(new, goal=counting(target=first.target * 9)),
            replace(new, goal=replace(counting(benchmark=first.target - 1), gate=Gate.TARGET)),
            replace(new, goal=replace(goal, deadline=boa.env.timestamp, ends_emc=True)),
            replace(new, goal=counting(metric=Metric.CONTRACTS)),
            replace(new, ends_at=later),
            replace(new, starts_at=1),
            replace(new, leaving=replace(terms.leaving, margin=terms.leaving.margin ^ 1)),
            replace(new, assessment=Assessment(self.world.stranger, rng.choice((0, DAY)))),
        )[how]
        asked = [row.id for row in new.nodes]
        # those who left are asked by id, not in the order in which they left
        asked += [row for row in sorted(self._waiting()) if forges or row not in self.silent]
        reason = "signatures: not the signer" if forges else "changes: signature missing"
        with boa.env.prank(self.world.stranger), boa.reverts(reason):
            self.world.changes.amend(
                *self._in_force(), new.head(), new.packed_rows(), signed(asked)
            )

    @precondition(is_active)
    @rule(seed=SEEDS)
    def take_the_place(self, seed: int) -> None:
        """They write a row of their own over one that left."""
        if len(self.terms.nodes) < 2:
            return
        row = Random(seed).choice(sorted(self.silent))
        party = address("controller of nobody's row")
        mine = tables.row(row, 0, party=party, payee=self.pool[0])
        new = replace(self.terms, rows=(*self.terms.rows, mine), nonce=self.terms.nonce + 1)
        asked = signed(row.id for row in new.nodes)
        with boa.env.prank(self.world.stranger), boa.reverts("emc: row id used before"):
            self.world.changes.amend(*self._in_force(), new.head(), new.packed_rows(), asked)

    @precondition(lambda self: is_active(self) and self.model.epoch > LATE)
    @rule(number=st.integers(500, 600), share=st.sampled_from((100, 300, 1_000)))
    def succeed(self, number: int, share: int) -> None:
        """Customers come after all."""
        self.sell(1, number, strategies.Share(share), "a")

    @precondition(lambda self: is_active(self) and self.model.epoch > LATE)
    @rule(patient=MOSTLY)
    def dissolve(self, patient: bool) -> None:
        """They all agree to end it, before or after the goal is missed."""
        self.disband(ALL, patient)

    def _amended(self, rng: Random) -> Terms:
        # those who left do not join again: they cannot sign
        lost = {self.parties[row] for row in self.silent}
        while True:
            new = super()._amended(rng)
            if not lost & {row.party for row in new.rows}:
                return new

    @invariant()
    def what_was_promised_is_there(self) -> None:
        """It is held under the goal, gate, end and backstop they signed; or the gate has opened and
        it is theirs; or the EMC has failed by what they signed, and it is the signed backstop's."""
        for row, amount in self.promised.items():
            got = self.paid.get(row, 0) - self.paid_before[row]
            assert self.left[row] == self.payees[row]
            assert got + self.credits[row] == (amount if self.is_open else 0)
            if not self.model.has_ended:
                assert self.holds[row] == (0 if self.is_open else amount)
        if not self.is_open:
            assert not authority.touches(self.signed_terms, self.terms)
            assert self.accounts.held >= (not self.model.has_ended) * sum(self.promised.values())

    @invariant()
    def it_failed_only_by_what_they_signed(self) -> None:
        """A measure was short of the gate's point, at the signed end or after a miss of the signed
        goal."""
        if not self.model.has_failed:
            return
        was, goal = self.signed_terms, self.signed_terms.goal
        if self.ended_at is None:
            self.ended_at = self.model.total
        come = self.model.finals | {Metric.PROCEEDS: self.ended_at}
        short = [
            come.get(each.metric, 0) < (each.target if goal.gate is Gate.TARGET else each.benchmark)
            for each in goal.measures
        ]
        assert any(short)
        missed_from = goal.deadline + was.assessment.grace * bool(goal.assessed)
        least = PPM - was.leaving.margin
        is_missed = self.misses or any(
            come.get(each.metric, 0) * PPM < each.target * least for each in goal.measures
        )
        assert self.ends_at == was.ends_at or (is_missed and self.ends_at > missed_from)
        swept = self.holdings[was.backstop] + self.credits[BACKSTOP]
        assert swept >= sum(self.promised.values())


class NativeCollusion(Collusion):
    """In native coin."""


class TokenCollusion(Collusion):
    """In a token with 6 decimals."""

    decimals = 6


TestNativeCollusion = NativeCollusion.TestCase
TestTokenCollusion = TokenCollusion.TestCase
TestNativeCollusion.settings = TestTokenCollusion.settings = EFFORT
