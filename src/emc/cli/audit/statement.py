"""emc audit statement: what an EMC sold, what a node made, or an ME over all its EMCs."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.cli.audit import shared, statement_sales
from emc.cli.shared import options, output, talk

if TYPE_CHECKING:
    from emc.audit.tell.statements import Line
    from emc.audit.tell.subjects import Subject

# amount: its heading
HEADINGS = {
    "base": "BASE",
    "leading": "LEADING",
    "upside": "UPSIDE",
    "income": "income",
    "running": "running cost",
    "cost": "cost cover",
    "earned": "earned",
    "paid": "paid",
    "credit": "credit",
    "held": "held",
    "refunded": "refunded",
    "net": "net",
}
# told only where somebody refunded
REFUNDS = ("refunded", "net")


@click.command()
@click.option("--me", type=options.ME, help="An ME, over all its EMCs.")
@click.option("--row", type=click.IntRange(0, 128), help="A row id; 128 is the backstop.")
@shared.emc_option
@shared.agreements_option
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a file for spreadsheets.",
)
@shared.store_option
@output.json_option
def command(
    me: int | None,
    row: int | None,
    emc: str | None,
    agreements: tuple[Path, ...],
    csv_file: Path | None,
    path: Path,
    as_json: bool,
) -> None:
    """Show what EMCs sold, gross and net of refunds; or the profit and loss of an ME over all its
    EMCs, or of one row.

    Gross is all proceeds. A refund is what somebody sent to a buyer from their own pocket after
    the order was booked: it is taken from no row, and shown beside the earnings of its sender.

    Income is the shares of BASE, LEADING and UPSIDE; running cost and cost cover pay back
    expenses. Earned is all of it, paid or waiting as a credit. What the gate holds is not earned
    yet.

    \b
    Example:
      emc audit statement
      emc audit statement --me 3
      emc audit statement --row 0 --emc 0x... --csv leader.csv
    """
    from emc.audit.read import store
    from emc.audit.tell import statements
    from emc.audit.tell.subjects import one, subjects
    from emc.errors import EMCError

    if me is not None and row is not None:
        raise EMCError("a statement covers an ME or a row", "name one of --me and --row")
    with store.open_store(path) as db:
        if me is None and row is None:
            found = subjects(db, emc)
            emcs = [each.emc for each in found]
            sales, counts = statements.sales(db, emcs), store.counts(db, emcs)
            sold = [(each, sales[each.emc], counts[each.emc]) for each in found]
            _tell_sales(sold, shared.names_of(db, agreements), csv_file, as_json)
            return
        found = subjects(db, emc) if row is None else [one(db, emc)]
        names = shared.names_of(db, agreements)
        lines = statements.lines(db, found, me=me, row=row)
    by_emc = {each.emc: each for each in found}
    sums = statements.totals(lines, found)
    if csv_file is not None:
        shared.write(csv_file, _csv(lines, by_emc, names))
    if as_json:
        output.print_json(
            {
                "lines": [
                    {
                        **statements.as_texts(line, by_emc[line.emc].money),
                        "verdict": by_emc[line.emc].verdict,
                    }
                    for line in lines
                ],
                "totals": [
                    {
                        "token": token,
                        "symbol": money.symbol,
                        **{
                            name: money.format(units, symbol=False).replace(",", "")
                            for name, units in amounts.items()
                        },
                    }
                    for (token, money), amounts in sums.items()
                ],
            }
        )
        return
    output.line(f"ME {me}" if me is not None else f"row {row}", style="bold")
    for (token, money), amounts in sums.items():
        of_currency = [line for line in lines if by_emc[line.emc].token == token]
        columns = [
            output.Column(money.symbol),
            *(output.Column(_who(line, names), "right") for line in of_currency),
            *([output.Column("together", "right")] if len(of_currency) > 1 else []),
        ]
        body = []
        for name, heading in HEADINGS.items():
            if name in REFUNDS and not amounts["refunded"]:
                continue
            cells = [getattr(line, name) for line in of_currency]
            cells += [amounts[name]] if len(of_currency) > 1 else []
            body.append([heading, *(money.format(units, symbol=False) for units in cells)])
        output.table(columns, body)
    for address in {line.emc for line in lines}:
        if by_emc[address].verdict != "RECONCILED":
            talk.note(f"{address} is {by_emc[address].verdict}: do not rely on these figures")


def _tell_sales(
    sold: statement_sales.Sold, names: shared.Names, csv_file: Path | None, as_json: bool
) -> None:
    if csv_file is not None:
        statement_sales.write(csv_file, sold)
    if as_json:
        output.print_json(statement_sales.machine(sold))
    else:
        statement_sales.show(sold, names)


def _who(line: "Line", names: shared.Names) -> str:
    title = names.titles.get(line.emc, line.emc[:10])
    return f"{title}, {names.rows.get((line.emc, line.row_id), f'row {line.row_id}')}"


def _csv(lines: "list[Line]", by_emc: "dict[str, Subject]", names: shared.Names) -> str:
    from emc.audit.tell import statements
    from emc.audit.tell.spreadsheet import guarded

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["emc", "row_id", "me", "name", "symbol", *HEADINGS, "verdict"])
    for line in lines:
        subject = by_emc[line.emc]
        shown = statements.as_texts(line, subject.money)
        name = guarded(names.rows.get((line.emc, line.row_id), ""))
        me = "" if line.me is None else line.me
        writer.writerow(
            [line.emc, line.row_id, me, name, guarded(subject.money.symbol)]
            + [shown[each] for each in HEADINGS]
            + [subject.verdict]
        )
    return text.getvalue()
