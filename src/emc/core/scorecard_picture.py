"""A scorecard as a picture: the EMC's position on the two axes, and the measures behind it."""

import drawsvg

from emc.core.scorecard import ECOSYSTEM, SCENARIO, Axis, Scorecard
from emc.core.text import printable

_SIDE = 360
_LEFT, _TOP = 64, 72
_BARS = _LEFT + _SIDE + 56
_WIDTH, _HEIGHT = _BARS + 330, _TOP + _SIDE + 56
_INK, _FAINT, _MARK = "#1f2933", "#7b8794", "#c2410c"
_PHASES = (
    ("high-end brand", 0.0, "#eef2f6"),
    ("scenario brand", float(SCENARIO), "#d6e4f0"),
    ("ecosystem brand", float(ECOSYSTEM), "#a9c9e3"),
)


def svg(card: Scorecard, title: str) -> str:
    """The picture as an SVG document; the same scorecard gives the same text."""
    drawing = drawsvg.Drawing(_WIDTH, _HEIGHT, font_family="sans-serif")
    drawing.append(drawsvg.Rectangle(0, 0, _WIDTH, _HEIGHT, fill="white"))
    _write(drawing, printable(title), 16, 24, 30)
    _write(drawing, f"phase: {card.phase}", 13, 24, 52, fill=_MARK)
    _plane(drawing)
    x, y = _x(float(card.value.score)), _y(float(card.organising.score))
    drawing.append(drawsvg.Line(x, _y(0), x, y, stroke=_MARK, stroke_dasharray="3 3"))
    drawing.append(drawsvg.Line(_x(0), y, x, y, stroke=_MARK, stroke_dasharray="3 3"))
    drawing.append(drawsvg.Circle(x, y, 7, fill=_MARK, stroke="white", stroke_width=2))
    top = _bars(drawing, card.value, _TOP + 4)
    _bars(drawing, card.organising, top + 20)
    return str(drawing.as_svg()) + "\n"


def _plane(drawing: drawsvg.Drawing) -> None:
    """The phases and the axes around them."""
    for name, at, colour in _PHASES:
        side = _SIDE * (1 - at)
        drawing.append(drawsvg.Rectangle(_x(at), _TOP, side, side, fill=colour))
        _write(drawing, name, 12, _x(at) + 8, _y(at) - 10, fill=_FAINT)
    drawing.append(drawsvg.Rectangle(_LEFT, _TOP, _SIDE, _SIDE, fill="none", stroke=_INK))
    for tick in (0, 0.5, 1):
        text = f"{tick:.0%}"
        _write(drawing, text, 11, _x(tick), _y(0) + 16, text_anchor="middle")
        _write(drawing, text, 11, _LEFT - 8, _y(tick) + 4, text_anchor="end")
    _write(drawing, "value expansion", 13, _x(0.5), _y(0) + 38, text_anchor="middle")
    across = _LEFT - 44
    _write(
        drawing,
        "self-organising",
        13,
        across,
        _y(0.5),
        text_anchor="middle",
        transform=f"rotate(-90 {across} {_y(0.5)})",
    )


def _bars(drawing: drawsvg.Drawing, axis: Axis, top: float) -> float:
    """The measures of an axis; says where they end."""
    _write(drawing, f"{axis.name}: {float(axis.score):.1%}", 13, _BARS, top + 10)
    for place, measure in enumerate(axis.measures):
        at = top + 34 + place * 34
        _write(drawing, f"{measure.name}: {measure.value}", 11, _BARS, at)
        drawing.append(drawsvg.Rectangle(_BARS, at + 5, 290, 8, fill="#eef2f6"))
        drawing.append(
            drawsvg.Rectangle(_BARS, at + 5, round(290 * float(measure.score), 2), 8, fill=_FAINT)
        )
    return top + 34 + len(axis.measures) * 34


def _write(drawing: drawsvg.Drawing, text: str, size: int, x: float, y: float, **how: str) -> None:
    drawing.append(drawsvg.Text(text, size, round(x, 2), round(y, 2), **{"fill": _INK, **how}))


def _x(part: float) -> float:
    return round(_LEFT + _SIDE * part, 2)


def _y(part: float) -> float:
    return round(_TOP + _SIDE * (1 - part), 2)
