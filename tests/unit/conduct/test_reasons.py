"""Every way in which Conduct refuses is tested."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__)


def test_every_reason_is_asserted_here() -> None:
    tested = "".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    reasons = set(re.findall(r'"(conduct: [^"]+)"', (CONTRACTS / "Conduct.vy").read_text()))
    assert len(reasons) >= 2
    assert {reason for reason in reasons if f'reverts("{reason}")' not in tested} == set()
