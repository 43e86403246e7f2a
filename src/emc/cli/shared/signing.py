"""How an account signs a file, whatever the file is about: read, see the hashes, say yes once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from emc.cli.shared import (
    dates,
    options,
    proposal_view,
    proposals,
    sessions,
    talk,
    terms_view,
)
from emc.cli.shared.proposal_view import Reader
from emc.cli.shared.proposals import Asked, canvas_of, canvas_option
from emc.core import typed_data
from emc.core.units import after
from emc.core.view import Difference
from emc.errors import EMCError
from emc.files import signature_files as files
from emc.files.bundle import Bundle, Signature

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from emc.client.ballot import Ballot, Voter

Command = TypeVar("Command", bound=Callable[..., Any])
VALID = "7d"
VALID_CHANGE = "30d"


@dataclass(frozen=True)
class SigningOptions:
    """What the person at the keyboard wants besides reading."""

    valid: str | None = None
    out: Path | None = None
    into: Path | None = None
    on_chain: bool = False
    revoke: bool = False
    accept: tuple[str, ...] = ()
    canvas: Path | None = None
    yes: bool = False

    def __post_init__(self) -> None:
        if self.revoke and self.on_chain:
            raise EMCError("--revoke and --on-chain exclude each other", "choose one")
        if self.out and self.into:
            raise EMCError("--out and --into exclude each other", "choose one")


def signing_options(command: Command) -> Command:
    """Add the options of ``SigningOptions``."""
    for option in reversed(
        (
            click.option(
                "--valid",
                help="How long your signature is valid. [default: 7d, a change 30d]",
            ),
            click.option("--out", type=options.FILE, help="Write here instead of into FILE."),
            click.option(
                "--into",
                type=options.FILE,
                help="A folder for a file with only your signature, for `emc collect`.",
            ),
            click.option(
                "--on-chain",
                is_flag=True,
                help="Approve with a transaction instead of a signature (contract wallets).",
            ),
            click.option(
                "--revoke", is_flag=True, help="Revoke what the account signed or approved."
            ),
            click.option(
                "--accept",
                multiple=True,
                metavar="ADDRESS",
                help="A changed payee, controller, backstop or assessor that you have compared, or "
                "the hash of a canvas; --yes alone accepts none. Repeatable.",
            ),
            canvas_option,
            options.yes,
        )
    ):
        command = option(command)
    return command


def sign_change(what: Asked, account: str, network: str, wanted: SigningOptions) -> None:
    """Show what a change, in a file or open on chain, asks of an account, and do what is wanted.

    Raises:
        EMCError: it cannot be rebuilt, the account has no say in it, or the answer is no.
    """
    if what.proposal is None and not (
        wanted.on_chain or wanted.revoke or wanted.out or wanted.into
    ):
        raise EMCError(
            "an EMC keeps no signatures",
            "add --on-chain to agree by a transaction, or --out FILE for a file to mail on",
        )
    from emc.client import proposing

    canvas = canvas_of(wanted.canvas)
    with sessions.opened(network, what.emc, *what.files) as session:
        signer = session.account(account)
        decision, paper = proposals.load(session, what)
        if not wanted.revoke:
            proposing.check(decision)
        own = decision.voter_of(signer.address)
        reader = Reader(paper, canvas, own.row)
        proposal_view.show(decision, reader)
        path = Path(what.target) if what.proposal else None
        answer(decision, signer, own, reader.apart(decision), path, wanted, VALID_CHANGE)
        if not wanted.revoke and decision.is_to_open():
            talk.note(
                "next a node opens it on chain, which begins the window to object: "
                f"`emc renegotiate open {wanted.out or what.target} --account ...`"
            )


def answer(
    ballot: "Ballot",
    signer: "AccountAPI",
    own: "Voter",
    apart: Sequence[tuple[str, Difference]],
    path: Path | None,
    wanted: SigningOptions,
    valid: str,
) -> None:
    """Sign, approve or revoke, once what is asked was shown.

    Args:
        apart: What is asked about on its own.
        path: The file that is signed; none: a change that is open on chain.
        valid: How long a signature counts if nothing is said.
    """
    until = after(ballot.now, wanted.valid or valid)
    if wanted.revoke:
        talk.confirm(f"Revoke what row {own.row} signed or approved?", wanted.yes)
        ballot.revoke(signer)
        talk.note("revoked; sign again to agree after all")
        return
    found = next((each for each in ballot.paper.signatures if each.index == own.row), None)
    if found and not wanted.on_chain and _is_enough(ballot, own, found, wanted):
        return
    if apart:
        accept(apart, wanted)
    if wanted.on_chain:
        talk.confirm(f"Agree as row {own.row}, by a transaction?", wanted.yes)
        ballot.approve(signer, until)
        talk.note("approved on chain")
        return
    message = ballot.message(own, until)
    hashes = typed_data.hashes(message)
    talk.facts(
        "Compare with the screen of your wallet",
        # a hardware wallet that cannot explain the message shows them
        {
            "domain hash": hashes.domain,
            "message hash": hashes.message,
            "digest that is signed": hashes.digest,
        },
    )
    counts = f"your signature counts until {dates.moment(until)}"
    talk.note(f"{counts}, on chain {ballot.chain.id} alone")
    talk.confirm(f"Sign this {ballot.what} as row {own.row}?", wanted.yes)
    _keep(ballot, ballot.signed(signer, message), path, wanted)


def _keep(
    ballot: "Ballot", signature: Signature, path: Path | None, wanted: SigningOptions
) -> None:
    """Write a signature where it is wanted."""
    paper, name = ballot.paper, path or Path(f"{ballot.what}.json")
    if wanted.into:
        target = wanted.into / f"{name.stem}.row-{signature.index}.json"
        files.write(target, files.with_signatures(paper, (signature,)))
        talk.note(f"signed in {target}")
        return
    # somebody else may have signed the same file meanwhile
    now = files.read(path) if path is not None else paper
    if now.asks != paper.asks:
        other = files.difference(paper, now)
        raise EMCError(f"{path} was replaced while you read it: {other}", "read it again")
    now = now.signed(signature)
    files.write(wanted.out or name, now)
    missing = ""
    if isinstance(now, Bundle):
        left = files.missing(now, ballot.chain.now)
        missing = f"; missing: {len(left)} of {len(now.terms.nodes)} nodes"
    talk.note(f"signed in {wanted.out or name}{missing}")


def _is_enough(ballot: "Ballot", own: "Voter", found: Signature, wanted: SigningOptions) -> bool:
    """Whether a signature that is in the file already is all that is wanted; says so."""
    if why := ballot.fault(own, found):
        talk.note(f"the signature of row {own.row} that is already there does not count: {why}")
        return False
    until = f"it counts until {dates.moment(found.deadline)}"
    talk.note(f"row {own.row} has already signed this, by {found.signer}; {until}")
    if wanted.valid or wanted.into or wanted.out:
        return False
    talk.note("nothing was signed; --valid signs again, for longer")
    return True


def accept(found: Sequence[tuple[str, Difference]], wanted: SigningOptions) -> None:
    """Ask about everything that is set apart, one by one.

    Raises:
        EMCError: the answer is no, or nobody is asked and it was not named.
    """
    named = {each.lower() for each in wanted.accept}
    every = [(terms_view.asked_of(*each), terms_view.moved(each[1])[1]) for each in found]
    left = [(what, new) for what, new in every if new.lower() not in named]
    if left and wanted.yes:
        # all at once: an address may be right in one place and wrong in another
        accepting = " ".join(f"--accept {new}" for new in dict.fromkeys(new for _, new in left))
        told = "; nor ".join(f"{what}, which becomes {new}" for what, new in left)
        it = "it" if len(left) == 1 else "each"
        raise EMCError(f"--yes does not cover {told}", f"compare {it}, then add {accepting}")
    for what, new in left:
        talk.confirm(f"{what} becomes {new}: have you compared it, and accept it?", False)
