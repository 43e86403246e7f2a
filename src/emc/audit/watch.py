"""Syncs and reconciles a chain again and again, and says at once what does not tie."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb

from emc.audit.prove import verdicts
from emc.audit.prove.case import NOT_CHECKED, Verdict
from emc.audit.read import sync
from emc.errors import EMCError
from emc.rpc.node import Node


class News(NamedTuple):
    """What a look at the chain found.

    Args:
        verdicts: On EMCs of which something is new.
        trouble: Why nothing could be checked; empty if it could.
    """

    block: int
    verdicts: list[Verdict]
    trouble: str = ""

    @property
    def faulty(self) -> list[Verdict]:
        """Those that do not tie, or could not be checked."""
        return [each for each in self.verdicts if each.exit_code]


@dataclass
class Watcher:
    """Remembers what has been checked.

    Args:
        emc: The one to watch; without, all of the deployment.
        depth: Blocks behind the newest that are left alone.
    """

    db: duckdb.DuckDBPyConnection
    node: Node
    emc: str | None = None
    depth: int = 0
    # events of each EMC when it was last checked
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    async def look(self) -> News:
        """Read what is new and check the EMCs that it is about."""
        try:
            done = await sync.sync(self.db, self.node, self.emc, depth=self.depth)
            states = self._states()
            changed = [
                each
                for each in done.emcs
                if done.rolled_back_to is not None
                or self.seen.get(each) != states.get(each, (0, 0))
            ]
            given = await verdicts.check_all(self.db, self.node, changed)
            for verdict in given:
                # what could not be checked is tried again
                if verdict.word != NOT_CHECKED:
                    self.seen[verdict.emc] = states.get(verdict.emc, (0, 0))
        except EMCError as error:
            return News(-1, [], str(error))
        return News(done.pinned.number, given)

    def _states(self) -> dict[str, tuple[int, int]]:
        """How many lines the store has of each EMC, and the last block of them."""
        found = self.db.execute(
            "SELECT emc, count(*), max(block) FROM (SELECT emc, block FROM payouts UNION ALL "
            "SELECT emc, block FROM transfers UNION ALL SELECT emc, block FROM events) GROUP BY emc"
        ).fetchall()
        return {emc: (count, last) for emc, count, last in found}

    async def news(self, every: float) -> AsyncIterator[News]:
        """Look again and again.

        Args:
            every: Seconds between two looks.
        """
        while True:
            yield await self.look()
            await asyncio.sleep(every)
