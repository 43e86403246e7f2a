import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from emc.core.units import PPM, Currency
from emc.core.waterfall import entitlement
from emc.files.canvas import Canvas, load
from emc.files.compile import compile_terms, placeholder_parties
from tests.canvas.kit import BREAKFAST_BOX, CANVASES, SMALL, SMART_COOKING, canvas, tree, with_

SHIPPED = sorted(CANVASES.glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_canvas_is_in_order_at_any_time(path: Path) -> None:
    for now in (0, 1_800_000_000, 4_000_000_000):
        assert load(path, now=now).title


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_canvas_names_its_schema_for_editors(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    link = first.removeprefix("# yaml-language-server: $schema=")
    assert link != first
    assert (path.parent / link).resolve().is_file()


def test_smart_cooking_has_the_nodes_and_goals_that_are_public() -> None:
    made = load(SMART_COOKING)
    centres = [node for node in made.nodes if node.role.startswith("experience node")]
    solutions = [node for node in made.nodes if node.role.startswith("solution node")]
    assert (len(made.nodes), len(solutions), len(centres)) == (54, 11, 42)
    assert made.nodes[0].role.startswith("leader")
    assert [each.target for each in made.leading_goal.measures] == ["10000000", "20000"]
    users = sum(int(node.expected_performance[0].split()[0]) for node in centres)
    assert users == 20_000
    assert made.note is not None
    assert "an example of ours" in made.note


def test_smart_cooking_shares_600000_when_the_target_is_reached() -> None:
    made = load(SMART_COOKING)
    terms = compile_terms(made, placeholder_parties(made), now=0)
    assert terms.goal.proceeds is not None
    parts = [entitlement(terms, row, terms.goal.proceeds.target) for row in terms.rows]
    assert sum(part.base + part.leading for part in parts) == made.money.parse("600000")


def test_the_three_node_canvas_fits_on_one_page() -> None:
    assert len(load(BREAKFAST_BOX).nodes) == 3
    assert len(BREAKFAST_BOX.read_text().splitlines()) <= 50


def test_values_are_exact_whatever_way_they_are_written() -> None:
    made = canvas(
        with_(
            ("running_cost: 20", "running_cost: 12.3456%"),
            ("cost_cover: 100", "cost_cover: '100.10'"),
            ("benchmark: 1000", "benchmark: 1,000.5"),
            ("target: 2000", "target: 2_000"),
        )
    )
    baker = made.nodes[0]
    assert made.money == Currency("EUR", 2)
    assert baker.running_cost == 123_456
    assert made.money.parse(baker.cost_cover) == 10_010
    assert made.money.parse(made.leading_goal.measures[0].benchmark) == 100_050
    assert made.money.parse(made.leading_goal.measures[0].target) == 200_000
    assert (baker.share.base, baker.share.leading, baker.share.upside) == (
        500_000,
        450_000,
        400_000,
    )
    assert made.rules.renegotiation.interval == 7 * 86_400


def test_one_number_is_the_share_in_every_tranche_and_both_bounds() -> None:
    lake = canvas().beneficiaries[0].share
    assert {lake.base, lake.leading, lake.upside, lake.lower, lake.upper} == {50_000}


def test_all_is_the_share_in_every_tranche() -> None:
    cook = canvas().nodes[1].share
    assert (cook.base, cook.leading, cook.upside) == (300_000,) * 3
    assert (cook.lower, cook.upper) == (200_000, 400_000)


def test_a_document_spells_every_value_in_one_way() -> None:
    document = canvas().document()
    assert document["nodes"][0]["share"] == {
        "base": "50",
        "leading": "45",
        "upside": "40",
        "lower": "30",
        "upper": "60",
    }
    assert document["nodes"][0]["cost_cover"] == "100"
    assert document["end"] == "90d"
    assert document["rules"]["renegotiation"] == {
        "quorum": "60",
        "interval": "1w",
        "window": "0s",
        "objections": "0",
    }
    assert document["disburse_at"] == "0"
    assert "note" not in document
    assert "bar" not in document["rules"]


def test_a_document_holds_no_number_that_json_could_round() -> None:
    def walk(value: Any) -> None:
        assert value is None or isinstance(value, str | int | bool | dict | list)
        assert not isinstance(value, int) or abs(value) < 2**53
        for each in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        ):
            walk(each)

    walk(load(SMART_COOKING).document())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_document_is_a_canvas_with_the_same_hash(path: Path, tmp_path: Path) -> None:
    made = load(path)
    assert Canvas.from_document(made.document()) == made
    copy = tmp_path / "document.json"
    copy.write_text(json.dumps(made.document(), indent=1), encoding="utf-8")
    assert load(copy).hash() == made.hash()


def test_the_hash_is_keccak_of_sorted_json_without_spaces() -> None:
    made = canvas(with_(("A sunny Sunday", "Ein sonniger Nachmittag, schön")))
    plain = json.dumps(made.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert made.hash() == keccak(plain.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("benchmark: 1000", "benchmark: '1,000.00'"),
        ("benchmark: 1000", "benchmark: 01000"),
        ("running_cost: 20", "running_cost: 20.0"),
        ("running_cost: 20", "running_cost: '20 %'"),
        ("end: 90d", "end: 2160h"),
        ("interval: 7d", "interval: 1w"),
        ("share: 5", "share: {all: 5, lower: 5, upper: 5}"),
        ("share: 5", "share: {base: 5, leading: 5, upside: 5, lower: 5, upper: 5}"),
        ("title: Picnic", 'title: "Picnic "  # a remark'),
        ("title: Picnic", "disburse_at: 0.00\ntitle: Picnic"),
        ("gate: benchmark", "gate: benchmark\n  metric: proceeds\n  ends_emc: false"),
        ("title: Picnic", "note:\ntitle: Picnic"),
    ],
)
def test_the_hash_does_not_depend_on_spelling(old: str, new: str) -> None:
    assert canvas(with_((old, new))).hash() == canvas().hash()


def test_the_hash_does_not_depend_on_how_an_accent_is_encoded() -> None:
    composed = canvas(with_(("Picnic", "Caf\u00e9")))
    decomposed = canvas(with_(("Picnic", "Cafe\u0301")))
    assert composed.hash() == decomposed.hash()


def test_a_time_is_hashed_in_utc() -> None:
    here = canvas(with_(("start: now", "start: 2030-01-01T08:00:00+08:00")))
    there = canvas(with_(("start: now", "start: 2030-01-01 00:00Z")))
    assert here.start == there.start == "2030-01-01T00:00:00Z"
    assert here.hash() == there.hash()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Picnic", "picnic"),
        ("benchmark: 1000", "benchmark: 1000.01"),
        ("obligations: [bakes]", "obligations: [bakes well]"),
        ("gate: benchmark", "gate: target"),
        ("end: 90d", "end: 91d"),
        ("notice: 7d", "notice: 8d"),
        ("lower: 10", "lower: 10.0001"),
        ("role: delivery", "role: delivery\n    other_value_flows: [fresh air]"),
    ],
)
def test_every_change_of_meaning_changes_the_hash(old: str, new: str) -> None:
    assert canvas(with_((old, new))).hash() != canvas().hash()


