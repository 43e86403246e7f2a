"""What is worth knowing about an EMC and is no error: nobody is accused by it."""

from collections.abc import Callable
from itertools import pairwise

import duckdb

from emc.audit.prove import findings_of_orders
from emc.audit.prove.case import Case, Finding
from emc.audit.prove.findings_of_orders import Returns
from emc.audit.prove.history import Happened
from emc.audit.prove.life import NO_REFERENCE
from emc.audit.prove.parties import parties_of
from emc.audit.prove.signed import Terms
from emc.core.text import counted

# a buyer with more than this part of everything, or of what opened a gate, in percent
CONCENTRATED = 50
# lines of one kind that are listed
MOST = 100


def find(
    db: duckdb.DuckDBPyConnection, case: Case, is_published: bool, returns: Returns | None = None
) -> list[Finding]:
    """Everything worth knowing.

    Args:
        returns: What the canvas says of orders that go back, if somebody has it.
    """
    found = []
    _bought(db, case)
    if not is_published:
        at = case.known.implementation
        found.append(
            Finding(
                "foreign_code", f"the EMC runs code that is not the published one: {at}", party=at
            )
        )
    money = _writer(db, case.emc)
    return [
        *found,
        *_fees(case, money),
        *_credits(case, money),
        *_duplicates(db, case),
        *_concentration(db, case, money),
        *_self_dealing(db, case, money),
        *_circulation(db, case, money),
        *findings_of_orders.find(case, money, returns),
        *_late(case),
        *_withheld(case),
    ]


def _writer(db: duckdb.DuckDBPyConnection, emc: str) -> Callable[[int], str]:
    """How people read amounts of an EMC's currency: whole units, every digit."""
    symbol, decimals = db.execute(
        "SELECT symbol, decimals FROM emcs WHERE emc = ?", [emc]
    ).fetchall()[0]

    def write(units: int) -> str:
        whole, part = divmod(abs(units), 10**decimals)
        behind = str(part).rjust(decimals, "0").rstrip("0") if part else ""
        sign = "-" if units < 0 else ""
        return f"{sign}{whole:,}{'.' if behind else ''}{behind} {symbol}"

    return write


def _fees(case: Case, money: Callable[[int], str]) -> list[Finding]:
    found = []
    if case.ties is not None and case.ties.fees:
        amount, payments = sum(case.ties.fees), counted(len(case.ties.fees), "payment")
        text = f"the token kept {money(amount)} of {payments}: payees got their part less this"
        found.append(Finding("fee_token", text, party=case.history.currency, amount=amount))
    if case.is_by_balance:
        text = "the token's Transfer events are not what it moves: balances tie, block by block"
        found.append(Finding("odd_token", text, party=case.history.currency))
    return found


def _credits(case: Case, money: Callable[[int], str]) -> list[Finding]:
    found = []
    life = case.life
    for row_id, amount in sorted(life.credits.items()):
        if amount:
            payee = life.payees[row_id]
            text = f"row {row_id} has a credit of {money(amount)} that nobody has withdrawn"
            found.append(Finding("credit_waiting", text, None, None, row_id, payee, amount))
    refused: dict[tuple[int | None, str], list[int]] = {}
    for entry in life.ledger:
        if entry.kind in ("credit", "sweep_credit"):
            refused.setdefault((entry.row_id, entry.party), []).append(entry.amount)
    for (row, payee), amounts in refused.items():
        text = f"the payee of row {row} did not take {counted(len(amounts), 'payment')}"
        found.append(Finding("refusing_payee", text, None, None, row, payee, sum(amounts)))
    return found


def _duplicates(db: duckdb.DuckDBPyConnection, case: Case) -> list[Finding]:
    found = [
        Finding(
            "duplicate_order", f"order {number} was paid by {count} accounts", block, amount=amount
        )
        for number, count, block, amount in db.execute(
            "SELECT number, count(DISTINCT payer) AS payers, max(block), sum(amount)::HUGEINT "
            # Checkout's numbers are its own
            "FROM orders WHERE emc = ? AND payer IS DISTINCT FROM ? "
            "GROUP BY number HAVING payers > 1 ORDER BY number LIMIT ?",
            [case.emc, case.known.checkout, MOST],
        ).fetchall()
    ]
    found += [
        Finding(
            "duplicate_buyer",
            f"customer {customer} paid from {count} accounts",
            block,
            amount=amount,
        )
        for customer, count, block, amount in db.execute(
            "SELECT customer, count(DISTINCT payer) AS payers, max(block), sum(amount)::HUGEINT "
            "FROM bought WHERE emc = ? AND customer <> ? GROUP BY customer HAVING payers > 1 "
            "ORDER BY customer LIMIT ?",
            [case.emc, NO_REFERENCE, MOST],
        ).fetchall()
    ]
    return found


