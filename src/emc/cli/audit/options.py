"""What the commands of the audit share."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from emc.cli import Refusal
from emc.cli.audit.node import source_options, transport
from emc.cli.shared import talk
from emc.core.addresses import address
from emc.errors import EMCError
from emc.files import targets

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from emc.audit.read.sync import Synced
    from emc.rpc.node import Node

Result = TypeVar("Result")
# what could not be checked is neither right nor wrong
UNCHECKED = 2
STORE = click.option(
    "--store",
    default="audit.duckdb",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The audit's file; one for each chain and version.",
)
ALL = click.option("--all", "every", is_flag=True, help="Every EMC of this version.")
DEPTH = click.option(
    "--depth",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="How many blocks to stay behind the newest, until they are final.",
)
FIRST = click.option(
    "--from-block",
    "first",
    type=click.IntRange(0),
    help="First block to read, if the node has no old states.",
)

REPUTATION = click.option(
    "--reputation",
    metavar="ADDRESS",
    callback=lambda _context, _option, told: address(told, "--reputation") if told else None,
    help="The reputation registry, if neither the system nor the terms name it.",
)


@dataclass(frozen=True)
class Source:
    """Which EMCs, of which node, and the file that keeps what is read of them.

    Args:
        emc: As the reader names it.
        wanted: Its address; none: all of this version.
        depth: Blocks behind the newest that are left alone.
        first: Where to begin; none: where the contracts do.
    """

    emc: str | None
    wanted: str | None
    rpc: str | None
    network: str
    store: Path
    depth: int
    first: int | None = None
    reputation: str | None = None

    def asking(self, ask: "Callable[[Node], Awaitable[Result]]") -> Result:
        """Run questions to the node to their end."""
        return asking(self.rpc, self.network, ask)

    async def sync(self, db: "DuckDBPyConnection", node: "Node", progress: Any) -> "Synced":
        """Bring the store up to date."""
        from emc.audit.read import sync

        return await sync.sync(
            db, node, self.wanted, depth=self.depth, first=self.first,
            reputation=self.reputation, progress=progress,
        )  # fmt: skip


def reading(*more: Any) -> Callable[..., Any]:
    """A command that reads a chain: its ``source`` is what these options say.

    Args:
        more: Options of a source that not all of them have.
    """

    def decorated(command: Callable[..., Any]) -> Any:
        def wrapped(emc: str | None, every: bool, **told: Any) -> Any:
            of = {each.name: told.pop(each.name) for each in fields(Source) if each.name in told}
            return command(source=Source(emc, chosen(emc, every), **of), **told)

        made: Any = speaking(update_wrapper(wrapped, command))
        for option in reversed((ALL, source_options, STORE, DEPTH, *more)):
            made = option(made)
        return click.argument("emc", required=False)(made)

    return decorated


def speaking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Whatever prevents a check ends with exit code 2, which no verdict has."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except EMCError as error:
            refusal = Refusal(error)
            refusal.exit_code = UNCHECKED
            raise refusal from None

    return update_wrapper(wrapped, command)


def asking(rpc: str | None, network: str, ask: "Callable[[Node], Awaitable[Result]]") -> Result:
    """Run questions to a node to their end."""
    from emc.rpc.node import Node

    async def run(carrier: Any) -> Result:
        async with carrier:
            return await ask(Node(carrier))

    usual = gc.get_threshold()
    # logs and lines stay until the end: looking among them for rubbish takes a quarter of the time
    gc.set_threshold(500_000, *usual[1:])
    try:
        with transport(rpc, network) as carrier:
            return asyncio.run(run(carrier))
    finally:
        gc.set_threshold(*usual)


def chosen(emc: str | None, every: bool) -> str | None:
    """The EMC that was named, by its address or its agreement file; nothing for all.

    Raises:
        EMCError: neither or both, or no address.
    """
    if (emc is None) != every:
        raise EMCError("name an EMC, or --all", "one of the two")
    return None if emc is None else targets.target(emc).emc


@contextmanager
def progress() -> Iterator[Any]:
    """A bar over what is to be read."""
    from emc.audit.read.sync import Progress

    told = Progress()
    bars: list[Any] = []

    def begin(total: int) -> None:
        # blocks, each as often as it is asked about: more than the chain has
        if total:
            bars.append(talk.bar("reading the chain", total, counts=False))
            told.advance = bars[-1].__enter__()

    told.begin = begin
    try:
        yield told
    finally:
        for bar in bars:
            bar.__exit__(None, None, None)
