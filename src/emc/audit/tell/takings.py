"""What happened to orders at Checkout as postings of a journal.

Assets:<EMC>:Checkout          what waits there
Liabilities:<EMC>:Buyers       the same: it is theirs, or will be the EMC's
Income:<EMC>:Booked            of what came in, orders of Checkout
Income:<EMC>:Refunds           what was sent back after that, against income
Equity:<EMC>:Refunds:<row>     from whose pocket: no refund is taken from a row
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import duckdb

OTHERS = "Others"
_TITLES = {
    "placed": "paid at Checkout",
    "given_back": "given back",
    "booked": "booked",
    "refund": "refunded",
}


def accounts(
    store: duckdb.DuckDBPyConnection, emc: str, label: str, rows: Mapping[tuple[str, int], str]
) -> dict[str, int]:
    """Accounts of orders and what must be on them at the end; none where no order was ever paid.

    Args:
        rows: What the journal calls a row, by EMC and row id.
    """
    placed, booked, refunded, waits = store.execute(
        "SELECT placed, booked, refunded, waits FROM sales WHERE emc = ?", [emc]
    ).fetchall()[0]
    if not placed:
        return {}
    found = {
        f"Assets:{label}:Checkout": int(waits),
        f"Liabilities:{label}:Buyers": -int(waits),
        f"Income:{label}:Booked": -int(booked),
        f"Income:{label}:Refunds": int(refunded),
    }
    for row_id, amount in store.execute(
        "SELECT row_id, sum(amount) FROM checkout_ledger WHERE emc = ? AND kind = 'refund' "
        "GROUP BY row_id ORDER BY row_id",
        [emc],
    ).fetchall():
        account = _pocket(label, rows.get((emc, row_id)))
        found[account] = found.get(account, 0) - int(amount)
    return found


def events(
    store: duckdb.DuckDBPyConnection, emc: str, label: str, rows: Mapping[tuple[str, int], str]
) -> list[dict[str, Any]]:
    """What happened to orders, one entry for each event, with its postings."""
    lines = store.execute(
        "SELECT c.block, c.log_index, c.timestamp, c.tx, c.kind, c.row_id, c.amount, "
        "o.number IS NOT NULL FROM checkout_ledger c JOIN checkouts o USING (emc, hash) "
        "WHERE c.emc = ? ORDER BY c.block, c.log_index, c.place",
        [emc],
    ).fetchall()
    found = []
    for place, several in groupby(lines, key=lambda each: (each[0], each[1])):
        moves = list(several)
        _, _, timestamp, tx, kind, *_ = moves[0]
        found.append(
            {
                "place": place,
                "time": datetime.fromtimestamp(timestamp, UTC),
                "title": f"{_TITLES[kind]}, {len(moves)} orders" if moves[1:] else _TITLES[kind],
                "tx": tx,
                "postings": [
                    posting
                    for _, _, _, _, _, row_id, amount, is_numbered in moves
                    for posting in _posted(
                        kind, int(amount), label, rows.get((emc, row_id)), is_numbered
                    )
                ],
            }
        )
    return found


def _posted(
    kind: str, amount: int, label: str, row: str | None, is_numbered: bool
) -> Iterator[tuple[str, int]]:
    """What a move of an order means for each account."""
    if kind == "refund":
        yield f"Income:{label}:Refunds", amount
        yield _pocket(label, row), -amount
        return
    sign = 1 if kind == "placed" else -1
    yield f"Assets:{label}:Checkout", sign * amount
    yield f"Liabilities:{label}:Buyers", -sign * amount
    if kind == "booked":
        # the EMC's own event has it as a sale, or after the end as absorbed
        yield f"Income:{label}:{'Sales' if is_numbered else 'Absorbed'}", amount
        yield f"Income:{label}:Booked", -amount


def _pocket(label: str, row: str | None) -> str:
    return f"Equity:{label}:Refunds:{row or OTHERS}"
