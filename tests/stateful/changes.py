"""Everything that the parties of an EMC may do to its terms, in any order."""

import sys
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import boa
from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from emc.core.terms import Terms
from emc.core.units import PPM
from tests import authority
from tests.kit import FAR, address
from tests.spec import strategies
from tests.spec.till import AGREES, DAY, signed
from tests.stateful.goals import ABSENT, ALL, EVIDENCE, PLACES, Goals, is_active, is_assessed
from tests.stateful.machine import MIDDLE, SEEDS
from tests.till import CLOSED

CHARGE_LIFE = 90 * DAY
VALUE_LIFE = 30 * DAY
CLAUSE = "delivers by the tenth"
KINDS = ("renegotiate", "amend", "renegotiate", "amend", "leave", "expel", "finalise")
MOSTLY = st.sampled_from((True, True, True, False))


@dataclass
class Proposal:
    """Other shares that nodes proposed."""

    what: bytes
    terms: Terms
    opened_at: int
    until: int


class Changes(Goals):
    """The rules of the table: each is taken on the chain and on the model."""

    def __init__(self) -> None:
        super().__init__()
        self.proposals: dict[bytes, Proposal] = {}
        self.approvals: dict[tuple[bytes, str], int] = {}
        self.renegotiated_at = 0
        self.notices: dict[int, int] = {}
        # since when a row is charged, and by whom
        self.charges: dict[int, tuple[int, set[int]]] = {}

    @initialize(
        drawn=strategies.market_terms(),
        payees=st.lists(st.sampled_from((0, 1, 2, 3, 4, 5, 3, 4)), min_size=5, max_size=5),
        sulking=st.sampled_from((True, True, False)),
        early=st.integers(0, 3),
        seed=SEEDS,
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=6),
    )
    def start(
        self,
        drawn: Terms,
        payees: list[int],
        early: int,
        sulking: bool,
        seed: int,
        kinds: list[str],
    ) -> None:
        """An EMC is made, and has changed some times already with sales in between."""
        self.form(drawn, payees, early, sulking, seed)
        rng = Random(seed)
        for place, kind in enumerate(kinds):
            self.sell(place % 2, 300 + place, strategies.Share(rng.randint(1, 150)), "a")
            if not is_active(self):
                return
            if kind == "renegotiate":
                self.renegotiate(place, rng.getrandbits(32), ALL, patient=True)
            elif kind == "amend":
                self.amend(rng.getrandbits(32), ALL, approves=False)
            elif kind == "expel":
                self.expel(place, ALL, patient=True)
            elif kind == "leave" or not is_assessed(self):
                self.leave(place, patient=True)
            else:
                self.finalise(0, True, ALL, rng.getrandbits(32))

    # renegotiation

    @precondition(is_active)
    @rule(place=PLACES, seed=SEEDS, hours=st.sampled_from((30, 30, 300)))
    def propose(self, place: int, seed: int, hours: int) -> None:
        """A node proposes other shares, which is its approval, too."""
        new = strategies.reshared(Random(seed), self.terms)
        if new is None:
            return
        row = self._node(place)
        until = boa.env.timestamp + hours * 3_600
        with boa.env.prank(self._account(row)):
            self.world.changes.propose(
                *self._in_force(), self._place(row.id), authority.words(new), until
            )
        what = self._what(new)
        known = self.proposals.get(what)
        if known is None or known.until < boa.env.timestamp:
            known = Proposal(what, new, boa.env.timestamp, 0)
        self.proposals[what] = replace(known, until=max(known.until, until))
        self.approvals[what, self._account(row)] = until

    @precondition(is_active)
    @rule(place=PLACES, of=PLACES, hours=st.sampled_from((0, 20, 300)))
    def approve(self, place: int, of: int, hours: int) -> None:
        """A node approves what another proposed, or takes that back."""
        if not self.proposals:
            return
        proposal = self._proposal(of)
        account = self._account(self._node(place))
        until = boa.env.timestamp + hours * 3_600 if hours else 0
        with boa.env.prank(account):
            self.world.changes.approve(self.emc.address, proposal.what, until)
        self.approvals[proposal.what, account] = until

    @precondition(is_active)
    @rule(place=PLACES, of=PLACES, objects=st.sampled_from((True, True, False)))
    def object(self, place: int, of: int, objects: bool) -> None:
        """A node objects to what another proposed, or no longer does."""
        if not self.proposals:
            return
        proposal = self._proposal(of)
        account = self._account(self._node(place))
        with boa.env.prank(account):
            self.world.changes.object(self.emc.address, proposal.what, objects)
        before = self.objections.get((proposal.what, account), 0)
        self.objections[proposal.what, account] = objects and (before or boa.env.timestamp)

    @precondition(is_active)
    @rule(of=PLACES, seed=SEEDS, absent=ABSENT, patient=MOSTLY)
    def renegotiate(self, of: int, seed: int, absent: int, patient: bool) -> None:
        """A stranger relays the signatures of some nodes to other shares, proposed or not."""
        if patient and self.terms.renegotiation.window:
            self.propose(of, seed, 300)
        new = strategies.reshared(Random(seed), self.terms)
        if self.proposals:
            proposal = self._proposal(0 if patient else of)
            if self._what(proposal.terms) == proposal.what:
                new = proposal.terms
                if patient and self.terms.renegotiation.window:
                    boa.env.time_travel(seconds=self.terms.renegotiation.window)
        if patient:
            self._be_at(self.renegotiated_at + self.terms.renegotiation.interval)
        if new is None or not is_active(self):
            return
        nodes = new.nodes
        signers = [row.id for place, row in enumerate(nodes) if place != absent]
        reason = self._refusal(new, signers)
        with boa.env.prank(self.world.stranger):
            args = (*self._in_force(), authority.words(new), signed(signers))
            if reason:
                with boa.reverts(reason):
                    self.world.changes.renegotiate(*args)
                return
            self.world.changes.renegotiate(*args)
        self.renegotiated_at = boa.env.timestamp
        self._adopted(self.world.changes, new)

    def _refusal(self, new: Terms, signers: list[int]) -> str | None:
        """Why a renegotiation is refused, if it is."""
        now, rules, what = boa.env.timestamp, self.terms.renegotiation, self._what(new)
        if self.renegotiated_at and now < self.renegotiated_at + rules.interval:
            return "changes: too soon"
        accounts = {row.id: self._account(row) for row in new.nodes}
        if rules.window:
            proposal = self.proposals.get(what)
            if proposal is None:
                return "changes: not proposed"
            closes_at = proposal.opened_at + rules.window
            if now < closes_at:
                return "changes: window is open"
            if now > proposal.until:
                return "changes: proposal expired"
            objected = [self.objections.get((what, who), 0) for who in accounts.values()]
            against = sum(0 < at < closes_at for at in objected)
            if against * PPM > rules.objections * len(accounts):
                return "changes: objected"
        approving = [
            row for row, who in accounts.items() if self.approvals.get((what, who), 0) >= now
        ]
        if len({*signers, *approving}) * PPM < rules.quorum * len(accounts):
            return "changes: quorum not reached"
        return None

    # amendment

    @precondition(is_active)
    @rule(seed=SEEDS, drop=ABSENT, approves=st.booleans())
    def amend(self, seed: int, drop: int, approves: bool) -> None:
        """A stranger relays an amendment, sometimes with one signature too few."""
        self._amend(self._amended(Random(seed)), drop, approves)

    def _amended(self, rng: Random) -> Terms:
        """Other terms, their new rows paid where somebody can be moody."""
        new = strategies.amended(rng, self.model)
        rows = tuple(
            row
            if row.id in self.model.rows
            else replace(row, payee=self.pool[row.id % len(self.pool)])
            for row in new.rows
        )
        return replace(new, rows=rows)

    def _amend(self, new: Terms, drop: int, approves: bool) -> None:
        staying = {row.id for row in new.rows}
        asked = [row.id for row in new.nodes]
        others = [row.id for row in self.terms.nodes if row.id not in staying]
        if authority.touches(self.terms, new):
            others += self._waiting()
        asked += sorted(others)
        missing = [row for row in asked if row in self.silent]
        given = [row for row in asked if row not in missing]
        if drop < len(given):
            missing.append(given.pop(drop))
        if approves and new.nodes[0].id in given:
            given.remove(new.nodes[0].id)
            changes, epoch = self.world.changes, self.model.epoch + 1
            what = changes.amendment_matter(self.emc.address, epoch, new.hash())
            with boa.env.prank(self._account(new.nodes[0])):
                changes.approve(self.emc.address, what, FAR)
        with boa.env.prank(self.world.stranger):
            args = (*self._in_force(), new.head(), new.packed_rows())
            if missing:
                with boa.reverts("changes: signature missing"):
                    self.world.changes.amend(*args, signed(given))
                return
            self.world.changes.amend(*args, signed(given))
        self._adopted(self.world.changes, new)

    # leaving

    @precondition(is_active)
    @rule(place=PLACES, takes_back=st.sampled_from((False, False, False, True)))
    def give_notice(self, place: int, takes_back: bool) -> None:
        """A node says that it will leave, or that it stays after all."""
        row = self._node(place)
        has_given = row.id in self.notices
        conduct = self.world.conduct
        call = conduct.take_back_notice if takes_back else conduct.give_notice
        with boa.env.prank(self._account(row)):
            args = (*self._in_force(), self._place(row.id))
            if takes_back != has_given:
                reason = "conduct: no notice" if takes_back else "conduct: notice given already"
                with boa.reverts(reason):
                    call(*args)
                return
            call(*args)
        if takes_back:
            del self.notices[row.id]
        else:
            self.notices[row.id] = boa.env.timestamp

    @precondition(is_active)
    @rule(place=PLACES, patient=MOSTLY)
    def leave(self, place: int, patient: bool) -> None:
        """A stranger lets a node go whose notice is over."""
        if patient and not set(self.notices) & set(self.model.ids):
            self.give_notice(place, takes_back=False)
        noted = [row for row in self.terms.nodes if row.id in self.notices]
        row = noted[place % len(noted)] if noted else self._node(place)
        at = self.notices.get(row.id)
        over_at = (at or 0) + self.terms.leaving.notice
        if at and patient:
            self._be_at(over_at)
        if not is_active(self):
            return
        reason = "conduct: nobody would be left" if len(self.terms.nodes) < 2 else None
        if at is None:
            reason = "conduct: no notice"
        if at and boa.env.timestamp < over_at:
            reason = "conduct: notice is not over"
        with boa.env.prank(self.world.stranger):
            if reason:
                with boa.reverts(reason):
                    self.world.conduct.leave(*self._in_force(), row.id)
                return
            self.world.conduct.leave(*self._in_force(), row.id)
        self._adopted(self.world.conduct, authority.without(self.terms, row.id))

    @precondition(is_active)
    @rule(place=PLACES, by=PLACES, drops=st.sampled_from((False, False, False, True)))
    def charge(self, place: int, by: int, drops: bool) -> None:
        """A node cites the clause that another broke, or drops the charge."""
        accused, accuser = self._node(place), self._node(by)
        charged_at, accusers = self.charges.get(accused.id, (0, set()))
        conduct = self.world.conduct
        args = (*self._in_force(), self._place(accuser.id), accused.id)
        cited = keccak(text=CLAUSE)
        with boa.env.prank(self._account(accuser)):
            if drops:
                if accuser.id not in accusers:
                    with boa.reverts("conduct: no charge"):
                        conduct.drop_charge(*args, cited)
                    return
                conduct.drop_charge(*args, cited)
                accusers.remove(accuser.id)
                if not accusers:
                    del self.charges[accused.id]
                return
            if accused == accuser:
                with boa.reverts("conduct: own row"):
                    conduct.charge(*args, CLAUSE, EVIDENCE)
                return
            conduct.charge(*args, CLAUSE, EVIDENCE)
        now = boa.env.timestamp
        if now >= charged_at + self.terms.leaving.cure + CHARGE_LIFE:
            charged_at, accusers = now, set()
        self.charges[accused.id] = charged_at, accusers | {accuser.id}

    @precondition(is_active)
    @rule(place=PLACES, absent=ABSENT, patient=MOSTLY)
    def expel(self, place: int, absent: int, patient: bool) -> None:
        """A stranger relays the votes of the others to expel a charged node."""
        live = set(self.model.ids)
        if patient:
            self.charge(place, place + 1, drops=False)
        charged = [row for row in self.charges if row in live]
        if not charged:
            return
        accused = charged[place % len(charged)]
        cured_by = self.charges[accused][0] + self.terms.leaving.cure
        if patient:
            self._be_at(cured_by)
        if not is_active(self):
            return
        others = [row.id for row in self.terms.nodes if row.id != accused]
        voters = [row for at, row in enumerate(others) if at != absent]
        reason = None
        if boa.env.timestamp < cured_by:
            reason = "conduct: cure is not over"
        elif boa.env.timestamp >= cured_by + CHARGE_LIFE:
            reason = "conduct: charge is too old"
        elif len(voters) < 2 or len(voters) * PPM < self.terms.leaving.expulsion * len(others):
            reason = "conduct: quorum not reached"
        with boa.env.prank(self.world.stranger):
            args = (*self._in_force(), accused, keccak(text=CLAUSE), signed(voters))
            if reason:
                with boa.reverts(reason):
                    self.world.conduct.expel(*args)
                return
            self.world.conduct.expel(*args)
        self._adopted(self.world.conduct, authority.without(self.terms, accused))

    @precondition(lambda self: is_active(self) and self.model.epoch > MIDDLE)
    @rule(drop=ABSENT, patient=st.sampled_from((True, False, False)))
    def disband(self, drop: int, patient: bool) -> None:
        """All nodes end the EMC; or, once the goal is missed, as many as it takes."""
        if patient:
            deadline = self.terms.goal.deadline + self.terms.assessment.grace
            boa.env.timestamp = min(max(boa.env.timestamp, deadline + 1), self.ends_at - 1)
        nodes = [row.id for row in self.terms.nodes]
        asked = sorted([*nodes, *self._waiting()])
        given = [row for row in asked if row not in self.silent]
        if drop < len(given):
            given.pop(drop)
        agreeing = len(set(nodes) & set(given))
        reason = None
        if len(given) < len(asked):
            if not self._is_missed():
                reason = "conduct: signature missing"
            elif not agreeing:
                reason = "conduct: no node agrees"
            elif self.model.is_open and agreeing * PPM < self.terms.renegotiation.quorum * len(
                nodes
            ):
                reason = "conduct: quorum not reached"
        with boa.env.prank(self.world.stranger):
            args = (*self._in_force(), signed(given))
            if reason:
                with boa.reverts(reason):
                    self.world.conduct.disband(*args)
                return
            self.world.conduct.disband(*args)
        self.ends_at = boa.env.timestamp
        run = self.model.end(self.unbooked)
        self.unbooked = 0
        self.book(run, self.world.conduct)

    # controllers

    @rule(place=PLACES, to=st.integers(0, 5), stranger=st.booleans())
    def change_payee(self, place: int, to: int, stranger: bool) -> None:
        """A row's controller has it paid elsewhere; nobody else, not even its former account."""
        row = self.terms.rows[place % len(self.terms.rows)]
        args = (*self._in_force(), self._place(row.id))
        self._redirect(self.world.conduct.change_payee, args, row.id, row.party, to, stranger)

    @precondition(lambda self: self.model.gone)
    @rule(place=PLACES, to=st.integers(0, 5), stranger=st.booleans())
    def redirect(self, place: int, to: int, stranger: bool) -> None:
        """Who has left has what it is owed paid elsewhere; nobody else can."""
        gone = sorted(self.model.gone)
        row = gone[place % len(gone)]
        args = (self.emc.address, row)
        self._redirect(self.world.conduct.redirect, args, row, self.parties[row], to, stranger)

    def _redirect(
        self, call: Any, args: Any, row: int, party: int | str, to: int, stranger: bool
    ) -> None:
        payee = self.pool[to]
        controller = self.account[party] if isinstance(party, int) else party
        if stranger or row in self.silent:
            former = self.world.stranger
            if isinstance(party, int) and controller != address(f"wallet {party - 1}"):
                former = address(f"wallet {party - 1}")
            with boa.env.prank(former), boa.reverts("members: not the controller"):
                call(*args, payee)
            return
        with boa.env.prank(controller):
            with boa.reverts("members: payee cannot be paid"):
                call(*args, self.emc.address)
            call(*args, payee)
        (self.model.rows | self.model.gone)[row].payee = payee
        self.look(self.world.conduct)

    @precondition(lambda self: self.rotations < 3)
    @rule(me=st.integers(1, 5))
    def rotate(self, me: int) -> None:
        """An ME moves to another account; its rows and their payees stay."""
        if any(self.parties[row] == me for row in self.silent):
            return
        self.rotations += 1
        new = address(f"account {self.rotations}")
        boa.env.set_code(new, AGREES)
        with boa.env.prank(self.account[me]):
            self.world.registry.offer_account(new)
        with boa.env.prank(new):
            self.world.registry.accept_account(me)
        self.account[me] = new

    @precondition(lambda self: not is_active(self) and self.terms.nodes)
    @precondition(lambda self: ("late", self.model.has_ended) not in self.tried)
    @rule(seed=SEEDS)
    def change_too_late(self, seed: int) -> None:
        """Once it is over, nobody changes anything."""
        self.tried.add(("late", self.model.has_ended))
        new = replace(self.terms, nonce=self.terms.nonce + 1)
        asked = [*(row.id for row in new.nodes)]
        is_over = self.model.has_ended
        reason = "members: not active" if is_over else "terms: already over"
        with boa.env.prank(self.world.stranger), boa.reverts(reason):
            self.world.changes.amend(
                *self._in_force(), new.head(), new.packed_rows(), signed(asked)
            )
        reshared = strategies.reshared(Random(seed), self.terms)
        if reshared and not self.terms.renegotiation.window and not self.renegotiated_at:
            with boa.reverts("members: not active" if is_over else "emc: over"):
                self.world.changes.renegotiate(
                    *self._in_force(), authority.words(reshared), signed(asked)
                )

    def teardown(self) -> None:
        """Every life comes to its end, and what always holds does then, too."""
        if sys.exc_info()[0] is None:
            self.finish()
            for always in self.invariants:
                always.function(self)

    def finish(self) -> None:
        """What a stranger can always do: end it when its time is over, and have every credit paid
        out whose payee takes it."""
        for row in self.model.ids:
            assert self.emc.earned(row)[1] == self.model.holds[row]
        self._be_at(self.ends_at)
        if not self.model.has_ended:
            # a value that nobody has counted delays the end, but not for ever
            for (metric, submitter), value in self.values.items():
                stale_at = value.final_at + VALUE_LIFE
                with boa.env.prank(self.world.stranger):
                    if boa.env.timestamp < stale_at:
                        with boa.reverts("goals: may still be counted"):
                            self.world.goals.drop(self.emc.address, metric, submitter)
                    self._be_at(stale_at)
                    self.world.goals.drop(self.emc.address, metric, submitter)
            self.values = {}
            # neither do those who may submit once more
            self._be_at(self.open_until + 1)
        if not self.model.has_ended:
            self.end(patient=False)
        for which in range(len(self.market.moody)):
            self.change_mood(which, 0)
        while any(self.credits.values()):
            self.withdraw(0)
        assert self.emc.stage() == CLOSED

    # how

    def _proposal(self, of: int) -> Proposal:
        known = list(self.proposals.values())
        return known[-1 - of % len(known)]

    def _what(self, new: Terms) -> bytes:
        epoch = self.model.epoch + 1
        return bytes(self.world.changes.renegotiation_matter(self.emc.address, epoch, new.hash()))

    def _waiting(self) -> list[int]:
        """Nodes that left and have money behind the gate."""
        holds = self.model.holds
        return [row for row in self.model.gone if holds[row] and isinstance(self.parties[row], int)]

    def _adopted(self, room: Any, new: Terms) -> None:
        """Other terms are in force."""
        before = self.model.epoch, self.model.ids, self.model.payees()
        self.parties = self.parties | {row.id: row.party for row in self.terms.rows}
        runs = self.model.change(new, self.unbooked)
        self.terms = new
        self._turned(room, before, runs)


__all__ = ["MOSTLY", "Changes"]
