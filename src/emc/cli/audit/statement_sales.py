"""emc audit statement of EMCs: what they sold, what of it went back, and from whose pocket."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emc.cli.audit import shared
from emc.cli.shared import output, talk

if TYPE_CHECKING:
    from emc.audit.read.store import Counts
    from emc.audit.tell.statements import Sales
    from emc.audit.tell.subjects import Subject

Sold = Sequence[tuple["Subject", "Sales", "Counts"]]
HEADINGS = {
    "straight": "paid to the EMC",
    "booked": "booked of orders",
    "absorbed": "absorbed",
    "gross": "gross",
    "refunded": "refunded",
    "net": "net",
    "placed": "paid at Checkout",
    "given_back": "given back",
    "waits": "waits",
}


def show(sold: Sold, names: shared.Names) -> None:
    """A table for each EMC, and who refunded."""
    for subject, sales, counts in sold:
        money = subject.money
        title = names.titles.get(subject.emc, subject.emc)
        output.line(title, style="bold")
        columns = [output.Column(money.symbol), output.Column("amount", "right")]
        body = [
            (heading, money.format(sales.amounts[name], symbol=False))
            for name, heading in HEADINGS.items()
        ]
        output.table(columns, body)
        output.line(counts.text)
        for party, row_id, amount in sales.refunds:
            who = "" if row_id is None else f", {_who(subject.emc, row_id, names)}"
            output.line(f"refunded by {party}{who}: {money.format(amount)}")
        if subject.verdict != "RECONCILED":
            talk.note(f"{subject.emc} is {subject.verdict}: do not rely on these figures")


def _who(emc: str, row_id: int, names: shared.Names) -> str:
    return names.rows.get((emc, row_id), f"row {row_id}")


def machine(sold: Sold) -> dict[str, Any]:
    """The same for programs, in exact decimal text."""
    return {
        "sales": [
            {
                "emc": subject.emc,
                "token": subject.token,
                "symbol": subject.money.symbol,
                **{name: subject.money.exact(sales.amounts[name]) for name in HEADINGS},
                **counts._asdict(),
                "refunds": [
                    {"party": party, "row_id": row_id, "amount": subject.money.exact(amount)}
                    for party, row_id, amount in sales.refunds
                ],
                "verdict": subject.verdict,
            }
            for subject, sales, counts in sold
        ]
    }


def write(path: Path, sold: Sold) -> None:
    """The same for spreadsheets, a line for each EMC."""
    from emc.audit.tell.spreadsheet import guarded

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["emc", "symbol", *HEADINGS, "runs", "payments", "of_nothing", "verdict"])
    for subject, sales, counts in sold:
        amounts = [subject.money.exact(sales.amounts[name]) for name in HEADINGS]
        symbol = guarded(subject.money.symbol)
        writer.writerow([subject.emc, symbol, *amounts, *counts, subject.verdict])
    shared.write(path, text.getvalue())
