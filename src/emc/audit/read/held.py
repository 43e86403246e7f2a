"""What an audit store is about, and how much of it the chain still holds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version

import duckdb

from emc.audit.read import store
from emc.audit.read.intake import ReorgError
from emc.audit.read.known import Known
from emc.errors import EMCError
from emc.rpc.node import Block, Node, Pinned

# what is read from the chain, by the block in which it happened
READ = ("payouts", "payments", "orders", "transfers", "events")


def check_store(db: duckdb.DuckDBPyConnection, chain_id: int) -> None:
    """Raises:
    EMCError: the store is about another chain.
    """
    kept = store.meta(db).get("chain_id", str(chain_id))
    if kept != str(chain_id):
        raise EMCError(
            f"the store is about chain {kept}, the node about chain {chain_id}",
            "use a store for each chain",
        )


def keep_meta(db: duckdb.DuckDBPyConnection, chain_id: int, contracts: Known) -> None:
    """Write down what the store is about.

    Raises:
        EMCError: it is about another deployment.
    """
    values = {"chain_id": str(chain_id), "version": version("emc-agreements")}
    kept = store.meta(db)
    if kept.get("consent", contracts.consent) != contracts.consent:
        raise EMCError(
            f"the store is about the Consent {kept['consent']}, not {contracts.consent}",
            "use a store for each deployment",
        )
    values |= contracts.as_meta()
    db.execute(
        "INSERT OR REPLACE INTO meta SELECT unnest(?), unnest(?)",
        [list(values), list(values.values())],
    )


def keep_blocks(db: duckdb.DuckDBPyConnection, headers: dict[int, Block]) -> None:
    """Write blocks down.

    Raises:
        ReorgError: one of them replaces another that is written down.
    """
    known = dict(
        db.execute(
            "SELECT number, hash FROM blocks WHERE number IN (SELECT unnest(?))", [list(headers)]
        ).fetchall()
    )
    for number, found in known.items():
        if headers[number].hash.lower() != found:
            raise ReorgError(number)
    new = sorted(headers.keys() - known.keys())
    store.insert(
        db,
        "blocks",
        {
            "number": new,
            "hash": [headers[each].hash.lower() for each in new],
            "timestamp": [headers[each].time for each in new],
        },
    )


def keep_reach(
    db: duckdb.DuckDBPyConnection, sources: Sequence[str], first: int, last: int, last_hash: str
) -> None:
    """Write down how far some sources were read, and from where on if they are new."""
    db.execute(
        "INSERT INTO synced SELECT unnest(?), ?, ?, ? ON CONFLICT DO UPDATE "
        "SET last_block = excluded.last_block, last_hash = excluded.last_hash",
        [list(sources), first, last, last_hash],
    )


async def roll_back(
    db: duckdb.DuckDBPyConnection, node: Node, pinned: Pinned, replaced: int | None = None
) -> int | None:
    """Forget what the chain has forgotten; the last block that still holds, if something went.

    Args:
        replaced: A block that is known to hold no more.
    """
    # also where reading stopped; of a block that was replaced between two questions, two hashes
    kept = db.execute(
        "SELECT number, list(DISTINCT hash) FROM (FROM blocks SELECT number, hash "
        "UNION ALL FROM synced SELECT last_block, last_hash) GROUP BY number ORDER BY number"
    ).fetchall()
    if not kept:
        return None

    async def holds(place: int) -> bool:
        number, found = kept[place]
        return bool(number <= pinned.number and [(await node.pin(number)).hash] == found)

    low, high = -1, len(kept) - 1
    if replaced is not None:
        high = [number for number, _ in kept].index(replaced)
    elif await holds(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if await holds(middle):
            low = middle
        else:
            high = middle
    number, (last_hash,) = kept[low] if low >= 0 else (-1, [""])
    with whole(db):
        for table in READ:
            db.execute(f"DELETE FROM {table} WHERE block > ?", [number])
        db.execute("DELETE FROM blocks WHERE number > ?", [number])
        db.execute("DELETE FROM emcs WHERE made_block > ?", [number])
        db.execute("DELETE FROM synced WHERE first_block > ?", [number])
        db.execute(
            "UPDATE synced SET last_block = ?, last_hash = ? WHERE last_block > ?",
            [number, last_hash, number],
        )
    return int(number)


@contextmanager
def whole(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of what is written inside, or nothing."""
    db.execute("BEGIN")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
