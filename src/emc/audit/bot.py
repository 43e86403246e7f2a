"""The watch as a Silverback bot, for those who run many: `silverback run emc.audit.bot:bot`.

Needs the extra `silverback`. What to watch is told by the environment: EMC_AUDIT_STORE (a file),
EMC_AUDIT_EMC (an address; all EMCs of the deployment without), EMC_AUDIT_RPC (else the node that
ape is connected to), EMC_AUDIT_DEPTH, EMC_AUDIT_TELL (who is told, with the extra `alarms`).
docs/audit.md tells of brokers.
"""

import os
from pathlib import Path
from typing import Any

from ape import chain
from silverback import SilverbackBot

from emc.audit.alarms import Alarms, line
from emc.audit.read.store import open_store
from emc.audit.watch import News, Watcher
from emc.errors import EMCError
from emc.rpc.http import Http, address_of
from emc.rpc.node import Node

bot = SilverbackBot()


def _node() -> str:
    """The address of the node to ask."""
    if rpc := os.environ.get("EMC_AUDIT_RPC"):
        return rpc
    if uri := address_of(chain.provider):
        return uri
    raise EMCError("ape has no address of its node", "set EMC_AUDIT_RPC")


async def look(seen: dict[str, tuple[int, int]]) -> News:
    """What `emc audit watch` does, once.

    Args:
        seen: What has been checked before; kept up to date.
    """
    path = Path(os.environ.get("EMC_AUDIT_STORE", "audit.duckdb"))
    emc = os.environ.get("EMC_AUDIT_EMC") or None
    depth = int(os.environ.get("EMC_AUDIT_DEPTH", "0"))
    with open_store(path, writes=True) as db:
        async with Http(_node()) as http:
            return await Watcher(db, Node(http), emc, depth, seen).look()


class NotReconciledError(Exception):
    """An EMC does not tie; Silverback reports it as the failure of its task."""


_seen: dict[str, tuple[int, int]] = {}
_alarms = Alarms(urls) if (urls := os.environ.get("EMC_AUDIT_TELL", "").split()) else None


@bot.on_(chain.blocks)  # type: ignore[misc]
async def check(block: Any) -> dict[str, int]:  # noqa: ARG001
    """Every block: what does not tie fails the task, what ties is counted.

    Raises:
        NotReconciledError: with every line that is wrong.
        EMCError: nothing could be checked.
    """
    news = await look(_seen)
    # whoever cannot be told is told with the next block; Silverback reports the failure itself
    if _alarms is not None:
        await _alarms.tell(news)
    if news.trouble:
        raise EMCError(news.trouble)
    if news.faulty:
        raise NotReconciledError("; ".join(line(each) for each in news.faulty))
    return {"block": news.block, "checked": len(news.verdicts), "watched": len(_seen)}
