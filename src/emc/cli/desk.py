"""emc desk: the desk in the browser of this machine."""

import asyncio
import os
import webbrowser
from pathlib import Path

import click

from emc import desk
from emc.chain import local_chain, networks
from emc.cli.shared import extras, options, output, talk
from emc.errors import EMCError


@click.command("desk")
@click.argument(
    "folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default="."
)
@options.network("local")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8547,
    show_default=True,
    help="The port on 127.0.0.1; 0: any free port.",
)
@click.option("--no-open", is_flag=True, help="Only print the address.")
@click.option("--hash", "only_hash", is_flag=True, help="Only print the page's digest.")
def command(folder: Path, network: str, port: int, no_open: bool, only_hash: bool) -> None:
    """Read, sign, pay and rate in the browser, with your own wallet.

    Serves one page to the browser of this machine and to nobody else, and forwards its requests to
    the node of --network. The page shows the agreements and proposals in FOLDER, and saves there
    what you sign. It computes everything itself, and keys stay in your wallet. Ctrl-C ends it.

    The address contains a secret of this run; do not share it.

    \b
    Examples:
      emc desk
      emc desk ~/agreements --network sepolia
      emc desk --no-open --port 0
      emc desk --hash
    """
    page = desk.page()
    digest = desk.digest(page)
    if digest != desk.told(page):
        raise EMCError(
            f"the page was altered: its foot says {desk.told(page) or 'nothing'}, it is {digest}",
            "install the package again",
        )
    if only_hash:
        output.line(digest)
        return
    extras.need("aiohttp")
    from emc.desk.server import Desk, serve

    node = _node(network)
    chain_id = local_chain.ask(node, "eth_chainId")
    if chain_id is None:
        raise EMCError(f"the node of {network} does not answer", "choose another with --network")

    def ready(address: str) -> None:
        talk.note(f"page {digest}")
        talk.note(f"network {network}, chain {chain_id}; Ctrl-C ends it")
        click.echo(address)
        if not no_open:
            webbrowser.open(address)

    asyncio.run(serve(Desk(node, network, chain_id, folder.resolve()), port, ready))


def _node(network: str) -> str:
    """The address of a network's node.

    Raises:
        EMCError: it has none.
    """
    if network == networks.EMBEDDED:
        raise EMCError(
            "the embedded chain ends with the command that uses it",
            "start a lasting one: `emc chain start`, then --network local",
        )
    if network.startswith(("http://", "https://")):
        return network
    found = networks.resolve(network)
    if host := found.settings.get("host"):
        return host
    if network == networks.LOCAL and "APE_FOUNDRY_HOST" not in os.environ:
        return f"http://127.0.0.1:{local_chain.PORT}"
    from emc.client.session import connect

    with connect(network) as session:
        uri = session.chain.node
    if not uri:
        raise EMCError(f"ape has no address of {network!r}", "name the node itself: http://...")
    return uri
