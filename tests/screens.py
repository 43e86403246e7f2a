"""What a terminal of a given width shows of a command, drawn by a terminal emulator."""

import contextlib
import io
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import pyte
import pytest

WIDTHS = (80, 100, 140)
# what a column is called that heads a block of lines, or of which no row has anything
HEADS = {"#", "row", "EMC", "also"}


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Drawn:
    """A screen, as lines of what stands in its cells."""

    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def words(self) -> set[str]:
        """Whatever stands between spaces, whole on a line."""
        return {word for line in self.lines for word in line.split()}


def draw(width: int, *words: str) -> Drawn:
    """The screen after a command that is run in this process."""
    from emc.cli import emc

    out = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setenv("TERM", "xterm")
        patch.setattr(sys, "stdout", out)
        # an exit code may be the answer
        with contextlib.suppress(SystemExit):
            emc.main(list(words), prog_name="emc", standalone_mode=False)
    sent = out.getvalue().replace("\n", "\r\n")
    screen = pyte.Screen(width, sent.count("\n") * 3 + 50)
    pyte.Stream(screen).feed(sent)
    lines = tuple(line.rstrip() for line in screen.display)
    return Drawn(lines[: max((n for n, line in enumerate(lines, 1) if line), default=0)])


def plain(*words: str) -> str:
    """What the same command writes into a pipe, where nothing is ever narrow."""
    from click.testing import CliRunner

    from emc.cli import emc

    said = CliRunner(mix_stderr=False).invoke(emc, words)
    assert said.stdout, f"{words}: {said.stderr}"
    return str(said.stdout)


def assert_whole(*words: str, widths: Iterable[int] = WIDTHS) -> dict[int, Drawn]:
    """Everything that a pipe gets stands on the screen, and no word of it is cut."""
    said, screens = plain(*words), {}
    for width in widths:
        drawn = screens[width] = draw(width, *words)
        cut = [line for line in drawn.lines if "\N{HORIZONTAL ELLIPSIS}" in line]
        assert not cut, f"{words} at {width}: {cut}"
        missing = {word for word in said.split() if len(word) <= width} - drawn.words - HEADS
        # what is longer than a line is folded, and all of it is there
        squeezed = "".join(drawn.text.split())
        missing |= {word for word in said.split() if len(word) > width and word not in squeezed}
        assert not missing, f"{words} at {width}: {missing}\n{drawn.text}"
    return screens
