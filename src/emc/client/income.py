"""What an ME earned, payment run by payment run, and through which EMCs the money came.

An EMC may be the payee of a row of another: what it is paid there stays in it until somebody books
it, and is then shared out among its own rows. Money is followed from run to run by the events of
both, in the order of the chain. Reads through the edge; sends nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from emc.chain import together
from emc.chain.edge import Logged
from emc.client import roll, standing, till
from emc.client.mine import Place
from emc.client.standing import Standing
from emc.client.system import System
from emc.core.replay import Run
from emc.core.terms import NATIVE, Terms
from emc.errors import EMCError


@dataclass(frozen=True)
class Source:
    """What a row of another EMC contributed, in base units; row none: anyone's transfer."""

    emc: str
    row: int | None
    amount: int


@dataclass(frozen=True)
class Income:
    """What a row earned in one payment run, in base units.

    Args:
        at: Unix time.
        is_credit: Whether it waited as a credit instead of being paid.
        payer: Who paid the order; the EMC itself for what it booked, zero for a disbursement.
        number: Of the order, or of the first of a batch; none where nothing was ordered.
        payee: Where it was paid, or was to be.
        sources: Of what the EMC booked: whose rows put it in.
    """

    at: int
    block: int
    emc: str
    row: int
    amount: int
    is_credit: bool
    payer: str
    number: int | None
    payee: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Passed:
    """What a row was paid at another EMC, and how it was shared there. Base units.

    Args:
        into: The EMC that is paid.
        unbooked: What it holds that nobody has booked yet, whoever paid it in.
        inside: What the rows of that EMC earned so far, whoever put it in.
    """

    emc: str
    row: int
    into: str
    amount: int
    unbooked: int
    inside: "tuple[Inside, ...]"


@dataclass(frozen=True)
class Inside:
    """What a row earned; ``me`` is none for a beneficiary, ``on`` what it was paid at EMCs."""

    row: int
    me: int | None
    earned: int
    on: tuple[Passed, ...]


