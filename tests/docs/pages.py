"""The pages of the documentation, and what is found in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "canvases/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
)
TUTORIALS = (
    *(name for name in NAMES if name.startswith("docs/tutorial-")),
    "docs/checkout.md",
)
LOCAL_NODE = "ethereum:local:foundry"

_FENCE = re.compile(
    r"(?:^<!-- test: skip (?P<reason>[^\n]+?) -->\n)?"
    r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    skipped: str | None

    @property
    def needs_node(self) -> bool:
        """Whether it talks to a node on this machine."""
        told = (LOCAL_NODE, "--network local", "--account TEST::", ".agreement.json")
        return any(each in self.text for each in told)

    @property
    def commands(self) -> list[str]:
        """The commands, without prompts and answers."""
        if self.language == "sh":
            return [line for line in self.text.splitlines() if line and not line.startswith("#")]
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def exchanges(self) -> Iterator[tuple[str, str | None]]:
        """Each command with the answer that the page shows; none where it shows none at all."""
        if self.language == "sh":
            yield from ((command, None) for command in self.commands)
            return
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, answer = part.partition("\n")
            yield command, answer


@cache
def text_of(page: str) -> str:
    """A page as it is written."""
    return (ROOT / page).read_text()


def prose_of(page: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = text_of(page)
    return [
        Block(
            page=page,
            line=text.count("\n", 0, found.start()) + 1,
            language=found["language"],
            text=found["text"],
            skipped=found["reason"],
        )
        for found in _FENCE.finditer(text)
    ]


def every_block() -> list[Block]:
    """The fenced blocks of all pages."""
    return [block for page in NAMES for block in blocks(page)]


def code_spans(page: str) -> set[str]:
    """What stands between single backticks outside of fenced blocks."""
    return set(re.findall(r"`([^`\n]+)`", prose_of(page)))


def section(page: str, heading: str) -> str:
    """The part of a page below a heading, up to the next of the same or a higher level."""
    text = text_of(page)
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start is not None, f"{page} has no heading {heading!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def tables(text: str) -> list[list[list[str]]]:
    """The tables in a text: lines of cells, the first line being the head."""
    found: list[list[list[str]]] = []
    is_inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            is_inside = False
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not is_inside:
            found.append([])
            is_inside = True
        if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            found[-1].append(cells)
    return found


def anchors(page: str) -> set[str]:
    """The anchors that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
