"""Options that commands share."""

from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from emc.chain import networks
from emc.cli.shared import talk
from emc.core.limits import MAX_URI
from emc.core.text import printable, shown
from emc.errors import EMCError

Command = TypeVar("Command", bound=Callable[..., Any])


# a file that a command reads or writes
FILE = click.Path(path_type=Path)


class MeId(click.ParamType):
    """An ME id; who names an account instead is told where its id is found."""

    name = "ME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        told = str(value).strip()
        if not (told.isascii() and told.isdigit() and 0 < len(told) < 20 and int(told)):
            is_name = any(char.isalpha() for char in told)
            how = f"; `emc me show {printable(told)}` finds that of an account" if is_name else ""
            self.fail(f"{shown(told)} is not an ME id, a number such as 3{how}", param, ctx)
        return int(told)


ME = MeId()


class FileOut(click.Path):
    """Where something is written that has no name yet; who leaves it out is given an example."""

    def __init__(self, example: str, *, is_folder: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=is_folder, file_okay=not is_folder)
        self.example = example

    def get_missing_message(self, param: click.Parameter) -> str:  # noqa: ARG002
        return f"Name the file to write, such as {self.example}"


def out(
    example: str, text: str, *short: str, is_folder: bool = False
) -> Callable[[Command], Command]:
    """`--out`, where it has to be given.

    Args:
        example: A good name.
        text: What it is.
        short: What else the option is called.
    """
    return click.option(
        "--out",
        *short,
        type=FileOut(example, is_folder=is_folder),
        required=True,
        help=f"{text}, such as {example}.",
    )


NETWORKS = "embedded, local, sepolia, base-sepolia, a node's address, or a network of ape."


def network(default: str | None, text: str = NETWORKS) -> Callable[[Command], Command]:
    """`--network`; what a person always works on can be set once for all commands."""
    return click.option(
        "--network",
        default=default,
        show_default=True,
        envvar="EMC_NETWORK",
        show_envvar=True,
        help=text,
    )


# an EMC is on a chain that stays
local_network = network(networks.LOCAL)


def _account(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The account that was named, or is asked for where somebody is at the keyboard."""
    if value is not None or ctx.resilient_parsing:
        return value
    return talk.asked("Account, by its alias in ape", param, ctx)


account = click.option(
    "--account",
    envvar="EMC_ACCOUNT",
    show_envvar=True,
    callback=_account,
    help="The account in ape: key file, hardware wallet, or TEST::n; asked for if missing.",
)
agreement = click.option("--agreement", type=FILE, help="The agreement file, to show rows by name.")
measure = click.option("--measure", help="The measure, such as users, if the goal has several.")
yes = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
proposal_out = out("autumn.json", "Where the proposal file goes")

# what it is if nothing is said follows from what the command is about
network_of_target = network(None, f"{NETWORKS}  [default: embedded for a canvas, else local]")


def usual_network(target: str) -> str:
    """Where a command works if nothing is said: a canvas is rehearsed, an EMC is on a chain."""
    is_there = target.startswith("0x") or target.endswith(".json")
    return networks.LOCAL if is_there else networks.EMBEDDED


def pasted(command: str, target: str = "") -> str:
    """A command that can be pasted: with what names an EMC in place of TARGET, and with the account
    and the network where this command was given them.
    """
    if not command:
        return ""
    context = click.get_current_context()
    named = [
        f" --{name} {quote(context.params[name])}"
        for name in ("account", "network")
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    return command.replace("TARGET", quote(target), 1) + "".join(named)


def check_uri(uri: str) -> None:
    """Refuse an address that the chain would not keep.

    Raises:
        EMCError: it is too long.
    """
    if len(uri.encode()) > MAX_URI:
        raise EMCError("--uri is too long", f"at most {MAX_URI} bytes")


def check_readable(*paths: Path | None) -> None:
    """Refuse files that cannot be read, before anybody waits for a chain.

    Raises:
        OSError: with the name of the file.
    """
    for path in paths:
        if path is not None:
            with path.open("rb"):
                pass