def _concentration(
    db: duckdb.DuckDBPyConnection, case: Case, money: Callable[[int], str]
) -> list[Finding]:
    """Who paid most, of everything and of what opened the gate: wash sales look like this, good
    customers, too.
    """
    balances = case.life.balances
    opened = next(
        (each for before, each in pairwise(balances) if each.is_open and not before.is_open),
        None,
    )
    spans = [(case.pinned.number, "so far")]
    if opened is not None:
        spans.append((opened.block, "until the gate opened"))
    return [
        Finding(
            "concentration",
            f"{payer} paid {money(amount)} of the {money(total)} {until}",
            block,
            None,
            None,
            payer,
            amount,
        )
        for block, until in spans
        for payer, amount, total in db.execute(
            "WITH paid AS (SELECT payer, sum(amount)::HUGEINT AS amount FROM bought WHERE emc = ? "
            "AND block <= ? GROUP BY payer) SELECT payer, amount, (SELECT sum(amount) FROM paid)"
            "::HUGEINT AS total FROM paid WHERE amount * 100 > total * ?",
            [case.emc, block, CONCENTRATED],
        ).fetchall()
    ]


def _bought(db: duckdb.DuckDBPyConnection, case: Case) -> None:
    """Orders by who bought: of those sold by Checkout the buyer that paid there."""
    buyers = case.orders.buyers
    db.execute("CREATE OR REPLACE TEMP TABLE buyers (number VARCHAR, buyer VARCHAR)")
    if buyers:
        numbers, names = [str(each) for each in buyers], list(buyers.values())
        db.execute("INSERT INTO buyers SELECT unnest(?), unnest(?)", [numbers, names])
    db.execute(
        "CREATE OR REPLACE TEMP TABLE bought AS SELECT orders.* REPLACE "
        "(CASE WHEN payer = ? THEN coalesce(buyer, payer) ELSE payer END AS payer) "
        "FROM orders LEFT JOIN buyers ON orders.number = buyers.number AND payer = ? "
        "WHERE emc = ?",
        [case.known.checkout, case.known.checkout, case.emc],
    )


def _self_dealing(
    db: duckdb.DuckDBPyConnection, case: Case, money: Callable[[int], str]
) -> list[Finding]:
    parties = parties_of(case)
    return [
        Finding(
            "self_dealing",
            f"{parties[payer].text} bought {counted(count, 'time')} for {money(amount)}",
            block,
            None,
            None,
            payer,
            amount,
        )
        for payer, count, amount, block in db.execute(
            "SELECT payer, count(*), sum(amount)::HUGEINT, max(block) FROM bought WHERE emc = ? "
            "AND payer IN (SELECT unnest(?)) GROUP BY payer ORDER BY payer",
            [case.emc, sorted(parties)],
        ).fetchall()
    ]


def _circulation(
    db: duckdb.DuckDBPyConnection, case: Case, money: Callable[[int], str]
) -> list[Finding]:
    """Sales that follow each other in one transaction: one coin that goes round looks like this."""
    return [
        Finding(
            "circulation",
            f"{counted(count, 'sale')} in one transaction moved {money(amount)}, "
            f"at most {money(largest)} at once",
            block,
            tx,
            amount=amount,
        )
        for tx, block, count, amount, largest in db.execute(
            "SELECT tx, max(block), count(*), sum(gross)::HUGEINT, max(gross)::HUGEINT "
            "FROM payouts WHERE emc = ? AND kind IN ('sale', 'batch') "
            "GROUP BY tx HAVING count(*) > 1 ORDER BY 2, 1 LIMIT ?",
            [case.emc, MOST],
        ).fetchall()
    ]


def _late(case: Case) -> list[Finding]:
    found = []
    for event in case.history.table:
        if event.name != "Assessed":
            continue
        terms = _terms_at(case, event)
        late = case.history.times[event.block] - terms["goal.deadline"]
        if late > 0:
            text = f"row {event.args['submitter']} submitted a value {late} s after the deadline"
            found.append(
                Finding(
                    "late_assessment",
                    text,
                    event.block,
                    event.tx,
                    event.number("submitter"),
                    None,
                    event.number("amount"),
                )
            )
    return found


def _terms_at(case: Case, event: Happened) -> Terms:
    before = [each for each in case.epochs.values() if each.event.place <= event.place]
    return (before[-1] if before else case.epochs[1]).terms


def _withheld(case: Case) -> list[Finding]:
    return [
        Finding("withheld_rating", f"ME {event.args['me']} rated nobody", event.block, event.tx)
        for event in case.history.reviews
        if event.name == "Finalised" and event.args.get("is_withheld")
    ]
