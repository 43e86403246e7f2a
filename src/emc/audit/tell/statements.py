"""What a node, or an ME over all its EMCs, has made: its own profit-and-loss view."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import duckdb

from emc.audit.prove.life import BACKSTOP as BACKSTOP
from emc.audit.tell.subjects import Subject
from emc.core.units import Currency
from emc.errors import EMCError

# what each row came to; `earned` is all that was paid or waits as a credit
TABLE = """
    SELECT s.emc, s.row_id, s.me, s.payee, s.is_live,
        coalesce(sum(l.of_base), 0)::DECIMAL(38, 0) AS of_base,
        coalesce(sum(l.of_leading), 0)::DECIMAL(38, 0) AS of_leading,
        coalesce(sum(l.of_upside), 0)::DECIMAL(38, 0) AS of_upside,
        coalesce(sum(l.of_running), 0)::DECIMAL(38, 0) AS of_running,
        coalesce(sum(l.of_cost), 0)::DECIMAL(38, 0) AS of_cost,
        any_value(s.earned) AS earned, any_value(s.paid) AS paid,
        any_value(s.credit) AS credit, any_value(s.held) AS held,
        coalesce(any_value(r.refunded), 0)::DECIMAL(38, 0) AS refunded,
        (any_value(s.earned) - coalesce(any_value(r.refunded), 0))::DECIMAL(38, 0) AS net
    FROM standings s
    LEFT JOIN (
        SELECT emc, row_id, sum(amount) AS refunded FROM checkout_ledger
        WHERE kind = 'refund' GROUP BY emc, row_id
    ) r ON r.emc = s.emc AND r.row_id = s.row_id
    LEFT JOIN ledger l ON l.emc = s.emc AND l.row_id = s.row_id
        AND l.kind IN ('payment', 'credit', 'release', 'sweep', 'sweep_credit')
    GROUP BY s.emc, s.row_id, s.me, s.payee, s.is_live
"""


# what came in, went back and is left
SALES = (
    "straight",
    "booked",
    "absorbed",
    "gross",
    "refunded",
    "net",
    "placed",
    "given_back",
    "waits",
)


@dataclass(frozen=True)
class Sales:
    """What came into an EMC, what of it was refunded and by whom, in base units.

    Args:
        amounts: By their names in ``SALES``.
        refunds: Who sent how much to buyers from its own pocket: address, row id, amount.
    """

    emc: str
    amounts: dict[str, int]
    refunds: tuple[tuple[str, int | None, int], ...]

    @property
    def is_returning(self) -> bool:
        """Whether an order was ever paid at Checkout."""
        return self.amounts["placed"] > 0


@dataclass(frozen=True)
class Line:
    """A row of an EMC, in base units of its currency."""

    emc: str
    row_id: int
    me: int | None
    payee: str
    is_live: bool
    base: int
    leading: int
    upside: int
    running: int
    cost: int
    earned: int
    paid: int
    credit: int
    held: int
    # sent to buyers from its own pocket, and what that leaves of what it earned
    refunded: int
    net: int

    @property
    def income(self) -> int:
        """What sales left for it, without what they paid back."""
        return self.base + self.leading + self.upside


AMOUNTS = (
    "base",
    "leading",
    "upside",
    "income",
    "running",
    "cost",
    "earned",
    "paid",
    "credit",
    "held",
    "refunded",
    "net",
)


def lines(
    store: duckdb.DuckDBPyConnection,
    subjects: list[Subject],
    *,
    me: int | None = None,
    row: int | None = None,
) -> list[Line]:
    """Rows of these EMCs, all or of an ME or row.

    Raises:
        EMCError: there is no such row.
    """
    order = {each.emc: place for place, each in enumerate(subjects)}
    found = [_line(each) for each in store.execute(TABLE).fetchall()]
    chosen = [
        each
        for each in found
        if each.emc in order
        and (me is None or each.me == me)
        and (row is None or each.row_id == row)
    ]
    if not chosen:
        what = f"ME {me}" if me is not None else f"row {row}"
        raise EMCError(
            f"{what} has no part in what was checked", "`emc audit sql` shows the table `standings`"
        )
    return sorted(chosen, key=lambda each: (order[each.emc], each.row_id))


def sales(store: duckdb.DuckDBPyConnection, emcs: Sequence[str]) -> dict[str, Sales]:
    """What came into EMCs, and what of it was refunded; of all in one question."""
    refunds: dict[str, list[tuple[str, int | None, int]]] = {}
    for emc, party, row_id, amount in store.execute(
        "SELECT emc, party, any_value(row_id), sum(amount) FROM checkout_ledger "
        "WHERE kind = 'refund' GROUP BY emc, party ORDER BY 4 DESC, 2"
    ).fetchall():
        refunds.setdefault(emc, []).append((party, row_id, int(amount)))
    found = store.execute(
        f"SELECT emc, {', '.join(SALES)} FROM sales WHERE emc IN (SELECT unnest(?))", [list(emcs)]
    ).fetchall()
    return {
        emc: Sales(
            emc,
            dict(zip(SALES, map(int, amounts), strict=True)),
            tuple(refunds.get(emc, ())),
        )
        for emc, *amounts in found
    }


def totals(
    found: list[Line], subjects: list[Subject]
) -> dict[tuple[str, Currency], dict[str, int]]:
    """Sums by currency: its token and how it is written."""
    money = {each.emc: (each.token, each.money) for each in subjects}
    sums: dict[tuple[str, Currency], dict[str, int]] = {}
    for line in found:
        of = sums.setdefault(money[line.emc], dict.fromkeys(AMOUNTS, 0))
        for name in AMOUNTS:
            of[name] += getattr(line, name)
    return sums


def as_texts(line: Line, money: Currency) -> dict[str, Any]:
    """A line for machines: amounts as decimal text."""
    amounts = {name: money.exact(getattr(line, name)) for name in AMOUNTS}
    return {**asdict(line), **amounts, "symbol": money.symbol}


def _line(found: tuple[Any, ...]) -> Line:
    """Exact integers: the store answers with decimals."""
    values: list[Any] = [
        int(value) if field.name in AMOUNTS else value
        for field, value in zip(fields(Line), found, strict=True)
    ]
    return Line(*values)
