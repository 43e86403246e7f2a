"""Small canvases to break, and the files that are shipped."""

from pathlib import Path
from typing import Any

from emc.core.problems import Problem
from emc.files import source
from emc.files.canvas import Canvas, CanvasErrors, load

CANVASES = Path(__file__).parent.parent.parent / "canvases"
SMART_COOKING = CANVASES / "smart-cooking.yaml"
BREAKFAST_BOX = CANVASES / "breakfast-box.yaml"
OVEN_TEAM = CANVASES / "oven-team.yaml"

# line numbers are part of the tests: the first line is 1
SMALL = """\
title: Picnic
scenario: A sunny Sunday
proposition: A basket at the lake
kind: experience
currency: {symbol: EUR, decimals: 2}
leading_goal:
  unit: EUR of baskets
  benchmark: 1000
  target: 2000
  deadline: 60d
  source: last year's books
  gate: benchmark
start: now
end: 90d
nodes:
  - key: baker
    name: Baker
    role: leader
    obligations: [bakes]
    expected_performance: [warm bread]
    share: {base: 50, leading: 45, upside: 40, lower: 30, upper: 60}
    running_cost: 20
    cost_cover: 100
  - key: cook
    name: Cook
    role: salads
    obligations: [cooks]
    expected_performance: [fresh salads]
    share: {all: 30, lower: 20, upper: 40}
  - key: rider
    name: Rider
    role: delivery
    obligations: [rides]
    expected_performance: [on time]
    share: {base: 15, leading: 20, upside: 25, lower: 10, upper: 30}
beneficiaries:
  - key: lake
    name: Clean lake
    purpose: Keeps the lake clean
    share: 5
sink: lake
rules:
  renegotiation: {quorum: 60, interval: 7d}
  leaving: {notice: 7d, cure: 3d, expulsion: 50, margin: 5}
"""


def with_(*changes: tuple[str, str]) -> str:
    """The small canvas with texts replaced, each of which occurs."""
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def write(folder: Path, text: str) -> Path:
    path = folder / "canvas.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, now: int | None = None) -> list[Problem]:
    """What is wrong with a canvas; nothing if it loads."""
    try:
        load(write(folder, text), now=now)
    except CanvasErrors as error:
        return error.problems
    return []


def tree(text: str = SMALL) -> dict[str, Any]:
    """A canvas as plain data, as written."""
    read = source.parse(text.encode(), "test")
    assert not read.problems
    data: dict[str, Any] = read.tree
    return data


def canvas(text: str = SMALL) -> Canvas:
    return Canvas.from_document(tree(text))
