"""Random lives of EMCs, as the stateful tests of the money make them, each audited at its end."""

import sys
from typing import Any, ClassVar

import boa
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.audit.kit import audit
from tests.audit.recorder import Recorder
from tests.stateful.changes import Changes
from tests.stateful.machine import MIDDLE


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

    @precondition(lambda self: self.model.epoch > MIDDLE or "end" not in self.tried)
    @rule(patient=st.sampled_from((True, True, False)))
    def end(self, patient: bool) -> None:
        """A stranger ends the EMC, if it lets him: when it must is not the audit's question."""
        try:
            super().end(patient)
        except boa.BoaError as refused:
            if "emc: not over yet" not in str(refused):
                raise

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


__all__ = ["Audited", "NativeLives", "TokenLives", "invariant", "rule"]
