"""Where an EMC's money is, as far as its events have been followed."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from operator import attrgetter
from typing import NamedTuple

from emc.audit.prove import page as pages
from emc.audit.prove.epochs import Epoch
from emc.audit.prove.faults import Faults
from emc.audit.prove.history import Expected, Happened, History, Payout
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


# where the money of an EMC can be, received in all first
BOOKS = ("received", "paid", "credited", "held", "pending", "dust")


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
    def place(self) -> tuple[int, int]:
        return self.block, self.log_index

    @property
    def books(self) -> dict[str, int]:
        """Where the money is, by name."""
        return {name: getattr(self, name) for name in BOOKS}

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
        self.faults = Faults()
        self.expect = self.faults.expect
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
        entry = Entry(*event.place, place, event.tx, epoch, kind, row_id, party, amount, parts)
        self.ledger.append(entry)

    def before(self, place: tuple[int, int]) -> Balance | None:
        """Where everything was before an event; none if nothing had happened."""
        at = bisect_left(self.balances, place, key=attrgetter("place"))
        return self.balances[at - 1] if at else None

    def rows_of(self, place: tuple[int, int]) -> Mapping[int, int | None]:
        """Row ids of an event's movements by their place in it."""
        return self.places.get(place, {})

    def announced(self, event: Happened | Payout) -> list[Expected]:
        """What an event says was paid out."""
        if isinstance(event, Payout):
            rows = self.rows_of(event.place)
            return [
                Expected(payee, amount, rows.get(place))
                for place, (payee, amount) in enumerate(
                    zip(event.payees, event.amounts, strict=True)
                )
                if amount and not event.credited >> place & 1
            ]
        args = event.args
        if event.name == "Withdrawn":
            return [Expected(args["payee"], event.number("amount"), event.number("row"))]
        if event.name == "Swept" and not args["credited"]:
            return [Expected(args["backstop"], event.number("amount"), BACKSTOP)]
        if event.name == "Rescued" and args["token"] == self.history.currency:
            return [Expected(args["backstop"], event.number("amount"), None)]
        return []

    def settle(self, event: Happened | Payout) -> None:
        """Where everything is now; it must be in exactly one place."""
        assert self.page is not None
        paid, credited = sum(self.paid.values()), sum(self.credits.values())
        dust = self.shared - sum(map(sum, self.owed.values()))
        dust -= 0 if self.is_open else self.page.held(self.shared)
        if not self.since:
            dust += self.dust
        books = self.total, paid, credited, self.held, self.since - self.shared, dust
        self.balances.append(Balance(*event.place, self.page.epoch, *books, self.is_open))
        what = "received, less paid, credited, held, pending and dust"
        self.expect(event, what, books[0] - sum(books[1:]), 0)

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