@given(st.randoms(use_true_random=False))
def test_the_hash_does_not_depend_on_the_order_of_fields(random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = list(value.items())
            random.shuffle(items)
            return {key: shuffled(each) for key, each in items}
        return [shuffled(each) for each in value] if isinstance(value, list) else value

    assert Canvas.from_document(shuffled(tree())).hash() == canvas().hash()


@given(st.integers(0, PPM))
def test_a_percentage_survives_its_document(ppm: int) -> None:
    text = str(Decimal(ppm) / 10_000)
    made = canvas(with_(("margin: 5", f"margin: '{text}'")))
    assert made.rules.leaving.margin == ppm
    assert Canvas.from_document(made.document()).rules.leaving.margin == ppm


def test_the_order_of_nodes_is_part_of_the_meaning() -> None:
    data = tree()
    data["nodes"] = data["nodes"][::-1]
    assert Canvas.from_document(data).hash() != canvas().hash()


def test_a_canvas_cannot_be_changed_after_it_was_checked() -> None:
    made = canvas(SMALL)
    with pytest.raises(ValueError, match="frozen"):
        made.title = "Another"  # type: ignore[misc]


def test_a_fee_and_a_loan_take_no_share(tmp_path: Path) -> None:
    rows = (
        "  - {key: platform, name: Platform, purpose: a fee, running_cost: 5, share: 0}\n"
        "  - {key: bank, name: Bank, purpose: a loan, cost_cover: 120, share: 0}\n"
    )
    path = tmp_path / "fees.yaml"
    path.write_text(SMALL.replace("sink: lake\n", f"{rows}sink: lake\ndisburse_at: 500\n"))
    _, platform, bank = load(path).beneficiaries
    assert (platform.share.base, platform.running_cost) == (0, 50_000)
    assert bank.cost_cover == "120"
