"""emc collect: the signatures of many files in one."""

import time
from pathlib import Path

import click

from emc.cli.shared import options, output, sessions, talk
from emc.errors import EMCError
from emc.files import signature_files as files
from emc.files.bundle import Bundle
from emc.files.signature_files import Gathered


@click.command()
@click.argument("sources", nargs=-1, required=True, type=options.FILE)
@options.out("signed.agreement.json", "The file with all of them; may be one of the sources", "-o")
@click.option("--network", help="Also have the chain of this network check every signature.")
@output.json_option
def command(sources: tuple[Path, ...], out: Path, network: str | None, as_json: bool) -> None:
    """Merge the signatures in SOURCES, files or folders, in any order and as often as you like.

    All files must be for the same agreement or change as the first one. What does not fit is left
    out and listed with the reason. The exit code is then 1, and the rest is written all the same.

    \b
    Examples:
      emc collect signatures/ -o signed.agreement.json
      emc collect autumn.json from-baker.json --out autumn.json --network ethereum:sepolia
    """
    # a chain has a time of its own
    now = 0 if network else int(time.time())
    found = files.gather(_paths(sources), now)
    said = _ask_chain(found, network) if network else None
    files.write(out, found.paper)
    paper = found.paper
    missing = None
    if isinstance(paper, Bundle):
        # what was approved on chain is known where the chain was asked
        unsaid = files.missing(paper, now) if said is None else said
        missing = paper.called(unsaid)
    if as_json:
        output.print_json(
            {
                "file": str(out),
                "signed": [each.index for each in paper.signatures],
                "missing": missing,
                "unchecked": sorted(found.unchecked),
                "refused": [{"file": str(path), "reason": why} for path, why in found.refused],
            }
        )
    else:
        rows = ", ".join(str(each.index) for each in paper.signatures) or "none"
        facts = {"file": str(out), "signed": f"rows {rows}"}
        if missing is not None:
            facts["missing"] = ", ".join(missing) or "nobody"
        if found.unchecked:
            rows = ", ".join(str(row) for row in sorted(found.unchecked))
            facts["not checked"] = f"rows {rows}: only the chain can, ask it with --network"
        talk.facts("Collected", facts)
        for path, why in found.refused:
            talk.note(f"left out: {path}: {why}")
    if found.refused:
        raise click.exceptions.Exit(1)


def _paths(sources: tuple[Path, ...]) -> list[Path]:
    paths: list[Path] = []
    for source in sources:
        paths += sorted(source.glob("*.json")) if source.is_dir() else [source]
    return paths


def _ask_chain(found: Gathered, network: str) -> dict[int, str]:
    """Leave out the signatures that do not count on the chain now.

    Returns:
        The rows of an agreement that have not agreed, and why not.
    """
    paper = found.paper
    missing: dict[int, str] = {}
    with sessions.opened(network) as session:
        if isinstance(paper, Bundle):
            formation = session.formation(paper)
            formation.check()
            faults, missing = formation.faults(), formation.missing()
        else:
            faults = session.decision(paper).faults()
    for row, why in faults.items():
        if why:
            found.refused.append((found.sources[row], f"row {row}: {why}"))
    good = tuple(each for each in paper.signatures if not faults[each.index])
    if paper.signatures and not good:
        raise EMCError("no signature counts on this chain", found.refused[-1][1])
    found.paper = files.with_signatures(paper, good)
    found.unchecked = []
    return missing
