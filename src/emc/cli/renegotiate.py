"""emc renegotiate: other shares, inside the bounds that everyone signed."""

from pathlib import Path

import click

from emc.cli.shared import (
    naming,
    options,
    proposal_commands,
    proposal_view,
    proposals,
    senders,
    sessions,
    talk,
)
from emc.cli.shared.groups import Group
from emc.cli.shared.proposal_view import Reader
from emc.cli.shared.proposals import Asked
from emc.cli.shared.senders import Sender
from emc.core.units import after, parse_part
from emc.errors import EMCError
from emc.files.proposal import Change, Renegotiation, Share


@click.group(cls=Group)
def renegotiate() -> None:
    """Change shares inside the bounds, by the quorum of the terms.

    \b
    A renegotiation from start to end:
      emc renegotiate propose 0x... --share 1=25 --share 2=15 --out autumn.json
      emc renegotiate show 0x...                  (once it is open on chain)
      emc renegotiate sign autumn.json --account baker
      emc renegotiate submit autumn.json --account leader
    """


@renegotiate.command()
@click.argument("target")
@click.option(
    "--share",
    "shares",
    multiple=True,
    required=True,
    metavar="ROW=PERCENT",
    help="A row's new share, or base/leading/upside: 2=15 or 2=15/20/30; by its number, key or "
    "name. Other rows keep theirs.",
)
@options.proposal_out
@options.local_network
@options.agreement
def propose(
    target: str, shares: tuple[str, ...], out: Path, network: str, agreement: Path | None
) -> None:
    """Propose new shares for the EMC at TARGET, an address or an agreement file.

    \b
    Example:
      emc renegotiate propose my.agreement.json --share bakery=25 --share 2=15/20/25 --out new.json
    """
    parsed = [_share(each) for each in shares]
    with sessions.opened(network, target, agreement, out=out) as session:
        standing = session.standing(target, agreement)
        paper = naming.paper_of(standing, agreement, target)
        named = tuple(
            Share(
                row=naming.row_of(row, paper, what="--share"),
                base=base,
                leading=leading,
                upside=upside,
            )
            for row, (base, leading, upside) in parsed
        )
        if len({each.row for each in named}) != len(named):
            raise EMCError("a row is named twice", "one --share per row")
        change = Renegotiation(shares=named)
        proposals.draw_up(standing, change, out, paper)
        if standing.terms.renegotiation.window:
            talk.note(f"open it on chain: `emc renegotiate open {out} --account ...`")


def _share(text: str) -> tuple[str, tuple[int, int, int]]:
    """The row, as it was called, and its shares."""
    row, _, rest = text.rpartition("=")
    parts = rest.split("/")
    if not row or len(parts) not in (1, 3):
        raise EMCError(
            f"--share {text!r} is not ROW=PERCENT", "write 2=15, or 2=15/20/30 by tranche"
        )
    try:
        base, leading, upside = [parse_part(part) for part in parts] * (3 // len(parts))
    except EMCError as error:
        raise EMCError(f"--share {text!r}: {error}", error.hint) from None
    return row, (base, leading, upside)


@renegotiate.command("open")
@click.argument("file", type=options.FILE)
@options.agreement
@click.option("--valid", default="30d", show_default=True, help="How long it can be submitted.")
@senders.asked
def open_(file: Path, agreement: Path | None, valid: str, by: Sender) -> None:
    """Open the proposal in FILE on chain: the window to object begins, and you approve it.

    \b
    Example:
      emc renegotiate open autumn.json --account baker
    """
    from emc.client import submission

    what = proposals.asked(str(file), Change.RENEGOTIATION, agreement)
    if what.proposal is None:
        raise EMCError(f"{file} is no proposal", "`emc renegotiate propose` writes one")
    with by.session(None, *what.files) as (session, signer):
        decision, paper = proposals.load(session, what)
        own = decision.voter_of(signer.address).row
        proposal_view.show(decision, Reader(paper, own=own))
        by.confirm(f"Open this as row {own}?")
        is_new = submission.open_(decision, signer, after(session.now, valid))
        talk.note("opened, and approved by you" if is_new else "you have already opened it")


@renegotiate.command("object")
@proposals.change_options(Change.RENEGOTIATION)
@options.agreement
@click.option("--take-back", is_flag=True, help="Withdraw your objection.")
@senders.asked
def object_(what: Asked, take_back: bool, by: Sender) -> None:
    """Object to the proposal in FILE, or to one open at an EMC, while its window is open.

    \b
    Examples:
      emc renegotiate object 0x... --account courier
      emc renegotiate object autumn.json --account courier
    """
    from emc.client import submission

    with by.session(what.emc, *what.files) as (session, signer):
        decision, paper = proposals.load(session, what)
        own = decision.voter_of(signer.address).row
        if decision.window() is None:
            raise EMCError("these terms set no window to object", "if you disagree, do not sign")
        proposal_view.show(decision, Reader(paper, own=own))
        by.confirm("Take your objection back?" if take_back else "Object to this?")
        submission.object_(decision, signer, not take_back)
        talk.note("taken back" if take_back else "objected")


proposal_commands.add_all(renegotiate, Change.RENEGOTIATION)
