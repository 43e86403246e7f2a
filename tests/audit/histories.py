"""Random lives of EMCs, as the stateful tests of the money make them, each audited at its end."""

import sys
from typing import Any, ClassVar

from tests.audit.kit import audit
from tests.audit.recorder import Recorder
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


class NativeLives(Audited):
    """In native coin."""


class TokenLives(Audited):
    """In a token with 6 decimals."""

    decimals = 6
