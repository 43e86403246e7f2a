"""No refusal of this room goes untested."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__)


def test_every_reason_is_asserted_here() -> None:
    tested = "".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    for source in ("Conduct.vy", "modules/votes.vy"):
        reasons = set(re.findall(r'"((?:conduct|votes): [^"]+)"', (CONTRACTS / source).read_text()))
        assert len(reasons) >= 2
        missing = {reason for reason in reasons if f'reverts("{reason}")' not in tested}
        assert missing == set(), source
