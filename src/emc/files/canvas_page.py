"""The canvas as people know it: one page, as SVG and as HTML that prints on A4 or A3.

Across the top leading goal, scenario and proposition; below, for each row the fields of the EMC
canvas: node, obligations, expected performance, and what it gets of the value, money and other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from xml.sax.saxutils import escape

from emc.core.units import format_part
from emc.files.canvas import Canvas
from emc.files.canvas_parts import Beneficiary, Node

# millimetres, landscape; up to so many rows go onto A4
A4, A3 = (297.0, 210.0), (420.0, 297.0)
MOST_ON_A4 = 12
MARGIN = 8.0
# a character is about so wide, and a line so high, of the size of the type
_WIDE, _HIGH = 0.58, 1.22
# the largest and the smallest type in millimetres: 3.2 mm is 9 points
_SIZES = tuple(size / 20 for size in range(84, 7, -1))
COLUMNS = ("node", "obligations", "expected performance", "value sharing")
_SHARES = (0.17, 0.28, 0.28, 0.27)


@dataclass(frozen=True)
class _Cell:
    """A field of the page, and the lines in it."""

    x: float
    y: float
    width: float
    height: float
    title: str
    lines: tuple[str, ...]
    size: float


def svg(canvas: Canvas) -> str:
    """The page as one picture."""
    width, height = _paper(canvas)
    body = "\n".join(_drawn(cell) for cell in _cells(canvas))
    title = escape(canvas.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{title}" '
        'font-family="Helvetica, Arial, sans-serif">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def html(canvas: Canvas) -> str:
    """The page ready to be printed, without margins of the browser."""
    name = "A4" if _paper(canvas) == A4 else "A3"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(canvas.title)}</title>\n"
        f"<style>@page {{ size: {name} landscape; margin: 0 }} body {{ margin: 0 }} "
        "svg { display: block; max-width: 100%; height: auto }</style>\n"
        f"</head>\n<body>\n{svg(canvas)}</body>\n</html>\n"
    )


def _paper(canvas: Canvas) -> tuple[float, float]:
    return A4 if len(canvas.rows) <= MOST_ON_A4 else A3


def _cells(canvas: Canvas) -> Iterator[_Cell]:
    """Every field, in the largest type in which all of them go onto the page."""
    for size in _SIZES:
        cells = list(_laid_out(canvas, size))
        if all(_fits(cell, _paper(canvas)[1] - MARGIN) for cell in cells):
            break
    yield from cells


def _laid_out(canvas: Canvas, size: float) -> Iterator[_Cell]:
    width, height = (each - 2 * MARGIN for each in _paper(canvas))
    head = [
        ("leading goal", _goal(canvas)),
        ("scenario", [canvas.scenario]),
        ("proposition", [canvas.proposition]),
    ]
    third = width / 3
    texts = [_folded(lines, third, size) for _, lines in head]
    top = (max(map(len, texts)) + 1.6) * size * _HIGH
    large = max(size, 3.2)
    yield _Cell(MARGIN, MARGIN, width, large * 1.8, "", (canvas.title,), large * 1.3)
    y = MARGIN + large * 2
    for place, ((title, _), lines) in enumerate(zip(head, texts, strict=True)):
        yield _Cell(MARGIN + place * third, y, third, top, title, lines, size)
    y += top
    # narrow rows stand in two halves of the page
    halves = 2 if len(canvas.rows) > MOST_ON_A4 else 1
    count = -(-len(canvas.rows) // halves)
    room = MARGIN + height - y
    for half in range(halves):
        rows = canvas.rows[half * count : (half + 1) * count]
        yield from _half(canvas, rows, half * width / halves, y, width / halves, room, size)


def _half(
    canvas: Canvas,
    rows: Sequence[Node | Beneficiary],
    x: float,
    y: float,
    width: float,
    room: float,
    size: float,
) -> Iterator[_Cell]:
    widths = [width * share for share in _SHARES]
    title = size * _HIGH * 1.4
    texts = [
        [
            _folded(lines, wide, size)
            for lines, wide in zip(_fields(canvas, row), widths, strict=True)
        ]
        for row in rows
    ]
    needs = [max(map(len, each)) for each in texts]
    # what is left over goes to all rows alike
    spare = max(room - title - sum(needs) * size * _HIGH - len(rows) * size * 0.6, 0)
    at = MARGIN + x
    for wide, name in zip(widths, COLUMNS, strict=True):
        yield _Cell(at, y, wide, title, name, (), size)
        at += wide
    y += title
    for lines, need in zip(texts, needs, strict=True):
        high = need * size * _HIGH + size * 0.6 + spare / len(rows)
        at = MARGIN + x
        for wide, text in zip(widths, lines, strict=True):
            yield _Cell(at, y, wide, high, "", text, size)
            at += wide
        y += high


def _goal(canvas: Canvas) -> list[str]:
    goal = canvas.leading_goal
    lines = []
    for measure in goal.measures:
        lines += [
            measure.unit,
            f"target {measure.shown(canvas.money, measure.target)}, "
            f"industry average {measure.shown(canvas.money, measure.benchmark)}",
        ]
    lines.append(f"by {goal.deadline}; gate: {goal.gate}")
    return [*lines, f"returns: {canvas.returning}"] if canvas.returns else lines


def _fields(canvas: Canvas, row: Node | Beneficiary) -> list[list[str]]:
    if isinstance(row, Node):
        who = [row.name, row.role]
        owes, delivers = list(row.obligations), [*row.expected_performance, *row.own_goals]
    else:
        who, owes, delivers = [row.name, "beneficiary"], [row.purpose], []
    return [who, owes, delivers, _gets(canvas, row)]


def _gets(canvas: Canvas, row: Node | Beneficiary) -> list[str]:
    """Money first, then what else flows."""
    share = row.share
    parts = [share.base, share.leading, share.upside]
    told = " / ".join(map(format_part, parts)) if len(set(parts)) > 1 else format_part(parts[0])
    lines = [f"share {told}, {format_part(share.lower)} to {format_part(share.upper)}"]
    if row.running_cost:
        lines.append(f"{format_part(row.running_cost)} of every sale for its cost")
    if cover := canvas.money.parse(row.cost_cover):
        lines.append(f"cost cover {canvas.money.format(cover)}")
    return [*lines, *row.other_value_flows]


def _folded(lines: Sequence[str], width: float, size: float) -> tuple[str, ...]:
    columns = max(int((width - size) / (size * _WIDE)), 4)
    return tuple(part for line in lines for part in wrap(line, columns) or [""])


def _fits(cell: _Cell, bottom: float) -> bool:
    lines = len(cell.lines) + (1.3 if cell.title else 0)
    # a hundredth of a millimetre is what adding up may lose
    room = cell.height + 0.01
    return lines * cell.size * _HIGH <= room and cell.y + cell.height <= bottom + 0.01


def _drawn(cell: _Cell) -> str:
    drawn = [
        f'<rect x="{cell.x:.2f}" y="{cell.y:.2f}" width="{cell.width:.2f}" '
        f'height="{cell.height:.2f}" fill="{"#eef3f7" if cell.title else "none"}" '
        'stroke="#8a99a8" stroke-width="0.15"/>'
    ]
    x, y = cell.x + cell.size / 2, cell.y + cell.size * 1.05
    if cell.title:
        drawn.append(_text(x, y, cell.size * 0.97, escape(cell.title.upper()), "#44525f"))
        y += cell.size * _HIGH * 1.2
    for line in cell.lines:
        drawn.append(_text(x, y, cell.size, escape(line), "#111"))
        y += cell.size * _HIGH
    return "\n".join(drawn)


def _text(x: float, y: float, size: float, text: str, fill: str) -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:.2f}" fill="{fill}">{text}</text>'
