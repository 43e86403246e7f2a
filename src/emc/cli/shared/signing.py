"""How an account signs a file, whatever the file is about: read, see the hashes, say yes once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from emc.cli.shared import agreement_view, decide, proposal_view, talk
from emc.core import typed_data
from emc.core.units import after
from emc.errors import EMCError
from emc.files import signature_files as files
from emc.files.bundle import Bundle, Signature
from emc.files.proposal import Proposal

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from emc.chain.edge import Chain
    from emc.client.system import System

Command = TypeVar("Command", bound=Callable[..., Any])
VALID = {Bundle: "7d", Proposal: "30d"}


@dataclass(frozen=True)
class Wish:
    """What the person at the keyboard wants besides reading."""

    valid: str | None = None
    out: Path | None = None
    into: Path | None = None
    on_chain: bool = False
    revoke: bool = False
    yes: bool = False


def options(command: Command) -> Command:
    """Add the options of ``Wish``."""
    for option in reversed(
        (
            click.option(
                "--valid", help="How long your word counts at most. [default: 7d, a change 30d]"
            ),
            click.option(
                "--out", type=click.Path(path_type=Path), help="Write here instead of into FILE."
            ),
            click.option(
                "--into",
                type=click.Path(path_type=Path),
                help="A folder: write a file with your signature alone, for `emc collect`.",
            ),
            click.option(
                "--on-chain",
                is_flag=True,
                help="Approve by a transaction of the account instead (contract wallets).",
            ),
            click.option(
                "--revoke", is_flag=True, help="Take back what the account signed or approved."
            ),
            decide.yes_option,
        )
    ):
        command = option(command)
    return command


def sign(path: Path, account: str, network: str, agreement: Path | None, wish: Wish) -> None:
    """Show what a file asks of an account, and do what is wished.

    Raises:
        EMCError: it cannot be rebuilt, the account has no say in it, or the answer is no.
    """
    if wish.revoke and wish.on_chain:
        raise EMCError("--revoke and --on-chain exclude each other", "choose one")
    if wish.out and wish.into:
        raise EMCError("--out and --into exclude each other", "choose one")
    paper = files.read(path)
    with decide.opened(network, None, path) as (chain, system):
        signer = chain.account(account)
        until = after(chain.now, wish.valid or VALID[type(paper)])
        if isinstance(paper, Bundle):
            message = _agreement(system, paper, signer, until, wish)
        else:
            message = _proposal(system, paper, signer, until, agreement, wish)
        if message is not None:
            _sign(chain, path, paper, signer, message, wish)


def _sign(
    chain: "Chain",
    path: Path,
    paper: files.Paper,
    signer: "AccountAPI",
    message: dict[str, Any],
    wish: Wish,
) -> None:
    from emc.chain import edge

    said = message["message"]
    show_hashes(message)
    talk.note(f"your word counts until {decide.moment(said['deadline'])}, on chain {chain.id}")
    what = "these terms" if isinstance(paper, Bundle) else "this"
    talk.confirm(f"Sign {what} as row {said['row']}?", wish.yes)
    signature = Signature.of(message, edge.sign(signer, message))
    if wish.into:
        target = wish.into / f"{path.stem}.row-{signature.index}.json"
        files.write(target, files.with_signatures(paper, (signature,)))
        talk.note(f"signed in {target}")
        return
    # somebody else may have signed the same file meanwhile
    now = files.read(path)
    if other := files.difference(paper, now):
        raise EMCError(f"{path} was replaced while you read it: {other}", "read it again")
    now = now.signed(signature)
    files.write(wish.out or path, now)
    missing = ""
    if isinstance(now, Bundle):
        missing = f"; missing: {len(now.missing)} of {len(now.terms.nodes)} nodes"
    talk.note(f"signed in {wish.out or path}{missing}")


def show_hashes(message: dict[str, Any]) -> None:
    """What a hardware wallet shows that cannot explain the message."""
    found = typed_data.hashes(message)
    talk.facts(
        "Compare with the screen of your wallet",
        {
            "domain hash": found.domain,
            "message hash": found.message,
            "digest that is signed": found.digest,
        },
    )


def _agreement(
    system: "System", bundle: Bundle, signer: "AccountAPI", until: int, wish: Wish
) -> dict[str, Any] | None:
    """The message to sign; none if something else was done."""
    from emc.client.agreement import NOT_MADE

    if (stage := system.stage(bundle)) != NOT_MADE:
        raise EMCError(
            f"all have agreed: this EMC is made and {stage}",
            "`emc amend` and `emc renegotiate` change what is in force",
        )
    system.check(bundle)
    row = system.row_of(bundle, signer.address)
    agreement_view.show(bundle, row)
    if wish.revoke:
        talk.confirm("Void your signatures for this EMC?", wish.yes)
        system.revoke(bundle, signer)
        talk.note("revoked; sign again to agree after all")
    elif wish.on_chain:
        talk.confirm("Agree to these terms by a transaction?", wish.yes)
        system.approve(bundle, signer, until)
        talk.note("approved on chain")
    else:
        return system.message(bundle, row, signer.address, until)
    return None


def _proposal(
    system: "System",
    proposal: Proposal,
    signer: "AccountAPI",
    until: int,
    agreement: Path | None,
    wish: Wish,
) -> dict[str, Any] | None:
    """The message to sign; none if something else was done."""
    from emc.client import standing, submission
    from emc.client.decisions import Decision

    decision = Decision(standing.read(system, proposal.emc, proposal.words), proposal)
    own = decision.voice_of(signer.address)
    proposal_view.show(decision, decide.names_of(decision.standing, agreement), own.row)
    if wish.revoke:
        talk.confirm("Take back your word on this?", wish.yes)
        submission.revoke(decision, signer)
        talk.note("taken back")
    elif wish.on_chain:
        talk.confirm(f"Agree as row {own.row}, by a transaction?", wish.yes)
        submission.approve(decision, signer, until)
        talk.note("approved on chain")
    else:
        return decision.message(own, until)
    return None
