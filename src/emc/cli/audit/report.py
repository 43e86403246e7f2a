"""emc audit report: an EMC's whole life on one page."""

from pathlib import Path

import click

from emc.cli.audit import shared
from emc.cli.shared import options, output, talk


@click.command()
@options.out("report.html", "The HTML file")
@shared.emc_option
@shared.agreements_option
@shared.store_option
@output.json_option
def command(
    out: Path, emc: str | None, agreements: tuple[Path, ...], path: Path, as_json: bool
) -> None:
    """Write one HTML file that shows the verdict and everything behind it.

    It holds all that it needs and asks no server for anything, so it can be mailed, kept, printed,
    and read on a phone.

    \b
    Example:
      emc audit report --out report.html
      emc audit report --emc 0x... --agreement breakfast-box.agreement.json --out report.html
    """
    from emc.audit.read import store
    from emc.audit.tell import report
    from emc.audit.tell.subjects import one
    from emc.errors import EMCError
    from emc.files.whole import replace_file

    with store.open_store(path) as db:
        subject = one(db, emc)
        names = shared.names_of(db, agreements)
        text = report.page(db, subject, names.titles.get(subject.emc), names.rows)
    try:
        replace_file(out, text)
    except OSError as error:
        raise EMCError(f"{out} cannot be written: {error.strerror}", "name another file") from None
    if as_json:
        output.print_json({"out": str(out), "emc": subject.emc, "verdict": subject.verdict})
        return
    talk.facts(str(out), {"EMC": subject.emc, "verdict": subject.verdict})
