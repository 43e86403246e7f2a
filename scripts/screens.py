"""Draw the main screens of the commands into docs/screens, as people see them on a terminal.

python scripts/screens.py

Every picture is what a command answered on a local chain that this script starts and stops.
"""

import os
import pty
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parent.parent
ORDERS = "order,customer,amount\\n1,anna,9000\\n2,ben,8500.50\\n3,anna,4000\\n"
# what is drawn is how it ends, not each step of a bar
QUIET = " 2>/dev/null"
AGREEMENT = "box.agreement.json"
# how the scene is set, and what is drawn of it: name, command
SCENE: list[tuple[str | None, str]] = [
    (None, "emc chain start --fresh"),
    (None, f"emc deploy canvases/breakfast-box.yaml --hold --out {AGREEMENT}"),
    (None, f"emc sign {AGREEMENT} --account TEST::1 --yes"),
    (None, f"emc sign {AGREEMENT} --account TEST::2 --yes"),
    ("sign", f"emc sign {AGREEMENT} --account TEST::3 --yes"),
    (None, f"emc deploy {AGREEMENT}"),
    (None, f"printf '{ORDERS}' > orders.csv"),
    (None, f"emc sell {AGREEMENT} --orders orders.csv --mint"),
    (
        "renegotiate",
        f"emc renegotiate propose {AGREEMENT} --share bakery=38/36/34 "
        "--share couriers=37/39/41 --out autumn.json",
    ),
    ("status", f"emc status {AGREEMENT}"),
    ("audit", f"emc audit run --all --canvas canvases/breakfast-box.yaml{QUIET}"),
]
SCREENS = ROOT / "docs" / "screens"
WIDTH = 106
# without the web font that rich would load
FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal"
 viewBox="0 0 {width} {height}">
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


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("canvases", "ape-config.yaml", "node_modules"):
            if (ROOT / each).exists():
                (folder / each).symlink_to(ROOT / each)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": name,
            "TERM": "xterm-256color",
            "COLUMNS": str(WIDTH),
            "LANG": "C.UTF-8",
            "EMC_NETWORK": "local",
            "EMC_PORT": str(port),
        }
        for old in SCREENS.glob("*.svg"):
            old.unlink()
        try:
            for picture, command in SCENE:
                answer = run(command, folder, environment)
                if picture:
                    draw(picture, command.removesuffix(QUIET), answer)
        finally:
            run("emc chain stop", folder, environment)
    return 0


if __name__ == "__main__":
    sys.exit(main())
