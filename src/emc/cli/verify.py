"""emc verify: whether the code at an address is ours, and the terms are those of a canvas."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc import artifacts
from emc.cli.shared import options, output, talk
from emc.errors import EMCError
from emc.files import targets

if TYPE_CHECKING:
    from emc.client.verify import Verdict


@click.command()
@click.argument("target", required=False)
@click.option(
    "--canvas",
    type=options.FILE,
    help="The canvas, or the agreement file, from which the EMC should be made.",
)
@click.option("--recompile", is_flag=True, help="Compile the sources again; takes a minute.")
@click.option(
    "--standard-json",
    "name",
    type=click.Choice(artifacts.NAMES),
    help="Write the compiler's input for a block explorer instead.",
)
@click.option("--out", type=options.FILE, help="Where that goes. [default: stdout]")
@options.network("local")
@output.json_option
def command(
    target: str | None,
    canvas: Path | None,
    recompile: bool,
    name: str | None,
    out: Path | None,
    network: str,
    as_json: bool,
) -> None:
    """Prove that the code at TARGET is ours: an EMC, or a contract that all EMCs share.

    TARGET is an address, or the agreement file of an EMC.

    Every byte is compared, including the contracts that it relies on, and the sources in the
    package must be those that were compiled. For an EMC, the terms are rebuilt from events and
    compared with the hash that Consent has; with --canvas, also with what that canvas compiles to.
    Exit code 1 if anything differs.

    \b
    Examples:
      emc verify my.agreement.json --canvas my.yaml
      emc verify 0x5FbD...0aa3 --canvas my.yaml --network sepolia
      emc verify 0x5FbD...0aa3 --recompile --json
      emc verify --standard-json Consent --out Consent.json
    """
    if (target is None) == (name is None):
        raise EMCError("nothing to verify", "give an address, or --standard-json NAME")
    if name is not None:
        _write(name, out)
        return
    from emc.client.session import connect
    from emc.client.verify import verify

    meant = targets.target(str(target))
    with connect(network) as session:
        verdict = verify(session.chain, meant.emc, canvas, recompile)
    tell(verdict, as_json)


def tell(verdict: "Verdict", as_json: bool) -> None:
    """Say what was looked at; exit code 1 if anything differs."""
    if as_json:
        output.print_json(verdict.document())
    else:
        output.line(
            f"{verdict.address} is {'verified' if verdict.is_ours else 'NOT verified'}: "
            f"{verdict.kind}",
            style="bold",
        )
        for check in verdict.checks:
            mark = "ok " if check.is_right else "NO "
            output.line(f"  {mark} {check.what}" + (f": {check.found}" if check.found else ""))
    if not verdict.is_ours:
        click.get_current_context().exit(1)


def _write(name: str, out: Path | None) -> None:
    from emc.client import sources
    from emc.files.whole import replace_file

    text = json.dumps(sources.standard_json(name), indent=1) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    replace_file(out, text)
    talk.note(f"verification input: {out}")
