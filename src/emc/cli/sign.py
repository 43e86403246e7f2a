"""emc sign: a node reads its own numbers and signs them."""

from pathlib import Path
from typing import Any

import click

from emc.cli.shared import agreement_view, options, proposals, sessions, signing
from emc.files import signature_files
from emc.files.proposal import Proposal


@click.command()
@click.argument("file", type=options.FILE)
@options.account
@options.local_network
@options.agreement
@signing.signing_options
def command(file: Path, account: str, network: str, agreement: Path | None, **wanted: Any) -> None:
    """Sign the agreement or the change in FILE as the node whose account you hold.

    Everything shown and signed is recomputed: terms from the canvas and the parties in the file, a
    change from the terms in force on the chain. Claims in the file are never signed unchecked. You
    see your own numbers and the hashes that a hardware wallet shows, and are asked once. The
    signature is added to the file, which can be mailed on.

    \b
    Examples:
      emc sign breakfast-box.agreement.json --account baker
      emc sign autumn.json --account baker --into signatures/
      emc sign breakfast-box.agreement.json --account my-safe --on-chain
    """
    said, paper = signing.SigningOptions(**wanted), signature_files.read(file)
    if isinstance(paper, Proposal):
        what = proposals.Asked(str(file), paper.kind, paper, agreement)
        signing.sign_change(what, account, network, said)
        return
    with sessions.opened(network, None, file) as session:
        signer = session.account(account)
        ballot = session.ballot(paper, signer.address)
        own = ballot.voter_of(signer.address)
        assert own.new is not None
        agreement_view.show(paper, own.new)
        signing.answer(ballot, signer, own, [], file, said, signing.VALID)
