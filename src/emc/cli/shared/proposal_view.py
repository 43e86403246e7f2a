"""A proposal on a terminal and for a program: what it changes, before and after, and who agreed."""

from collections.abc import Collection
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from emc.cli.shared import output, talk
from emc.cli.shared.decide import called, left, moment
from emc.core import forecast
from emc.core.terms import Row, Terms
from emc.core.text import printable
from emc.core.units import format_part
from emc.files import json_file
from emc.files import proposal as files
from emc.files.proposal import Proposal

if TYPE_CHECKING:
    from emc.client.decisions import Decision

MOST_LEVELS = 3


def show(
    decision: "Decision",
    names: dict[int, str],
    own: int | None = None,
    only: Collection[int] | None = None,
) -> None:
    """What a proposal changes, in numbers.

    Args:
        own: The row of who is about to sign: shown first.
        only: Show these rows; by default all.
    """
    standing = decision.standing
    before, after = standing.terms, decision.after
    money = standing.currency
    talk.facts(
        f"{decision.kind.value.capitalize()} of {standing.emc}",
        {
            "epoch": f"{standing.epoch} in force"
            + (f", would become {standing.epoch + 1}" if after.hash() != before.hash() else ""),
            "terms hash": "0x" + after.hash().hex(),
            "proceeds so far": money.format(standing.life.total),
            "gate": "open"
            if standing.life.is_open
            else f"closed, {money.format(standing.life.held)} held",
            "needs": f"{decision.needed} of {len(decision.voices)} voices",
            **_soonest(decision),
            **_particulars(decision),
        },
    )
    if after.hash() == before.hash():
        return
    _show_rules(before, after)
    rows = {row.id for row in (*before.rows, *after.rows)}
    chosen = sorted(rows if only is None else rows & set(only), key=lambda row: (row != own, row))
    _show_shares(before, after, names, chosen)
    _show_money(decision, names, chosen)


def explain(proposal: Proposal, terms: Terms | None, names: dict[int, str]) -> None:
    """What a proposal file says by itself, without a chain.

    Args:
        terms: In force, if they are known.
    """
    change = proposal.change
    rows = ", ".join(called(names, each.index) for each in proposal.signatures)
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
    if terms is not None and proposal.terms_after(terms) != terms:
        after = proposal.terms_after(terms)
        _show_rules(terms, after)
        _show_shares(terms, after, names, sorted({row.id for row in (*terms.rows, *after.rows)}))
    elif isinstance(change, files.Renegotiation):
        output.line()
        columns = [output.Column("row"), *(output.Column(each, "right") for each in _TRANCHES)]
        lines = [
            [str(each.row), *(format_part(part) for part in (each.base, each.leading, each.upside))]
            for each in change.shares
        ]
        output.table(columns, lines)
    elif isinstance(change, files.Amendment):
        output.line()
        pairs = json_file.leaves(change.terms)
        output.table(
            [output.Column("term"), output.Column("after")],
            [[name, str(value)] for name, value in pairs],
        )


_TRANCHES = ("base", "leading", "upside")


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
            if change.submitter == 128
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
    """When it can be put in force, if that is not yet."""
    at = decision.in_force_from
    return {"can be put in force": f"from {moment(at)}"} if at else {}


def _show_rules(before: Terms, after: Terms) -> None:
    """The fields of the terms, apart from the rows, that differ."""
    was, becomes = (
        dict(json_file.leaves({**files.document_of(each), "rows": ""})) for each in (before, after)
    )
    # a measure may come or go
    lines = [
        [name, str(was.get(name, "-")), str(becomes.get(name, "-"))]
        for name in {**was, **becomes}
        if was.get(name) != becomes.get(name)
    ]
    if lines:
        output.line()
        columns = [output.Column(each) for each in ("rule", "now", "after")]
        output.table(columns, lines)


