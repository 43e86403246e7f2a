"""What contracts hold is said in their sources and once in the package: the same."""

import re

import pytest

from emc.audit.prove import court
from emc.core import limits
from tests.kit import CONTRACTS

# where each is said; a text where a length is: the struct or argument that has it
SAID = {
    "MAX_ROWS": "modules/page_layout.vy",
    "MAX_IDS": "modules/page_layout.vy",
    "MAX_MEASURES": "modules/terms.vy",
    "MAX_AMOUNT": "modules/terms.vy",
    "MAX_TIME": "modules/terms.vy",
    "MAX_SPAN": "modules/terms.vy",
    "MIN_REVIEW": "modules/terms.vy",
    "MAX_REVIEW": "modules/terms.vy",
    "CHARGE_LIFE": "Conduct.vy",
    "VALUE_LIFE": "Goals.vy",
    "MAX_ORDERS": "EMC.vy",
    "MAX_LINES": "Checkout.vy",
    "MAX_WAIT": "Checkout.vy",
    "MIN_REVEAL": "CallForBids.vy",
}
TEXTS = {
    "MAX_CLAUSE": ("interfaces/IConduct.vyi", "clause"),
    "MAX_ITEM": ("interfaces/IGoals.vyi", "item"),
    "MAX_ROLE": ("interfaces/ICallForBids.vyi", "role"),
    "MAX_URI": ("interfaces/ICallForBids.vyi", "uri"),
}


def value(text: str) -> int:
    """What an expression of whole numbers gives, such as ``2**95 - 1``."""
    assert re.fullmatch(r"[0-9_]+( ?(\*\*|[-*]) ?[0-9_]+)*", text), text
    return int(eval(text))


def test_every_limit_is_compared_with_its_contract() -> None:
    assert {*SAID, *TEXTS} == {name for name in vars(limits) if name.isupper()}


@pytest.mark.parametrize("name", SAID)
def test_a_limit_is_the_constant_of_its_contract(name: str) -> None:
    source = (CONTRACTS / SAID[name]).read_text()
    (said,) = re.findall(rf"^{name}: constant\(uint256\) = (.*)$", source, re.MULTILINE)
    assert getattr(limits, name) == value(said)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_as_long_as_its_contract_takes_it(name: str) -> None:
    file, what = TEXTS[name]
    found = re.findall(rf"\b{what}: String\[([0-9]+)\]", (CONTRACTS / file).read_text())
    assert {int(each) for each in found} == {getattr(limits, name)}


def test_the_audit_has_a_number_of_its_own_and_it_is_the_same() -> None:
    assert court.CHARGE_LIFE == limits.CHARGE_LIFE
