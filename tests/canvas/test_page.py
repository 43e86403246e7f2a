"""The canvas as one page: everything is on it, inside its field, for 3 and for 54 nodes."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from emc.cli import emc
from emc.files import canvas_page
from emc.files.canvas import Canvas, load
from emc.files.canvas_parts import Node
from tests.canvas.kit import BREAKFAST_BOX, SMART_COOKING, canvas, with_

SVG = "{http://www.w3.org/2000/svg}"
SMALLEST = 1.4  # millimetres: 4 points, on A3


def said(page: str) -> str:
    """What stands on a page, without the folds."""
    root = ElementTree.fromstring(page)
    return " ".join(each.text or "" for each in root.iter(f"{SVG}text"))


@pytest.mark.parametrize(
    ("path", "paper"), [(BREAKFAST_BOX, (297, 210)), (SMART_COOKING, (420, 297))]
)
def test_all_that_nodes_promise_and_get_is_on_one_page(path: Path, paper: tuple[int, int]) -> None:
    made = load(path)
    page = canvas_page.svg(made)
    root = ElementTree.fromstring(page)
    assert (root.get("width"), root.get("height")) == (f"{paper[0]}mm", f"{paper[1]}mm")
    text = said(page)
    for each in ("LEADING GOAL", "SCENARIO", "PROPOSITION", "NODE", "OBLIGATIONS",
                 "EXPECTED PERFORMANCE", "VALUE SHARING", made.title):  # fmt: skip
        assert each in text
    units = (each.unit for each in made.leading_goal.measures)
    for words in (made.scenario, made.proposition, *units):
        assert " ".join(words.split()) in text
    for row in made.rows:
        lines = [row.name, *row.other_value_flows]
        if isinstance(row, Node):
            lines += [row.role, *row.obligations, *row.expected_performance, *row.own_goals]
        for line in lines:
            assert " ".join(line.split()) in text, line
    sizes = {float(size) for size in re.findall(r'font-size="([0-9.]+)"', page)}
    assert min(sizes) > SMALLEST


@pytest.mark.parametrize("path", [BREAKFAST_BOX, SMART_COOKING])
def test_every_field_is_on_the_paper_and_holds_its_text(path: Path) -> None:
    made = load(path)
    width, height = canvas_page._paper(made)
    cells = list(canvas_page._cells(made))
    assert len(cells) > 4 * len(made.rows)
    for cell in cells:
        assert cell.x > 0
        assert cell.y > 0
        assert cell.x + cell.width < width
        assert cell.y + cell.height < height
        lines = len(cell.lines) + (1.3 if cell.title else 0)
        assert lines * cell.size <= cell.height
        for line in cell.lines:
            # half of the height is what a letter is wide
            assert len(line) * cell.size * 0.5 <= cell.width


def test_what_it_gets_is_money_in_every_tranche_and_what_else_flows() -> None:
    text = said(canvas_page.svg(load(BREAKFAST_BOX)))
    assert "share 40% / 38% / 36%, 30% to 50%" in text
    assert "cost cover 900.00 EUR" in text
    assert "30% of every sale for its cost" in text
    assert "Learns which streets order together" in text
    assert "target 30,000.00 EUR, industry average 20,000.00 EUR" in text


def test_words_of_the_canvas_are_never_markup() -> None:
    made: Canvas = canvas(with_(("name: Cook", "name: '<script>&\"Cook'")))
    page = canvas_page.html(made)
    assert "<script>" not in page
    assert '<script>&"Cook' in said(canvas_page.svg(made))


@pytest.mark.parametrize(("path", "paper"), [(BREAKFAST_BOX, "A4"), (SMART_COOKING, "A3")])
def test_it_is_drawn_as_a_picture_and_ready_to_be_printed(
    path: Path, paper: str, tmp_path: Path
) -> None:
    for name in ("page.svg", "page.html"):
        words = ["canvas", "draw", str(path), "--out", str(tmp_path / name)]
        result = CliRunner(mix_stderr=False).invoke(emc, words)
        assert result.exit_code == 0, result.stderr
    ElementTree.parse(tmp_path / "page.svg")
    assert f"@page {{ size: {paper} landscape; margin: 0 }}" in (tmp_path / "page.html").read_text()
    words = ["canvas", "draw", str(path), "--out", str(tmp_path / "page.pdf")]
    refused = CliRunner(mix_stderr=False).invoke(emc, words)
    assert refused.exit_code == 1
    assert "is neither .svg nor .html" in refused.stderr
