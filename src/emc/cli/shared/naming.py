"""What to call the rows of an EMC, and what is known of them beside the terms.

From the agreement file that was named, else from the one that was read here before.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emc.core.limits import MAX_IDS
from emc.core.terms import Terms
from emc.core.text import shown
from emc.core.units import Currency
from emc.core.view import Known
from emc.errors import EMCError
from emc.files import agreements, targets
from emc.files.canvas import Canvas
from emc.files.canvas_parts import Beneficiary, Node

if TYPE_CHECKING:
    from emc.client.decisions import Decision
    from emc.client.standing import Standing
    from emc.files.bundle import Bundle

UNKNOWN = "in the canvas, which is unknown here: name the agreement file with --agreement"
REPLACED = "in the canvas with the hash below, which is unknown here: name its file with --canvas"


def paper_of(
    standing: "Standing", agreement: Path | None, target: str | None = None
) -> "Bundle | None":
    """The agreement of an EMC: the file that was named, else what is remembered of it.

    Args:
        target: What named the EMC, an address or an agreement file.

    Raises:
        EMCError: the file that was named is not the agreement of the EMC.
    """
    from emc.files import bundle

    if agreement is None and target is not None and targets.is_file(target):
        agreement = Path(target)
    if agreement is None:
        known = agreements.known(standing.system.chain.id, standing.emc)
        return known if known and known.terms.hash() == standing.epochs[1].hash() else None
    file = bundle.read(agreement)
    if file.terms.hash() != standing.epochs[1].hash():
        raise EMCError(
            f"{agreement} is not the agreement of {standing.emc}", "leave out --agreement"
        )
    if not standing.system.chain.is_embedded:
        agreements.remember(file)
    return file


def names_of(
    standing: "Standing", agreement: Path | None, target: str | None = None
) -> dict[int, str]:
    """What to call rows; see ``paper_of`` and ``names_at``."""
    return names_at(standing, paper_of(standing, agreement, target))


def names_at(standing: "Standing", paper: "Bundle | None") -> dict[int, str]:
    """What to call rows: by their names, and where those are not known by the account that has
    the say, as far as there is one.
    """
    says = {row.id: str(row.party) for row in standing.terms.rows if not row.is_node}
    unnamed = {row: f"({at[:8]}..)" for row, at in sorted({**says, **standing.accounts}.items())}
    return unnamed | names_in(paper)


def names_in(paper: "Bundle | None") -> dict[int, str]:
    """Names by row id."""
    return {label.row: label.name for label in paper.labels} if paper else {}


def called(names: dict[int, str], row: int) -> str:
    """What to call a row."""
    return f"{row} {names[row]}" if row in names else str(row)


def row_of(told: str, paper: "Bundle | None", most: int = MAX_IDS - 1, what: str = "--row") -> int:
    """The row that is meant: by its number, its key in the canvas, or its name.

    Args:
        most: The largest number; that of the backstop or the assessor is above every row's.
        what: The option, for messages.

    Raises:
        EMCError: there is none of that name, or several.
    """
    if told.isascii() and told.isdigit() and len(told) <= 3 and int(told) <= most:
        return int(told)
    if told.isascii() and told.isdigit():
        raise EMCError(f"{what}: there is no row {told[:20]}", f"ids are 0 to {most}")
    named = told.strip().casefold()
    labels = paper.labels if paper else []
    found = {each.row for each in labels if named in (each.key.casefold(), each.name.casefold())}
    if len(found) == 1:
        return found.pop()
    known = ", ".join(f"{each.row} {each.key} ({each.name})" for each in labels)
    raise EMCError(
        f"{what} {shown(told)}: {'several rows have' if found else 'no row has'} that name",
        f"rows are {known}" if known else "give its number, or --agreement for its name",
    )


def promises(canvas: Canvas, paper: "Bundle") -> dict[int, Mapping[str, str]]:
    """What a canvas says of each row of an agreement, by row id.

    Args:
        canvas: That of the agreement, or one that replaces it.
    """
    rows = {row.key: row for row in canvas.rows}
    return {each.row: promise(rows[each.key]) for each in paper.labels if each.key in rows}


def promise(row: Node | Beneficiary) -> dict[str, str]:
    """What a canvas says of a row."""
    flows = {"other value": "; ".join(row.other_value_flows)} if row.other_value_flows else {}
    if isinstance(row, Beneficiary):
        return {"is called": row.name, "purpose": row.purpose, **flows}
    return {
        "is called": row.name,
        "role": row.role,
        "obligations": "; ".join(row.obligations),
        "expected performance": "; ".join(row.expected_performance),
        "own goals": "; ".join(row.own_goals) or "none",
        **flows,
    }


def said_of(canvas: Canvas) -> dict[str, str]:
    """What a canvas says of the whole."""
    texts = {name: getattr(canvas, name) for name in ("title", "note", "scenario", "proposition")}
    for each in canvas.leading_goal.measures:
        texts[f"{each.metric} counts"] = f"{each.unit}; benchmark from: {each.source}"
    texts["returns"] = canvas.returning
    return {name: text for name, text in texts.items() if text}


def known_of(paper: "Bundle") -> Known:
    """What an agreement says beside its terms."""
    return Known(
        money=paper.currency,
        names=names_in(paper),
        said=said_of(paper.canvas),
        promises=promises(paper.canvas, paper),
        accounts={
            row.id: account for row, account in zip(paper.terms.nodes, paper.accounts, strict=True)
        },
        bar_money=bar_money(paper.canvas),
    )


def known_at(
    standing: "Standing",
    terms: Terms,
    paper: "Bundle | None",
    names: dict[int, str] | None = None,
    canvas: Canvas | None = None,
) -> Known:
    """What is known beside terms that are, were, or may be in force.

    Args:
        canvas: Another one than that of the agreement, which the terms may have.
    """
    promised, said, missing, counted_in = {}, {}, UNKNOWN, None
    if canvas is not None and canvas.hash() != terms.canvas:
        canvas = None
    if canvas is None and paper is not None:
        is_of = paper.canvas.hash() == terms.canvas
        canvas, missing = (paper.canvas, "") if is_of else (None, REPLACED)
    if canvas is not None:
        counted_in = bar_money(canvas)
        said = said_of(canvas)
        promised = promises(canvas, paper) if paper is not None else {}
        missing = "" if promised else UNKNOWN
    return Known(
        money=standing.currency,
        names=names_at(standing, paper) if names is None else names,
        said=said,
        promises=promised,
        accounts=dict(standing.accounts),
        bar_money=counted_in,
        missing=missing,
    )


def bar_money(canvas: Canvas) -> Currency | None:
    """What the bar of a canvas counts in, if that is a currency of its own."""
    bar = canvas.rules.bar
    return bar.currency.money if bar is not None and bar.currency is not None else None


def known_after(
    decision: "Decision", before: Known, paper: "Bundle | None", canvas: Canvas | None = None
) -> Known:
    """What is known beside the terms that a change would put in force."""
    accounts = {each.row: each.account for each in decision.voters if each.new is not None}
    terms, standing = decision.after, decision.standing
    if terms.canvas == standing.terms.canvas:
        return replace(before, accounts={**before.accounts, **accounts})
    if canvas is not None and canvas.hash() != terms.canvas:
        raise EMCError(
            f"the text is not that of the new canvas: its hash is 0x{canvas.hash().hex()}",
            f"name the file whose hash is 0x{terms.canvas.hex()}",
        )
    after = known_at(standing, terms, paper, dict(before.names), canvas)
    return replace(after, accounts={**before.accounts, **accounts})
