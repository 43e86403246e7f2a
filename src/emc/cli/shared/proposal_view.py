"""A proposal on a terminal and for a program: what it changes, before and after, and who agreed."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from emc.cli.shared import naming, output, talk, terms_view
from emc.cli.shared.dates import left, moment
from emc.core import forecast, view
from emc.core.terms import ASSESSOR, Terms
from emc.core.text import printable
from emc.core.units import Currency, format_part
from emc.core.view import Difference, Known, View
from emc.files import proposal as files
from emc.files.proposal import Proposal

if TYPE_CHECKING:
    from emc.client.decisions import Decision
    from emc.client.standing import Standing
    from emc.files.bundle import Bundle
    from emc.files.canvas import Canvas

MOST_LEVELS = 3


@dataclass(frozen=True)
class Reader:
    """Who reads a proposal, and what it has beside it.

    Args:
        paper: The agreement of the EMC, if it is known here.
        canvas: The text of the canvas that an amendment names.
        own: The row of who is about to sign: shown first.
        names: Of rows, where they are known otherwise.
    """

    paper: "Bundle | None" = None
    canvas: "Canvas | None" = None
    own: int | None = None
    names: dict[int, str] | None = field(default=None)

    def called(self, standing: "Standing", row: int) -> str:
        """What to call a row."""
        names = naming.names_at(standing, self.paper) if self.names is None else self.names
        return naming.called(names, row)

    def views(self, decision: "Decision") -> tuple[View, View]:
        """The terms in force, and those that would be, in words."""
        standing = decision.standing
        before = naming.known_at(standing, standing.terms, self.paper, self.names)
        after = naming.known_after(decision, before, self.paper, self.canvas)
        if after.missing:
            # half of the words would read as if all of them went
            before = replace(before, promises={}, said={}, missing="")
            if decision.after.canvas == standing.terms.canvas:
                before = replace(before, missing=after.missing)
        return view.of(standing.terms, before, self.own), view.of(decision.after, after, self.own)

    def apart(self, decision: "Decision") -> list[tuple[str, Difference]]:
        """What is asked about on its own; also a canvas whose text is not here."""
        before, after = self.views(decision)
        found = view.changes(before, after, self.own)
        unread = [
            replace(line, name="canvas hash, and its text was not shown")
            for each in found
            for line in each.lines
            if line.name == "canvas hash" and any(it.name == "obligations" for it in each.lines)
        ]
        return [*view.apart(found), *(("", line) for line in unread)]


NOBODY = Reader()


def show(
    decision: "Decision", reader: Reader = NOBODY, only: Collection[int] | None = None
) -> None:
    """What a proposal changes, in words and in money.

    Args:
        only: The rows whose money is shown; by default all.
    """
    standing = decision.standing
    before, after = standing.terms, decision.after
    money, life = standing.currency, standing.life
    gate = "open" if life.is_open else f"closed, {money.format(life.held)} held"
    talk.facts(
        f"{decision.kind.value.capitalize()} of {standing.emc}",
        {
            "epoch": f"{standing.epoch} in force"
            + (f", would become {standing.epoch + 1}" if after.hash() != before.hash() else ""),
            "terms hash": "0x" + after.hash().hex(),
            "proceeds so far": money.format(life.total),
            "gate": gate,
            "needs": f"{decision.needed} of {len(decision.voters)} votes",
            **_soonest(decision),
            **_particulars(decision),
        },
    )
    if after.hash() == before.hash():
        return
    terms_view.show_changes(view.changes(*reader.views(decision), reader.own))
    rows = {row.id for row in (*before.rows, *after.rows)}
    chosen = rows if only is None else rows & set(only)
    _show_money(decision, reader, sorted(chosen, key=lambda row: (row != reader.own, row)))


def explain(proposal: Proposal, terms: Terms | None, paper: "Bundle | None") -> None:
    """What a proposal file says by itself, without a chain.

    Args:
        terms: In force, if they are known.
        paper: The agreement of the EMC, if it is.
    """
    change = proposal.change
    names = naming.names_in(paper)
    rows = ", ".join(naming.called(names, each.index) for each in proposal.signatures)
    talk.facts(
        f"{proposal.kind.value.capitalize()} of {proposal.emc}",
        {
            "chain": str(proposal.chain_id),
            "epoch": f"{proposal.epoch} in force when it was drawn up",
            "terms hash": "0x" + proposal.terms_hash.hex(),
            "signed by": f"rows {rows}" if rows else "nobody yet",
            **_said(change, terms),
        },
    )
    if (both := offline(proposal, terms, paper)) is not None:
        before, after = both
        if before is not None:
            terms_view.show_changes(view.changes(before, after), "before")
        else:
            terms_view.show(after)
    elif isinstance(change, files.Renegotiation):
        output.line()
        lines = [
            [str(each.row), *(format_part(part) for part in (each.base, each.leading, each.upside))]
            for each in change.shares
        ]
        output.table(output.columns("row", ">base", ">leading", ">upside"), lines)


def offline(
    proposal: Proposal, terms: Terms | None, paper: "Bundle | None"
) -> tuple[View | None, View] | None:
    """The terms before, if they are known, and after, in words; none if the file has no terms."""
    if terms is not None and paper is not None:
        known = naming.known_of(paper)
        after = proposal.terms_after(terms)
        becomes = known
        if after.canvas != terms.canvas:
            known = replace(known, promises={}, said={})
            becomes = replace(known, missing=naming.REPLACED)
        return view.of(terms, known), view.of(after, becomes)
    if isinstance(proposal.change, files.Amendment):
        # without a chain nobody knows what the currency is called
        units = Currency("base units", 0)
        after = files.terms_of(proposal.change.terms)
        return None, view.of(after, Known(units, missing=naming.UNKNOWN))
    return None


def machine_offline(before: View | None, after: View) -> dict[str, Any]:
    """The same for a program."""
    found = terms_view.machine_changes(view.changes(before, after)) if before is not None else None
    return {"changes": found, "terms": terms_view.machine(after)}


def _said(change: files.Body, terms: Terms | None) -> dict[str, str]:
    """What a change says of itself."""
    if isinstance(change, files.Expulsion):
        sink = f"row {terms.without(change.accused).sink}" if terms else "the sink"
        return {
            "expels": f"row {change.accused}; its shares fall to {sink}",
            "clause": printable(change.clause),
        }
    if isinstance(change, files.Assessment):
        return {
            "value": f"{change.amount:,} {change.metric}, measured {moment(change.measured_at)}",
            "submitted by": "the assessor"
            if change.submitter == ASSESSOR
            else f"row {change.submitter}",
            "evidence": change.evidence,
        }
    if isinstance(change, files.Disbanding) and terms is None:
        return {"effect": "the EMC ends at once, no further sale"}
    return {}


def _particulars(decision: "Decision") -> dict[str, str]:
    change, standing = decision.proposal.change, decision.standing
    if said := _said(change, standing.terms):
        return said
    if isinstance(change, files.Disbanding):
        lost = "" if standing.life.is_open else f"; held money goes to {standing.terms.backstop}"
        return {"effect": f"the EMC ends at once, no further sale{lost}"}
    return {}


def _soonest(decision: "Decision") -> dict[str, str]:
    """When it can be put into force, if that is not yet."""
    at = decision.in_force_from
    return {"can be put into force": f"from {moment(at)}"} if at else {}


def _show_money(decision: "Decision", reader: Reader, rows: list[int]) -> None:
    """What each row earns from now on, under both."""
    standing, money = decision.standing, decision.standing.currency
    at = forecast.levels(standing.terms, standing.life.total)[:MOST_LEVELS]
    names = ["row"]
    for level in at:
        names += [f">to {money.format(level, symbol=False)}: now", ">after"]
    lines = []
    for row in rows:
        cells = [reader.called(decision.standing, row)]
        for each in _outlooks(decision, row, at):
            cells += [money.format(amount, symbol=False) for amount in (each.before, each.after)]
        lines.append(cells)
    output.line()
    output.line(f"Earned from now on when proceeds reach the amount named, {money.symbol}")
    output.table(output.columns(*names), lines)


def _outlooks(decision: "Decision", row: int, at: list[int]) -> list[forecast.Outlook]:
    """What a row earns from now on to some proceeds, under both."""
    standing, life = decision.standing, decision.standing.life
    before, after, covers = standing.terms, decision.after, standing.covers
    return forecast.outlooks(
        before, after, row, total=life.total, covers=covers, values=life.values, at=at
    )


def tell(decision: "Decision", reader: Reader, as_json: bool) -> None:
    """What a proposal changes, who has agreed, and whether the contracts would refuse it."""
    from emc.client import proposing

    if as_json:
        output.print_json(
            {**machine(decision, reader), "refused": proposing.refusal(decision) or None}
        )
        return
    show(decision, reader)
    output.line()
    show_answers(decision, reader)
    if why := proposing.refusal(decision):
        talk.note(f"the contracts would refuse it: {why}")


def machine(decision: "Decision", reader: Reader = NOBODY) -> dict[str, Any]:
    """A proposal for a program; amounts and shares are integers in base units and ppm."""
    standing = decision.standing
    now, then = reader.views(decision)
    at = forecast.levels(standing.terms, standing.life.total)
    rows = {row.id for row in (*standing.terms.rows, *decision.after.rows)}
    was = {row.id: row for row in standing.terms.rows}
    becomes = {row.id: row for row in decision.after.rows}
    window = decision.window()
    return {
        "emc": standing.emc,
        "kind": decision.kind.value,
        "epoch": standing.epoch,
        "terms_hash": "0x" + decision.after.hash().hex(),
        "needed": decision.needed,
        "in_force_from": decision.in_force_from,
        "voices": [
            {
                "row": answer.voter.row,
                "me": str(answer.voter.me),
                "account": answer.voter.account,
                "said": answer.how,
                "why": answer.why,
            }
            for answer in decision.answers()
        ],
        **({"window": asdict(window)} if window else {}),
        "changes": terms_view.machine_changes(view.changes(now, then, reader.own)),
        "terms": terms_view.machine(then),
        "rows": [
            {
                "row": row,
                "before": list(was[row].shares) if row in was else None,
                "after": list(becomes[row].shares) if row in becomes else None,
                "earned": [
                    {name: str(amount) for name, amount in asdict(each).items()}
                    for each in _outlooks(decision, row, at)
                ],
            }
            for row in sorted(rows)
        ],
    }


def agreement_told(agreed: int, needed: int) -> str:
    """How many have agreed of those who are needed; more may have."""
    if agreed > needed:
        return f"{agreed} have agreed, {needed} would be enough"
    return f"{agreed} of {needed} have agreed"


def show_answers(decision: "Decision", reader: Reader = NOBODY) -> None:
    """Who has agreed, and who is missing; what the window to object says."""
    if window := decision.window():
        lines = {
            "opened": moment(window.opened_at) if window.opened_at else "not yet",
            "objections": f"{len(window.objectors)}, {window.allowed} are allowed",
        }
        if len(window.objectors) > window.allowed:
            lines["stopped"] = "by the objections: it cannot be submitted"
        elif window.opened_at:
            lines["can be submitted"] = left(window.closes_at, decision.standing.now)
            lines["expires"] = moment(window.until)
        talk.facts("The window to object", lines)
    if at := decision.in_force_from:
        output.line(f"It can be put into force from {moment(at)}")
    answers = decision.answers()
    agreed = sum(answer.counts for answer in answers)
    output.line(agreement_told(agreed, decision.needed), style="bold")
    called = [reader.called(decision.standing, each.voter.row) for each in answers]
    output.table(
        output.columns("row", "account", "said", ""),
        [
            [name, each.voter.account, each.how, each.why]
            for name, each in zip(called, answers, strict=True)
        ],
    )
