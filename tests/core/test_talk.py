"""What is said while a command works, where nothing can be redrawn."""

from types import SimpleNamespace
from typing import Any

import pytest

from emc.cli.audit import options
from emc.cli.shared import proposal_view, signing, talk
from emc.cli.shared.signing import SigningOptions
from emc.core.text import counted
from emc.errors import EMCError


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


@pytest.mark.parametrize(
    ("agreed", "needed", "told"),
    [
        (0, 2, "0 of 2 have agreed"),
        (2, 2, "2 of 2 have agreed"),
        (2, 1, "2 have agreed, 1 would be enough"),
    ],
)
def test_more_than_are_needed_are_not_counted_of_them(agreed: int, needed: int, told: str) -> None:
    assert proposal_view.agreement_told(agreed, needed) == told


@pytest.mark.parametrize("objectors", [(), (1,), (1, 2)])
def test_what_objections_have_stopped_is_not_said_to_come(
    objectors: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    window = SimpleNamespace(opened_at=1, objectors=objectors, allowed=1, closes_at=5, until=9)
    decision: Any = SimpleNamespace(
        window=lambda: window,
        standing=SimpleNamespace(now=2),
        in_force_from=0,
        answers=list,
        needed=2,
    )
    proposal_view.show_answers(decision, {})
    said = capsys.readouterr().out
    is_stopped = len(objectors) == 2
    assert ("stopped" in said) == is_stopped
    assert ("can be submitted" in said) != is_stopped


def test_one_address_in_two_places_is_told_of_both_before_it_is_accepted() -> None:
    new = "0x" + "ab" * 20
    found: Any = [
        ("Row 1", SimpleNamespace(name="payee", values={"payee": ("0x01", new)})),
        ("", SimpleNamespace(name="assessor", values={"assessor": ("0x02", new)})),
    ]
    with pytest.raises(EMCError) as refused:
        signing.accept(found, SigningOptions(yes=True))
    told = f"Row 1: payee, which becomes {new}; nor assessor, which becomes {new}"
    assert str(refused.value) == f"--yes does not cover {told}"
    assert refused.value.hint == f"compare each, then add --accept {new}"
    signing.accept(found, SigningOptions(yes=True, accept=(new,)))
