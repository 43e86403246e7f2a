"""Transactions about a proposal: open, object, approve, submit."""

from typing import TYPE_CHECKING, Any

from emc.chain import edge
from emc.client.decisions import Decision
from emc.core.terms import Metric
from emc.core.units import format_moment
from emc.errors import EMCError
from emc.files.proposal import Amendment, Assessment, Change, Expulsion

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI


def open_(decision: Decision, account: "AccountAPI", until: int) -> bool:
    """Open a renegotiation on chain, so that the window to object begins; or join one that is open,
    whose window does not begin again.

    Returns:
        Whether anything was sent; the account may have opened it before.
    """
    voter, standing = decision.voter_of(account.address), decision.standing
    _, end = decision.contract.proposal_of(decision.matter)
    if int(end) >= standing.now and decision.has_approved(account.address):
        return False
    what = standing.terms.place_of(voter.row), decision.after.share_words(), until
    standing.send("opening the renegotiation", decision.contract.propose, *what, sender=account)
    return True


def object_(decision: Decision, account: "AccountAPI", objects: bool) -> None:
    """Object to a renegotiation, or withdraw the objection.

    Raises:
        EMCError: the account is not a node's, or its objection would come too late to count.
    """
    decision.voter_of(account.address)
    window = decision.window()
    if objects and window is not None and window.is_over(decision.standing.now):
        closed = format_moment(window.closes_at)
        raise EMCError(f"the window to object closed on {closed}", "objections no longer count")
    edge.send(
        "objecting",
        decision.contract.object,
        decision.standing.emc,
        decision.matter,
        objects,
        sender=account,
    )


def submit(decision: Decision, sender: "AccountAPI") -> "ReceiptAPI":
    """Relay the signatures and approvals given so far.

    Raises:
        EMCError: it has to be opened first, or too few have agreed; says who is missing.
    """
    if decision.is_to_open():
        raise EMCError(
            "the terms set a window to object, and nobody has opened these shares on chain",
            "open them first: `emc renegotiate open FILE --account ...`",
        )
    answers = decision.answers()
    agreed = sum(answer.counts for answer in answers)
    if agreed < decision.needed:
        missing = ", ".join(
            f"row {answer.voter.row}" + (f" ({answer.why})" if answer.why else "")
            for answer in answers
            if not answer.counts
        )
        raise EMCError(f"{agreed} of {decision.needed} have agreed", f"still missing: {missing}")
    signed, wallets = decision.relayed(answers)
    table = decision.standing.table
    change, room, after = decision.proposal.change, decision.contract, decision.after
    doing = f"submitting the {decision.kind.value}"
    call: tuple[Any, ...]
    if isinstance(change, Amendment):
        call = (room.amend, *table, after.head(), after.packed_rows(), signed)
    elif isinstance(change, Expulsion):
        call = (room.expel, *table, change.accused, decision.clause, signed)
    elif isinstance(change, Assessment):
        metric = bytes(Metric.of(change.metric))
        call = (room.finalise, *table, metric, change.submitter, signed)
    elif decision.kind is Change.DISBANDING:
        call = (room.disband, *table, signed)
    else:
        call = (room.renegotiate, *table, after.share_words(), signed)
    edge.check_fits(doing, wallets, *call, sender=sender)
    return edge.send(doing, *call, sender=sender)