def _show_shares(before: Terms, after: Terms, names: dict[int, str], rows: list[int]) -> None:
    """Old, new, change and the room to each bound, row by row."""
    was = {row.id: row for row in before.rows}
    becomes = {row.id: row for row in after.rows}
    lines = []
    for row in rows:
        old, new = was.get(row), becomes.get(row)
        lines.append(
            [
                called(names, row),
                *(_move(old, new, i) for i in range(3)),
                _bounds(new or old),
                _room(new),
                _others(old, new),
            ]
        )
    output.line()
    columns = [
        output.Column("row"),
        output.Column("base", "right"),
        output.Column("leading", "right"),
        output.Column("upside", "right"),
        output.Column("bounds", "right"),
        output.Column("room down / up", "right"),
        output.Column("also"),
    ]
    output.table(columns, lines)


def _move(old: Row | None, new: Row | None, tranche: int) -> str:
    was = old.shares[tranche] if old else 0
    becomes = new.shares[tranche] if new else 0
    if was == becomes:
        return format_part(becomes)
    return f"{format_part(was)} > {format_part(becomes)} ({signed_part(becomes - was)})"


def signed_part(ppm: int) -> str:
    """A difference of percentages."""
    return ("+" if ppm > 0 else "-") + format_part(abs(ppm)) if ppm else "0%"


def _bounds(row: Row | None) -> str:
    return f"{format_part(row.lower)} to {format_part(row.upper)}" if row else ""


def _room(row: Row | None) -> str:
    if row is None:
        return ""
    room = forecast.headroom(row)
    up = format_part(room.up) if room.up >= 0 else f"{format_part(-room.up)} over"
    return f"{format_part(room.down)} / {up}"


def _others(old: Row | None, new: Row | None) -> str:
    if old is None:
        return "joins"
    if new is None:
        return "leaves"
    changed = [
        name
        for name in ("payee", "lower", "upper", "running", "cost")
        if getattr(old, name) != getattr(new, name)
    ]
    return ", ".join(changed)


def _show_money(decision: "Decision", names: dict[int, str], rows: list[int]) -> None:
    """What each row earns from now on, under both."""
    standing, money = decision.standing, decision.standing.currency
    total = standing.life.total
    at = forecast.levels(standing.terms, total)[:MOST_LEVELS]
    columns = [output.Column("row")]
    for level in at:
        columns += [
            output.Column(f"to {money.format(level, symbol=False)}: now", "right"),
            output.Column("after", "right"),
        ]
    lines = []
    for row in rows:
        cells = [called(names, row)]
        for each in forecast.outlooks(
            standing.terms,
            decision.after,
            row,
            total=total,
            covers=standing.covers,
            values=standing.life.values,
            at=at,
        ):
            cells += [
                money.format(each.before, symbol=False),
                money.format(each.after, symbol=False),
            ]
        lines.append(cells)
    output.line()
    output.line(f"Earned from now on when proceeds reach the amount named, {money.symbol}")
    output.table(columns, lines)


def machine(decision: "Decision") -> dict[str, Any]:
    """A proposal for a program; amounts and shares are integers in base units and ppm."""
    standing = decision.standing
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
                "row": word.voice.row,
                "me": str(word.voice.me),
                "account": word.voice.account,
                "said": word.how,
                "why": word.why,
            }
            for word in decision.words()
        ],
        **({"window": asdict(window)} if window else {}),
        "rows": [
            {
                "row": row,
                "before": list(was[row].shares) if row in was else None,
                "after": list(becomes[row].shares) if row in becomes else None,
                "earned": [
                    {
                        "level": str(each.level),
                        "before": str(each.before),
                        "after": str(each.after),
                    }
                    for each in forecast.outlooks(
                        standing.terms,
                        decision.after,
                        row,
                        total=standing.life.total,
                        covers=standing.covers,
                        values=standing.life.values,
                        at=at,
                    )
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


def show_words(decision: "Decision", names: dict[int, str]) -> None:
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
        output.line(f"It can be put in force from {moment(at)}")
    words = decision.words()
    agreed = sum(word.counts for word in words)
    output.line(agreement_told(agreed, decision.needed), style="bold")
    columns = [output.Column(each) for each in ("row", "account", "said", "")]
    output.table(
        columns,
        [[called(names, word.voice.row), word.voice.account, word.how, word.why] for word in words],
    )
