"""Draw the life of an EMC and the making of one, for pages that any browser shows.

python scripts/diagrams.py          write docs/life.svg and docs/signing.svg
python scripts/diagrams.py --check  exit 1 if they are not what would be written
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from generated import keep

DOCS = Path(__file__).parent.parent / "docs"
INK, LINE, SOFT, PAPER, BOX, OWN = "#1c2733", "#44566a", "#5b6b7c", "#ffffff", "#eef3f8", "#dfe9f3"


@dataclass
class Drawing:
    """An SVG of so many pixels; `title` and `text` are what a screen reader says."""

    width: int
    height: int
    title: str
    text: str
    parts: list[str] = field(default_factory=list)

    def box(self, x: int, y: int, width: int, height: int, fill: str = BOX) -> None:
        """A rounded box."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{fill}" '
            f'stroke="{LINE}" stroke-width="1.5"/>'
        )

    def arrow(self, path: str, *, is_dashed: bool = False) -> None:
        """A line with a tip at its end."""
        dashes = ' stroke-dasharray="5 4"' if is_dashed else ""
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.5"{dashes} '
            'marker-end="url(#tip)"/>'
        )

    def line(self, path: str) -> None:
        """A thin line."""
        self.parts.append(f'<path d="{path}" fill="none" stroke="#b6c2cf" stroke-width="1"/>')

    def write(
        self, x: int, y: int, text: str, *, anchor: str = "middle", size: int = 12,
        weight: str = "normal", color: str = INK, halo: int = 0,
    ) -> None:  # fmt: skip
        """Text, each of its lines below the one before; a halo covers the lines behind it."""
        for place, each in enumerate(text.split("\n")):
            self.parts.append(
                f'<text x="{x}" y="{y + place * (size + 4)}" text-anchor="{anchor}" '
                f'font-size="{size}" font-weight="{weight}" fill="{color}" stroke="{PAPER}" '
                f'stroke-width="{halo}" paint-order="stroke">{escape(each)}</text>'
            )

    def svg(self) -> str:
        """The file."""
        body = "\n  ".join(self.parts)
        size = f"{self.width} {self.height}"
        return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" \
aria-labelledby="title desc" font-family="DejaVu Sans, Verdana, sans-serif">
  <title id="title">{escape(self.title)}</title>
  <desc id="desc">{escape(self.text)}</desc>
  <defs>
    <marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" \
orient="auto">
      <path d="M0 0 L10 5 L0 10 z" fill="{LINE}"/>
    </marker>
  </defs>
  <rect width="{self.width}" height="{self.height}" fill="{PAPER}"/>
  {body}
