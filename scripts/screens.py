"""Draw the main screens of the commands into docs/screens, as people see them on a terminal.

python scripts/screens.py

Every picture is what a command answered on a local chain that this script starts and stops.
"""

import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parent.parent
SCREENS = ROOT / "docs" / "screens"
WIDTH = 100
# without the web font that rich would load
FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" class="rich-terminal">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
 font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a command shows on a terminal, escape sequences and all.

    Raises:
        SystemExit: it failed.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-euc", command], cwd=folder, env=environment, stdin=theirs, stdout=theirs,
        stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(ours)
    text = seen.decode().replace("\r\n", "\n")
    if process.wait() != 0:
        raise SystemExit(f"{command}\n{text}")
    return text


def draw(name: str, command: str, answer: str) -> None:
    """Keep a screen as a picture."""
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(answer.rstrip("\n")))
    SCREENS.mkdir(exist_ok=True)
    console.save_svg(
        str(SCREENS / f"{name}.svg"), title=command.split(" -")[0], theme=MONOKAI,
        code_format=FORMAT, unique_id=name,
    )  # fmt: skip
