"""A record beside an independent computation, and what it says of each EMC."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emc.core import record
from emc.core.ratings import Member, Opened
from emc.core.record import Reviewed
from tests.kit import address

DAY = 86_400
START = 1_800_000_000
ME, OTHER = 7, 8


def reviewed(ended_at: int, *medians: int) -> Reviewed:
    return Reviewed("0xa", ended_at, "0x0", 1, 1, "to the end", True, medians, (2,) * 4, False)


def stars(*emcs: Reviewed) -> list[int]:
    return [line.stars for line in record.lines(emcs)]


emcs = st.lists(
    st.tuples(
        st.integers(START, START + 40 * 365 * DAY),
        *[st.one_of(st.just(0), st.integers(2, 10).map(lambda half: half * 50))] * 4,
    ),
    max_size=12,
)


@given(emcs)
def test_stars_are_medians_weighted_by_half_lives(given_: list[tuple[int, ...]]) -> None:
    found = stars(*(reviewed(*each) for each in given_))
    for place in range(4):
        rated = [(each[0], each[1 + place]) for each in given_ if each[1 + place]]
        if not rated:
            assert found[place] == 0
            continue
        last = max(ended for ended, _ in rated)
        parts = [0.5 ** ((last - ended) / (365 * DAY)) for ended, _ in rated]
        expected = sum(part * median for part, (_, median) in zip(parts, rated, strict=True))
        assert abs(found[place] - expected / sum(parts)) <= 0.5 + 1e-9


def test_after_a_half_life_an_emc_counts_half() -> None:
    old, new = reviewed(START, 200, 0, 0, 0), reviewed(START + 365 * DAY, 500, 0, 0, 0)
    (line, *_) = record.lines([old, new])
    assert line.weights == (Decimal("0.5"), Decimal(1))
    # (200 / 2 + 500) / 1.5
    assert line.stars == 400


def test_the_order_in_which_emcs_were_counted_changes_nothing() -> None:
    one, two = reviewed(START, 200, 300, 0, 500), reviewed(START + 99 * DAY, 500, 100, 0, 0)
    assert stars(one, two) == stars(two, one)


def test_an_emc_without_enough_raters_counts_nothing() -> None:
    lines = record.lines([reviewed(START, 400, 0, 0, 0), reviewed(START + DAY, 0, 0, 0, 0)])
    assert [line.stars for line in lines] == [400, 0, 0, 0]
    # and does not make the other older
    assert lines[0].weights == (Decimal(1), None)
    assert lines[1].weights == (None, None)


def test_the_whole_is_the_mean_of_what_is_rated() -> None:
    assert record.overall([400, 0, 351, 0]) == 375
    assert record.overall([0, 0, 0, 0]) == 0


@pytest.mark.parametrize(
    ("told", "is_told"),
    [
        ((400, 0), True),
        ((401, 0), True),
        ((399, 0), True),
        ((402, 0), False),
        ((400, 1), False),
        ((0, 0), False),
    ],
)
def test_the_registry_may_round_the_last_hundredth_only(
    told: tuple[int, int], is_told: bool
) -> None:
    assert record.is_told((400, 0), told) is is_told


def begun(member: Member, **other: Any) -> Opened:
    return Opened(
        **{
            "emc": address("emc"),
            "ended_at": START,
            "commit_until": START + DAY,
            "reveal_until": START + 2 * DAY,
            "currency": address("token"),
            "total": 1000,
            "is_disbanded": False,
            "is_goal_met": True,
            "members": (Member(OTHER, 0), member),
            **other,
        }
    )


@pytest.mark.parametrize(
    ("member", "is_disbanded", "had", "credited"),
    [
        (Member(ME, 1), False, "to the end", 700),
        (Member(ME, 1), True, "to the end, disbanded", 700),
        (Member(ME, 1, left_at=START - DAY), True, "left", 0),
        (Member(ME, 1, left_at=START - DAY, is_expelled=True), False, "expelled", 0),
    ],
)
def test_each_emc_says_how_the_me_was_in_it(
    member: Member, is_disbanded: bool, had: str, credited: int
) -> None:
    counted = {
        "emc": address("emc"),
        "medians": (400, 0, 350, 500),
        "raters": (2, 1, 2, 3),
        "is_withheld": True,
    }
    opened = [begun(member, is_disbanded=is_disbanded)]
    (found,) = record.reviewed(ME, [counted], opened, {address("emc"): 300})
    assert found == Reviewed(
        emc=address("emc"),
        ended_at=START,
        currency=address("token"),
        total=1000,
        credited=credited,
        had=had,
        is_goal_met=True,
        medians=(400, 0, 350, 500),
        raters=(2, 1, 2, 3),
        is_withheld=True,
    )
