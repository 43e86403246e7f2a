"""What a run rebuilt, kept in the store's tables."""

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import duckdb

from emc.audit.prove.case import Case, Verdict
from emc.audit.prove.history import History
from emc.audit.prove.parties import parties_of
from emc.audit.prove.records import CRITERIA
from emc.audit.read import abi, held, store


def keep(db: duckdb.DuckDBPyConnection, found: Sequence[tuple[Case, Verdict]]) -> None:
    """Replace what an earlier run kept of these EMCs: of many at once, since each statement takes
    its time.
    """
    emcs = [case.emc for case, _ in found]
    lines: dict[str, list[tuple[Any, ...]]] = {table: [] for table in store.REBUILT}
    for case, verdict in found:
        for table, several in _tables(case, verdict).items():
            lines[table] += [(case.emc, *line) for line in several]
    with held.whole(db):
        for table, several in lines.items():
            db.execute(f"DELETE FROM {table} WHERE emc IN (SELECT unnest(?))", [emcs])
            store.insert_lines(db, table, several, _order(table))
        _keep_about(db, [case.history for case, _ in found])


def _order(table: str) -> list[str]:
    return ["emc", *(name for name in store.columns(table) if name != "emc")]


def _keep_about(db: duckdb.DuckDBPyConnection, found: Sequence[History]) -> None:
    """What the node was asked about EMCs and their currencies, once it is known."""
    lines = [(each.emc, each.symbol, each.decimals, _text(each.opening)) for each in found]
    db.execute(
        "UPDATE emcs SET symbol = new.symbol, decimals = new.decimals, "
        "opening = new.opening::DECIMAL(38, 0) FROM (SELECT unnest(?::VARCHAR[]) AS emc, "
        "unnest(?::VARCHAR[]) AS symbol, unnest(?::INTEGER[]) AS decimals, "
        "unnest(?::VARCHAR[]) AS opening) AS new "
        "WHERE emcs.emc = new.emc AND (emcs.decimals IS NULL OR emcs.opening IS NULL)",
        [list(each) for each in zip(*lines, strict=True)],
    )


def _text(amount: int | None) -> str | None:
    """An amount that the store can hold."""
    return None if amount is None or amount > store.LARGEST else str(amount)


