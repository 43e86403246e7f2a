"""Which change a command is about: one in a file, or one that is open on chain at an address."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from emc.cli.shared import naming, options, proposal_view, talk
from emc.core.terms import ASSESSOR
from emc.core.text import printable
from emc.errors import EMCError
from emc.files import json_file, signature_files, targets
from emc.files.bundle import Bundle
from emc.files.proposal import Body, Change, Proposal
from emc.files.whole import check_free

if TYPE_CHECKING:
    from emc.client.decisions import Decision
    from emc.client.open_changes import OpenChange
    from emc.client.session import Session
    from emc.client.standing import Standing
    from emc.files.canvas import Canvas

Command = TypeVar("Command", bound=Callable[..., Any])

_WHICH = (
    click.argument("target", metavar="FILE|EMC"),
    click.option(
        "--row", help="The proposer's row, if several are open at an EMC: number, key or name."
    ),
    click.option("--which", type=click.IntRange(1), help="Which one, if a row has several open."),
)

COMMANDS = {
    Change.RENEGOTIATION: "renegotiate",
    Change.AMENDMENT: "amend",
    Change.EXPULSION: "expel",
    Change.DISBANDING: "disband",
    Change.ASSESSMENT: "assess",
}

canvas_option = click.option(
    "--canvas",
    type=options.FILE,
    help="The new canvas of an amendment, to show its text.",
)


def change_options(kind: Change) -> Callable[[Command], Command]:
    """Which change of a kind, as `what`; of a file named by --agreement, if the command has it."""

    def add(command: Any) -> Any:
        @wraps(command)
        def about(
            *,
            target: str,
            row: str | None,
            which: int | None,
            agreement: Path | None = None,
            **others: Any,
        ) -> Any:
            return command(what=asked(target, kind, agreement, row, which), **others)

        made: Any = about
        for decorate in reversed(_WHICH):
            made = decorate(made)
        return made

    return add


def canvas_of(path: Path | None) -> "Canvas | None":
    """The canvas in a file, if one was named."""
    if path is None:
        return None
    from emc.files import canvas

    return canvas.load(path)


@dataclass(frozen=True)
class Asked:
    """A change as a command names it.

    Args:
        target: A proposal file, an EMC's address, or its agreement file.
        proposal: In the file, if there is one.
        agreement: The agreement file that was named besides.
    """

    target: str
    kind: Change
    proposal: Proposal | None
    agreement: Path | None
    row: str | None = None
    which: int | None = None

    @property
    def emc(self) -> str | None:
        """What names the EMC where the change is taken from the chain."""
        return self.target if self.proposal is None else None

    @property
    def files(self) -> tuple[Path, ...]:
        """What is read."""
        target = Path(self.target) if targets.is_file(self.target) else None
        return tuple(path for path in (target, self.agreement) if path is not None)


def asked(
    target: str,
    kind: Change,
    agreement: Path | None = None,
    row: str | None = None,
    which: int | None = None,
) -> Asked:
    """What a command is about, looked at before any chain is asked.

    Raises:
        EMCError: neither an address nor a file, or a change of another kind.
    """
    found = None
    if targets.is_file(target):
        paper = _paper(target)
        if isinstance(paper, Proposal):
            check_kind(Path(target), paper, kind)
            found = paper
    else:
        targets.target(target)
    if found is not None and (row or which):
        raise EMCError("--row and --which choose at an EMC", f"{target} is one change already")
    return Asked(target, kind, found, agreement, row, which)


def check_kind(path: Path, proposal: Proposal, kind: Change) -> None:
    """Refuse a proposal of another kind."""
    if proposal.kind is not kind:
        raise EMCError(
            f"{path} is about {proposal.kind.value}, not {kind.value}",
            f"use `emc {COMMANDS[proposal.kind]}`",
        )


def draw_up(
    standing: "Standing",
    change: Body,
    out: Path,
    paper: Bundle | None = None,
    canvas: "Canvas | None" = None,
) -> None:
    """Write the proposal of a change that fits the terms in force, and show what it does.

    Args:
        paper: The agreement of the EMC, if it is known here.
        canvas: The text of the canvas that an amendment names.

    Raises:
        EMCError: the file is there already, or the change does not fit; nothing is written.
    """
    from emc.client.proposing import propose

    check_free(out)
    decision = propose(standing, change)
    signature_files.write(out, decision.proposal)
    talk.note(f"proposal file: {out}")
    proposal_view.show(decision, proposal_view.Reader(paper, canvas))


def _paper(target: str) -> Bundle | Proposal:
    name = printable(target)
    raw: Any = json_file.load(Path(target), "a proposal file, an agreement file or an address")
    return signature_files.parsed(raw, name)


def load(session: "Session", what: Asked) -> "tuple[Decision, Bundle | None]":
    """The change beside the chain, with the agreement of its EMC if that is known here.

    Raises:
        EMCError: it cannot be rebuilt; there is none on chain, or which is meant is not said.
    """
    from emc.client.decisions import Decision

    if what.proposal is not None:
        decision = session.decision(what.proposal)
        return decision, naming.paper_of(decision.standing, what.agreement)
    now = session.standing(what.target, what.agreement)
    paper = naming.paper_of(now, what.agreement, what.target)
    return Decision(now, chosen(now, what, paper).proposal), paper


def chosen(standing: "Standing", what: Asked, paper: Bundle | None) -> "OpenChange":
    """The change that is meant of those that are open on chain."""
    from emc.client import open_changes

    command = COMMANDS[what.kind]
    if what.kind is Change.AMENDMENT:
        raise EMCError(
            "an amendment is not on chain before all have signed",
            "name its file; `emc amend show` of an address shows the last one in force",
        )
    found = open_changes.of(standing, what.kind)
    if what.row is not None:
        row = naming.row_of(what.row, paper, ASSESSOR)
        found = [each for each in found if row in each.rows]
    if not found:
        by = f" of row {what.row}" if what.row is not None else ""
        raise EMCError(
            f"no {what.kind.value}{by} is open on chain for {standing.emc}",
            f"a file names it, as `emc {command} propose` writes one",
        )
    if what.which is not None and what.which <= len(found):
        return found[what.which - 1]
    if len(found) > 1:
        told = "; ".join(f"{number}: {each.told}" for number, each in enumerate(found, 1))
        raise EMCError(f"{len(found)} are open: {told}", "choose by --row, or by --which NUMBER")
    return found[0]
