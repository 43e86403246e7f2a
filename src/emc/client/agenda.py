"""Who can do what about an EMC, and by when.

Reads the chain through `emc.chain`; sends nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from shlex import quote

from emc.client import assessing, open_changes, till
from emc.client.open_changes import OpenChange, OpenValue, open_values
from emc.client.standing import Standing
from emc.core.limits import CHARGE_LIFE, MAX_IDS, VALUE_LIFE
from emc.core.replay import BACKSTOP
from emc.core.terms import ASSESSOR, Measure
from emc.core.text import printable
from emc.core.units import PPM

ANYONE = "anyone"
THE_ASSESSOR = "the assessor"


@dataclass(frozen=True)
class Task:
    """Something to do.

    Args:
        who: Who can do it, for people: a row, such as ``row 2``, or ``anyone``.
        command: How, with TARGET for the EMC.
        since: From when on it can be done; zero: now.
        until: The last moment; zero: none.
        row: Whom it concerns alone, if it is so.
        but: Rows that it is not for.
        change: The proposal that it is about, where that is open on chain.
        act: What is done about that, in a word or two.
    """

    who: str
    what: str
    command: str
    since: int = 0
    until: int = 0
    row: int | None = None
    but: tuple[int, ...] = ()
    change: OpenChange | None = None
    act: str = ""

    @property
    def told(self) -> str:
        """What there is to do, and the command for it."""
        return f"{self.what}: {self.act}" if self.act else self.what


def tasks(standing: Standing, proposals: Iterable[OpenChange]) -> list[Task]:
    """Everything to do, with what can be done now first.

    Args:
        proposals: The renegotiations that are open on chain.
    """
    every = [*_money(standing)]
    if standing.stage == "ACTIVE":
        every += [*_ending(standing), *_values(standing), *_leaving(standing)]
        every += _proposals(standing, [*proposals])
    else:
        every += _review(standing)
    return sorted(every, key=lambda task: (task.since > standing.now, task.since, task.until))


def _money(standing: Standing) -> Iterator[Task]:
    money, agreement = standing.currency, standing.agreement
    for row, amount in sorted(standing.life.credits.items()):
        if amount:
            who = "the backstop" if row == BACKSTOP else f"row {row}"
            what = f"{money.format(amount)} wait for {who}"
            yield Task(ANYONE, what, f"emc till withdraw TARGET --row {row}", row=row)
    if pending := agreement.accounts.pending:
        what = f"{money.format(pending)} have come in and are not shared out yet"
        yield Task(ANYONE, what, "emc till disburse TARGET")
    if extra := till.unbooked(standing):
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
        yield Task(ANYONE, "the end date is reached", "emc till end TARGET", since=terms.ends_at)
    missed = standing.system.goals.is_missed(standing.emc, terms.head())
    if bool(missed):
        who = "the quorum" if standing.life.is_open else "any node"
        what = "the goal is missed by more than the margin: the EMC may be disbanded"
        yield Task(who, what, "emc disband propose TARGET --out end.json")
        if not assessing.is_miss_recorded(standing):
            what = "the miss can be recorded, so that no later sale undoes it"
            yield Task(ANYONE, what, "emc assess miss TARGET")


def _values(standing: Standing) -> Iterator[Task]:
    found = open_values(standing)
    assessed = standing.terms.goal.assessed
    metrics = {each.metric for each in assessed}
    for each in found:
        final_at = each.final_at
        whose = None if each.submitter == ASSESSOR else each.submitter
        named = f"--submitter {each.submitter}"
        if len(metrics | {other.metric for other in found}) > 1:
            named += f" --measure {each.metric.full}"
        what = f"the value {each.amount:,} {each.metric.name} by {each.by}"
        if standing.now < final_at and each.metric in metrics:
            command = f"emc assess object TARGET {named}"
            told = f"{what} can be objected to"
            but = (each.submitter,)
            yield Task("other nodes", told, command, until=final_at - 1, but=but)
        command = f"emc assess finalise TARGET {named}"
        told = f"{what} can be finalised"
        yield Task(ANYONE, told, command, since=final_at, row=whose)
        if standing.now >= final_at + VALUE_LIFE:
            command = f"emc assess drop TARGET {named}"
            yield Task(ANYONE, f"{what} was never finalised", command, row=whose)
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
    has_assessor = terms.assessment.has_assessor
    if standing.now <= max(last, int(again)) and standing.reached(measure) < measure.target:
        who = THE_ASSESSOR if has_assessor else "other nodes" if found else "any node"
        what = f"{metric.name} need a value measured by the deadline"
        out: tuple[int, ...] = ()
        if found:
            # it may be dropped when nobody else can submit any more
            what += ", even while one is open"
        if standing.now > last:
            out = tuple(row for row in range(MAX_IDS) if int(closed_to) >> row & 1)
            if out and not has_assessor:
                who = f"nodes but {', '.join(f'row {row}' for row in out)}"
            what += ": a value was dropped late"
        if not (has_assessor and found):
            named = f" --measure {metric.word}" if len(terms.goal.assessed) > 1 else ""
            command = f"emc assess value TARGET{named}"
            yield Task(who, what, command, until=max(last, int(again)), but=out)
    if goals.is_disputed(standing.emc, terms.head(), bytes(metric)):
        what = "the only other node dropped a value: before the end date only all nodes disband"
        yield Task(
            "both nodes", what, "emc disband propose TARGET --out end.json", until=terms.ends_at - 1
        )


def _leaving(standing: Standing) -> Iterator[Task]:
    terms, conduct = standing.terms, standing.system.conduct
    for row, clause, raised_at, accusers in open_changes.charges(standing):
        cured_by = raised_at + terms.leaving.cure
        by = ", ".join(str(each) for each in accusers)
        what = f"row {row} is charged by row {by}: {printable(clause)}"
        yield Task(f"row {row}", what, "", until=cured_by, row=row)
        if not clause.is_whole:
            # no command can cite it
            continue
        cited = f"--row {row} --clause {quote(clause)}" if clause.isprintable() else f"--row {row}"
        if len(accusers) == 1:
            joined = "; joining the charge keeps it alive if that row drops it"
            command = f"emc expel charge TARGET {cited}"
            until = cured_by + CHARGE_LIFE - 1
            yield Task("other nodes", what + joined, command, until=until, but=(row,))
        command = f"emc expel propose TARGET {cited} --out expel-row-{row}.json"
        yield Task("other nodes", what, command, since=cured_by, but=(row,))
    for row_id in sorted(each.id for each in terms.nodes):
        given_at = int(conduct.notice_of(standing.emc, row_id))
        if given_at:
            command = f"emc leave submit TARGET --row {row_id}"
            leaves_at = given_at + terms.leaving.notice
            what = f"row {row_id} has given notice"
            yield Task(ANYONE, what, command, since=leaves_at, row=row_id)


def _proposals(standing: Standing, found: list[OpenChange]) -> Iterator[Task]:
    """Renegotiations that are open on chain; others travel as files."""
    for each in found:
        hashed = f"terms 0x{each.proposal.terms_hash.hex()[:8]}.."
        what = f"{each.told} ({hashed})"
        which = f" --row {each.rows[0]}" if len(found) > 1 else ""
        command = f"emc renegotiate sign TARGET{which} --on-chain"
        yield Task("nodes", what, command, until=each.until, change=each, act="agree")
        if standing.now < each.closes_at:
            command = f"emc renegotiate object TARGET{which}"
            until = each.closes_at - 1
            yield Task("nodes", what, command, until=until, change=each, act="object")
        if open_changes.is_stopped(standing, each):
            continue
        command = f"emc renegotiate submit TARGET{which}"
        yield Task(
            ANYONE,
            what,
            command,
            since=each.closes_at,
            until=each.until,
            change=each,
            act="put it into force once enough agree",
        )


def _review(standing: Standing) -> Iterator[Task]:
    """How the nodes of an EMC that has ended rate each other; only if it moved money."""
    if not standing.life.total:
        return
    logged = standing.events("Reputation")
    opened = [each.args for each in logged if each.name == "ReviewOpened"]
    if not opened:
        yield Task(ANYONE, "the nodes can start to rate each other", "emc rate open TARGET")
        return
    commit_until, reveal_until = (int(opened[0][name]) for name in ("commit_until", "reveal_until"))
    if standing.now < commit_until:
        what = "nodes commit to their ratings of each other"
        yield Task("nodes", what, "emc rate commit TARGET", until=commit_until - 1)
    if standing.now < reveal_until:
        what = "nodes reveal the ratings that they committed to"
        command = "emc rate reveal TARGET"
        yield Task("nodes", what, command, since=commit_until, until=reveal_until - 1)
    counted = {int(each.args["me"]) for each in logged if each.name == "Finalised"}
    if len(counted) < len(opened[0]["members"]):
        command = "emc rate finalise TARGET"
        yield Task(ANYONE, "the ratings can be counted", command, since=reveal_until)
