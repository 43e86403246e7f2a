"""emc amend: anything but shares, by every node."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ruamel.yaml import YAML

from emc.cli.shared import dates, naming, options, proposal_commands, proposals, sessions, talk
from emc.cli.shared.groups import Group
from emc.core.problems import FileErrors
from emc.core.units import Currency, format_part, format_span
from emc.errors import EMCError
from emc.files import source
from emc.files.proposal import Amendment, Change, document_of, terms_of
from emc.files.whole import replace_file

if TYPE_CHECKING:
    from emc.client.standing import Standing

_PARTS = {"base", "leading", "upside", "lower", "upper", "running"} | {
    "quorum",
    "objections",
    "expulsion",
    "margin",
}
_SPANS = {"interval", "window", "notice", "cure", "grace", "commit", "reveal"}
_TIMES = {"starts_at", "ends_at", "deadline"}


@click.group(cls=Group)
def amend() -> None:
    """Change any terms except the currency and the review windows; every node before and after must
    sign.

    \b
    An amendment from start to end:
      emc amend draft 0x... --out terms.yaml      (then edit it)
      emc amend propose 0x... --terms terms.yaml --out amendment.json
      emc amend sign amendment.json --account baker
      emc amend submit amendment.json --account leader
    """


@amend.command()
@click.argument("target")
@options.proposal_out
@options.local_network
def draft(target: str, out: Path, network: str) -> None:
    """Write the terms in force of the EMC at TARGET to a file for editing.

    \b
    Example:
      emc amend draft my.agreement.json --out terms.yaml
    """
    with sessions.opened(network, target, out=out) as session:
        standing = session.standing(target)
        replace_file(out, drafted(standing))
        talk.note(f"draft: {out}; edit it, then `emc amend propose {target} --terms {out} ...`")


@amend.command()
@click.argument("target")
@click.option("--terms", required=True, type=options.FILE, help="The edited draft.")
@click.option(
    "--canvas",
    "canvas_file",
    type=options.FILE,
    help="The new canvas; its hash goes into the terms.",
)
@options.proposal_out
@options.local_network
@options.agreement
def propose(
    target: str,
    terms: Path,
    canvas_file: Path | None,
    out: Path,
    network: str,
    agreement: Path | None,
) -> None:
    """Draw up an amendment of the EMC at TARGET from an edited draft.

    Rows that stay keep their id and party; a new row needs an id that was never used.

    \b
    Example:
      emc amend propose my.agreement.json --terms terms.yaml --out amendment.json
    """
    document = _edited(terms)
    with sessions.opened(network, target, canvas_file, agreement, out=out) as session:
        standing = session.standing(target, agreement)
        paper, new = naming.paper_of(standing, agreement, target), None
        if canvas_file is not None:
            from emc.files import canvas

            new = canvas.load(canvas_file, now=session.now)
            document["canvas"] = "0x" + new.hash().hex()
        try:
            after = terms_of(document)
        except EMCError as error:
            raise EMCError(f"{terms}: {error}", error.hint) from None
        change = Amendment(terms=document_of(after))
        proposals.draw_up(standing, change, out, paper, new)


def drafted(standing: "Standing") -> str:
    """The terms in force as a file for people: every number with what it means beside it."""
    stream = io.StringIO()
    dumper = YAML()
    # a value stays on its line
    dumper.width = 4096
    dumper.dump(document_of(standing.terms), stream)
    lines = [
        f"# Terms of {standing.emc}, epoch {standing.epoch}.",
        "# Parts are ppm (10000 is 1%), amounts base units, spans seconds, times Unix seconds.",
    ]
    for line in stream.getvalue().splitlines():
        name, _, value = line.strip().lstrip("- ").partition(": ")
        lines.append(line + _remark(name, value, standing.currency))
    return "\n".join(lines) + "\n"


def _remark(name: str, value: str, money: Currency) -> str:
    if not value.isdigit():
        return ""
    number = int(value)
    if name in _PARTS:
        return f"  # {format_part(number)}"
    if name in _SPANS:
        return f"  # {format_span(number)}"
    if name in _TIMES:
        return f"  # {dates.moment(number)}"
    if name in {"cost", "disburse_at"}:
        return f"  # {money.format(number)}"
    return ""


def _edited(path: Path) -> dict[str, Any]:
    read = source.read(path)
    if read.problems:
        raise FileErrors(str(path), read.problems, "terms")
    if not isinstance(read.tree, dict):
        raise EMCError(f"{path} holds no terms", "start from `emc amend draft`")
    return read.tree


proposal_commands.add_all(amend, Change.AMENDMENT)