</svg>
"""


def life() -> Drawing:
    """The stages of an EMC."""
    made = Drawing(
        960,
        400,
        "The life of an EMC",
        "Not made: nodes sign files, or approve on chain. Consent.make, sent by anyone before the "
        "goal's deadline with the agreement of every node, makes it ACTIVE. While it is ACTIVE, "
        "sales pay and terms change by renegotiation, amendment, exit and expulsion, an epoch "
        "each, and the gate opens once and never closes again. EMC.end from the end date on, or "
        "when the target is reached if the terms say so, or Conduct.disband, make it ENDED. Once "
        "nothing is owed it is CLOSED; money that comes later and cannot be delivered makes it "
        "ENDED again until somebody withdraws it. From ENDED on its nodes rate each other.",
    )
    stages = (
        (24, "not made", "files go round,\nevery node agrees", PAPER),
        (290, "ACTIVE", "sells, pays, changes", OWN),
        (560, "ENDED", "no sale any more;\ncredits wait", BOX),
        (800, "CLOSED", "nothing is owed", BOX),
    )
    for x, name, what, fill in stages:
        made.box(x, 150, 136, 84, fill)
        made.write(x + 68, 182, name, size=14, weight="bold")
        made.write(x + 68, 204, what, color=SOFT)
    made.arrow("M160 192 H286")
    made.write(223, 150, "Consent.make", weight="bold")
    made.write(223, 166, "by anyone, with")
    made.write(223, 182, "every node")
    made.write(223, 212, "before the goal's")
    made.write(223, 228, "deadline")
    made.arrow("M426 178 H556")
    made.write(491, 138, "EMC.end", weight="bold")
    made.write(491, 154, "end date, or target")
    made.write(491, 170, "if the terms say so")
    made.arrow("M426 208 H556")
    made.write(491, 226, "Conduct.disband", weight="bold")
    made.write(491, 242, "all, or after a")
    made.write(491, 258, "missed goal")
    made.arrow("M696 178 H796")
    made.write(746, 154, "the last credit")
    made.write(746, 170, "is withdrawn")
    made.arrow("M800 214 H700", is_dashed=True)
    made.write(748, 232, "late money that")
    made.write(748, 248, "cannot be delivered")
    made.arrow("M314 150 V96 H402 V146")
    made.write(358, 40, "renegotiation, amendment,", weight="bold")
    made.write(358, 56, "exit, expulsion", weight="bold")
    made.write(358, 76, "the next epoch: what came in before")
    made.write(358, 90, "stays with the terms before")
    made.arrow("M402 234 V288 H314 V238")
    made.write(358, 308, "EMC.sale, EMC.absorb", weight="bold")
    made.write(358, 324, "every payment run is an event; the gate")
    made.write(358, 338, "opens once and never closes")
    made.box(560, 300, 376, 60, PAPER)
    made.write(748, 324, "a review beside it, from ENDED on", weight="bold")
    made.write(748, 344, "open, commit, reveal, finalise: its nodes rate each other", color=SOFT)
    made.arrow("M604 234 V296", is_dashed=True)
    return made


# who takes part in the making of an EMC, from left to right
PEOPLE = (
    ("leader", "emc deploy"),
    ("every node", "emc inspect, sign"),
    ("its wallet", "key or contract"),
    ("anyone", "emc deploy"),
    ("Consent", "one for all"),
    ("EMC", "one per agreement"),
)
# from, to, what; the same twice: something it does itself
STEPS = (
    (0, 0, "canvas and parties become terms and rows:\nhash and address are known"),
    (0, 1, "agreement file, by mail"),
    (1, 1, "rebuilds hash and address,\nreads its own numbers"),
    (1, 2, "Agreement: typed data"),
    (2, 1, "signature"),
    (1, 3, "file with the signature; emc collect merges all of them"),
    (2, 4, "or, without a signature: approval on chain, such as by a contract wallet"),
    (3, 4, "make: terms, rows, signatures"),
    (4, 4, "checks every rule, the deadline, the bar,\nand that every node agreed to this hash"),
    (4, 5, "proxy, page 1"),
    (5, 5, "absorbs what came early"),
    (4, 3, "Made: ACTIVE, or nothing at all"),
)


def signing() -> Drawing:
    """How an EMC comes about."""
    told = [f"{PEOPLE[a][0]} to {PEOPLE[b][0]}: {what}" for a, b, what in STEPS]
    made = Drawing(
        960,
        130 + 52 * len(STEPS),
        "How an EMC is signed and made",
        "; ".join(told).replace("\n", " ") + ".",
    )
    place = [90 + 156 * index for index in range(len(PEOPLE))]
    foot = made.height - 24
    for x, (name, what) in zip(place, PEOPLE, strict=True):
        made.line(f"M{x} 76 V{foot}")
        made.box(x - 66, 20, 132, 56, OWN if name in ("Consent", "EMC") else BOX)
        made.write(x, 44, name, size=14, weight="bold")
        made.write(x, 63, what, color=SOFT)
    for index, (start, end, what) in enumerate(STEPS):
        y = 124 + 52 * index
        if start == end:
            x = place[start]
            made.arrow(f"M{x} {y - 14} H{x + 22} V{y + 8} H{x + 4}")
            if start > 3:
                made.write(x - 8, y - 4, what, anchor="end", halo=4)
            else:
                made.write(x + 30, y - 4, what, anchor="start", halo=4)
        else:
            made.arrow(f"M{place[start]} {y} H{place[end] + (-4 if end > start else 4)}")
            made.write((place[start] + place[end]) // 2, y - 8, what, halo=4)
    return made


DRAWINGS = {"life.svg": life, "signing.svg": signing}


def main() -> int:
    files = {DOCS / name: draw().svg() for name, draw in DRAWINGS.items()}
    return keep(files, "python scripts/diagrams.py")


if __name__ == "__main__":
    sys.exit(main())
