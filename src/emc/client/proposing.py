"""Changes for nodes to sign, refused at once if the contracts would refuse them, even if somebody
else drew them up.

Sends nothing.
"""

from emc.chain import edge
from emc.client.decisions import Decision
from emc.client.standing import Standing
from emc.core.terms import Terms
from emc.core.units import PPM, format_part
from emc.errors import EMCError
from emc.files.proposal import Body, Change


def propose(standing: Standing, change: Body) -> Decision:
    """An unsigned change of the terms in force.

    Raises:
        EMCError: it does not fit the terms in force, or breaks a rule of the contracts.
    """
    decision = Decision(standing, standing.proposal(change))
    is_same = decision.after == standing.terms
    if is_same and decision.kind in (Change.RENEGOTIATION, Change.AMENDMENT):
        raise EMCError("nothing changes", "name at least one change")
    check(decision)
    return decision


def check(decision: Decision) -> None:
    """Refuse, before anybody signs, a change that the contracts would refuse later.

    Raises:
        EMCError: it breaks a rule of the contracts.
    """
    if decision.kind is Change.RENEGOTIATION:
        _check_shares(decision.standing.terms, decision.after)
    if decision.kind is Change.AMENDMENT:
        _check_amended(decision.standing, decision.after)


def refusal(decision: Decision) -> str:
    """Why the contracts would refuse a change once all have signed it; empty if they would not."""
    try:
        check(decision)
    except EMCError as error:
        return f"{error}; {error.hint}" if error.hint else str(error)
    return ""


def _check_shares(before: Terms, after: Terms) -> None:
    """Refuse shares that Changes refuses.

    Raises:
        EMCError: outside a bound, or not one together.
    """
    for tranche, name in enumerate(("base", "leading", "upside")):
        total = sum(row.shares[tranche] for row in after.rows)
        if total != PPM:
            raise EMCError(
                f"the {name} shares sum to {format_part(total)}",
                "they must be exactly 100% together: name every row that changes",
            )
        for row, old in zip(after.rows, before.rows, strict=True):
            share = row.shares[tranche]
            upper = max(row.upper, old.shares[tranche]) if row.id == before.sink else row.upper
            if not row.lower <= share <= upper:
                raise EMCError(
                    f"row {row.id}: {name} {format_part(share)} is outside its bounds",
                    f"it agreed to {format_part(row.lower)} to {format_part(upper)}",
                )


def _check_amended(standing: Standing, after: Terms) -> None:
    """Refuse terms that Changes would refuse, some of them only once all have signed.

    Raises:
        EMCError: what is for life changes, a row that stays has another party, an id comes back,
            somebody is paid at Checkout, or Consent refuses the terms by themselves.
    """
    if after.currency != standing.terms.currency:
        raise EMCError("currency: it can never change", "make a new EMC for another currency")
    if after.review != standing.terms.review:
        raise EMCError(
            "review: its windows can never change",
            "former nodes signed them, and are rated by them",
        )
    parties = {row.id: row.party for row in standing.terms.rows}
    used = {row.id for terms in standing.epochs.values() for row in terms.rows}
    for row in after.rows:
        if row.id in parties and row.party != parties[row.id]:
            raise EMCError(
                f"row {row.id}: it stays with its party {parties[row.id]}",
                "give another party a new row id",
            )
        if row.id not in parties and row.id in used:
            raise EMCError(
                f"row {row.id}: the id was used before", "use an id that no row here ever had"
            )
    after.check_payees(standing.system.checkout.address)
    check_later = standing.system.consent.check_later
    edge.read("checking the terms", check_later, standing.emc, after.head(), after.packed_rows())
