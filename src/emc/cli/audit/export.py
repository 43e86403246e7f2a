"""emc audit export: the numbers in the formats that others use."""

from pathlib import Path
from typing import Any

import click

from emc.cli.audit import shared
from emc.cli.shared import options, output, talk

FORMATS = ("csv", "parquet", "beancount", "hledger")


@click.command()
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="What to write.")
@options.out("export", "The folder", is_folder=True)
@shared.emc_option
@shared.agreements_option
@click.option("--by-day", is_flag=True, help="In a journal, one transaction per day and EMC.")
@click.option(
    "--orders",
    "books",
    type=click.Path(path_type=Path),
    multiple=True,
    help="The CSV that was sold: references.csv says what its orders are called. Repeatable.",
)
@shared.store_option
@output.json_option
def command(
    kind: str,
    out: Path,
    emc: str | None,
    agreements: tuple[Path, ...],
    by_day: bool,
    books: tuple[Path, ...],
    path: Path,
    as_json: bool,
) -> None:
    """Export the audit's results: tables as CSV or Parquet, or a journal for beancount or hledger.

    Each file is written completely or not at all. An earlier export in the same folder is replaced.

    \b
    Example:
      emc audit export --format csv --out build/books
      emc audit export --format beancount --by-day --out build/books
    """
    from emc.audit.read import store
    from emc.audit.tell import export, journals
    from emc.audit.tell.subjects import subjects
    from emc.errors import EMCError
    from emc.files import order_file

    if by_day and kind in ("csv", "parquet"):
        raise EMCError("--by-day is for journals", "leave it out, or write beancount or hledger")
    called = [line for book in books for line in order_file.references(book).items()]
    with store.open_store(path) as db:
        found = subjects(db, emc)
        names = shared.names_of(db, agreements)
        emcs = [each.emc for each in found]
        chain_id = int(store.meta(db).get("chain_id", "0"))
        if kind == "csv":
            counts = export.as_csv(db, out, emcs)
        elif kind == "parquet":
            counts = export.as_parquet(db, out, emcs, chain_id)
        else:
            title = f"EMCs on chain {chain_id}"
            journal = journals.make(db, found, title, names.rows, by_day=by_day)
            file = out / f"emc.{kind}"
            shared.write(file, journals.write(journal, kind))  # type: ignore[arg-type]
            counts = {file.name: len(journal.transactions)}
        if books:
            counts |= export.references(out, called)
        verdicts = {each.emc: each.verdict for each in found}
    if as_json:
        document: dict[str, Any] = {"out": str(out), "written": counts, "verdicts": verdicts}
        output.print_json(document)
        return
    output.table(
        [output.Column(str(out)), output.Column("lines", "right")],
        [[name, f"{count:,}"] for name, count in counts.items()],
    )
    for address, verdict in verdicts.items():
        if verdict != "RECONCILED":
            talk.note(f"{address} is {verdict}: do not rely on these figures")
