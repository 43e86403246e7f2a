"""The scorecard: every measure beside an independent computation, and the picture of it."""

import csv
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from emc.core import orders, scorecard
from emc.core.replay import Happened
from emc.core.scorecard import Buyers, Facts, score
from emc.core.scorecard_picture import svg
from emc.core.terms import NATIVE
from emc.core.units import Currency
from emc.files import order_file
from tests.kit import address

ORDERS = Path(__file__).parents[2] / "data" / "cdnow_orders.csv"
EMC, SHOP = address("emc"), address("shop")
DAY = 86_400
SVG = "{http://www.w3.org/2000/svg}"


def facts(**other: Any) -> Facts:
    """An EMC in which nothing has happened yet."""
    return Facts(
        **{
            "buyers": Buyers(0, 0, 0),
            "rows": 3,
            "nodes": 3,
            "external": 0,
            "proposals": 0,
            "by_others": 0,
            "spans": (),
            "places": 2,
            "won": 0,
            **other,
        }
    )


def payout(payer: str, customer: bytes = bytes(32)) -> Happened:
    return Happened("Payout", {"payer": payer, "number": 1, "gross": 1, "customer": customer}, 1)


def batch(*places: tuple[int, bytes]) -> list[Happened]:
    """The two events of a batch, as the till logs them."""
    listed = [{"amount": amount, "customer": customer} for amount, customer in places]
    return [
        Happened("Batch", {"payer": SHOP, "first": 1, "orders": listed}, 1),
        payout(SHOP, keccak(b"the orders")),
    ]


def scores(made: Facts) -> dict[str, Fraction]:
    card = score(made)
    return {
        each.name: each.score for axis in (card.value, card.organising) for each in axis.measures
    }


# buyers


def test_repeat_buyers_of_the_real_orders_are_those_of_the_file() -> None:
    with ORDERS.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if float(row["amount"]) > 0]
    per_customer = Counter(row["customer"] for row in rows)
    book, _ = order_file.read(ORDERS, Currency("CNY", 6), bytes(32), Decimal(50))
    events = [event for part in orders.batches(book) for event in batch(*part.argument())]
    found = scorecard.buyers(events, EMC)
    assert found.orders == len(rows) == 6911
    assert found.distinct == len(per_customer) == 2349
    assert found.repeat == sum(count > 1 for count in per_customer.values()) > 1000
    assert found.orders_each == Fraction(len(rows), len(per_customer))


def test_without_a_reference_the_payer_is_the_buyer() -> None:
    other = address("other shop")
    events = [payout(SHOP), payout(SHOP), payout(other), payout(SHOP, b"c" * 32)]
    assert scorecard.buyers(events, EMC) == Buyers(orders=4, distinct=3, repeat=1)


def test_places_without_an_order_are_no_orders() -> None:
    events = batch((5, b"a" * 32), (0, bytes(32)), (7, bytes(32)), (1, b"a" * 32))
    assert scorecard.buyers(events, EMC) == Buyers(orders=3, distinct=2, repeat=1)


def test_what_was_absorbed_or_disbursed_was_bought_by_nobody() -> None:
    assert scorecard.buyers([payout(EMC), payout(NATIVE)], EMC) == Buyers(0, 0, 0)


def test_a_batch_ends_with_its_own_payout() -> None:
    events = [*batch((5, b"a" * 32)), payout(SHOP, b"a" * 32)]
    assert scorecard.buyers(events, EMC) == Buyers(orders=2, distinct=1, repeat=1)


# organising


def test_time_to_consensus_runs_from_the_proposal_to_its_coming_into_force() -> None:
    one, two = b"1" * 32, b"2" * 32
    decided = [
        ("Proposed", {"row": 2, "terms_hash": one}, 100),
        ("Proposed", {"row": 0, "terms_hash": two}, 150),
        # somebody else opens the same
        ("Proposed", {"row": 1, "terms_hash": one}, 170),
        ("Renegotiated", {"terms_hash": one}, 400),
        # agreed by signatures alone
        ("Renegotiated", {"terms_hash": b"3" * 32}, 500),
    ]
    assert scorecard.spans(decided) == (300,)
    assert scorecard.proposals(decided) == (3, 2)


