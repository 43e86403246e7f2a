"""The history of an EMC recomputed: what each payment run had to pay under the terms in force.

Pure: takes events in the order of the chain and the terms of each epoch, and reports differences.
Amounts are base units.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from emc.core.limits import MAX_IDS
from emc.core.terms import NATIVE, Metric, Row, Terms
from emc.core.waterfall import Page, page

BACKSTOP = MAX_IDS


@dataclass(frozen=True)
class Happened:
    """An event of an EMC, or `Finalised` of Goals about it."""

    name: str
    args: Mapping[str, Any]
    block: int


class Sold(NamedTuple):
    """An order that was paid, in base units, or a payment run without an order."""

    payer: str
    number: int
    amount: int
    customer: bytes


def sold(events: Iterable[Happened]) -> Iterator[Sold]:
    """Every order of an EMC, from its `Batch` and `Payout` events in the order of the chain."""
    batch: Happened | None = None
    for event in events:
        if event.name == "Batch":
            batch = event
        if event.name != "Payout":
            continue
        args = event.args
        payer = str(args["payer"])
        if batch is None:
            yield Sold(payer, int(args["number"]), int(args["gross"]), bytes(args["customer"]))
        else:
            for number, each in enumerate(batch.args["orders"], int(batch.args["first"])):
                if each["amount"]:
                    yield Sold(payer, number, int(each["amount"]), bytes(each["customer"]))
        batch = None


@dataclass(frozen=True)
class Run:
    """One payment run.

    Args:
        payments: What each live row got, by row id.
        released: What former nodes got because the gate opened.
    """

    block: int
    epoch: int
    received: int
    total: int
    held: int
    paid: int
    credited: int
    payments: Mapping[int, int]
    released: Mapping[int, int] = field(default_factory=dict)


@dataclass
class Life:
    """The state of an EMC after its events.

    Args:
        terms: By epoch.
    """

    emc: str
    terms: Mapping[int, Terms]
    page: Page | None = None
    epoch: int = 0
    # the last final assessment, by metric
    values: dict[Metric, int] = field(default_factory=dict)
    # of the page's proceeds: all, and what is shared out
    since: int = 0
    shared: int = 0
    # what earlier pages left over, until it is counted
    dust: int = 0
    # what the gate holds from earlier pages, for rows that stay and for rows that left
    forward: dict[int, int] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    is_open: bool = False
    has_failed: bool = False
    swept: int = 0
    # by row id: paid or credited since it joined, and what waits to be withdrawn
    earned: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    credits: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    # the same on the page in force only
    here: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    # by payee
    paid: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    runs: list[Run] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    # what each row was paid on the page when it was last worked out: start, proceeds and gate then
    flowed: tuple[tuple[int, int, bool], list[int]] = ((-1, 0, False), [])

    @property
    def rows(self) -> tuple[Row, ...]:
        """The live rows."""
        return self.page.terms.rows if self.page else ()

    @property
    def total(self) -> int:
        """Cumulative proceeds."""
        return (self.page.start if self.page else 0) + (self.since or self.dust)

    @property
    def held(self) -> int:
        """What the gate holds, as one amount rounded up, less what went to the backstop."""
        if self.page is None or self.is_open:
            return 0
        spans = self.page.spans(self.shared)
        here = -(-(spans.base + spans.leading + spans.upside) // 10**6)
        return here + sum(self.forward.values()) + sum(self.left.values()) - self.swept

    def page_of(self, terms: Terms, start: int, covers: Mapping[int, int] | None = None) -> Page:
        """The page that terms would start now."""
        return page(terms, start=start, covers=covers, values=self.values, is_open=self.is_open)

    def expect(self, event: Happened, what: str, found: Any, expected: Any) -> None:
        """Record a difference between an event and what follows from earlier ones."""
        if found != expected:
            self.faults.append(
                f"block {event.block}, {event.name}: {what} is {found}, should be {expected}"
            )


def replay(emc: str, events: Iterable[Happened], terms: Mapping[int, Terms]) -> Life:
    """Recompute an EMC's history.

    Args:
        events: In the order of the chain.
        terms: By epoch.
    """
    life = Life(emc, terms)
    known = [event for event in events if event.name in _ACTS or event.name == "Payout"]
    # how a run came about is told by what follows it
    coming: Happened | None = None
    nexts = []
    for event in reversed(known):
        nexts.append(coming)
        coming = coming if event.name == "Left" else event
    for event, following in zip(known, reversed(nexts), strict=True):
        if unknown := _unknown(life, event):
            life.faults.append(f"block {event.block}, {event.name}: {unknown}")
            break
        if event.name == "Payout":
            _payout(life, event, opens=_opens(life, event, following))
        else:
            _ACTS[event.name](life, event)
    return life


def _unknown(life: Life, event: Happened) -> str:
    """Why nothing can be said about an event; empty if something can."""
    if event.name == "Adopted":
        epoch = event.args["epoch"]
        return "" if epoch in life.terms else f"nobody told of the terms of epoch {epoch}"
    return "no terms are in force" if life.page is None else ""


def _opens(life: Life, run: Happened, following: Happened | None) -> bool:
    """Whether a run opens the gate for the terms that are adopted next: it closes the page, and
    the proceeds and the values suffice for them.
    """
    if run.args["payer"] not in (NATIVE, life.emc) or life.is_open:
        return False
    if following is None or following.name != "Adopted":
        return False
    terms = life.terms.get(following.args["epoch"])
    return terms is not None and life.page_of(terms, run.args["total"]).is_open(0)


def _finalised(life: Life, event: Happened) -> None:
    life.values[Metric.read(event.args["metric"])] = event.args["amount"]


def _payout(life: Life, event: Happened, *, opens: bool) -> None:
    args = event.args
    assert life.page is not None, "no payment without terms"
    life.expect(event, "epoch", args["epoch"], life.epoch)
    is_sale = args["payer"] not in (NATIVE, life.emc)
    waited = dict(life.left)
    dues = share_out(life, args["received"], gathers=is_sale, opens=opens)
    paid = credited = 0
    if args["payments"] or any(dues.values()):
        found = [each["amount"] for each in args["payments"]]
        life.expect(event, "payments", found, list(dues.values()))
        for i, (row_id, due) in enumerate(dues.items()):
            life.earned[row_id] += due
            life.here[row_id] += due
            if args["credited"] >> i & 1:
                life.credits[row_id] += due
                credited += due
            elif i < len(found):
                life.paid[args["payments"][i]["payee"]] += due
                paid += due
    life.expect(event, "total", args["total"], life.total)
    life.expect(event, "held", args["held"], life.held)
    life.runs.append(
        Run(
            event.block,
            life.epoch,
            args["received"],
            args["total"],
            args["held"],
            paid,
            credited,
            dues,
            {} if life.left else waited,
        )
    )


def share_out(
    life: Life, received: int, *, gathers: bool = True, opens: bool = False
) -> dict[int, int]:
    """Book money and share out what is due. Returns what each live row gets, by row id.

    Args:
        gathers: Whether it may stay pending below ``disburse_at``, as a sale may.
        opens: Whether the gate opens for a reason other than proceeds.
    """
    assert life.page is not None, "no payment without terms"
    before, was_open = life.shared, life.is_open
    life.since += received + (0 if life.since else life.dust)
    if not gathers or _is_due(life):
        life.shared = life.since
    life.is_open = was_open or opens or (not life.has_failed and life.page.is_open(life.shared))
    # the same page has worked out most of it before
    known, flowed = life.flowed
    if known != (life.page.start, before, was_open):
        flowed = life.page.flows(before, was_open)
    flows = life.page.flows(life.shared, life.is_open)
    life.flowed = (life.page.start, life.shared, life.is_open), flows
    dues = {row.id: after - was for row, after, was in zip(life.rows, flows, flowed, strict=True)}
    if life.is_open and not was_open:
        for row_id in dues:
            dues[row_id] += life.forward.get(row_id, 0)
    if life.is_open and not was_open:
        life.forward = {}
        for row_id, amount in life.left.items():
            life.earned[row_id] += amount
            life.credits[row_id] += amount
        life.left = {}
    return dues


def _is_due(life: Life) -> bool:
    """Sales gather up to the amount in the terms, and never across the gate."""
    assert life.page is not None
    crosses = not life.is_open and life.page.is_open(life.since)
    return life.since - life.shared >= life.page.terms.disburse_at or crosses


def _left(life: Life, event: Happened) -> None:
    row, held = event.args["row"], event.args["held"]
    life.expect(event, "held", held, behind_gate(life).get(row))
    life.left[row] = held
    life.forward.pop(row, None)


def behind_gate(life: Life) -> dict[int, int]:
    """What the gate holds for each live row."""
    assert life.page is not None
    if life.is_open:
        return {row.id: 0 for row in life.rows}
    return {
        row.id: life.page.entitlement(row, life.shared, is_open=False).held
        + life.forward.get(row.id, 0)
        for row in life.rows
    }


def _adopted(life: Life, event: Happened) -> None:
    args = event.args
    is_first, was_open = life.page is None, life.is_open
    start, left_over = adopt(life, args["epoch"])
    life.expect(event, "start", args["start"], start)
    life.expect(event, "dust", args["dust"], left_over)
    if not is_first:
        # what opens the gate has paid what was held before
        life.expect(event, "open gate", life.is_open, was_open)
    life.expect(event, "held", args["held"], life.held)


def adopt(life: Life, epoch: int) -> tuple[int, int]:
    """Begin a page under the terms of an epoch.

    Returns:
        The proceeds that earlier pages shared out, and what they left over.
    """
    terms = life.terms[epoch]
    covers = {row.id: row.cost for row in terms.rows}
    start = left_over = 0
    if life.page is not None:
        held = behind_gate(life)
        left_over = life.since or life.dust
        for row in life.rows:
            left_over -= life.page.entitlement(row, life.shared).total
            if row.id in covers:
                # what is still open, and by how much the new terms cover more or less
                still = life.page.open_cover(row, life.shared)
                covers[row.id] = max(still + covers[row.id] - row.cost, 0)
        start = life.total - left_over
        life.forward = {row: amount for row, amount in held.items() if row in covers and amount}
    life.epoch, life.dust = epoch, left_over
    life.page = life.page_of(terms, start, covers)
    life.since = life.shared = 0
    life.here.clear()
    life.is_open = life.page.is_open(0)
    return start, left_over


def _ended(life: Life, event: Happened) -> None:
    life.expect(event, "succeeded", event.args["succeeded"], life.is_open)
    life.expect(event, "total", event.args["total"], life.total)
    life.has_failed = not life.is_open


def _withdrawn(life: Life, event: Happened) -> None:
    row, amount = event.args["row"], event.args["amount"]
    life.expect(event, "amount", amount, life.credits[row])
    life.credits[row] = 0
    life.paid[event.args["payee"]] += amount


def _swept(life: Life, event: Happened) -> None:
    amount = event.args["amount"]
    life.expect(event, "amount", amount, life.held)
    life.swept += amount
    if event.args["credited"]:
        life.credits[BACKSTOP] += amount
    else:
        life.paid[event.args["backstop"]] += amount


_ACTS = {
    "Finalised": _finalised,
    "Left": _left,
    "Adopted": _adopted,
    "Ended": _ended,
    "Withdrawn": _withdrawn,
    "Swept": _swept,
}
