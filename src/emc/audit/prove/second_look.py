"""Before anything is called wrong: whether the node tells the same when it is asked another way."""

from collections.abc import Sequence

import duckdb

from emc.audit.prove.faults import Fault
from emc.audit.read import abi, store, sync
from emc.audit.read.intake import Window
from emc.audit.read.known import Known
from emc.audit.read.sync import Question
from emc.errors import EMCError
from emc.rpc.node import Log, Node, Pinned

# transactions whose receipts are compared
RECEIPTS = 20
PARTS = 7


async def look_again(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    emc: str,
    known: Known,
    pinned: Pinned,
    faults: Sequence[Fault],
) -> None:
    """Ask for the EMC's logs again, in other pieces, and for the receipts of what is wrong.

    Raises:
        EMCError: the answers differ: then it is the node that is wrong, and nobody knows about the
            EMC.
    """
    asked = [(each, _first(db, emc)) for each in sync.questions(db, known, [emc])]
    kept = _places(db, emc)
    if known.reputation is not None:
        # records fold the reviews of all
        asked.append((sync.whole(known.reputation, known), _first(db, "Reputation")))
        kept |= _reviews(db)
    with duckdb.connect() as fresh:
        fresh.execute(store.schema())
        for question, first in asked:
            window = Window(fresh)
            step = max(1, -(-(pinned.number - first + 1) // PARTS))

            async def take(logs: list[Log], question: Question = question,
                           window: Window = window) -> None:  # fmt: skip
                question.take(window, logs)

            for at in range(first, pinned.number + 1, step):
                last = min(at + step - 1, pinned.number)
                await node.logs(question.addresses, question.topics, at, last, take)
        found = _places(fresh, emc) | _reviews(fresh)
    if found != kept:
        block, index = sorted(found ^ kept)[0]
        raise EMCError(
            f"the node gives different logs when it is asked twice: of block {block}, log {index} "
            f"{'is new' if (block, index) in found else 'is gone'}",
            "sync into a new file, from another node",
        )
    txs = list(dict.fromkeys(each.tx for each in faults if each.tx))[:RECEIPTS]
    ours = {each.lower() for each in (emc, *known.rooms)}
    for tx, logs in (await node.receipts(txs)).items():
        for log in logs:
            if log.address.lower() in ours and _is_about(log, emc) and log.place not in kept:
                raise EMCError(
                    f"the node's receipt of {tx} has a log that is missing from its list of logs",
                    "sync into a new file, from another node",
                )


def _places(db: duckdb.DuckDBPyConnection, emc: str) -> set[tuple[int, int]]:
    """Where everything stands that a store has of an EMC."""
    return {
        place
        for table in ("payouts", "transfers", "events")
        for place in db.execute(
            f"SELECT block, log_index FROM {table} WHERE emc = ?", [emc]
        ).fetchall()
    }


def _reviews(db: duckdb.DuckDBPyConnection) -> set[tuple[int, int]]:
    return set(
        db.execute("SELECT block, log_index FROM events WHERE contract = 'Reputation'").fetchall()
    )


def _first(db: duckdb.DuckDBPyConnection, source: str) -> int:
    """The block from which on something was read."""
    found = db.execute("SELECT first_block FROM synced WHERE source = ?", [source]).fetchall()
    return int(found[0][0])


def _is_about(log: Log, emc: str) -> bool:
    return log.address.lower() == emc.lower() or log.topics[1:2] == [abi.as_topic(emc)]