@given(
    orders_=st.integers(0, 10**6),
    distinct=st.integers(0, 10**5),
    repeat=st.integers(0, 10**5),
    rows=st.integers(1, 64),
    external=st.integers(0, 64),
    proposals=st.integers(0, 50),
    spans=st.lists(st.integers(0, 90 * DAY), max_size=9),
    won=st.integers(0, 64),
)
def test_every_score_is_the_part_of_its_mark(
    orders_: int,
    distinct: int,
    repeat: int,
    rows: int,
    external: int,
    proposals: int,
    spans: list[int],
    won: int,
) -> None:
    nodes = rows
    found = scores(
        facts(
            buyers=Buyers(orders_, distinct, min(repeat, distinct)),
            rows=rows,
            nodes=nodes,
            external=min(external, nodes),
            proposals=proposals,
            by_others=proposals // 3,
            spans=tuple(spans),
            places=64,
            won=won,
        )
    )

    def capped(value: float) -> float:
        return min(max(value, 0.0), 1.0)

    middle = sorted(spans)[(len(spans) - 1) // 2] + sorted(spans)[len(spans) // 2] if spans else 0
    expected = {
        "buyers": capped(distinct / nodes / 20),
        "repeat buyers": capped(min(repeat, distinct) / distinct / 0.5) if distinct else 0,
        "orders per buyer": capped((orders_ / distinct - 1) / 2) if distinct else 0,
        "rows": capped(rows / 10),
        "external nodes": capped(min(external, nodes) / nodes / 0.2),
        "proposals by non-leaders": capped(proposals // 3 / proposals / 0.5) if proposals else 0,
        "days to consensus": capped(1 - middle / 2 / DAY / 30) if spans else 0,
        "places won by bid": capped(won / 64 / 0.5),
    }
    assert {name: float(value) for name, value in found.items()} == pytest.approx(expected)


def test_an_axis_is_the_mean_of_its_measures_and_nothing_measured_is_nothing() -> None:
    card = score(facts())
    assert card.organising.score == 0
    assert card.value.score == Fraction(3, 10) / 5
    assert card.phase == "high-end brand"


@pytest.mark.parametrize(
    ("won", "spans", "phase"),
    [
        (0, (10 * DAY,), "high-end brand"),
        (0, (0,), "scenario brand"),
        (10, (0,), "ecosystem brand"),
        (9, (0,), "scenario brand"),
    ],
)
def test_the_smaller_axis_decides_the_phase(won: int, spans: tuple[int, ...], phase: str) -> None:
    made = facts(
        buyers=Buyers(600, 200, 100),
        rows=10,
        nodes=10,
        external=2,
        spans=spans,
        places=20,
        won=won,
    )
    card = score(made)
    assert card.value.score == 1
    assert card.phase == phase


def test_the_picture_puts_the_point_where_the_scores_are() -> None:
    card = score(facts(buyers=Buyers(600, 200, 100), spans=(0,), places=20, won=5))
    root = ElementTree.fromstring(svg(card, "EMC <of the> lake & more"))
    (circle,) = root.iter(f"{SVG}circle")
    # the plane is 360 wide and begins at 64, 72
    assert float(circle.attrib["cx"]) == pytest.approx(64 + 360 * float(card.value.score), abs=0.01)
    assert float(circle.attrib["cy"]) == pytest.approx(
        72 + 360 * (1 - float(card.organising.score)), abs=0.01
    )
    written = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert "EMC <of the> lake & more" in written
    assert f"phase: {card.phase}" in written
    for axis in (card.value, card.organising):
        assert f"{axis.name}: {float(axis.score):.1%}" in written
        for each in axis.measures:
            assert f"{each.name}: {each.value}" in written
    assert svg(card, "x") == svg(card, "x")
