"""Which node the audit asks: one by its URL, or whatever ape knows by a network's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from emc.cli.shared import options
from emc.rpc.http import Http, Transport
from emc.rpc.refusal import Patience, say_wait


def source_options(command: Any) -> Any:
    """`--rpc` and `--network`: where the chain is read."""
    command = options.network("local")(command)
    return click.option(
        "--rpc", metavar="URL", help="A node's address; instead of --network.", envvar="EMC_RPC"
    )(command)


@contextmanager
def transport(rpc: str | None, network: str) -> Iterator[Transport]:
    """What carries questions to the node that was named.

    Raises:
        EMCError: there is none of that name.
    """
    if rpc is not None:
        yield Http(rpc, patience=Patience(tell=say_wait))
        return
    from emc.chain import carrying
    from emc.chain.edge import connect

    with connect(network) as chain:
        yield carrying.transport(chain)
