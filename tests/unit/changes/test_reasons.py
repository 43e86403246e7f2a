"""Every way in which Changes refuses is tested."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__).parent


def test_every_reason_of_the_contract_is_asserted() -> None:
    source = (CONTRACTS / "Changes.vy").read_text()
    source += (CONTRACTS / "modules" / "reshares.vy").read_text()
    reasons = set(re.findall(r'"(changes: [^"]+)"', source))
    tests = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    asserted = set(re.findall(r'boa\.reverts\("([^"]+)"\)', tests))
    assert len(reasons) > 15
    assert reasons <= asserted, reasons - asserted
