"""What is said while a command works, where nothing can be redrawn."""

import pytest

from emc.cli.audit import options
from emc.cli.shared import talk
from emc.core.text import counted


def test_a_bar_tells_every_tenth_part(capsys: pytest.CaptureFixture[str]) -> None:
    with talk.bar("selling", 40) as advance:
        for _ in range(40):
            advance(1)
    told = capsys.readouterr().err.splitlines()
    assert told == [f"selling: {each} of 40" for each in range(4, 41, 4)]


def test_an_audit_tells_how_far_it_is_as_a_percentage(capsys: pytest.CaptureFixture[str]) -> None:
    with options.progress() as progress:
        # more than the chain has, since blocks are asked about more than once
        progress.begin(21)
        progress.advance(17)
        progress.advance(4)
    assert capsys.readouterr().err == "reading the chain: 80%\nreading the chain: 100%\n"


def test_what_is_counted_is_named_by_its_number() -> None:
    numbers = [counted(number, "order") for number in (0, 1, 2, 1350)]
    assert numbers == ["0 orders", "1 order", "2 orders", "1,350 orders"]
    assert counted(1, "beneficiary", "beneficiaries") == "1 beneficiary"
    assert counted(3, "beneficiary", "beneficiaries") == "3 beneficiaries"
