"""The claims on numbers, where no solver is needed; and that none is missing.

What `make prove` shows for all numbers is tried here for a few; the reader that both go through is
held against the deployed code and against `emc.core.waterfall` in `test_reader.py`.
"""

from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.profiles import IS_DEEP
from tests.proof import claims_books, claims_page, claims_sale, claims_waterfall
from tests.proof.numbers import RefutedError, VacuousError, tried
from tests.proof.reader import CONTRACTS, Source
from tests.proof.unsafe import expressions

MODULES = (claims_waterfall, claims_sale, claims_page, claims_books)
CLAIMS = [claim for module in MODULES for claim in module.CLAIMS]
DRAWS = 20_000 if IS_DEEP else 60


def run(claim: Any, source: Source, draws: int = DRAWS) -> set[str]:
    """Draw numbers for a claim."""
    return tried(partial(_called, claim, source), Random(7), draws)


def _called(claim: Any, source: Source, search: Any) -> None:
    claim(search, source)


def test_claims_hold_for_numbers_and_go_through_every_unsafe_expression() -> None:
    source = Source()
    seen = set().union(*(run(claim, source) for claim in CLAIMS))
    assert expressions() - seen == set(), "prove that it does not wrap, in a claim of tests/proof"


def test_an_unsafe_expression_that_no_claim_goes_through_is_found(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "A.vy").write_text(
        "@internal\ndef _f(a: uint256) -> uint256:\n    return unsafe_sub(a, 2)\n"
    )
    assert expressions(tmp_path) == {"unsafe_sub(a, 2)"}


@pytest.mark.parametrize(
    ("claim", "path", "before", "after"),
    [
        (
            claims_sale.a_run_pays_the_increase,
            "EMC.vy",
            "is_open: bool = since >= gate_at",
            "is_open: bool = since > gate_at",
        ),
        (
            claims_page.a_change_keeps_what_was_earned,
            "Pages.vy",
            "forwards[place] = held",
            "forwards[place] = held // 2",
        ),
        (
            claims_books.a_quorum_is_a_part,
            "modules/terms.vy",
            "unsafe_sub(part, 1) < PPM",
            "unsafe_sub(part, 1) <= PPM",
        ),
    ],
    ids=["gate", "page", "quorum"],
)
def test_a_broken_source_is_found(
    claim: Any, path: str, before: str, after: str, tmp_path: Path
) -> None:
    (tmp_path / "modules").mkdir()
    for each in [*CONTRACTS.glob("*.vy"), *(CONTRACTS / "modules").glob("*.vy")]:
        text = each.read_text()
        if each == CONTRACTS / path:
            assert text.count(before) == 1
            text = text.replace(before, after)
        (tmp_path / each.relative_to(CONTRACTS)).write_text(text)
    with pytest.raises((RefutedError, AssertionError)):
        run(claim, Source(tmp_path), 3_000)


def test_a_claim_that_gets_to_no_goal_is_no_claim() -> None:
    with pytest.raises(VacuousError):
        tried(lambda search: search.assume(False), Random(1), 10)
