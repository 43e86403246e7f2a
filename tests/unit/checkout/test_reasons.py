"""No refusal of Checkout goes untested."""

import re
from pathlib import Path

from tests.kit import CONTRACTS

HERE = Path(__file__)
SOURCES = ("Checkout", "modules/order_book", "modules/buyer_credits", "modules/authorizations")


def test_every_reason_is_asserted_here() -> None:
    tested = "".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    tested += (HERE.parents[2] / "attacks" / "test_checkout.py").read_text()
    source = "".join((CONTRACTS / f"{path}.vy").read_text() for path in SOURCES)
    reasons = set(re.findall(r'"((?:checkout|authorizations): [^"]+)"', source))
    assert len(reasons) >= 20
    assert {reason for reason in reasons if f'"{reason}"' not in tested} == set()
