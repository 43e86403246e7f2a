"""Before anything is called wrong: whether the node tells the same when it is asked another way."""

from collections.abc import Sequence
from operator import attrgetter

import duckdb

from emc.audit.prove.faults import Fault
from emc.audit.read import sync
from emc.audit.read.known import Known
from emc.audit.read.node import Log, Node, Pinned
from emc.errors import EMCError

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
    first = db.execute("SELECT first_block FROM synced WHERE source = ?", [emc]).fetchall()[0][0]
    kept = {
        (block, index)
        for table in ("payouts", "transfers", "events")
        for block, index in db.execute(
            f"SELECT block, log_index FROM {table} WHERE emc = ? AND block >= ?", [emc, first]
        ).fetchall()
    }
    found: set[tuple[int, int]] = set()
    made = db.execute("SELECT made_block FROM emcs WHERE emc = ?", [emc]).fetchall()[0][0]

    async def take(logs: list[Log]) -> None:
        found.update(place for place in map(attrgetter("place"), logs) if place[0] >= made)

    step = max(1, -(-(pinned.number - first + 1) // PARTS))
    for question in sync.questions(db, known, [emc]):
        for at in range(first, pinned.number + 1, step):
            last = min(at + step - 1, pinned.number)
            await node.logs(question.addresses, question.topics, at, last, take)
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
                    f"the node's receipt of {tx} has a log that its list of logs has not",
                    "sync into a new file, from another node",
                )


def _is_about(log: Log, emc: str) -> bool:
    topic = emc[2:].lower().rjust(64, "0")
    return log.address.lower() == emc.lower() or log.topics[1:2] == ["0x" + topic]
