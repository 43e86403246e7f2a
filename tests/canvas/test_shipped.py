"""Every canvas that is shipped can be signed as it stands."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from emc import schemas
from emc.core.units import PPM
from emc.files import canvas_page
from emc.files.canvas import load
from emc.files.canvas_advice import advice
from emc.files.compile import compile_terms, placeholder_parties
from tests.canvas.kit import CANVASES

NOW = 1_800_000_000
SHIPPED = sorted(CANVASES.glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_it_is_in_order_and_says_nothing_that_hardly_anybody_means(path: Path) -> None:
    canvas = load(path, now=NOW)
    doubts = [each.message for each in advice(canvas, NOW) if "no assessor" not in each.message]
    assert doubts == []
    terms = compile_terms(canvas, placeholder_parties(canvas), now=NOW)
    assert sum(row.base for row in terms.rows) == PPM
    assert canvas_page.svg(canvas)
    assert Draft202012Validator(json.loads(schemas.text("canvas"))).is_valid(canvas.document())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_page_about_canvases_lists_it(path: Path) -> None:
    assert f"[{path.name}]({path.name})" in (CANVASES / "README.md").read_text()


def test_a_reserve_for_refunds_has_money_while_the_gate_is_closed() -> None:
    """The pattern that docs/checkout.md describes: part of every sale, and a controller."""
    canvas = load(CANVASES / "bicycle-shop.yaml", now=NOW)
    (reserve,) = canvas.beneficiaries
    assert canvas.leading_goal.gate != "none"
    assert (reserve.running_cost, reserve.share.base) == (30_000, 0)
    assert canvas.returns is not None
    assert canvas.returns.cashier in {node.key for node in canvas.nodes}
    terms = compile_terms(canvas, placeholder_parties(canvas), now=NOW)
    assert terms.rows[-1].running == reserve.running_cost
    assert isinstance(terms.rows[-1].party, str)
