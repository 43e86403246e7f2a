"""emc audit watch: keeps checking a chain."""

import json
from typing import TYPE_CHECKING

import click

from emc.cli.audit.options import UNCHECKED, Source, reading
from emc.cli.shared import extras, output, talk

if TYPE_CHECKING:
    from emc.audit.prove.case import Verdict
    from emc.rpc.node import Node


@click.command()
@reading()
@click.option(
    "--every",
    "seconds",
    default=12.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    help="Seconds between checks.",
)
@click.option("--once", is_flag=True, help="Check once and stop.")
@click.option(
    "--once-faulty",
    is_flag=True,
    help="Stop at the first EMC that does not reconcile, with exit code 1.",
)
@click.option(
    "--tell",
    "urls",
    multiple=True,
    metavar="URL",
    envvar="EMC_AUDIT_TELL",
    show_envvar=True,
    help="Report what does not reconcile by mail, chat or webhook: an Apprise URL. Repeatable.",
)
@output.json_option
def watch(
    source: Source,
    seconds: float,
    once: bool,
    once_faulty: bool,
    urls: tuple[str, ...],
    as_json: bool,
) -> None:
    """Keep reading and checking EMC, or all of this version, and report at once what does not
    reconcile.

    Runs until it is interrupted, which leaves the store intact. With --json, each verdict is one
    line. With --tell, a message goes out when a problem starts, when it changes and when it is
    over; this needs the extra `alarms`. A URL with a password belongs in EMC_AUDIT_TELL, because
    other users of the machine can read command lines.

    \b
    Examples:
      emc audit watch 0x5FbD...0aa3 --rpc http://127.0.0.1:8545
      emc audit watch --all --network sepolia --depth 12 --once-faulty
      emc audit watch --all --tell json://localhost:8000
    """
    from emc.audit.read import store as files
    from emc.audit.watch import Watcher

    wanted = source.wanted
    alarms = None
    if urls:
        extras.need("apprise")
        from emc.audit.alarms import Alarms

        alarms = Alarms(urls)
    code = 0
    with files.open_store(source.store, writes=True) as db:

        async def ask(node: "Node") -> int:
            worst = 0
            async for news in Watcher(db, node, wanted, source.depth).news(seconds):
                if alarms is not None and not await alarms.tell(news):
                    talk.note("a message could not be delivered, and is sent again next time")
                if news.trouble:
                    talk.note(f"could not check: {output.clean(news.trouble)}")
                    worst = worst or UNCHECKED
                for verdict in news.verdicts:
                    _tell(verdict, news.block, as_json)
                    worst = 1 if verdict.exit_code == 1 else worst or verdict.exit_code
                if once or (once_faulty and news.faulty):
                    return worst
            return worst

        try:
            code = source.asking(ask)
        except KeyboardInterrupt:
            talk.note("stopped")
    raise SystemExit(code)


def _tell(verdict: "Verdict", block: int, as_json: bool) -> None:
    """One line for a verdict, and one for each line that is wrong."""
    if as_json:
        from emc.audit.prove import reconcile

        click.echo(json.dumps(reconcile.as_json([verdict])[0]))
        return
    styles = {0: "green", 1: "bold red", UNCHECKED: "yellow"}
    output.line(f"block {block}: {verdict.emc} {verdict.word}", styles[verdict.exit_code])
    for fault in verdict.faults:
        output.line(f"  {fault.text}", "red")
