"""What a proposal needs: who must agree, what each signs, who has, and what to send.

Everything is rebuilt from the chain and the file; a proposal that cannot be rebuilt is refused.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_utils.crypto import keccak

from emc.chain import edge
from emc.client.ballot import Ballot, Voter
from emc.client.standing import Standing
from emc.core import typed_data
from emc.core.terms import Metric, Terms
from emc.core.typed_data import Domain, Signing, Vote
from emc.core.units import PPM
from emc.errors import EMCError
from emc.files.proposal import Amendment, Assessment, Change, Expulsion, Proposal

# the room of the table that a kind of change belongs to
ROOMS = {
    Change.RENEGOTIATION: "Changes",
    Change.AMENDMENT: "Changes",
    Change.EXPULSION: "Conduct",
    Change.DISBANDING: "Conduct",
    Change.ASSESSMENT: "Goals",
}


@dataclass(frozen=True)
class Window:
    """The window to object to a renegotiation: since when, and who objected in time.

    Args:
        opened_at: Zero before a node opened it on chain.
        allowed: How many may object.
    """

    opened_at: int
    closes_at: int
    until: int
    objectors: tuple[int, ...]
    allowed: int

    def is_over(self, now: int) -> bool:
        """Whether an objection would come too late."""
        return bool(self.opened_at) and now >= self.closes_at


class Decision(Ballot):
    """A proposal compared with the chain.

    Args:
        proposal: As read from a file.

    Raises:
        EMCError: it is of another chain, EMC or epoch, or its terms cannot be rebuilt.
    """

    def __init__(self, standing: Standing, proposal: Proposal) -> None:
        self.standing, self.chain = standing, standing.system.chain
        self.proposal = self.paper = proposal
        self._nonces: dict[str, int] = {}
        self._charged_at = 0
        chain_id = standing.system.chain.id
        if proposal.chain_id != chain_id:
            raise EMCError(
                f"this proposal is for chain {proposal.chain_id}, this is chain {chain_id}",
                "choose its network with --network",
            )
        if proposal.emc.lower() != standing.emc.lower():
            raise EMCError(f"this proposal is for {proposal.emc}, not {standing.emc}")
        if standing.stage != "ACTIVE":
            raise EMCError(f"{standing.emc} is {standing.stage}: no more changes are possible")
        if proposal.epoch != standing.epoch:
            raise EMCError(
                f"this proposal was drawn up in epoch {proposal.epoch}, "
                f"epoch {standing.epoch} is in force",
                "its signatures are void: propose it again",
            )
        self.after: Terms = proposal.terms_after(standing.terms)
        if isinstance(proposal.change, Expulsion):
            self._check_charge(proposal.change)
        if isinstance(proposal.change, Assessment):
            self._check_value(proposal.change)

    # who

    @property
    def kind(self) -> Change:
        return self.proposal.kind

    @property
    def emc(self) -> str:
        return self.standing.emc

    @property
    def what(self) -> str:
        return self.kind.value

    @cached_property
    def now(self) -> int:
        return self.standing.now

    @property
    def room(self) -> str:
        """The contract that counts it."""
        return ROOMS[self.kind]

    @property
    def contract(self) -> Any:
        return getattr(self.standing.system, self.room.lower())

    @cached_property
    def voters(self) -> list[Voter]:
        """The nodes whose vote counts, in the order in which the contracts ask them."""
        terms, accounts = self.standing.terms, self.standing.accounts
        after = {row.id: row for row in self.after.rows}
        change = self.proposal.change
        found = []
        for row in terms.nodes:
            if isinstance(change, Expulsion) and row.id == change.accused:
                continue
            if isinstance(change, Assessment) and row.id == change.submitter:
                continue
            found.append(Voter(row.id, int(row.party), accounts[row.id], after.get(row.id)))
        if isinstance(change, Amendment):
            before = {row.id for row in terms.rows}
            registry = self.standing.system.registry
            for row in self.after.nodes:
                if row.id not in before:
                    account = str(registry.account_of(row.party))
                    found.append(Voter(row.id, int(row.party), account, row))
        if self.asks_formers:
            found += [
                Voter(each.row, each.me, each.account, None) for each in self.standing.formers
            ]
        if isinstance(change, Amendment):
            place = {row.id: i for i, row in enumerate(self.after.nodes)}
            return sorted(found, key=lambda voter: (place.get(voter.row, len(place)), voter.row))
        if self.kind is Change.DISBANDING:
            return sorted(found, key=lambda voter: voter.row)
        return found

    @property
    def asks_formers(self) -> bool:
        """Whether it touches what is held for former nodes."""
        if self.kind is Change.DISBANDING:
            return not self.is_missed
        return self.kind is Change.AMENDMENT and touches(self.standing.terms, self.after)

    @property
    def needed(self) -> int:
        """How many of the voters must agree."""
        terms, count = self.standing.terms, len(self.voters)
        if self.kind is Change.RENEGOTIATION:
            return -(-terms.renegotiation.quorum * count // PPM)
        if self.kind is Change.EXPULSION:
            return max(2, -(-terms.leaving.expulsion * count // PPM))
        if self.kind is Change.DISBANDING and self.is_missed:
            nodes = len(terms.nodes)
            is_open = self.standing.life.is_open
            return -(-terms.renegotiation.quorum * nodes // PPM) if is_open else 1
        return count

    @property
    def in_force_from(self) -> int:
        """From when on the least time since the last change allows it; zero: now."""
        if self.kind is not Change.RENEGOTIATION:
            return 0
        at = self.standing.renegotiable_from
        return at if at > self.standing.now else 0

    @cached_property
    def is_missed(self) -> bool:
        """Whether the goal is missed by more than the margin."""
        goals = self.standing.system.goals
        return bool(
            edge.read(
                "asking for the goal",
                goals.is_missed,
                self.standing.emc,
                self.standing.terms.head(),
            )
        )

    # what is signed

    @cached_property
    def matter(self) -> bytes:
        """The hash under which it is approved on chain."""
        change, emc = self.proposal.change, self.standing.emc
        if isinstance(change, Expulsion):
            return bytes(self.contract.expulsion_matter(emc, change.accused, self.clause))
        if isinstance(change, Assessment):
            return bytes(self.contract.matter(emc, Metric.of(change.metric), change.submitter))
        if self.kind is Change.DISBANDING:
            return bytes(self.contract.disbanding_matter(emc, self.standing.epoch))
        name = f"{self.kind.value}_matter"
        new = (self.standing.epoch + 1, self.after.hash())
        return bytes(getattr(self.contract, name)(emc, *new))

    @property
    def clause(self) -> bytes:
        """The hash that identifies a charge."""
        change = self.proposal.change
        assert isinstance(change, Expulsion)
        return bytes(keccak(text=change.clause))

    def message(self, voter: Voter, deadline: int) -> dict[str, Any]:
        """The typed data that a voter signs."""
        standing, change = self.standing, self.proposal.change
        domain = Domain(standing.system.chain.id, self.room, str(self.contract.address))
        signing: Signing = {
            "emc": standing.emc,
            "signer": voter.account,
            "nonce": self.nonce_of(voter.account),
            "deadline": deadline,
        }
        is_new = self.kind in (Change.RENEGOTIATION, Change.AMENDMENT)
        epoch = standing.epoch + 1 if is_new else standing.epoch
        if voter.new is not None and is_new:
            act = typed_data.Act(self.kind.value)
            return typed_data.agreement(
                domain, terms=self.after, row=voter.new, act=act, epoch=epoch, **signing
            )
        vote: Vote = {**signing, "epoch": epoch, "row": voter.row, "me": voter.me}
        if self.kind is Change.AMENDMENT:
            return typed_data.departure(domain, terms=self.after, **vote)
        if isinstance(change, Expulsion):
            return typed_data.expulsion(
                domain,
                **vote,
                accused=change.accused,
                charged=self._charged_at,
                clause=change.clause,
            )
        if isinstance(change, Assessment):
            return typed_data.assessment(
                domain,
                **vote,
                metric=Metric.of(change.metric),
                value=change.amount,
                measured=change.measured_at,
                evidence=bytes.fromhex(change.evidence[2:]),
            )
        return typed_data.disbanding(domain, terms=standing.terms, **vote)

    # when

    def window(self) -> Window | None:
        """The window to object, where the terms set one."""
        terms, matter = self.standing.terms, self.matter
        span = terms.renegotiation.window
        if self.kind is not Change.RENEGOTIATION or not span:
            return None
        opened_at, until = (int(each) for each in self.contract.proposal_of(matter))
        closes_at = opened_at + span
        objectors = []
        for row_id, account in self.standing.accounts.items():
            at = int(self.contract.objected_at(matter, account))
            if at and (not opened_at or at < closes_at):
                objectors.append(row_id)
        allowed = terms.renegotiation.objections * len(terms.nodes) // PPM
        return Window(opened_at, closes_at, until, tuple(objectors), allowed)

    def is_to_open(self) -> bool:
        """Whether a node must first open it on chain, because no valid proposal of it exists."""
        window = self.window()
        return window is not None and (not window.opened_at or window.until < self.standing.now)

    def nonce_of(self, account: str) -> int:
        if account not in self._nonces:
            self._nonces[account] = super().nonce_of(account)
        return self._nonces[account]

    def _check_charge(self, change: Expulsion) -> None:
        raised_at, _ = self.contract.charge_of(self.standing.emc, change.accused, self.clause)
        self._charged_at = int(raised_at)
        if not raised_at:
            raise EMCError(
                f"row {change.accused} is not charged with this clause",
                "raise it with `emc expel charge`",
            )

    def _check_value(self, change: Assessment) -> None:
        metric = bytes(Metric.of(change.metric))
        value = self.contract.open_value(self.standing.emc, metric, change.submitter)
        found = (int(value.amount), int(value.measured_at), "0x" + bytes(value.evidence).hex())
        if found != (change.amount, change.measured_at, change.evidence):
            raise EMCError(
                f"row {change.submitter} has no such open value", "see `emc assess goal`"
            )


def touches(old: Terms, new: Terms) -> bool:
    """Whether a change touches what is held for former nodes, as Changes judges it."""

    def deciding(terms: Terms) -> tuple[object, ...]:
        return (
            terms.goal,
            terms.assessment,
            terms.backstop,
            terms.starts_at,
            terms.ends_at,
            terms.leaving.margin,
        )

    return deciding(old) != deciding(new)
