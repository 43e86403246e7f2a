"""How a node leaves an EMC, with notice or by expulsion.

Prints nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak

from emc.client.standing import Standing

if TYPE_CHECKING:
    from ape.api import AccountAPI


@dataclass(frozen=True)
class Departure:
    """What leaving means for a row, in base units.

    Args:
        sink: The row to which its shares fall.
        credited: What waits for it and can be withdrawn.
        held: What the gate holds for it.
        lapsing: What is still open of its cost cover, and lapses.
    """

    row: int
    sink: int
    credited: int
    held: int
    lapsing: int


def departure(standing: Standing, row: int) -> Departure:
    """What leaving now would mean for a row in force."""
    terms, life = standing.terms, standing.life
    held = life.forward.get(row, 0)
    if life.page is not None and not life.is_open:
        own = terms.rows[terms.place_of(row)]
        held += life.page.entitlement(own, life.shared, is_open=False).held
    credited, lapsing = life.credits.get(row, 0), standing.covers.get(row, 0)
    return Departure(row, terms.without(row).sink, credited, held, lapsing)


def notices(standing: Standing) -> dict[int, int]:
    """The rows that have given notice, and from when on each can leave, in Unix time."""
    asked = {
        row.id: int(standing.system.conduct.notice_of(standing.emc, row.id))
        for row in standing.terms.nodes
    }
    return {row: at + standing.terms.leaving.notice for row, at in asked.items() if at}


def give_notice(standing: Standing, account: "AccountAPI") -> None:
    """Give notice for the account's row."""
    place = standing.place_of(account.address)
    standing.send("giving notice", standing.system.conduct.give_notice, place, sender=account)


def take_back_notice(standing: Standing, account: "AccountAPI") -> None:
    """Withdraw the notice of the account's row."""
    place = standing.place_of(account.address)
    standing.send("taking back", standing.system.conduct.take_back_notice, place, sender=account)


def leave(standing: Standing, row: int, account: "AccountAPI") -> None:
    """Execute the exit of a row whose notice is over."""
    standing.terms.place_of(row)
    what = f"letting row {row} go"
    standing.send(what, standing.system.conduct.leave, row, sender=account)


def charge(
    standing: Standing, accused: int, clause: str, evidence: bytes, account: "AccountAPI"
) -> int:
    """Charge a row with a clause, or join the existing charge.

    Args:
        evidence: Hash of a file; zeros without one.

    Returns:
        The end of the cure period, in Unix time.
    """
    what = standing.place_of(account.address), accused, clause, evidence
    standing.send("charging", standing.system.conduct.charge, *what, sender=account)
    return cured_by(standing, accused, clause)


def drop_charge(standing: Standing, accused: int, clause: str, account: "AccountAPI") -> None:
    """Drop the account's charge."""
    what = standing.place_of(account.address), accused, keccak(text=clause)
    standing.send("dropping", standing.system.conduct.drop_charge, *what, sender=account)


def cured_by(standing: Standing, accused: int, clause: str) -> int:
    """The end of the cure period of an existing charge, in Unix time."""
    raised_at, _ = standing.system.conduct.charge_of(standing.emc, accused, keccak(text=clause))
    return int(raised_at) + standing.terms.leaving.cure