@dataclass
class Book:
    """The payment runs of EMCs of one chain, and what passes between them."""

    system: System
    _epochs: dict[str, Mapping[int, Terms]] = field(default_factory=dict)

    @cached_property
    def every(self) -> dict[str, roll.Entry]:
        """Every EMC that was made here."""
        return {each.emc: each for each in roll.read(self.system) if not each.fault}

    def runs(self, found: Standing) -> list[tuple[Logged, Run]]:
        """Every payment run as logged, and as recomputed.

        Raises:
            EMCError: the node gives other events than when they were recomputed.
        """
        runs = found.life.runs
        logged = self.system.chain.events({found.emc: "EMC"})
        # some may have come since
        payouts = [each for each in logged if each.name == "Payout"][: len(runs)]
        if [each.block for each in payouts] != [run.block for run in runs]:
            raise EMCError(
                f"the node gives {found.emc} different payouts when it is asked twice",
                "try again, or ask another node",
            )
        return list(zip(payouts, runs, strict=True))

    def of(self, places: Sequence[Place]) -> tuple[list[Income], list[Passed]]:
        """What the rows of an ME earned in EMCs, and what they were paid at others; all EMCs are
        read together.
        """

        def read(place: Place, found: Standing) -> tuple[list[Income], tuple[Passed, ...]]:
            return list(self.income(place)), self.passed(found, place.rows)

        # what all of them need is asked for here, or each of them would
        known = [
            partial(read, each, each.standing)
            for each in places
            if each.standing is not None and each.entry.emc in self.every
        ]
        told = together.read(self.system.chain, known)
        return [line for lines, _ in told for line in lines], [
            each for _, passed in told for each in passed
        ]

    def income(self, place: Place) -> Iterator[Income]:
        """What the rows of an ME earned in one EMC."""
        found = place.standing
        if found is None:
            return
        rows = set(place.rows)
        runs = self.runs(found)
        sources = self._sources(found, runs)
        for event, run in runs:
            args = event.args
            payer = str(args["payer"])
            number = None if payer in (NATIVE, found.emc) else int(args["number"])
            for turn, (row, amount) in enumerate(run.payments.items()):
                if row in rows and amount:
                    yield Income(
                        at=self.system.chain.time_of(event.block),
                        block=event.block,
                        emc=found.emc,
                        row=row,
                        amount=amount,
                        is_credit=bool(int(args["credited"]) >> turn & 1),
                        payer=payer,
                        number=number,
                        payee=str(args["payments"][turn]["payee"]),
                        sources=sources.get((event.block, event.place), ()),
                    )
            for row, amount in run.released.items():
                if row in rows and amount:
                    at = self.system.chain.time_of(event.block)
                    yield Income(
                        at, event.block, found.emc, row, amount, True, payer, number, NATIVE
                    )

    def _sources(
        self, found: Standing, runs: Iterable[tuple[Logged, Run]]
    ) -> dict[tuple[int, int], tuple[Source, ...]]:
        """Whose rows put in what an EMC booked, by the place of the run that booked it."""
        booked = [each for each, _ in runs if str(each.args["payer"]) == found.emc]
        if not booked:
            return {}
        coming = sorted(self._into(found), key=lambda each: each[:2])
        told: dict[tuple[int, int], tuple[Source, ...]] = {}
        for event in booked:
            place = event.block, event.place
            taken = [source for *at, source in coming if tuple(at) < place]
            coming = [each for each in coming if each[:2] >= place]
            rest = int(event.args["received"]) - sum(each.amount for each in taken)
            if rest > 0:
                taken.append(Source(NATIVE, None, rest))
            told[place] = _together(taken)
        return told

    def _into(self, found: Standing) -> Iterator[tuple[int, int, Source]]:
        """Everything that other EMCs paid into one, with its place on the chain."""
        currency = found.terms.currency
        others = {
            emc: "EMC"
            for emc, each in self.every.items()
            if emc != found.emc and each.terms is not None and each.terms.currency == currency
        }
        if not others:
            return
        for event in self.system.chain.events(others):
            for row, payee, amount in _arrived(event, self._terms(event.source)):
                if payee == found.emc:
                    yield event.block, event.place, Source(event.source, row, amount)

    def passed(self, found: Standing, rows: Iterable[int]) -> tuple[Passed, ...]:
        """What rows of an EMC were paid at other EMCs, and how it was shared there."""
        return tuple(self._passed(found, set(rows), {found.emc}))

    def _passed(self, found: Standing, rows: set[int], seen: set[str]) -> Iterator[Passed]:
        """Like ``passed``; each EMC is followed once, or a few that pay each other make ways
        without end.

        Args:
            seen: The EMCs that were followed.
        """
        sums: dict[tuple[int, str], int] = {}
        for event in self.system.chain.events({found.emc: "EMC"}):
            for row, payee, amount in _arrived(event, found.epochs):
                if row in rows and payee in self.every:
                    sums[row, payee] = sums.get((row, payee), 0) + amount
        for (row, into), amount in sorted(sums.items()):
            if into in seen:
                yield Passed(found.emc, row, into, amount, 0, ())
                continue
            seen.add(into)
            inner = standing.read(self.system, into)
            on = list(self._passed(inner, set(inner.life.earned), seen))
            known = {row.id: row for terms in inner.epochs.values() for row in terms.rows}
            inside = tuple(
                Inside(
                    row=each,
                    me=int(known[each].party) if known[each].is_node else None,
                    earned=inner.life.earned.get(each, 0),
                    on=tuple(more for more in on if more.row == each),
                )
                for each in sorted(known)
            )
            yield Passed(found.emc, row, into, amount, till.unbooked(inner), inside)

    def _terms(self, emc: str) -> Mapping[int, Terms]:
        """The terms of an EMC by epoch, read once."""
        if emc not in self._epochs:
            self._epochs[emc] = standing.terms_by_epoch(self.system, emc)
        return self._epochs[emc]


def _arrived(event: Logged, epochs: Mapping[int, Terms]) -> Iterator[tuple[int, str, int]]:
    """The payments of an event that arrived: row, payee and base units."""
    args = event.args
    if event.name == "Payout" and args["payments"]:
        rows = [row.id for row in epochs[int(args["epoch"])].rows]
        for turn, (row, each) in enumerate(zip(rows, args["payments"], strict=True)):
            if each["amount"] and not int(args["credited"]) >> turn & 1:
                yield row, str(each["payee"]), int(each["amount"])
    elif event.name == "Withdrawn":
        yield int(args["row"]), str(args["payee"]), int(args["amount"])


def _together(found: Iterable[Source]) -> tuple[Source, ...]:
    """One source for each row."""
    sums: dict[tuple[str, int | None], int] = {}
    for each in found:
        sums[each.emc, each.row] = sums.get((each.emc, each.row), 0) + each.amount
    return tuple(Source(emc, row, amount) for (emc, row), amount in sums.items())
