"""Until when an order can be returned and by whom, if the merchant leaves that to the canvas."""

from typing import TYPE_CHECKING

from emc.client import standing
from emc.core.terms import NATIVE
from emc.errors import EMCError

if TYPE_CHECKING:
    from emc.client.system import System
    from emc.files.bundle import Bundle

_SAY = "say it: --returnable 14d --cashier 0x..., or --returnable 0"


def resolve(
    system: "System", agreed: "Bundle | None", span: int | None, cashier: str | None
) -> tuple[int, str]:
    """Seconds in which an order can go back, and its cashier: as told, else as the canvas says.

    Args:
        agreed: The agreement file, if there is one; an address alone says nothing of its canvas.
        span: As told; zero: it is sold at once. None: not told.
        cashier: As told. None: not told.

    Raises:
        EMCError: the canvas is no longer in force, or its cashier has left.
    """
    returns = agreed.canvas.returns if agreed else None
    is_told = span == 0 or (span is not None and cashier is not None)
    if agreed is None or returns is None or is_told:
        return span or 0, cashier or NATIVE
    in_force = standing.terms_by_epoch(system, agreed.emc)
    terms = in_force[max(in_force)]
    if terms.canvas != agreed.canvas.hash():
        raise EMCError("what the file's canvas says of returns is no longer in force", _SAY)
    span = returns.span if span is None else span
    if cashier is not None or returns.cashier.startswith("0x"):
        return span, cashier or returns.cashier
    me = agreed.parties.nodes[returns.cashier].me
    if all(row.party != me for row in terms.nodes):
        raise EMCError(f"the cashier of the canvas, {returns.cashier}, has left the EMC", _SAY)
    return span, str(system.registry.account_of(me))
