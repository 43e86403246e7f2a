"""Options that commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


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
