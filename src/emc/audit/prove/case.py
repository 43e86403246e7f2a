"""Everything about one EMC while it is checked, and what the check comes to."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from emc.audit.prove.checkout import Orders
from emc.audit.prove.coins import Coins
from emc.audit.prove.court import Court
from emc.audit.prove.epochs import Epoch
from emc.audit.prove.faults import Fault
from emc.audit.prove.history import History
from emc.audit.prove.life import Life
from emc.audit.prove.reviews import Review
from emc.audit.prove.ties import Ties
from emc.audit.read.known import Known
from emc.rpc.node import Node, Pinned

RECONCILED, NOT_RECONCILED, NOT_CHECKED = "RECONCILED", "NOT RECONCILED", "NOT CHECKED"


class Finding(NamedTuple):
    """What is worth knowing, and no error."""

    kind: str
    text: str
    block: int | None = None
    tx: str | None = None
    row_id: int | None = None
    party: str | None = None
    amount: int | None = None


@dataclass
class Verdict:
    """What an audit of one EMC came to."""

    emc: str
    stage: str
    pinned: Pinned
    faults: list[Fault] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    # what could not be checked, and whether it matters
    unproven: list[tuple[str, bool]] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)
    # what the last check came to that found everything right, where this one did not
    before: str = ""

    @property
    def word(self) -> str:
        """In one word."""
        if self.faults:
            return NOT_RECONCILED
        return NOT_CHECKED if any(is_serious for _, is_serious in self.unproven) else RECONCILED

    @property
    def exit_code(self) -> int:
        """For whoever started the program."""
        return {RECONCILED: 0, NOT_RECONCILED: 1, NOT_CHECKED: 2}[self.word]


@dataclass
class Case:
    """Everything about one EMC while it is checked."""

    emc: str
    node: Node
    known: Known
    chain_id: int
    pinned: Pinned
    history: History
    epochs: dict[int, Epoch]
    life: Life
    court: Court
    review: Review
    orders: Orders
    coins: Coins | None = None
    ties: Ties | None = None
    # of a token whose own events do not tell what it moves
    is_by_balance: bool = False
