"""Options that commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from eth_utils.address import is_address, to_checksum_address

from emc.chain import networks
from emc.core.text import printable, shown
from emc.errors import EMCError

Command = TypeVar("Command", bound=Callable[..., Any])


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
        return f"Name what is written, such as {self.example}"


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


def network(default: str) -> Callable[[Command], Command]:
    """`--network`; what a person always works on can be set once for all commands."""
    return click.option(
        "--network",
        default=default,
        show_default=True,
        envvar="EMC_NETWORK",
        show_envvar=True,
        help="embedded, local, sepolia, base-sepolia, a node's address, or a network of ape.",
    )


# what it is if nothing is said follows from what the command is about
network_of_target = click.option(
    "--network",
    envvar="EMC_NETWORK",
    show_envvar=True,
    help="embedded, local, sepolia, base-sepolia, a node's address, or a network of ape.  "
    "[default: embedded for a canvas, else local]",
)


def usual_network(target: str) -> str:
    """Where a command works if nothing is said: a canvas is rehearsed, an EMC is on a chain."""
    return (
        networks.LOCAL if target.startswith("0x") or target.endswith(".json") else networks.EMBEDDED
    )


def address(told: str) -> str:
    """An address that was named, checksummed.

    Raises:
        EMCError: it is none.
    """
    if not is_address(told):
        raise EMCError(
            f"{told} is not an address",
            "it has 0x and 40 hex digits; `ape accounts list` has yours",
        )
    return str(to_checksum_address(told))


def emc_address(target: str) -> str:
    """The address that is meant: itself, or the one in an agreement file.

    Raises:
        EMCError: it is neither.
    """
    if is_address(target):
        return target
    if not target.endswith(".json"):
        raise EMCError(
            f"{target} is not an address", "an address has 0x and 40 hex digits; or name a file"
        )
    from emc.files import bundle

    return bundle.read(Path(target)).emc


def check_readable(*paths: Path | None) -> None:
    """Refuse files that cannot be read, before anybody waits for a chain.

    Raises:
        OSError: with the name of the file.
    """
    for path in paths:
        if path is not None:
            with path.open("rb"):
                pass