def _tables(case: Case, verdict: Verdict) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a run rebuilt, by table."""
    return {
        "epochs": _epochs(case),
        "measures": _measures(case),
        "rows": _rows(case),
        "pages": _pages(case),
        "ledger": _ledger(case),
        "books": _books(case),
        "standings": _standings(case),
        "ratings": _ratings(case),
        "reviews": _reviews(case),
        "checkouts": _checkouts(case),
        "checkout_ledger": _checkout_ledger(case),
        "faults": _faults(verdict),
        "findings": [
            (each.kind, each.block, each.tx, each.row_id, each.party, each.amount, each.text)
            for each in verdict.findings
        ],
        "verdicts": [
            (
                verdict.word,
                verdict.stage,
                verdict.pinned.number,
                verdict.pinned.hash,
                verdict.pinned.time,
                len(verdict.faults),
                json.dumps(verdict.evidence),
            )
        ],
    }


def keep_accounts(
    db: duckdb.DuckDBPyConnection, accounts: Mapping[int, Sequence[tuple[int, int, str]]]
) -> None:
    """Replace what an earlier run kept of the accounts of MEs."""
    db.execute("DELETE FROM accounts")
    lines = [
        (me, account, block, index)
        for me, known in accounts.items()
        for block, index, account in known
    ]
    store.insert_lines(db, "accounts", lines)


def _epochs(case: Case) -> list[tuple[Any, ...]]:
    lines = []
    for epoch in case.epochs.values():
        terms, event = epoch.terms, epoch.event
        asked, agreed = case.court.counted.get(epoch.number, (0, 0))
        lines.append(
            (
                epoch.number,
                *event.place,
                event.tx,
                case.history.times[event.block],
                epoch.cause,
                "0x" + terms.hash.hex(),
                terms.canvas,
                terms.at("currency"),
                terms.at("backstop"),
                *(terms[name] for name in ("sink", "starts_at", "ends_at", "disburse_at")),
                terms["goal.deadline"],
                terms.gate,
                bool(terms["goal.ends_emc"]),
                asked,
                agreed,
            )
        )
    return lines


def _measures(case: Case) -> list[tuple[Any, ...]]:
    return [
        (epoch.number, place, each.name, each.benchmark, each.target)
        for epoch in case.epochs.values()
        for place, each in enumerate(epoch.terms.measures)
    ]


def _rows(case: Case) -> list[tuple[Any, ...]]:
    return [
        (
            epoch.number,
            place,
            row.id,
            row.is_node,
            row.me,
            case.court.account(row.party, epoch.event) if row.is_node else abi.address(row.party),
            row.payee,
            row.running,
            *row.shares,
            row.lower,
            row.upper,
            row.cost,
            row.id == epoch.terms["sink"],
        )
        for epoch in case.epochs.values()
        for place, row in enumerate(epoch.terms.rows)
    ]


def _pages(case: Case) -> list[tuple[Any, ...]]:
    def proceeds(end: int | None, rest: int) -> int | None:
        """Amount of proceeds at which a band ends, rounded up."""
        return None if end is None else -(-end // rest)

    return [
        (
            page.epoch,
            block,
            index,
            page.start,
            page.rest,
            *(proceeds(end, page.rest) for end in page.ends),
            page.gate_at,
            is_open,
        )
        for block, index, page, is_open in case.life.pages
    ]


def _ledger(case: Case) -> list[tuple[Any, ...]]:
    times = case.history.times
    mes: Mapping[int | None, int | None] = {
        row_id: row.me for row_id, row in case.life.parties.items()
    }
    return [
        (*at, times[at[0]], tx, epoch, kind, row_id, mes.get(row_id), party, amount, *parts)
        for *at, tx, epoch, kind, row_id, party, amount, parts in case.life.ledger
    ]


def _books(case: Case) -> list[tuple[Any, ...]]:
    times = case.history.times
    return [
        (each.block, each.log_index, times[each.block], *each[2:]) for each in case.life.balances
    ]


def _standings(case: Case) -> list[tuple[Any, ...]]:
    life = case.life
    live = {row.id: row for row in life.page.rows} if life.page else {}
    lines = []
    for row_id in sorted({*life.parties, *(row for row in life.earned)}):
        row = life.parties.get(row_id)
        held = sum(life.left.get(row_id, ()))
        if row_id in live and not life.has_failed:
            held = sum(life.behind_gate(live[row_id]))
        lines.append(
            (
                row_id,
                bool(row and row.is_node),
                row.me if row else None,
                abi.address(row.party) if row and not row.is_node else None,
                life.payees.get(row_id),
                row_id in live,
                life.earned.get(row_id, 0),
                life.paid.get(row_id, 0),
                life.credits.get(row_id, 0),
                held if not life.has_failed else 0,
            )
        )
    return lines


def _ratings(case: Case) -> list[tuple[Any, ...]]:
    review = case.review
    return [
        (rater, rated, criterion, stars, review.blocks[rater])
        for rater, given in review.revealed.items()
        for rated, found in given.items()
        if rated != rater
        for criterion, stars in zip(CRITERIA, found, strict=True)
    ]


def _reviews(case: Case) -> list[tuple[Any, ...]]:
    review = case.review
    return [
        (
            each.me,
            each.row,
            each.me in review.committed,
            each.me in review.revealed,
            *review.medians.get(each.me, (None,) * len(CRITERIA)),
        )
        for each in (review.members if review.is_open else ())
    ]


_OF_ORDERS = attrgetter(
    *("hash", "placed.block", "placed.tx", "buyer", "reference", "customer", "cashier", "due_at"),
    *("amount", "given_back", "booked", "refunded", "waits"),
)


def _checkouts(case: Case) -> list[tuple[Any, ...]]:
    return [
        (*_OF_ORDERS(each), str(each.number) if each.number else None)
        for each in case.orders.found.values()
    ]


def _checkout_ledger(case: Case) -> list[tuple[Any, ...]]:
    parties = parties_of(case)
    return [
        (
            *each.event.place,
            each.place,
            case.history.times[each.event.block],
            each.event.tx,
            each.kind,
            each.order,
            each.party,
            parties[each.party].row_id if each.party in parties else None,
            each.amount,
        )
        for each in case.orders.moves
    ]


_OF_FAULTS = attrgetter("block", "log_index", "tx", "event", "row_id", "what")


def _faults(verdict: Verdict) -> list[tuple[Any, ...]]:
    return [
        (place, *_OF_FAULTS(each), str(each.found), str(each.expected), each.text)
        for place, each in enumerate(verdict.faults)
    ]
