"""What a canvas may say of orders that can still go back: until when, and by whom."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from emc import schemas
from emc.cli import emc
from emc.files import canvas_page
from emc.files.canvas import Canvas
from emc.files.canvas_advice import advice
from emc.files.compile import compile_terms, placeholder_parties
from tests.canvas.kit import canvas, problems, tree, with_, write

NOW = 1_800_000_000
SHOP = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def saying(days: int | str, cashier: str = "baker") -> str:
    """The picnic, whose orders can go back."""
    return with_(("sink: lake", f"returns: {{days: {days}, cashier: {cashier}}}\nsink: lake"))


def test_a_canvas_that_says_nothing_of_returns_hashes_as_before() -> None:
    assert "returns" not in canvas().document()
    assert canvas().returning == ""


@pytest.mark.parametrize("cashier", ["baker", SHOP], ids=["node", "address"])
def test_what_it_says_is_signed_by_the_hash_of_the_canvas(cashier: str) -> None:
    made = canvas(saying(14, cashier))
    assert made.document()["returns"] == {"days": 14, "cashier": cashier}
    assert Canvas.from_document(made.document()) == made
    terms = compile_terms(made, placeholder_parties(made), now=NOW)
    others = [canvas(), canvas(saying(15, cashier)), canvas(saying(14, "rider"))]
    assert terms.canvas == made.hash()
    assert len({each.hash() for each in (made, *others)}) == 4


@pytest.mark.parametrize(
    ("days", "cashier", "says"),
    [
        (0, "baker", "returns.days: '0' is too small; at least 1"),
        (401, "baker", "returns.days: '401' is too large; at most 400"),
        ("14d", "baker", "returns.days: '14d' is not a whole number"),
        (14, "lake", "returns.cashier: 'lake' is no node; name the key of a node, or an address"),
        (14, "smith", "returns.cashier: 'smith' is the key of no node; name the key"),
        (14, "Baker", "returns.cashier: 'Baker' is not written as it must be"),
        (14, SHOP.lower(), "returns.cashier: is not a checksummed address"),
        (14, "0x" + "0" * 40, "returns.cashier: is the zero address"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, days: int | str, cashier: str, says: str
) -> None:
    (said,) = problems(tmp_path, saying(days, f'"{cashier}"'))
    assert str(said).startswith(f"line 41: {says}")


def test_a_row_that_cannot_be_read_may_be_the_cashier(tmp_path: Path) -> None:
    text = saying(14).replace("[bakes]", "[]")
    (said,) = [str(each) for each in problems(tmp_path, text)]
    assert "obligations" in said


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (59, []),
        (60, ["returns.days: orders can be returned for 60d, and the goal has time for 60d"]),
        (89, ["returns.days: orders can be returned for 89d, and the goal has time for 60d"]),
        (
            90,
            [
                "returns.days: orders can be returned for 90d, and the EMC runs for 90d: Checkout "
                "accepts"
            ],
        ),
    ],
)
def test_a_time_beyond_the_goals_or_the_end_is_asked_about(days: int, says: list[str]) -> None:
    found = [str(each) for each in advice(canvas(saying(days)), NOW)]
    assert len(found) == len(says)
    assert all(each.startswith(start) for each, start in zip(found, says, strict=True))


def test_a_goal_that_counts_no_proceeds_loses_none(tmp_path: Path) -> None:
    text = saying(70).replace("unit: EUR of baskets", "metric: users\n  unit: users")
    text = text.replace("end: 90d", "end: 200d")
    assert problems(tmp_path, text) == []
    assert not [each for each in advice(canvas(text), NOW) if each.where == "returns.days"]


def test_it_is_shown_before_anybody_signs(tmp_path: Path) -> None:
    file = str(write(tmp_path, saying(14)))
    words = "for 14 days by Baker; what waits at Checkout until then counts for no goal"
    for command in ("check", "show"):
        assert words in CliRunner().invoke(emc, ["canvas", command, file]).output
    said = CliRunner().invoke(emc, ["canvas", "check", file, "--json"]).output
    assert json.loads(said)["returns"] == words
    page = " ".join(canvas_page.svg(canvas(saying(14))).split("</text>"))
    assert "returns: for 14 days" in page


@pytest.mark.parametrize(
    ("returns", "is_right"),
    [
        ({"days": 14, "cashier": "baker"}, True),
        ({"days": 14, "cashier": SHOP}, True),
        ({"days": 0, "cashier": "baker"}, False),
        ({"days": 14, "cashier": "The Baker"}, False),
        ({"days": 14}, False),
    ],
)
def test_an_editor_knows_it(returns: dict[str, Any], is_right: bool) -> None:
    schema = Draft202012Validator(json.loads(schemas.text("canvas")))
    document = json.loads(json.dumps({**tree(), "returns": returns}, default=float))
    assert schema.is_valid(document) is is_right
