"""A verdict on every EMC that is asked about, whatever happens: what stops the check of one is that
one's verdict, and the others go on. All of them are remembered.
"""

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import duckdb

from emc.audit.prove import output, reconcile
from emc.audit.prove.case import NOT_CHECKED, RECONCILED, Case, Verdict
from emc.audit.prove.findings_of_orders import Returns
from emc.audit.prove.history import History, Shared, read
from emc.audit.read import store
from emc.errors import EMCError
from emc.rpc.node import Node, Pinned

# what is read and checked together: EMCs, and lines of them
MOST_EMCS = 50
MOST_LINES = 100_000


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


async def check_all(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    emcs: Sequence[str],
    *,
    canvas: bytes | None = None,
    returns: Returns | None = None,
) -> list[Verdict]:
    """The verdicts on EMCs that have been synced, in their order; NOT CHECKED on those that cannot
    be checked.

    Args:
        canvas: The hash of the canvas that should have been signed.
        returns: What the canvas says of orders that go back.
    """
    given: list[Verdict] = []
    if not emcs:
        return given
    common = reconcile.share(db)
    for part in _parts(emcs, common):
        pasts = _read(db, part, common)
        kept: dict[str, tuple[Case, Verdict]] = {}

        async def one(
            emc: str,
            pasts: Mapping[str, History] = pasts,
            kept: dict[str, tuple[Case, Verdict]] = kept,
        ) -> Verdict:
            def keep(case: Case, verdict: Verdict) -> None:
                kept[emc] = case, verdict

            checking = reconcile.run(
                db, node, emc, canvas=canvas, returns=returns, common=common,
                past=pasts.get(emc), keep=keep,
            )  # fmt: skip
            return await _certain(db, emc, checking)

        # while the node answers for one EMC, others are computed
        found = await asyncio.gather(*map(one, part))
        failed = _keep(db, list(kept.values()))
        given += (failed.get(each.emc, each) for each in found)
        _remember(db, given[-len(part) :])
    return given


async def check(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    emc: str,
    *,
    canvas: bytes | None = None,
    returns: Returns | None = None,
) -> Verdict:
    """The verdict on one EMC, like ``check_all``."""
    return (await check_all(db, node, [emc], canvas=canvas, returns=returns))[0]


def _parts(emcs: Sequence[str], common: Shared) -> Iterator[list[str]]:
    """EMCs that are read and checked together: as many as fit into memory with ease."""
    part: list[str] = []
    size = 0
    for emc in emcs:
        more = common.size(emc)
        if part and (len(part) == MOST_EMCS or size + more > MOST_LINES):
            yield part
            part, size = [], 0
        part.append(emc)
        size += more
    yield part


def _read(db: duckdb.DuckDBPyConnection, emcs: Sequence[str], common: Shared) -> dict[str, History]:
    """Histories of EMCs; of none if one cannot be read: then each is read for itself, and fails."""
    try:
        return read(db, emcs, common)
    except Exception:
        return {}


def _keep(
    db: duckdb.DuckDBPyConnection, found: Sequence[tuple[Case, Verdict]]
) -> dict[str, Verdict]:
    """Keep results; the verdicts on EMCs of which nothing could be kept."""
    if not found:
        return {}
    try:
        output.keep(db, found)
    except Exception as error:
        if len(found) == 1:
            emc = found[0][0].emc
            return {emc: _unchecked(db, emc, _why(error))}
        return {emc: each for one in found for emc, each in _keep(db, [one]).items()}
    return {}


async def _certain(
    db: duckdb.DuckDBPyConnection, emc: str, checking: Awaitable[Verdict]
) -> Verdict:
    """A verdict in any case."""
    try:
        verdict = await checking
    except Exception as error:
        # one EMC is full of what nobody foresaw: the others are not
        verdict = _unchecked(db, emc, _why(error))
    if verdict.word == NOT_CHECKED:
        last = next((each for each in history(db, emc)[::-1] if each.verdict == RECONCILED), None)
        if last is not None:
            verdict.before = verdict.evidence["before"] = last.text
    return verdict


def _why(error: Exception) -> str:
    """Why an EMC could not be checked."""
    if isinstance(error, EMCError):
        return f"{error}; {error.hint}" if error.hint else str(error)
    why = f"the audit itself failed, {type(error).__name__}: {store.first_line(error)}"
    return f"{why}; please report it"


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


def _remember(db: duckdb.DuckDBPyConnection, verdicts: Sequence[Verdict]) -> None:
    now = int(time.time())
    lines = []
    for verdict in verdicts:
        serious = [text for text, is_serious in verdict.unproven if is_serious]
        reasons = [*(each.text for each in verdict.faults), *serious]
        pinned = verdict.pinned
        known = (pinned.number, pinned.hash, pinned.time) if pinned.number >= 0 else (None,) * 3
        reason = reasons[0] if reasons else ""
        lines.append((verdict.emc, now, verdict.word, *known, len(verdict.faults), reason))
    store.insert_lines(db, "checks", lines)
