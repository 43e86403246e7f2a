"""The last amendment of an EMC, from its address alone: what it changed."""

from pathlib import Path
from typing import TYPE_CHECKING

from emc.cli.shared import naming, output, talk, terms_view
from emc.core import view

if TYPE_CHECKING:
    from emc.client.session import Session
    from emc.files.canvas import Canvas


def show(
    session: "Session",
    target: str,
    agreement: Path | None,
    canvas: "Canvas | None",
    as_json: bool,
) -> None:
    """Show what the last amendment in force changed.

    Raises:
        EMCError: the EMC was never amended.
    """
    standing = session.standing(target, agreement)
    paper = naming.paper_of(standing, agreement, target)
    epoch = standing.last_amended()
    old, new = standing.epochs[epoch - 1], standing.epochs[epoch]
    known = naming.known_at(standing, old, paper)
    becomes = naming.known_at(standing, new, paper, canvas=canvas)
    before, after = view.of(old, known), view.of(new, becomes)
    found = view.changes(before, after)
    if as_json:
        output.print_json(
            {
                "emc": standing.emc,
                "kind": "amendment",
                "epoch": epoch,
                "terms_hash": "0x" + new.hash().hex(),
                "changes": terms_view.machine_changes(found),
                "terms": terms_view.machine(after),
            }
        )
        return
    talk.facts(
        f"The last amendment of {standing.emc}",
        {
            "in force": f"since epoch {epoch}; epoch {standing.epoch} is in force now",
            "terms hash": "0x" + new.hash().hex(),
        },
    )
    terms_view.show_changes(found, "before")
