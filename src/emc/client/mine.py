"""What one ME has in all EMCs of a chain: what it earned, what waits, what it can do.

Read from the chain through the edge; sends nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from emc.chain import together
from emc.client import agenda, bidding, open_changes, roll, standing, status
from emc.client.agenda import ANYONE, THE_ASSESSOR, Task
from emc.client.roll import Entry
from emc.client.standing import Standing
from emc.client.status import RowMoney
from emc.client.system import System
from emc.core.terms import Terms
from emc.errors import EMCError
from emc.files.proposal import Change


@dataclass(frozen=True)
class Place:
    """An EMC in which an ME is or was a node.

    Args:
        rows: Its rows, also those that it left.
        money: Of these rows.
        tasks: What concerns it, what can be done now first.
        fault: Why nothing more can be said; empty if all ties.
    """

    entry: Entry
    rows: tuple[int, ...] = ()
    standing: Standing | None = None
    money: tuple[RowMoney, ...] = ()
    tasks: tuple[Task, ...] = field(default=())
    fault: str = ""

    @property
    def now(self) -> tuple[Task, ...]:
        """What it can do now."""
        at = self.standing.now if self.standing else 0
        return tuple(each for each in self.tasks if each.since <= at)

    @property
    def earned(self) -> int:
        """Paid, or waiting as a credit; base units."""
        return sum(each.paid + each.credited for each in self.money)

    @property
    def waiting(self) -> int:
        """Credits that wait to be withdrawn."""
        return sum(each.credited for each in self.money)

    @property
    def held(self) -> int:
        """Held behind the gate, not earned yet."""
        return sum(each.held for each in self.money)


@dataclass(frozen=True)
class Date:
    """Something that starts or ends at a time.

    Args:
        where: The EMC's address, or a call.
        is_last: Whether it can be done until then; else from then on.
    """

    at: int
    where: str
    what: str
    command: str = ""
    is_last: bool = False


def places(system: System, me: int, words: Iterable[str] = ()) -> list[Place]:
    """Every EMC in which an ME is or was a node, in the order in which they were made.

    Args:
        words: Of measures, as canvases have them.
    """
    entries = roll.read(system, me)
    return together.read(
        system.chain, [partial(_place, system, each, me, words) for each in entries]
    )


def rows_of(epochs: Iterable[Terms], me: int) -> tuple[int, ...]:
    """The rows that an ME has or had."""
    return tuple(sorted({row.id for terms in epochs for row in terms.nodes if row.party == me}))


def _place(system: System, entry: Entry, me: int, words: Iterable[str]) -> Place:
    if entry.fault:
        return Place(entry, fault=entry.fault)
    try:
        found = standing.read(system, entry.emc, words)
    except EMCError as error:
        return Place(entry, fault=str(error))
    rows = rows_of(found.epochs.values(), me)
    tasks = agenda.tasks(found, open_changes.of(found, Change.RENEGOTIATION))
    return Place(
        entry=entry,
        rows=rows,
        standing=found,
        money=tuple(each for each in status.rows_of(found) if each.row in rows),
        tasks=tuple(each for each in tasks if _concerns(found, each, me, rows)),
    )


def _concerns(found: Standing, task: Task, me: int, rows: tuple[int, ...]) -> bool:
    """Whether a task is an ME's to do, alone or with others."""
    live = {row.id for row in found.terms.nodes if row.id in rows}
    if task.row is not None:
        return task.row in rows
    if task.who == ANYONE:
        return True
    if task.who == THE_ASSESSOR:
        account = _account(found, me)
        return found.terms.assessment.assessor.lower() == account.lower()
    if task.command.startswith("emc rate "):
        return _is_to_rate(found, task, me)
    return bool(live.difference(task.but))


def _account(found: Standing, me: int) -> str:
    """The account that an ME has now."""
    return str(found.system.registry.account_of(me))


def _is_to_rate(found: Standing, task: Task, me: int) -> bool:
    """Whether an ME has still to commit to its ratings, or to show them."""
    registry = found.system.reputation
    has_committed = any(bytes(registry.commitment_of(found.emc, me)))
    if task.command.startswith("emc rate commit"):
        return not has_committed
    shown = {int(each.args["me"]) for each in found.events("Reputation") if each.name == "Revealed"}
    return has_committed and me not in shown


def dates(system: System, me: int, found: Iterable[Place]) -> list[Date]:
    """All future dates of an ME, the next first."""
    every = [date for place in found for date in _dates(place)]
    every += _of_calls(system, me)
    now = system.chain.now
    ahead = {each for each in every if each.at > now}
    return sorted(ahead, key=lambda each: (each.at, each.where, each.what))


def _dates(place: Place) -> Iterator[Date]:
    if place.standing is None:
        return
    emc = place.entry.emc
    for moment in status.dates_of(place.standing, ()):
        yield Date(moment.at, emc, moment.name, "emc status TARGET")
    for task in place.tasks:
        if task.since and task.since != place.standing.terms.ends_at:
            yield Date(task.since, emc, task.told, task.command)
        if task.until:
            yield Date(task.until, emc, task.told, task.command, is_last=True)


def _of_calls(system: System, me: int) -> Iterator[Date]:
    """Of the calls that an ME leads, and of those in which it has bid."""
    led, bid = bidding.numbers_of(system, me)
    for number in sorted(led | bid):
        call = bidding.posting(system, number)
        where, role = f"call {number}", call.role
        if call.phase == "CLOSED":
            continue
        if number in led:
            yield Date(call.closes_at, where, f"bids for {role} end", f"emc call show {number}")
            yield Date(call.opens_until, where, f"{role} can be awarded", f"emc call show {number}")
        elif call.is_sealed and call.offer_of(me).state == "SEALED":
            reveal = f"emc bid reveal {number}"
            what = f"your sealed bid for {role} is to be opened"
            yield Date(call.closes_at, where, what, reveal)
            yield Date(call.opens_until, where, what, reveal, is_last=True)
        else:
            yield Date(call.closes_at, where, f"bids for {role} end", f"emc bid status {number}")
