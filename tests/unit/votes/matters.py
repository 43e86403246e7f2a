"""The table of what nodes decide together: each kind is ready but for their agreement.

Three nodes are there, and everybody who is asked must agree.
"""

from typing import Any

import boa
from eth_utils.crypto import keccak

from emc.core.terms import Metric
from emc.core.typed_data import Act
from tests import authority
from tests.authority import CLAUSE, Given
from tests.kit import FAR, World, deployer, skip
from tests.till import ACTIVE, CLOSED
from tests.unit.changes.kit import TURNED, three
from tests.unit.goals.goal import assessed

# the contracts that ask nodes
ROOMS = ("consent", "changes", "conduct", "goals")


class Matter:
    """A decision of an EMC's nodes.

    Attributes:
        room: The contract that counts, as the world names it.
        act: Its function that carries the decision out.
        missing: How that refuses while somebody's agreement is missing.
        asked: Rows that must agree.
    """

    room: str
    act: str
    missing: str
    asked: tuple[int, ...] = (0, 1, 2)

    def __init__(self, world: World) -> None:
        self.world = world
        self.terms = three(world)
        self.emc = world.make(self.terms)

    @property
    def contract(self) -> Any:
        return getattr(self.world, self.room)

    @property
    def at(self) -> str:
        """The EMC's address."""
        return str(self.emc.address)

    @property
    def name(self) -> bytes:
        """What an approval of it names."""
        raise NotImplementedError

    @property
    def is_decided(self) -> bool:
        raise NotImplementedError

    def signature(self, row: int, **changes: Any) -> Given:
        """A node's signature; `changes` replace arguments of the typed data."""
        raise NotImplementedError

    def arguments(self) -> tuple[Any, ...]:
        """What the act takes before the signatures."""
        return self.at, self.terms.head(), self.terms.packed_rows()

    def signatures(self, *rows: int) -> list[Given]:
        return [self.signature(row) for row in rows]

    def account(self, row: int) -> str:
        """The node's account of today."""
        return str(self.world.registry.account_of(self.terms.rows[row].party))

    def approve(self, row: int, until: int = FAR) -> None:
        """A node agrees on chain."""
        self.approve_as(self.account(row), until)

    def approve_as(self, account: str, until: int = FAR) -> None:
        """Any account says that it agrees."""
        with boa.env.prank(account):
            self.contract.approve(self.at, self.name, until)

    def revoke(self, account: str) -> None:
        """An account takes back whatever it agreed to for this EMC."""
        with boa.env.prank(account):
            self.contract.revoke(self.at)

    def decide(self, given: list[Given], by: str | None = None) -> None:
        """By default a stranger carries it out."""
        with boa.env.prank(by or self.world.stranger):
            getattr(self.contract, self.act)(*self.arguments(), given)


class Formation(Matter):
    """First terms."""

    room, act, missing = "consent", "make", "consent: signature missing"

    def __init__(self, world: World) -> None:
        self.world = world
        self.terms = three(world)

    @property
    def at(self) -> str:
        return self.world.address_of(self.terms)

    @property
    def name(self) -> bytes:
        return bytes(self.contract.formation_matter(self.at, self.terms.hash()))

    @property
    def is_decided(self) -> bool:
        is_made = self.contract.terms_of(self.at) == self.terms.hash()
        return is_made and deployer("EMC.vy").at(self.at).stage() == ACTIVE

    def signature(self, row: int, **changes: Any) -> Given:
        nonce = self.contract.nonce_of(self.at, self.account(row))
        return self.world.signature(self.terms, row, **{"nonce": nonce, **changes})

    def arguments(self) -> tuple[Any, ...]:
        return self.terms.head(), self.terms.packed_rows()


class Renegotiation(Matter):
    """Other shares, where the quorum is every node."""

    room, act, missing = "changes", "renegotiate", "changes: quorum not reached"
    kind = Act.RENEGOTIATION

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.new = authority.reshare(self.terms, TURNED)

    @property
    def name(self) -> bytes:
        name = self.contract.renegotiation_matter
        return bytes(name(self.at, self.emc.epoch() + 1, self.new.hash()))

    @property
    def is_decided(self) -> bool:
        is_told = self.world.consent.terms_of(self.at) == self.new.hash()
        return is_told and self.emc.epoch() == 2

    def signature(self, row: int, **changes: Any) -> Given:
        changes = {"act": self.kind, **changes}
        return authority.agreement(self.world, self.emc, self.new, self.new.rows[row], **changes)

    def arguments(self) -> tuple[Any, ...]:
        return *super().arguments(), authority.words(self.new)


class Amendment(Renegotiation):
    """Other terms, by everybody."""

    act, missing = "amend", "changes: signature missing"
    kind = Act.AMENDMENT

    @property
    def name(self) -> bytes:
        name = self.contract.amendment_matter
        return bytes(name(self.at, self.emc.epoch() + 1, self.new.hash()))

    def arguments(self) -> tuple[Any, ...]:
        return *Matter.arguments(self), self.new.head(), self.new.packed_rows()


class Expulsion(Matter):
    """Row 1 goes, on the leader's charge, once the cure period is over."""

    room, act, missing = "conduct", "expel", "conduct: quorum not reached"
    asked = (0, 2)
    accused = 1

    def __init__(self, world: World) -> None:
        super().__init__(world)
        authority.charge(world, self.emc, self.terms, self.accused)
        skip(self.terms.leaving.cure)

    @property
    def name(self) -> bytes:
        return bytes(self.contract.expulsion_matter(self.at, self.accused, keccak(text=CLAUSE)))

    @property
    def is_decided(self) -> bool:
        left = authority.without(self.terms, self.accused)
        return self.emc.epoch() == 2 and self.world.consent.terms_of(self.at) == left.hash()

    def signature(self, row: int, **changes: Any) -> Given:
        return authority.expulsion(
            self.world, self.emc, self.terms, row, self.accused, CLAUSE, **changes
        )

    def arguments(self) -> tuple[Any, ...]:
        return *super().arguments(), self.accused, keccak(text=CLAUSE)


class Disbanding(Matter):
    """The EMC ends before its time."""

    room, act, missing = "conduct", "disband", "conduct: signature missing"

    @property
    def name(self) -> bytes:
        return bytes(self.contract.disbanding_matter(self.at, self.emc.epoch()))

    @property
    def is_decided(self) -> bool:
        return bool(self.emc.stage() == CLOSED)

    def signature(self, row: int, **changes: Any) -> Given:
        me = int(self.terms.rows[row].party)
        return authority.disbanding(self.world, self.emc, self.terms, row, me, **changes)


class Value(Matter):
    """A value of the leader, which has agreed to it, is final before its window is over."""

    room, act, missing = "goals", "finalise", "goals: window is open"
    asked = (1, 2)

    def __init__(self, world: World) -> None:
        self.world = world
        self.terms = assessed(world)
        self.emc = world.make(self.terms)
        authority.assess(world, self.emc, self.terms, 12)

    @property
    def name(self) -> bytes:
        return bytes(self.contract.matter(self.at, Metric.USERS, 0))

    @property
    def is_decided(self) -> bool:
        return bool(self.emc.is_gate_open())

    def signature(self, row: int, **changes: Any) -> Given:
        return authority.assessment(self.world, self.emc, self.terms, row, **changes)

    def arguments(self) -> tuple[Any, ...]:
        return *super().arguments(), Metric.USERS, 0


MATTERS = (Formation, Renegotiation, Amendment, Expulsion, Disbanding, Value)
