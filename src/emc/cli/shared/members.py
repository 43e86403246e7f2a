"""The members of a review: whom a command is about, what to call them, and how they are rated."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.shared import output, talk
from emc.core import ratings
from emc.core.ratings import CRITERIA, MEANING, Member, Vector
from emc.core.text import counted
from emc.errors import EMCError
from emc.files import bundle, targets

if TYPE_CHECKING:
    from emc.client.reviews import Review
    from emc.client.system import System


class Names:
    """What to call the members of a review: from the agreement file if there is one."""

    def __init__(
        self, system: "System", review: "Review", target: str, agreement: Path | None
    ) -> None:
        self.keys: dict[str, int] = {}
        self._names: dict[int, str] = {}
        paper = bundle.read(agreement) if agreement else targets.target(target).paper
        if paper is None:
            return
        from emc.client import standing

        # names are of the first epoch: who joined later is called by its id
        first = standing.terms_by_epoch(system, review.emc)[1]
        if paper.emc != review.emc or paper.terms.hash() != first.hash():
            raise EMCError(
                f"{agreement or target} is not the agreement of {review.emc}", "name another file"
            )
        for row, label in zip(paper.terms.rows, paper.labels, strict=True):
            if isinstance(row.party, int):
                self.keys[label.key] = row.party
                self._names[row.party] = label.name

    def name(self, me: int) -> str:
        """The name alone, empty if nobody said it."""
        return self._names.get(me, "")

    def called(self, me: int) -> str:
        """Name and id."""
        return f"{self._names[me]} (ME {me})" if me in self._names else f"ME {me}"


def asked(rater: int, members: "tuple[Member, ...]", names: Names) -> dict[int, Vector]:
    """Stars as the person at the keyboard gives them."""
    others = ratings.rateable(rater, members)
    talk.note(
        f"{counted(len(others), 'node')} to rate, 1 to 5 stars each, 0 for no opinion; four "
        f"digits such as 5430 are {', '.join(MEANING[each] for each in CRITERIA)}"
    )
    found: dict[int, Vector] = {}
    for each in others:
        while True:
            text = click.prompt(names.called(each.me), default="0000", err=True)
            if len(text) == len(CRITERIA) and set(text) <= set("012345"):
                a, b, c, d = (int(digit) for digit in text)
                found[each.me] = (a, b, c, d)
                break
            talk.note("enter four digits from 0 to 5")
    return found


def show(rater: int, members: "tuple[Member, ...]", said: bytes, names: Names) -> None:
    """Ratings in words, also of whom nothing is said."""
    given = ratings.unpack(members, said)
    output.line(f"Ratings by {names.called(rater)}", "bold")
    output.table(
        output.columns(">ME", "node", *(f">{each}" for each in CRITERIA)),
        [
            [
                str(each.me),
                names.name(each.me),
                *(str(stars) if stars else "-" for stars in given.get(each.me, (0, 0, 0, 0))),
            ]
            for each in ratings.rateable(rater, members)
        ],
    )
