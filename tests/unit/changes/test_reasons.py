"""Every way in which Changes refuses is tested."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__).parent


def test_every_reason_of_the_room_and_of_votes_is_asserted() -> None:
    """The module's reasons count here for every room that uses it."""
    source = (CONTRACTS / "Changes.vy").read_text()
    for module in ("votes", "reshares"):
        source += (CONTRACTS / "modules" / f"{module}.vy").read_text()
    reasons = set(re.findall(r'"((?:changes|votes): [^"]+)"', source))
    tests = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    asserted = set(re.findall(r'boa\.reverts\("([^"]+)"\)', tests))
    # the one reason that is handed on by its name
    asserted |= set(re.findall(r'refused\(.*, "(votes: [^"]+)"\)', tests))
    assert len(reasons) > 15
    assert reasons <= asserted, reasons - asserted
