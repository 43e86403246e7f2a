"""How long a thing lives is said in a contract and once for those who read it: the same."""

import re

import pytest

from emc.audit.prove import court
from emc.core import limits
from tests.kit import CONTRACTS


@pytest.mark.parametrize(
    ("contract", "name", "read"),
    [
        ("Conduct", "CHARGE_LIFE", [limits.CHARGE_LIFE, court.CHARGE_LIFE]),
        ("Goals", "VALUE_LIFE", [limits.VALUE_LIFE]),
    ],
)
def test_what_reads_the_chain_takes_a_life_for_as_long_as_its_contract(
    contract: str, name: str, read: list[int]
) -> None:
    source = (CONTRACTS / f"{contract}.vy").read_text()
    days, day = re.findall(rf"^{name}: constant\(uint256\) = (\d+) \* (\d+_?\d+)$", source, re.M)[0]
    assert read == [int(days) * int(day)] * len(read)
