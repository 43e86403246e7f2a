"""An EMC on one screen: plan against actual, money, next dates, who has to do what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from emc.client import agenda, open_changes
from emc.client.agenda import Task
from emc.client.agreement import Accounts
from emc.client.open_changes import OpenChange
from emc.client.standing import Standing
from emc.core import plan
from emc.core.plan import Level
from emc.core.replay import behind_gate
from emc.core.terms import Measure
from emc.core.units import PPM
from emc.errors import EMCError
from emc.files.proposal import Change

BANDS = ("COST", "BASE", "LEADING", "UPSIDE")


@dataclass(frozen=True)
class Moment:
    """Something that has a date."""

    name: str
    at: int


@dataclass(frozen=True)
class RowMoney:
    """A row's money so far, in base units.

    Args:
        shares: In force, by tranche; none if the row has left.
    """

    row: int
    shares: tuple[int, int, int] | None
    paid: int
    credited: int
    held: int


@dataclass(frozen=True)
class Progress:
    """The progress of a measure of the goal, in its metric's unit.

    Args:
        levels: Benchmark and target.
        to_gate: What it still lacks for the gate to open; zero once the gate is open.
    """

    measure: Measure
    levels: tuple[Level, Level]
    to_gate: int


@dataclass(frozen=True)
class Status:
    """The state of an EMC. Amounts in base units, for the goal in the metrics' units.

    Args:
        goal: By measure.
        band: The band into which the next unit of proceeds falls.
        dates: Future dates, the next first.
        proposals: Renegotiations that are open on chain.
    """

    standing: Standing
    accounts: Accounts
    rows: tuple[RowMoney, ...]
    goal: tuple[Progress, ...]
    band: str
    dates: tuple[Moment, ...]
    tasks: tuple[Task, ...]
    proposals: tuple[OpenChange, ...]


def of(standing: Standing) -> Status:
    """The status of an EMC."""
    began_at = _time_of(standing, "Made")
    proposals = tuple(open_changes.of(standing, Change.RENEGOTIATION))
    tasks = tuple(agenda.tasks(standing, proposals))
    return Status(
        standing=standing,
        accounts=standing.agreement.accounts,
        rows=tuple(rows_of(standing)),
        goal=tuple(_progress(standing, each, began_at) for each in standing.terms.goal.measures),
        band=_band(standing),
        dates=tuple(dates_of(standing, tasks)),
        tasks=tasks,
        proposals=proposals,
    )


def _progress(standing: Standing, measure: Measure, began_at: int) -> Progress:
    actual = standing.reached(measure)
    levels = plan.levels(
        standing.terms,
        measure,
        actual,
        standing.now,
        began_at=began_at,
        measured_at=standing.values.get(measure.metric, (0, 0))[1],
    )
    opens_at = 0 if standing.life.is_open else measure.opens_at(standing.terms.goal.gate)
    return Progress(measure, levels, max(opens_at - actual, 0))


def rows_of(standing: Standing) -> Iterator[RowMoney]:
    """The rows in force, then those that left and were paid or wait."""
    life, live = standing.life, {row.id: row.shares for row in standing.terms.rows}
    if life.is_open or life.has_failed or life.page is None:
        held = {}
    else:
        held = behind_gate(life) | life.left
    known = {row.id for terms in standing.epochs.values() for row in terms.rows}
    for row in (*live, *sorted(known - live.keys())):
        credited, waits = life.credits.get(row, 0), held.get(row, 0)
        paid = life.earned.get(row, 0) - credited
        if row in live or paid or credited or waits:
            yield RowMoney(row, live.get(row), paid, credited, waits)


def _band(standing: Standing) -> str:
    page, since = standing.life.page, standing.life.since
    if page is None:
        raise EMCError(f"{standing.emc} has no terms in force", "see `emc sign`")
    net = since * (PPM - standing.terms.running)
    for name, end in zip(BANDS, page.ends, strict=False):
        if end is None or net < end:
            return name
    return BANDS[-1]


def _time_of(standing: Standing, name: str) -> int:
    """When Consent logged something about the EMC; zero if it did not."""
    for event in standing.events("Consent"):
        if event.name == name:
            return standing.system.chain.time_of(event.block)
    return 0


def dates_of(standing: Standing, tasks: Iterable[Task]) -> list[Moment]:
    """Future dates, the next first, without those of proposals."""
    terms, goal = standing.terms, standing.terms.goal
    every = [Moment("starts", terms.starts_at)]
    if standing.stage == "ACTIVE":
        every.append(Moment("shares may change again", standing.renegotiable_from))
        every += [Moment("deadline of the goal", goal.deadline), Moment("ends", terms.ends_at)]
        if goal.assessed:
            every.append(Moment("last value of the goal", terms.closes_at))
    for task in tasks:
        if task.change is not None:
            continue
        # "ends" already covers what can be done from the end date on
        if task.since and task.since != terms.ends_at:
            every.append(Moment(task.what, task.since))
        if task.until:
            every.append(Moment(f"until then: {task.what}", task.until))
    ahead = {each for each in every if each.at > standing.now or each.name == "ends"}
    return sorted(ahead, key=lambda moment: (moment.at, moment.name))
