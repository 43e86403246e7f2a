"""No refusal of this room goes untested."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__)


def test_every_reason_is_asserted_here() -> None:
    tested = "".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    source = (CONTRACTS / "Goals.vy").read_text()
    reasons = set(re.findall(r'"(goals: [^"]+)"', source))
    assert len(reasons) >= 10
    assert {reason for reason in reasons if f'reverts("{reason}")' not in tested} == set()
