"""Everything that the parties of an EMC may say about its goal, in any order."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from emc.core.terms import Metric, Row
from emc.core.units import PPM
from tests import authority
from tests.kit import events
from tests.spec import strategies
from tests.spec.model import Run
from tests.spec.till import DAY, signed
from tests.stateful.machine import SEEDS, Actions

PLACES = st.integers(0, 7)
# which of those who must sign does not; mostly none
ALL = 9
ABSENT = st.sampled_from((ALL, ALL, ALL, ALL, ALL, ALL, 0, 1, 2, 3))
EVIDENCE = b"\7" * 32


@dataclass(frozen=True)
class Value:
    """What a node says was measured."""

    submitter: int
    metric: Metric
    amount: int
    measured_at: int
    final_at: int
    account: str
    me: int
    what: bytes
    is_late: bool


def is_active(state: "Goals") -> bool:
    """Whether terms can still change."""
    return (
        not state.model.has_ended and boa.env.timestamp < state.ends_at and bool(state.terms.nodes)
    )


def is_assessed(state: "Goals") -> bool:
    """Whether the chain cannot see a measure of the goal by itself."""
    return not state.model.has_ended and bool(state.terms.goal.assessed)


class Goals(Actions):
    """The rules of assessed goals: each is taken on the chain and on the model."""

    # rows whose signatures nobody has any more
    silent: frozenset[int] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.objections: dict[tuple[bytes, str], int] = {}
        self.values: dict[tuple[Metric, int], Value] = {}
        self.measured: dict[Metric, int] = {}
        self.misses: set[Any] = set()
        # by goal and metric: last second of the window of others, and the rows it is not for
        self.reopened: dict[Any, tuple[int, set[int]]] = {}
        self.disputed: set[Any] = set()

    @precondition(is_assessed)
    @rule(place=PLACES, seed=SEEDS, age=st.sampled_from((0, 0, 0, DAY)))
    def assess(self, place: int, seed: int, age: int) -> None:
        """A node says how far a measure has come."""
        if not self.terms.nodes:
            return
        row, goal, now = self._node(place), self.terms.goal, boa.env.timestamp
        metric, amount = strategies.measured(Random(seed), self.terms)
        measured_at = min(now - age, goal.deadline)
        reason = None
        held = self.values.get((metric, row.id))
        is_late = now > goal.deadline + self.terms.assessment.grace
        if held and not self._may_count(held):
            held = None
        until, closed_to = self._reopening(metric)
        if is_late and now > until:
            reason = "goals: too late"
        elif is_late and row.id in closed_to:
            reason = "goals: for others only"
        elif measured_at <= self.measured.get(metric, 0):
            reason = "goals: older than the last value"
        elif held:
            reason = "goals: one value at a time"
        args = (*self._in_force(), self._place(row.id), metric, amount, measured_at, EVIDENCE)
        with boa.env.prank(self._account(row)):
            if reason:
                with boa.reverts(reason):
                    self.world.goals.assess(*args)
                return
            self.world.goals.assess(*args)
        if (metric, row.id) in self.values:
            self._drop(metric, row.id)
        self.values[metric, row.id] = Value(
            row.id,
            metric,
            amount,
            measured_at,
            now + self.terms.assessment.window,
            self._account(row),
            int(row.party),
            bytes(self.world.goals.matter(self.emc.address, metric, row.id)),
            is_late,
        )

    @precondition(lambda self: self.values and not self.model.has_ended and self.terms.nodes)
    @rule(place=PLACES, of=PLACES, takes_back=st.sampled_from((False, False, True)))
    def dispute(self, place: int, of: int, takes_back: bool) -> None:
        """A node objects to an open value, or its submitter takes it back."""
        value = self._waiting_value(of)
        metric, submitter, row = value.metric, value.submitter, self._node(place)
        is_final = boa.env.timestamp >= value.final_at
        goals = self.world.goals
        if takes_back:
            reason = None
            if boa.env.timestamp >= self.terms.goal.deadline:
                reason = "goals: deadline is over"
            elif is_final:
                reason = "goals: final already"
            with boa.env.prank(self.account[value.me]):
                if reason:
                    with boa.reverts(reason):
                        goals.take_back(*self._in_force(), metric, submitter)
                    return
                goals.take_back(*self._in_force(), metric, submitter)
            self._drop(metric, submitter)
            return
        args = (*self._in_force(), self._place(row.id), metric, submitter)
        with boa.env.prank(self._account(row)):
            if row.id == submitter or is_final:
                own = row.id == submitter
                with boa.reverts("goals: own value" if own else "goals: final already"):
                    goals.object(*args)
                return
            goals.object(*args)
        self.objections[value.what, self._account(row)] = 1
        others = [each for each in self.terms.nodes if each.id != submitter]
        against = sum((value.what, self._account(each)) in self.objections for each in others)
        enough = against * PPM >= self.terms.assessment.objections * len(others)
        if enough and against >= min(2, len(others)):
            if len(others) == 1:
                self.disputed.add((self._question(), metric))
            self._drop(metric, submitter)
        is_open = goals.open_value(self.emc.address, metric, submitter).final_at != 0
        assert is_open == ((metric, submitter) in self.values)

    @precondition(lambda self: self.values or (is_assessed(self) and is_active(self)))
    @precondition(lambda self: not self.model.has_ended)
    @rule(of=PLACES, patient=st.booleans(), drop=ABSENT, seed=SEEDS)
    def finalise(self, of: int, patient: bool, drop: int, seed: int) -> None:
        """A stranger has a value counted whose window is over, or which every node signed."""
        if not self.values:
            self.assess(of, seed, 0)
        if not self.values:
            return
        value = self._waiting_value(of)
        metric, submitter = value.metric, value.submitter
        if patient:
            self._be_at(value.final_at)
        given = [
            row.id
            for row in self.terms.nodes
            if self._account(row) != value.account and row.id not in self.silent
        ]
        # what the terms no longer ask for is dropped at once
        is_early = boa.env.timestamp < value.final_at and self._may_count(value)
        is_missing = is_early and drop < len(given)
        if is_missing:
            given.pop(drop)
        goals = self.world.goals
        args = (*self._in_force(), metric, submitter, signed(given) if is_early else [])
        with boa.env.prank(self.world.stranger):
            if is_missing:
                with boa.reverts("goals: window is open"):
                    goals.finalise(*args)
                return
            goals.finalise(*args)
        if not self._may_count(value) or value.measured_at <= self.measured.get(metric, 0):
            (dropped,) = events(goals, "Dropped")
            assert not events(goals, "Finalised")
            assert dropped.reopened_until == 0
            self._drop(metric, submitter)
            return
        del self.values[metric, submitter]
        self.disputed.discard((self._question(), metric))
        self.measured[metric] = value.measured_at
        before = self.model.epoch, self.model.ids, self.model.payees()
        runs = self.model.assess(metric, value.amount, self.unbooked)
        self._turned(goals, before, runs)

    @precondition(lambda self: is_active(self) and ("miss", self._is_missed()) not in self.tried)
    @rule()
    def record_miss(self) -> None:
        """A stranger has it recorded that the goal is missed."""
        self.tried.add(("miss", self._is_missed()))
        with boa.env.prank(self.world.stranger):
            if not self._is_missed():
                with boa.reverts("goals: not missed"):
                    self.world.goals.record_miss(*self._in_force())
                return
            self.world.goals.record_miss(*self._in_force())
        self.misses.add(self._question())

    # how

    def _be_at(self, timestamp: int) -> None:
        boa.env.timestamp = max(boa.env.timestamp, timestamp)

    def _in_force(self) -> tuple[Any, ...]:
        return self.emc.address, self.terms.head(), self.terms.packed_rows()

    def _place(self, row: int) -> int:
        return authority.place_of(self.terms, row)

    def _node(self, place: int) -> Row:
        return self.terms.nodes[place % len(self.terms.nodes)]

    def _account(self, row: Row) -> str:
        return self.account[int(row.party)]

    def _waiting_value(self, of: int) -> Value:
        return self.values[sorted(self.values)[of % len(self.values)]]

    def _question(self) -> tuple[Any, ...]:
        return self.terms.goal, self.terms.assessment, self.terms.leaving.margin

    def _may_count(self, value: Value) -> bool:
        return value.metric in [each.metric for each in self.terms.goal.assessed]

    def _reopening(self, metric: Metric) -> tuple[int, set[int]]:
        """Last second of the window of others, and the rows that it is not for."""
        return self.reopened.get((self._question(), metric), (0, set()))

    def _drop(self, metric: Metric, submitter: int) -> None:
        """A value does not count; with too little time left, others have a window."""
        value = self.values.pop((metric, submitter))
        until = boa.env.timestamp + self.terms.assessment.window
        last = self.terms.goal.deadline + self.terms.assessment.grace
        is_old = value.measured_at <= self.measured.get(value.metric, 0)
        if value.is_late or is_old or not self._may_count(value) or until <= last:
            return
        closed_to = self._reopening(metric)[1] | {submitter}
        self.reopened[self._question(), metric] = until, closed_to
        self.open_until = max(self.open_until, until)

    def _may_come(self) -> bool:
        """Whether a value is open, or others may submit one."""
        return bool(self.values) or boa.env.timestamp <= self.open_until

    def _is_missed(self) -> bool:
        goal, margin = self.terms.goal, self.terms.leaving.margin
        if self._question() in self.misses:
            return True
        closes_at = goal.deadline
        if goal.assessed:
            closes_at += self.terms.assessment.grace
            if self._may_come():
                return False
        return boa.env.timestamp > closes_at and any(
            self._reached(each.metric) * PPM < each.target * (PPM - margin)
            and not self._is_disputed(each.metric)
            for each in goal.measures
        )

    def _reached(self, metric: Metric) -> int:
        """How far a measure has come, with what lies unbooked."""
        return self.model.reached(metric) + (not metric.is_assessed) * self.unbooked

    def _is_disputed(self, metric: Metric) -> bool:
        """Whether a measure is not missed before the end date."""
        is_early = boa.env.timestamp < self.terms.ends_at
        return is_early and (self._question(), metric) in self.disputed

    def _turned(
        self, room: Any, before: tuple[int, list[int], list[str]], runs: Iterable[Run]
    ) -> None:
        """A page has ended: compare what was paid for it, and what goes on to the next."""
        self.unbooked = 0
        self.look(room)
        self._tell(list(runs), *before)
        (adopted,) = [log for log in self.logs if type(log).__name__ == "Adopted"]
        model = self.model
        said = adopted.epoch, adopted.start, adopted.dust, adopted.held
        assert said == (model.epoch, model.page.start, model.dust, model.held)
        left = {
            log.row: (str(log.payee), log.held) for log in self.logs if type(log).__name__ == "Left"
        }
        was = set(before[1]) - set(model.ids)
        assert left == {row: (model.gone[row].payee, model.gone[row].forward) for row in was}
        if boa.env.timestamp < self.ends_at:
            # a sale in the same block belongs to the new page
            size = strategies.Share(1 + self.looks * 7 % 60)
            self.sell(self.looks % 2, 10**5 + self.looks, size, "a")


__all__ = ["ABSENT", "ALL", "EVIDENCE", "PLACES", "Goals", "is_active", "is_assessed"]
