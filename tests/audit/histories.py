"""Random lives of EMCs, as the stateful tests of the money make them, each audited at its end."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from emc.errors import EMCError
from tests.audit.faulty import Wire
from tests.audit.kit import audit, chain
from tests.audit.recorder import Recorder
from tests.stateful import market
from tests.stateful.changes import Changes


class Audited(Changes):
    """A life on a recorded chain; the model beside it is not asked, only the audit is."""

    recorder: ClassVar[Recorder]
    verdicts: ClassVar[list[str]] = []

    def __init__(self) -> None:
        self.undo = self.recorder.anchor()
        self.undo.__enter__()
        super().__init__()

    def look(self, called: Any = None) -> None:
        """Only what the rules need to go on: asking the chain for more takes most of the time."""
        contract = called or self.emc
        computation = contract._computation
        if computation is not None:
            self.logs = contract.get_logs() if not computation.is_error else []
        self.looks += 1
        self.credits = dict(self.model.credits)

    def finish(self) -> None:
        """The audit at the end of a life says that it ties."""
        verdict = audit(self.recorder, self.emc)
        assert [each.text for each in verdict.faults] == []
        assert verdict.word == "RECONCILED", verdict.unproven
        self.verdicts.append(verdict.stage)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and hasattr(self, "emc"):
                self.finish()
        finally:
            self.undo.__exit__(None, None, None)


class Misread(Audited):
    """The same, read from a node that answers falsely now and then."""

    def finish(self) -> None:
        """Nobody is accused, and nothing that is wrong is said to be right."""
        place = len(self.verdicts)
        # from now and then to as often as not: then a question is refused three times in a row
        rate = (3, 15, 60, 500)[place % 4]
        for canvas, never in ((None, "NOT RECONCILED"), (bytes(32), "RECONCILED")):
            try:
                word = audit(Wire(self.recorder, place, rate), self.emc, canvas=canvas).word
            except EMCError:
                word = "NOT CHECKED"
            assert word != never, (place, rate, canvas)
            if canvas is None:
                self.verdicts.append(word)


class MisreadNativeLives(Misread):
    """In native coin."""


class MisreadTokenLives(Misread):
    """In a token with 6 decimals."""

    decimals = 6


class NativeLives(Audited):
    """In native coin."""


class TokenLives(Audited):
    """In a token with 6 decimals."""

    decimals = 6


@contextmanager
def recorded() -> Iterator[None]:
    """A chain of its own that the audit can read, for all lives inside."""
    with chain(traces=True) as node:
        Audited.recorder = node
        market.stray_token()
        for decimals in (None, 6):
            market.market(decimals)
        yield
