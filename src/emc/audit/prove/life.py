"""Where an EMC's money is, as far as its events have been followed."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from emc.audit.prove import page as pages
from emc.audit.prove.epochs import Epoch
from emc.audit.prove.faults import Fault
from emc.audit.prove.history import Happened, History, Payout
from emc.audit.prove.page import NOTHING, Page, Parts, Spans
from emc.audit.prove.signed import Row, Terms

BACKSTOP = 128
NO_REFERENCE = "0x" + "0" * 64


class Entry(NamedTuple):
    """A movement of money, as the table `ledger` keeps it."""

    block: int
    log_index: int
    place: int
    tx: str
    epoch: int
    kind: str
    row_id: int | None
    party: str
    amount: int
    parts: Parts = NOTHING


class Balance(NamedTuple):
    """Where everything is after an event."""

    block: int
    log_index: int
    epoch: int
    received: int
    paid: int
    credited: int
    held: int
    pending: int
    dust: int
    is_open: bool

    @property
    def booked(self) -> int:
        """What must lie in the EMC."""
        return self.credited + self.held + self.pending + self.dust


class Opened(NamedTuple):
    """A page that began."""

    block: int
    log_index: int
    page: Page
    is_open: bool


class Life:
    """Where an EMC stands, event after event."""

    def __init__(self, history: History, epochs: Mapping[int, Epoch]) -> None:
        self.history, self.epochs = history, epochs
        self.faults: list[Fault] = []
        self.page: Page | None = None
        self.pages: list[Opened] = []
        self.ledger: list[Entry] = []
        self.places: dict[tuple[int, int], dict[int, int | None]] = defaultdict(dict)
        self.balances: list[Balance] = []
        # the last final value by metric
        self.values: dict[int, int] = {}
        # of the page's proceeds: all, and what is shared out
        self.since = self.shared = 0
        self.spans = Spans(0, 0, 0, 0)
        # what each live row was owed on the page so far: cost, everything else
        self.owed: dict[int, tuple[int, int]] = {}
        # what earlier pages left over, until it counts with the first proceeds
        self.dust = 0
        # what the gate holds from earlier pages: of live rows, and of rows that left
        self.forward: dict[int, Parts] = {}
        self.left: dict[int, Parts] = {}
        self.gone: dict[int, int] = {}
        self.is_open = self.has_failed = False
        self.ended_at: int | None = None
        # proceeds at the end
        self.ended_with = 0
        self.swept = 0
        self.payees: dict[int, str] = {}
        self.parties: dict[int, Row] = {}
        self.earned: dict[int, int] = defaultdict(int)
        self.paid: dict[int, int] = defaultdict(int)
        self.credits: dict[int, int] = defaultdict(int)
        self.orders: set[tuple[str, int]] = set()
        # Credited events whose run has not been told yet
        self.told: list[Happened] = []
        self.batch: Happened | None = None
        # the transaction of the last final value
        self.finalised = ""

    # what it comes to

    @property
    def total(self) -> int:
        """Cumulative proceeds."""
        return (self.page.start if self.page else 0) + (self.since or self.dust)

    @property
    def held(self) -> int:
        """What the gate holds, less what a failure gave away."""
        if self.page is None or self.is_open:
            return 0
        earlier = sum(map(sum, self.forward.values())) + sum(map(sum, self.left.values()))
        return self.page.held(self.shared) + earlier - self.swept

    @property
    def terms(self) -> Terms:
        assert self.page is not None
        return self.page.terms

    @property
    def stage(self) -> str:
        if self.page is None:
            return "NOT ACTIVE"
        if self.ended_at is None:
            return "ACTIVE"
        return "ENDED" if any(self.credits.values()) else "CLOSED"

    def behind_gate(self, row: Row) -> Parts:
        """What the gate holds for a live row."""
        if self.page is None or self.is_open:
            return NOTHING
        flowing, earning = self.spans, self.page.spans(self.shared, True)
        _, income = self.page.owed(row, self.shared, earning)
        here = pages.parts_of(
            row, 0, income - self.owed[row.id][1], self.shared, earning, self.shared, flowing
        )
        return plus(here, self.forward.get(row.id, NOTHING))

    # how

    def expect(
        self,
        event: Happened | Payout,
        what: str,
        found: Any,
        expected: Any,
        row_id: int | None = None,
    ) -> bool:
        """Note a difference between an event and what follows from those before it."""
        if found == expected:
            return True
        self.faults.append(Fault(*event.place, event.tx, event.name, what, found, expected, row_id))
        return False

    def enter(
        self,
        event: Happened | Payout,
        place: int,
        kind: str,
        row_id: int | None,
        party: str,
        amount: int,
        parts: Parts = NOTHING,
    ) -> None:
        """Put a movement into the ledger."""
        self.places[event.place][place] = row_id
        epoch = self.page.epoch if self.page else 0
        self.ledger.append(
            Entry(
                event.block,
                event.log_index,
                place,
                event.tx,
                epoch,
                kind,
                row_id,
                party,
                amount,
                parts,
            )
        )

    def rows_of(self, place: tuple[int, int]) -> Mapping[int, int | None]:
        """Row ids of an event's movements by their place in it."""
        return self.places.get(place, {})

    def settle(self, event: Happened | Payout) -> None:
        """Where everything is now; it must be in exactly one place."""
        assert self.page is not None
        received = self.total
        paid, credited = sum(self.paid.values()), sum(self.credits.values())
        pending = self.since - self.shared
        held = self.held
        dust = self.shared - sum(map(sum, self.owed.values()))
        dust -= 0 if self.is_open else self.page.held(self.shared)
        if not self.since:
            dust += self.dust
        self.balances.append(
            Balance(
                event.block,
                event.log_index,
                self.page.epoch,
                received,
                paid,
                credited,
                held,
                pending,
                dust,
                self.is_open,
            )
        )
        self.expect(
            event,
            "received, less paid, credited, held, pending and dust",
            received - paid - credited - held - pending - dust,
            0,
        )

    def time_of(self, event: Happened | Payout) -> int:
        return self.history.times[event.block]


def plus(one: Parts, other: Parts) -> Parts:
    """Both together, part by part."""
    return (
        one[0] + other[0],
        one[1] + other[1],
        one[2] + other[2],
        one[3] + other[3],
        one[4] + other[4],
    )
