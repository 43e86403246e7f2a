"""An EMC's money recomputed from its events: what each run had to pay, hold and carry over.

Follows docs/specification.md: the waterfall, gate, credits, and what a change means for money. Goes
on after a line that does not tie, from what should have been.
"""

from collections.abc import Mapping

from emc.audit.prove import acts
from emc.audit.prove.epochs import Epoch
from emc.audit.prove.history import Happened, History, Payout
from emc.audit.prove.life import Life


def replay(history: History, epochs: Mapping[int, Epoch]) -> Life:
    """A whole life."""
    life = Life(history, epochs)
    for fault in history.unreadable:
        life.expect(fault, "event", "not one of the published contract", "none")
    events = history.own
    # of each event, the next of the EMC that is not a Left
    coming: list[Happened | Payout | None] = []
    following: Happened | Payout | None = None
    for event in reversed(events):
        coming.append(following)
        if event.name not in ("Left", "Credited"):
            following = event
    for event, after in zip(events, reversed(coming), strict=True):
        if isinstance(event, Payout):
            acts.payout(life, event, after)
        elif event.name in acts.ACTS:
            acts.ACTS[event.name](life, event, after)
    for left_over in (*life.told, *([life.batch] if life.batch else [])):
        life.expect(left_over, "payment run", "none", "the one it belongs to")
    return life
