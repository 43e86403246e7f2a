"""What a sale, a change or a value would pay if it came next: the replay, one step further.

Pure: takes an EMC's history, returns base units; nothing is sent, the history is not changed.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from emc.core.replay import Life, adopt, behind_gate, share_out
from emc.core.terms import Metric, Terms


@dataclass(frozen=True)
class Part:
    """The effect on one row.

    Args:
        amount: Paid or credited in that transaction.
        is_credit: Whether the row already has a credit, to which this is added.
        held_before, held_after: What the gate holds for it.
    """

    row: int
    amount: int
    is_credit: bool
    held_before: int
    held_after: int


@dataclass(frozen=True)
class Outcome:
    """The effect on all rows, and the resulting history."""

    parts: tuple[Part, ...]
    opens_gate: bool
    total: int
    held: int
    # what waits until enough has come together
    pending: int
    life: Life

    @property
    def paid(self) -> int:
        """What leaves the EMC or becomes a credit."""
        return sum(part.amount for part in self.parts)


def sale(life: Life, amount: int) -> Outcome:
    """One sale."""
    after = _branch(life)
    return _outcome(life, after, share_out(after, amount))


def book(life: Life, unbooked: int = 0) -> Outcome:
    """A disbursement, or coin that came by plain transfer being absorbed."""
    after = _branch(life)
    return _outcome(life, after, share_out(after, unbooked, gathers=False))


def change(life: Life, terms: Terms, unbooked: int = 0) -> Outcome:
    """New terms: everything that came in is first shared out under the old ones."""
    after = _branch(life)
    epoch = life.epoch + 1
    after.terms = {**life.terms, epoch: terms}
    return _turn(life, after, epoch, unbooked)


def value(life: Life, metric: Metric, amount: int, unbooked: int = 0) -> Outcome:
    """A final value of an assessed measure of the goal."""
    after = _branch(life)
    after.values[metric] = amount
    return _turn(life, after, life.epoch, unbooked)


def _turn(life: Life, after: Life, epoch: int, unbooked: int) -> Outcome:
    total = after.total + unbooked
    opens = not after.is_open and after.page_of(after.terms[epoch], total).is_open(0)
    dues = share_out(after, unbooked, gathers=False, opens=opens)
    for row, amount in dues.items():
        after.earned[row] += amount
    adopt(after, epoch)
    return _outcome(life, after, dues)


def _outcome(life: Life, after: Life, dues: Mapping[int, int]) -> Outcome:
    was, becomes = behind_gate(life), behind_gate(after)
    return Outcome(
        parts=tuple(
            Part(
                row=row,
                amount=amount,
                is_credit=life.credits.get(row, 0) > 0,
                held_before=was.get(row, 0),
                held_after=becomes.get(row, 0),
            )
            for row, amount in dues.items()
        ),
        opens_gate=after.is_open and not life.is_open,
        total=after.total,
        held=after.held,
        pending=after.since - after.shared,
        life=after,
    )


def _branch(life: Life) -> Life:
    """The same life, to be led on without a trace in this one."""
    return replace(
        life,
        values=dict(life.values),
        forward=dict(life.forward),
        left=dict(life.left),
        earned=defaultdict(int, life.earned),
        credits=defaultdict(int, life.credits),
        here=defaultdict(int, life.here),
        paid=defaultdict(int, life.paid),
        runs=[],
        faults=[],
    )
