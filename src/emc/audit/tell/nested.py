"""Money that rows were paid at other EMCs, such as those of an ME's own people, and who got it."""

from dataclasses import dataclass

import duckdb

# what a row was paid at an EMC of the store
PAID = """
    SELECT l.emc, l.row_id, any_value(l.me), e.emc, sum(l.amount)::DECIMAL(38, 0)
    FROM ledger l JOIN emcs e ON lower(e.emc) = lower(l.party)
    WHERE l.kind IN ('payment', 'withdrawal') AND l.emc <> e.emc
    GROUP BY l.emc, l.row_id, e.emc ORDER BY l.emc, l.row_id, e.emc
"""
# what an EMC booked that nobody ordered
BOOKED = """
    SELECT coalesce(sum(amount), 0)::DECIMAL(38, 0) FROM ledger WHERE emc = ? AND kind = 'absorbed'
"""
MEMBERS = "SELECT row_id, me, earned FROM standings WHERE emc = ? ORDER BY row_id"


@dataclass(frozen=True)
class Member:
    """What a row earned in all, in base units; ``me`` is none for a beneficiary."""

    row_id: int
    me: int | None
    earned: int


@dataclass(frozen=True)
class Flow:
    """What a row of one EMC was paid at another, in base units.

    Args:
        into: The EMC that was paid.
        booked: What that EMC booked without an order, whoever put it in.
        verdicts: Of both.
    """

    emc: str
    row_id: int
    me: int | None
    into: str
    amount: int
    booked: int
    members: tuple[Member, ...]
    verdicts: tuple[str, str]


def flows(store: duckdb.DuckDBPyConnection) -> list[Flow]:
    """Every flow between EMCs of a checked store."""
    words = dict(store.execute("SELECT emc, verdict FROM verdicts").fetchall())
    return [
        Flow(
            emc,
            row_id,
            me,
            into,
            int(amount),
            _booked(store, into),
            tuple(
                Member(row, whose, int(earned))
                for row, whose, earned in store.execute(MEMBERS, [into]).fetchall()
            ),
            (words.get(emc, "NOT CHECKED"), words.get(into, "NOT CHECKED")),
        )
        for emc, row_id, me, into, amount in store.execute(PAID).fetchall()
    ]


def _booked(store: duckdb.DuckDBPyConnection, emc: str) -> int:
    found = store.execute(BOOKED, [emc]).fetchone()
    return int(found[0]) if found else 0
