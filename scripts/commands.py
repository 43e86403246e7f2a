"""Make docs/commands.md from what every command says of itself.

python scripts/commands.py          write it
python scripts/commands.py --check  exit 1 if it is not what would be written
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from generated import keep

from emc.cli import emc

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "commands.md"
WIDTH = 88
HEAD = """# Commands

Made by `python scripts/commands.py` from the commands' own help; change it there.

Every command answers `--help` with this text. A refusal ends with exit code 1 and says what is \
wrong and what to do; a wrong call ends with exit code 2.
"""


def walk(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    """The section of a command and those of its subcommands, in the order of its help."""
    settings = command.context_settings
    context = click.Context(command, info_name=path.split()[-1], parent=parent, **settings)
    context.terminal_width = context.max_content_width = WIDTH
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]
    yield f"\n## {path}\n\n```text\n" + "\n".join(lines) + "\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, name
            yield from walk(inner, f"{path} {name}", context)


def page() -> str:
    """The whole page."""
    return HEAD + "".join(walk(emc, "emc", None))


def main() -> int:
    return keep({PAGE: page()}, "python scripts/commands.py")


if __name__ == "__main__":
    sys.exit(main())
