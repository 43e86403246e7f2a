"""Changes that are open on chain, rebuilt from events, so that a proposer cannot hide them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from eth_utils.crypto import keccak

from emc.chain.decoding import Text
from emc.chain.edge import Logged
from emc.client.standing import Standing
from emc.core import typed_data
from emc.core.limits import CHARGE_LIFE, MAX_IDS
from emc.core.terms import ASSESSOR, Metric, shares_in
from emc.core.text import printable
from emc.core.typed_data import Act
from emc.core.units import PPM
from emc.errors import EMCError
from emc.files.proposal import (
    Assessment,
    Change,
    Disbanding,
    Expulsion,
    Proposal,
    Renegotiation,
    Share,
)


@dataclass(frozen=True)
class OpenValue:
    """A value that is not final yet.

    Args:
        submitter: Row id, or that of the assessor.
        amount: In the measure's unit.
        measured_at, final_at: Unix time.
        evidence: Hash of a file; zeros without one.
        account: Whose transaction submitted it.
    """

    metric: Metric
    submitter: int
    amount: int
    measured_at: int
    final_at: int
    evidence: bytes
    account: str

    @property
    def by(self) -> str:
        """Who submitted it."""
        return "the assessor" if self.submitter == ASSESSOR else f"row {self.submitter}"


def open_values(standing: Standing) -> list[OpenValue]:
    """The values that are not final yet."""
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
                found.append(_open_value(metric, submitter, value))
    return found


def value_of(standing: Standing, submitter: int | None, metric: Metric | None) -> OpenValue:
    """The open value that is meant: of a submitter, of a measure, or the only one.

    Args:
        metric: With its word, which the value has then.

    Raises:
        EMCError: there is none, or several.
    """
    found, whose = open_values(standing), "nobody has an"
    if submitter is not None:
        found, whose = (
            [each for each in found if each.submitter == submitter],
            f"row {submitter} has no",
        )
    if metric is not None:
        found = [replace(each, metric=metric) for each in found if each.metric == metric]
    if not found:
        raise EMCError(f"{whose} open value", "see `emc assess goal`")
    if len({each.submitter for each in found}) > 1:
        by = ", ".join(each.by for each in found)
        raise EMCError(f"{len(found)} values are open, by {by}", "say whose with --submitter")
    if len(found) > 1:
        names = " or ".join(each.metric.name for each in found)
        raise EMCError(f"{found[0].by} has {len(found)} open values", f"say --measure {names}")
    return found[0]


def _open_value(metric: Metric, submitter: int, value: Any) -> OpenValue:
    """A value as Goals keeps it."""
    return OpenValue(
        metric=metric,
        submitter=submitter,
        amount=int(value.amount),
        measured_at=int(value.measured_at),
        final_at=int(value.final_at),
        evidence=bytes(value.evidence),
        account=str(value.account),
    )


@dataclass(frozen=True)
class OpenChange:
    """A change that nodes may agree on now.

    Args:
        rows: Whom it is by, or whom it is about; none: everybody.
        opened_at, until: Of a renegotiation.
        closes_at: The end of its window to object; zero: the terms set none.
        matter: Its name on chain.
        objecting: Accounts of nodes that ever objected; what stands of it the chain says.
    """

    proposal: Proposal
    told: str
    rows: tuple[int, ...] = ()
    opened_at: int = 0
    until: int = 0
    closes_at: int = 0
    matter: bytes = b""
    objecting: frozenset[str] = frozenset()


def of(standing: Standing, kind: Change) -> list[OpenChange]:
    """The open changes of one kind. Amendments are never open: they are in files until all sign."""
    if standing.stage != "ACTIVE":
        return []
    if kind is Change.RENEGOTIATION:
        return renegotiations(standing)
    if kind is Change.EXPULSION:
        return _expulsions(standing)
    if kind is Change.ASSESSMENT:
        return _assessments(standing)
    if kind is Change.DISBANDING:
        return [OpenChange(standing.proposal(Disbanding()), "the end of the EMC, now")]
    return []


def renegotiations(standing: Standing) -> list[OpenChange]:
    """Shares that were proposed on chain for the next epoch, and can still be agreed on.

    The chain is asked about each one that is still open by its events, and about nothing else.
    """
    changes, epoch = standing.system.changes, standing.epoch + 1
    logged = standing.events("Changes")
    proposed: dict[bytes, list[Any]] = {}
    for event in logged:
        if event.name == "Proposed" and int(event.args["epoch"]) == epoch:
            proposed.setdefault(bytes(event.args["terms_hash"]), []).append(event.args)
    objecting, found = _objecting(standing, logged), []
    for name, each in proposed.items():
        proposal = standing.proposal(_renegotiation(standing, each[-1]["shares"]))
        # what an event says is believed if it gives the hash that was opened
        if max(int(args["until"]) for args in each) < standing.now or proposal.terms_hash != name:
            continue
        matter = typed_data.matter(Act.RENEGOTIATION, standing.emc, epoch, name)
        opened_at, until = (int(at) for at in changes.proposal_of(matter))
        if until < standing.now:
            continue
        rows = tuple(dict.fromkeys(int(args["row"]) for args in each))
        told = f"row {', '.join(map(str, rows))} proposes new shares"
        window = standing.terms.renegotiation.window
        closes_at = opened_at + window if window else 0
        by = frozenset(objecting.get(matter, ()))
        change = OpenChange(proposal, told, rows, opened_at, until, closes_at, matter, by)
        found.append(change)
    return found


def _objecting(standing: Standing, logged: Iterable[Logged]) -> dict[bytes, set[str]]:
    """Accounts of nodes that ever objected, by matter; anybody can log an objection."""
    nodes = {each.lower() for each in standing.accounts.values()}
    found: dict[bytes, set[str]] = {}
    for event in logged:
        if event.name == "Objected" and event.args["account"].lower() in nodes:
            found.setdefault(bytes(event.args["matter"]), set()).add(event.args["account"])
    return found


def is_stopped(standing: Standing, change: OpenChange) -> bool:
    """Whether more nodes have objected in the window than the terms allow."""
    allowed = standing.terms.renegotiation.objections * len(standing.accounts) // PPM
    if not change.closes_at or len(change.objecting) <= allowed:
        return False
    ask = standing.system.changes.objected_at
    at = [int(ask(change.matter, account)) for account in change.objecting]
    return sum(0 < each < change.closes_at for each in at) > allowed


def _renegotiation(standing: Standing, words: Iterable[int]) -> Renegotiation:
    found = []
    for row, word in zip(standing.terms.rows, words, strict=False):
        base, leading, upside = shares_in(int(word))
        if (base, leading, upside) != row.shares:
            found.append(Share(row=row.id, base=base, leading=leading, upside=upside))
    return Renegotiation.model_construct(kind="renegotiation", shares=tuple(found))


def charges(standing: Standing) -> list[tuple[int, Text, int, tuple[int, ...]]]:
    """Charges that stand: the row, the clause as it was cited, since when, and by which rows.

    A clause that is no text hides none: whoever cites it can expel by it.
    """
    conduct = standing.system.conduct
    logged = standing.events("Conduct")
    live = {row.id for row in standing.terms.nodes}
    cited: dict[tuple[int, bytes], Text] = {
        (int(event.args["row"]), event.args["clause"].raw): event.args["clause"]
        for event in logged
        if event.name == "Charged" and int(event.args["row"]) in live
    }
    found = []
    for (row, raw), clause in sorted(cited.items()):
        raised_at, bits = conduct.charge_of(standing.emc, row, keccak(raw))
        over_at = int(raised_at) + standing.terms.leaving.cure + CHARGE_LIFE
        if raised_at and standing.now < over_at:
            by = tuple(each for each in range(MAX_IDS) if int(bits) >> each & 1)
            found.append((row, clause, int(raised_at), by))
    return found


def _expulsions(standing: Standing) -> list[OpenChange]:
    return [
        OpenChange(
            standing.proposal(Expulsion(accused=row, clause=str(clause))),
            f"the expulsion of row {row} for: {printable(clause)}",
            (row,),
        )
        for row, clause, _, _ in charges(standing)
        # what is signed says it in text
        if clause.is_whole
    ]


def _assessments(standing: Standing) -> list[OpenChange]:
    found = []
    for each in open_values(standing):
        # the message that is signed has the word
        if not each.metric.word:
            continue
        change = assessment(each)
        told = f"the value {change.amount:,} {change.metric} by {each.by}"
        found.append(OpenChange(standing.proposal(change), told, (each.submitter,)))
    return found


def assessment(value: OpenValue) -> Assessment:
    """The proposal that an open value become final at once."""
    return Assessment(
        metric=value.metric.word,
        submitter=value.submitter,
        amount=value.amount,
        measured_at=value.measured_at,
        evidence="0x" + value.evidence.hex(),
    )
