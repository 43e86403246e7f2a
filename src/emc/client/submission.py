"""What is sent to the chain about a proposal: its opening, objections, approvals, signatures."""

from typing import TYPE_CHECKING

from emc.chain import edge
from emc.client.decisions import Decision
from emc.errors import EMCError
from emc.files.proposal import Amendment, Assessment, Change, Expulsion

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI


def open_(decision: Decision, account: "AccountAPI", until: int) -> bool:
    """Open a renegotiation on chain, so that the window to object begins.

    Returns:
        Whether it was opened now; the account may have done so before, and doing it again would
        begin the window anew.
    """
    voice = decision.voice_of(account.address)
    standing = decision.standing
    what, _, end = decision.contract.proposal_of(standing.emc, voice.row)
    if bytes(what) == decision.what and int(end) >= standing.now:
        return False
    edge.send(
        "opening the renegotiation",
        decision.contract.propose,
        standing.emc,
        standing.terms.head(),
        standing.terms.table(),
        standing.terms.place_of(voice.row),
        decision.after.share_words(),
        until,
        sender=account,
    )
    return True


def object_(decision: Decision, account: "AccountAPI", objects: bool) -> None:
    """Object to a renegotiation, or take the objection back."""
    decision.voice_of(account.address)
    edge.send(
        "objecting",
        decision.contract.object,
        decision.standing.emc,
        decision.what,
        objects,
        sender=account,
    )


def submit(decision: Decision, sender: "AccountAPI") -> "ReceiptAPI":
    """Relay what is there.

    Raises:
        EMCError: too few have agreed; says who is missing.
    """
    words = decision.words()
    agreed = sum(word.counts for word in words)
    if agreed < decision.needed:
        missing = ", ".join(
            f"row {word.voice.row}" + (f" ({word.why})" if word.why else "")
            for word in words
            if not word.counts
        )
        raise EMCError(f"{agreed} of {decision.needed} have agreed", f"still missing: {missing}")
    given = {each.index: each for each in decision.proposal.signatures}
    signed = [given[word.voice.row].argument() for word in words if word.how == "signed"]
    standing = decision.standing
    base = (standing.emc, standing.terms.head(), standing.terms.table())
    change, room, after = decision.proposal.change, decision.contract, decision.after
    doing = f"submitting the {decision.kind.value}"
    if isinstance(change, Amendment):
        new = (after.head(), after.table())
        return edge.send(doing, room.amend, *base, *new, signed, sender=sender)
    if isinstance(change, Expulsion):
        who = (change.accused, change.accuser)
        return edge.send(doing, room.expel, *base, *who, signed, sender=sender)
    if isinstance(change, Assessment):
        return edge.send(doing, room.finalise, *base, change.submitter, signed, sender=sender)
    if decision.kind is Change.DISBANDING:
        return edge.send(doing, room.disband, *base, signed, sender=sender)
    window = decision.window()
    proposer = window.proposer if window else 0
    shares = after.share_words()
    return edge.send(doing, room.renegotiate, *base, shares, proposer, signed, sender=sender)


def approve(decision: Decision, account: "AccountAPI", until: int) -> None:
    """Agree by a transaction of the account."""
    decision.voice_of(account.address)
    edge.send(
        "approving",
        decision.contract.approve,
        decision.standing.emc,
        decision.what,
        until,
        sender=account,
    )


def revoke(decision: Decision, account: "AccountAPI") -> None:
    """Take back what the account approved on chain, and void what it signed."""
    emc = decision.standing.emc
    if int(decision.contract.approved_until(decision.what, account.address)):
        edge.send("taking back", decision.contract.approve, emc, decision.what, 0, sender=account)
    edge.send("revoking", decision.contract.revoke, emc, sender=account)
