"""emc chain: a local chain that stays."""

import click

from emc.chain import local_chain
from emc.chain.local_chain import PORT, Status
from emc.cli.shared import options, output, talk
from emc.core.units import after
from emc.errors import EMCError

# beyond the life of any agreement
MOST_FORWARD = 100 * 365 * 86_400


@click.group()
def chain() -> None:
    """A chain on this machine for trying things out, kept until it is begun anew.

    Every command reaches it with --network local. It needs anvil, from its npm package
    @foundry-rs/anvil or from Foundry.

    \b
    Example:
      emc chain start
      emc deploy canvases/breakfast-box.yaml --network local
      emc chain forward 150d
      emc chain stop
    """


@chain.command()
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    envvar="EMC_PORT",
    show_envvar=True,
    type=click.IntRange(1, 65_535),
    help="Where it listens, for this machine only.",
)
@click.option("--fresh", is_flag=True, help="Forget what happened on it so far.")
@output.json_option
def start(port: int, fresh: bool, as_json: bool) -> None:
    """Start the chain where it was when it was stopped; it goes on until it is stopped.

    \b
    Examples:
      emc chain start
      emc chain start --port 8600 --fresh
    """
    _, is_new = local_chain.start(port, fresh)
    if not as_json and not is_new:
        talk.note("it runs already")
    _tell(local_chain.status(), as_json)


@chain.command()
@output.json_option
def stop(as_json: bool) -> None:
    """Stop the chain and keep its state.

    \b
    Example:
      emc chain stop
    """
    title = "The local chain has stopped" if local_chain.stop() else "The local chain did not run"
    _tell(local_chain.status(), as_json, title)


@chain.command()
@output.json_option
def status(as_json: bool) -> None:
    """Whether the chain runs, where, and how far it is; exit code 1 if it does not run.

    \b
    Example:
      emc chain status --json
    """
    found = local_chain.status()
    _tell(found, as_json)
    if not found.running:
        click.get_current_context().exit(1)


@chain.command()
@click.argument("span")
@options.network("local")
@output.json_option
def forward(span: str, network: str, as_json: bool) -> None:
    """Let SPAN pass on a local chain, such as 150d, 36h, 90min or 2 months, and make a block.

    So a deadline, an end or the time to rate comes at once. It cannot be undone; public networks
    refuse it.

    \b
    Examples:
      emc chain forward 150d
      emc chain forward 36h --network http://127.0.0.1:8600
    """
    from emc.chain.edge import connect
    from emc.cli.shared.decide import moment

    # months have no length before it is known from when on; about that is enough here
    if not 0 < after(0, span) <= MOST_FORWARD:
        raise EMCError(f"{span!r} cannot pass at once", "name a span of up to 100 years")
    with connect(network) as found:
        now = found.now
        found.forward(after(now, span) - now)
        if as_json:
            output.print_json({"now": found.now, "block": found.block})
        else:
            output.line(f"It is {moment(found.now)} now, in block {found.block}")


def _tell(found: Status, as_json: bool, title: str = "") -> None:
    if as_json:
        output.print_json(found.document())
        return
    facts = {"state": f"{found.folder} ({found.state_bytes:,} bytes)"}
    if found.running:
        facts = {
            "node": str(found.url),
            "chain": str(found.chain_id),
            "block": str(found.block),
            "process": str(found.pid),
            **facts,
        }
    talk.facts(
        title or f"The local chain {'runs' if found.running else 'does not run'}",
        facts,
    )
