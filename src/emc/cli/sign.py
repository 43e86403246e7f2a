"""emc sign: a node reads its own numbers and signs them."""

from pathlib import Path
from typing import Any

import click

from emc.cli.shared import options, signing


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.account
@options.local_network
@options.agreement
@signing.signing_options
def command(file: Path, account: str, network: str, agreement: Path | None, **wanted: Any) -> None:
    """Sign the agreement or the change in FILE as the node whose account you hold.

    Everything shown and signed is recomputed: terms from the canvas and the parties in the
    file, a change from the terms in force on the chain. Nothing is signed that the file merely
    claims. You see your own numbers and the hashes that a hardware wallet shows, and are asked
    once. The signature is added to the file, which can be mailed on.

    \b
    Examples:
      emc sign breakfast-box.agreement.json --account baker
      emc sign autumn.json --account baker --into signatures/
      emc sign breakfast-box.agreement.json --account my-safe --on-chain
    """
    signing.sign(file, account, network, agreement, signing.SigningOptions(**wanted))
