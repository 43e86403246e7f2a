"""No refusal of reviews goes untested."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__)
SOURCES = ("Reputation.vy", "modules/tallies.vy")


def test_every_reason_is_asserted_here() -> None:
    tested = "".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    source = "".join((CONTRACTS / path).read_text() for path in SOURCES)
    reasons = set(re.findall(r'"(reviews: [^"]+)"', source))
    assert len(reasons) >= 15
    assert {reason for reason in reasons if f'"{reason}"' not in tested} == set()
