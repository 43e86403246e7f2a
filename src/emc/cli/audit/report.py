"""emc audit report: an EMC's whole life on one page."""

from pathlib import Path
from typing import Any

import click

from emc.cli.audit import shared
from emc.cli.shared import options, output, talk


@click.command()
@options.out("report.html", "The HTML file")
@shared.emc_option
@click.option("--all", "every", is_flag=True, help="One page over every EMC of the store.")
@click.option("--me", type=options.ME, help="One page over every EMC of this ME: what it earned.")
@shared.agreements_option
@shared.store_option
@output.json_option
def command(
    out: Path,
    emc: str | None,
    every: bool,
    me: int | None,
    agreements: tuple[Path, ...],
    path: Path,
    as_json: bool,
) -> None:
    """Write one HTML file that shows the verdict and everything behind it; with --all or --me, one
    page over several EMCs, with verdict, proceeds and what the ME earned in each.

    The file is self-contained and loads nothing, so it can be mailed, archived, printed, and read
    on a phone.

    \b
    Example:
      emc audit report --out report.html
      emc audit report --emc 0x... --agreement breakfast-box.agreement.json --out report.html
      emc audit report --me 3 --out portfolio.html
    """
    from emc.audit.read import store
    from emc.audit.tell import portfolio, report
    from emc.audit.tell.subjects import one, subjects
    from emc.errors import EMCError
    from emc.files.whole import replace_file

    is_portfolio = every or me is not None
    if emc is not None and is_portfolio:
        raise EMCError("a page covers one EMC or several", "leave out --emc, or the other")
    with store.open_store(path) as db:
        names = shared.names_of(db, agreements)
        if is_portfolio:
            found = portfolio.entries(db, subjects(db), names.titles, me)
            text = portfolio.page(db, found, me)
            written = {each.subject.emc: each.subject.verdict for each in found}
        else:
            subject = one(db, emc)
            text = report.page(db, subject, names.titles.get(subject.emc), names.rows)
            written = {subject.emc: subject.verdict}
    try:
        replace_file(out, text)
    except OSError as error:
        raise EMCError(f"{out} cannot be written: {error.strerror}", "name another file") from None
    if is_portfolio:
        facts = {"EMCs": str(len(written))}
        machine: dict[str, Any] = {"verdicts": written}
    else:
        facts = {"EMC": subject.emc, "verdict": subject.verdict}
        machine = {"emc": subject.emc, "verdict": subject.verdict}
    if as_json:
        output.print_json({"out": str(out), **machine})
        return
    talk.facts(str(out), facts)
