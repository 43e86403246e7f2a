"""A command's session with a chain: what costs no time is looked at before a node is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from emc.cli.shared import options, talk
from emc.errors import EMCError
from emc.files import targets
from emc.files.whole import check_free

if TYPE_CHECKING:
    from emc.client.session import Session


@contextmanager
def opened(
    network: str, target: str | None = None, *reads: Path | None, out: Path | None = None
) -> "Iterator[Session]":
    """A session on a chain whose system is there.

    Args:
        target: An EMC's address or agreement file, see `emc.files.targets`.
        reads: Files that will be read.
        out: What will be written, and may not be there.
    """
    meant = targets.target(target) if target is not None else None
    path = meant.path if meant else None
    options.check_readable(*reads)
    if out is not None:
        check_free(out)
    from emc.client.session import connect

    with connect(network) as session:
        session.chain.told = talk.reading()
        check_chain(session, *(each for each in (path, *reads) if each is not None))
        if target is not None and meant is not None:
            session.targets[target] = meant
            session.check(meant)
        session.load()
        yield session


def check_chain(session: "Session", *papers: Path) -> None:
    """Refuse files that are about another chain, before anything else of this one is asked.

    Raises:
        EMCError: names the file and both chains.
    """
    from emc.files import json_file

    for paper in papers:
        if paper.suffix != ".json" or not paper.is_file():
            continue
        found = json_file.load(paper, "an agreement or a proposal")
        is_ours = isinstance(found, dict) and str(found.get("format", "")).startswith("emc-")
        wanted = found.get("chain_id") if is_ours else None
        if isinstance(wanted, int) and wanted != session.chain.id:
            raise EMCError(
                f"{paper} is for chain {wanted}, the network is {session.chain.id}",
                "choose its network with --network, or set EMC_NETWORK",
            )
