"""A verdict on every EMC that is asked about, whatever happens: what stops the check of one is that
one's verdict, and the others go on. All of them are remembered.
"""

import time
from datetime import UTC, datetime
from typing import NamedTuple

import duckdb

from emc.audit.prove import reconcile
from emc.audit.prove.case import NOT_CHECKED, RECONCILED, Verdict
from emc.audit.prove.findings_of_orders import Returns
from emc.audit.read.store import first_line
from emc.errors import EMCError
from emc.rpc.node import Node, Pinned


class Check(NamedTuple):
    """A verdict that was given."""

    checked_at: int
    verdict: str
    block: int | None
    hash: str | None
    timestamp: int | None
    faults: int
    reason: str

    @property
    def text(self) -> str:
        """For people."""
        where = "" if self.block is None else f" up to block {self.block}"
        if self.timestamp is not None:
            where += f" of {datetime.fromtimestamp(self.timestamp, UTC):%Y-%m-%d %H:%M} UTC"
        asked = datetime.fromtimestamp(self.checked_at, UTC)
        return f"{self.verdict}{where}, checked on {asked:%Y-%m-%d %H:%M} UTC"


async def check(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    emc: str,
    *,
    canvas: bytes | None = None,
    returns: Returns | None = None,
) -> Verdict:
    """The verdict on an EMC that has been synced; NOT CHECKED if it cannot be checked.

    Args:
        canvas: The hash of the canvas that should have been signed.
        returns: What the canvas says of orders that go back.
    """
    last = next((each for each in history(db, emc)[::-1] if each.verdict == RECONCILED), None)
    try:
        verdict = await reconcile.run(db, node, emc, canvas=canvas, returns=returns)
    except EMCError as error:
        verdict = _unchecked(db, emc, f"{error}; {error.hint}" if error.hint else str(error))
    except Exception as error:
        # one EMC is full of what nobody foresaw: the others are not
        why = f"the audit itself failed, {type(error).__name__}: {first_line(error)}"
        verdict = _unchecked(db, emc, f"{why}; please report it")
    if verdict.word == NOT_CHECKED and last is not None:
        verdict.before = last.text
        verdict.evidence["before"] = last.text
    _remember(db, verdict)
    return verdict


def history(db: duckdb.DuckDBPyConnection, emc: str) -> list[Check]:
    """Every verdict on an EMC, the newest last."""
    lines = db.execute(
        "SELECT checked_at, verdict, block, hash, timestamp, faults, reason FROM checks "
        "WHERE emc = ? ORDER BY rowid",
        [emc],
    ).fetchall()
    return [Check(*line) for line in lines]


def _unchecked(db: duckdb.DuckDBPyConnection, emc: str, why: str) -> Verdict:
    found = db.execute(
        "SELECT last_block, last_hash, coalesce(timestamp, 0) FROM synced "
        "LEFT JOIN blocks ON number = last_block WHERE source = ?",
        [emc],
    ).fetchone()
    known = db.execute("SELECT stage FROM verdicts WHERE emc = ?", [emc]).fetchone()
    pinned = Pinned(*found) if found else Pinned(-1, "", 0)
    verdict = Verdict(emc, known[0] if known else "UNKNOWN", pinned, unproven=[(why, True)])
    verdict.evidence = {
        "verdict": verdict.word,
        "emc": emc,
        "stage": verdict.stage,
        "blocks": {"last": pinned.number, "last_hash": pinned.hash, "last_time": pinned.time},
        "unproven": [why],
        "faults": [],
    }
    return verdict


def _remember(db: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    serious = [text for text, is_serious in verdict.unproven if is_serious]
    reasons = [*(each.text for each in verdict.faults), *serious]
    pinned = verdict.pinned
    is_read = pinned.number >= 0
    db.execute(
        "INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            verdict.emc,
            int(time.time()),
            verdict.word,
            pinned.number if is_read else None,
            pinned.hash if is_read else None,
            pinned.time if is_read else None,
            len(verdict.faults),
            reasons[0] if reasons else "",
        ],
    )
