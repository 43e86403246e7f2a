"""Every way in which a vote is refused is tested, for every kind of decision."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__)


def test_every_reason_of_a_vote_is_asserted_here() -> None:
    source = (CONTRACTS / "modules" / "votes.vy").read_text()
    reasons = set(re.findall(r'"(votes: [^"]+)"', source))
    tested = "".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    assert len(reasons) >= 2
    assert {reason for reason in reasons if f'reverts("{reason}")' not in tested} == set()
