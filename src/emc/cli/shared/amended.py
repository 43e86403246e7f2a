"""The last amendment of an EMC, from its address alone: what it changed."""

from pathlib import Path
from typing import TYPE_CHECKING

from emc.cli.shared import decide, naming, output, talk, terms_view
from emc.core import view
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.standing import Standing
    from emc.client.system import System
    from emc.files.canvas import Canvas


def show(
    system: "System",
    target: str,
    agreement: Path | None,
    canvas: "Canvas | None",
    as_json: bool,
) -> None:
    """Show what the last amendment in force changed.

    Raises:
        EMCError: the EMC was never amended.
    """
    standing = decide.standing_of(system, target, agreement)
    paper = naming.paper_of(standing, agreement, target)
    epoch = _last(standing)
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


def _last(standing: "Standing") -> int:
    changes = str(standing.system.changes.address)
    events = standing.system.chain.events({changes: "Changes"}, standing.emc)
    epochs = [int(event.args["epoch"]) for event in events if event.name == "Amended"]
    if not epochs:
        raise EMCError(
            f"{standing.emc} was never amended",
            "an amendment that is not in force yet is in a file: name that",
        )
    return max(epochs)
