"""Who has to do what about an EMC, and by when: everything that waits for somebody.

Read from the chain through the edge; sends nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from emc.client.standing import Standing
from emc.core.replay import BACKSTOP
from emc.core.terms import Measure, Metric
from emc.core.text import printable
from emc.core.units import PPM

ASSESSOR = 128
# a final value that nobody counts for so long may be dropped
VALUE_LIFE = 30 * 86_400
# how long after its cure period a charge can still expel
CHARGE_LIFE = 90 * 86_400
ANYONE = "anyone"


@dataclass(frozen=True)
class Task:
    """Something that waits.

    Args:
        who: A row, such as ``row 2``, or ``anyone``.
        command: How, with TARGET for the EMC.
        since: From when on it can be done; zero: now.
        until: The last moment; zero: none.
    """

    who: str
    what: str
    command: str
    since: int = 0
    until: int = 0


def tasks(standing: Standing) -> list[Task]:
    """Everything that waits, what can be done now first."""
    every = [*_money(standing)]
    if standing.stage == "ACTIVE":
        every += [*_ending(standing), *_values(standing), *_leaving(standing)]
        every += _proposals(standing)
    else:
        every += _review(standing)
    return sorted(every, key=lambda task: (task.since > standing.now, task.since, task.until))


def unbooked(standing: Standing) -> int:
    """What came by plain transfer and is not counted yet."""
    books = standing.agreement.accounts
    known = books.credited + books.held + books.pending + books.dust
    return max(standing.agreement.balance() - known, 0)


def _money(standing: Standing) -> Iterator[Task]:
    money, agreement = standing.currency, standing.agreement
    for row, amount in sorted(standing.life.credits.items()):
        if amount:
            who = "the backstop" if row == BACKSTOP else f"row {row}"
            what = f"{money.format(amount)} wait for {who}"
            yield Task(ANYONE, what, f"emc till withdraw TARGET --row {row}")
    if pending := agreement.accounts.pending:
        what = f"{money.format(pending)} gathered and not shared out yet"
        yield Task(ANYONE, what, "emc till disburse TARGET")
    if extra := unbooked(standing):
        what = f"{money.format(extra)} came by plain transfer and are not booked"
        yield Task(ANYONE, what, "emc till absorb TARGET")


def _is_target_reached(standing: Standing) -> bool:
    """Whether every measure is; of proceeds, whether LEADING is full: costs come before it."""
    goal, page = standing.terms.goal, standing.life.page
    end = page.ends[2] if page is not None else None
    if end is None:
        return False
    net = standing.life.since * (PPM - standing.terms.running)
    return goal.proceeds is None or net >= end


def _ending(standing: Standing) -> Iterator[Task]:
    terms = standing.terms
    if terms.goal.ends_emc and _is_target_reached(standing):
        yield Task(ANYONE, "the target is reached, which ends the EMC", "emc till end TARGET")
    else:
        yield Task(ANYONE, "the end date comes", "emc till end TARGET", since=terms.ends_at)
    missed = standing.system.goals.is_missed(standing.emc, terms.head())
    if bool(missed):
        who = "the quorum" if standing.life.is_open else "any node"
        what = "the goal is missed by more than the margin: the EMC may be disbanded"
        yield Task(who, what, "emc disband propose TARGET")
        if not _is_kept(standing):
            what = "the miss can be kept, so that no later sale undoes it"
            yield Task(ANYONE, what, "emc assess miss TARGET")


def _is_kept(standing: Standing) -> bool:
    """Whether the miss of these terms was recorded."""
    goals = {str(standing.system.goals.address): "Goals"}
    return any(each.name == "Missed" for each in standing.system.chain.events(goals, standing.emc))


@dataclass(frozen=True)
class OpenValue:
    """A value that waits to become final.

    Args:
        submitter: Row id, or that of the assessor.
        told: What Goals keeps of it.
    """

    metric: Metric
    submitter: int
    told: Any

    @property
    def by(self) -> str:
        """Who submitted it."""
        return "the assessor" if self.submitter == ASSESSOR else f"row {self.submitter}"


def open_values(standing: Standing) -> list[OpenValue]:
    """The values that wait to become final."""
    if not standing.system.goals.has_open(standing.emc):
        return []
    found = []
    # also of a node or a measure that has left: it delays the end
    nodes = {row.id for terms in standing.epochs.values() for row in terms.nodes}
    measures = [each for terms in standing.epochs.values() for each in terms.goal.assessed]
    for metric in dict.fromkeys(each.metric for each in measures):
        for submitter in (*sorted(nodes), ASSESSOR):
            value = standing.system.goals.open_value(standing.emc, bytes(metric), submitter)
            if int(value.final_at):
                found.append(OpenValue(metric, submitter, value))
    return found


def _values(standing: Standing) -> Iterator[Task]:
    found = open_values(standing)
    assessed = standing.terms.goal.assessed
    metrics = {each.metric for each in assessed}
    for each in found:
        final_at = int(each.told.final_at)
        named = f"--submitter {each.submitter}"
        if len(metrics | {other.metric for other in found}) > 1:
            named += f" --measure {each.metric.word or '0x' + each.metric.hex()}"
        what = f"the value {int(each.told.amount):,} {each.metric.name} by {each.by}"
        if standing.now < final_at and each.metric in metrics:
            command = f"emc assess object TARGET {named}"
            yield Task("other nodes", f"{what} may be objected to", command, until=final_at - 1)
        command = f"emc assess finalise TARGET {named}"
        yield Task(ANYONE, f"{what} is final and can be counted", command, since=final_at)
        if standing.now >= final_at + VALUE_LIFE:
            command = f"emc assess drop TARGET {named}"
            yield Task(ANYONE, f"{what} was never counted", command)
    for measure in assessed:
        yield from _measuring(
            standing, measure, [each for each in found if each.metric == measure.metric]
        )


def _measuring(standing: Standing, measure: Measure, found: list[OpenValue]) -> Iterator[Task]:
    """Who is to measure, as long as a value may come.

    Args:
        found: The values of the measure that are open.
    """
    terms, goals = standing.terms, standing.system.goals
    metric = measure.metric
    last = terms.closes_at
    again, closed_to = goals.reopened(standing.emc, terms.head(), bytes(metric))
    has_assessor = int(terms.assessment.assessor, 16) != 0
    if standing.now <= max(last, int(again)) and standing.reached(measure) < measure.target:
        who = "the assessor" if has_assessor else "other nodes" if found else "any node"
        what = f"{metric.name} as of a time up to the deadline are to be measured"
        if found:
            # it may be dropped when nobody else can submit any more
            what += ", whatever is open"
        if standing.now > last:
            out = [f"row {row}" for row in range(ASSESSOR) if int(closed_to) >> row & 1]
            who = f"nodes but {', '.join(out)}" if out and not has_assessor else who
            what += ": a value was dropped late"
        if not (has_assessor and found):
            named = f" --measure {metric.word}" if len(terms.goal.assessed) > 1 else ""
            command = f"emc assess value TARGET{named}"
            yield Task(who, what, command, until=max(last, int(again)))
    if goals.is_disputed(standing.emc, terms.head(), bytes(metric)):
        what = "the only other node dropped a value: before the end date only all nodes disband"
        yield Task("both nodes", what, "emc disband propose TARGET", until=terms.ends_at - 1)


def _leaving(standing: Standing) -> Iterator[Task]:
    system, terms = standing.system, standing.terms
    rooms = {str(system.conduct.address): "Conduct"}
    logged = system.chain.events(rooms, standing.emc)
    cited = {
        (int(event.args["row"]), str(event.args["clause"]))
        for event in logged
        if event.name == "Charged"
    }
    live = {row.id for row in terms.nodes}
    for row, clause in sorted(cited):
        raised_at, bits = system.conduct.charge_of(standing.emc, row, keccak(text=clause))
        cured_by = int(raised_at) + terms.leaving.cure
        if row not in live or not raised_at or standing.now >= cured_by + CHARGE_LIFE:
            continue
        accusers = [each for each in range(128) if int(bits) >> each & 1]
        by = ", ".join(str(each) for each in accusers)
        what = f"row {row} is charged by row {by}: {printable(clause)}"
        yield Task(f"row {row}", what, "", until=cured_by)
        if len(accusers) == 1:
            joined = "; who joins the charge keeps it standing when that row drops it"
            command = f"emc expel charge TARGET --row {row}"
            yield Task("other nodes", what + joined, command, until=cured_by + CHARGE_LIFE - 1)
        command = f"emc expel propose TARGET --row {row}"
        yield Task("other nodes", what, command, since=cured_by)
    for row_id in sorted(live):
        given_at = int(system.conduct.notice_of(standing.emc, row_id))
        if given_at:
            command = f"emc leave submit TARGET --row {row_id}"
            leaves_at = given_at + terms.leaving.notice
            yield Task(ANYONE, f"row {row_id} has given notice", command, since=leaves_at)


def _proposals(standing: Standing) -> Iterator[Task]:
    """Renegotiations that are open on chain; others travel as files."""
    system, terms = standing.system, standing.terms
    rooms = {str(system.changes.address): "Changes"}
    events = system.chain.events(rooms, standing.emc)
    epoch, span = standing.epoch + 1, terms.renegotiation.window
    by: dict[bytes, list[str]] = {}
    for event in events:
        if event.name == "Proposed" and int(event.args["epoch"]) == epoch:
            rows = by.setdefault(bytes(event.args["terms_hash"]), [])
            if (row := str(event.args["row"])) not in rows:
                rows.append(row)
    for terms_hash, rows in by.items():
        name = system.changes.renegotiation_matter(standing.emc, epoch, terms_hash)
        opened_at, until = system.changes.proposal_of(name)
        if int(until) < standing.now:
            continue
        hashed = f"terms 0x{terms_hash.hex()[:8]}.."
        what = f"row {', '.join(rows)} proposes other shares ({hashed})"
        closes_at = int(opened_at) + span
        yield Task("nodes", what, "emc renegotiate sign FILE", until=int(until))
        if span and standing.now < closes_at:
            yield Task("nodes", what, "emc renegotiate object FILE", until=closes_at - 1)
        yield Task(ANYONE, what, "emc renegotiate submit FILE", since=closes_at, until=int(until))


def _review(standing: Standing) -> Iterator[Task]:
    """How the nodes of an EMC that has ended rate each other; only if it moved money."""
    if not standing.life.total:
        return
    at = {str(standing.system.reputation.address): "Reputation"}
    logged = standing.system.chain.events(at, standing.emc)
    opened = [each.args for each in logged if each.name == "ReviewOpened"]
    if not opened:
        yield Task(ANYONE, "the nodes may begin to rate each other", "emc rate open TARGET")
        return
    commit_until, reveal_until = (int(opened[0][name]) for name in ("commit_until", "reveal_until"))
    if standing.now < commit_until:
        what = "nodes commit to their ratings of each other"
        yield Task("nodes", what, "emc rate commit TARGET", until=commit_until - 1)
    if standing.now < reveal_until:
        what = "nodes show the ratings that they committed to"
        command = "emc rate reveal TARGET"
        yield Task("nodes", what, command, since=commit_until, until=reveal_until - 1)
    counted = {int(each.args["me"]) for each in logged if each.name == "Finalised"}
    if len(counted) < len(opened[0]["members"]):
        command = "emc rate finalise TARGET"
        yield Task(ANYONE, "the ratings can be counted", command, since=reveal_until)
