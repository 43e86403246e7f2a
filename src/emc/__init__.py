"""EMC agreements: from a canvas file to a signed agreement on chain that pays its nodes.

The names below are imported when they are first used, so that ``import emc`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emc.agreement import Accounts, Agreement
    from emc.bundle import Bundle, Signature
    from emc.canvas import Canvas
    from emc.compile import Parties
    from emc.errors import EMCError, RefusedError
    from emc.orders import Order
    from emc.payment_request import PaymentRequest
    from emc.proposal import (
        Amendment,
        Assessment,
        Disbanding,
        Expulsion,
        Proposal,
        Renegotiation,
        Share,
    )
    from emc.session import Session, connect
    from emc.standing import Standing
    from emc.status import Status
    from emc.terms import Row, Terms
    from emc.units import Currency

__all__ = [
    "Accounts",
    "Agreement",
    "Amendment",
    "Assessment",
    "Bundle",
    "Canvas",
    "Currency",
    "Disbanding",
    "EMCError",
    "Expulsion",
    "Order",
    "Parties",
    "PaymentRequest",
    "Proposal",
    "RefusedError",
    "Renegotiation",
    "Row",
    "Session",
    "Share",
    "Signature",
    "Standing",
    "Status",
    "Terms",
    "connect",
]

_HOMES = {
    "agreement": ("Accounts", "Agreement"),
    "bundle": ("Bundle", "Signature"),
    "canvas": ("Canvas",),
    "compile": ("Parties",),
    "errors": ("EMCError", "RefusedError"),
    "orders": ("Order",),
    "payment_request": ("PaymentRequest",),
    "proposal": (
        "Amendment",
        "Assessment",
        "Disbanding",
        "Expulsion",
        "Proposal",
        "Renegotiation",
        "Share",
    ),
    "session": ("Session", "connect"),
    "standing": ("Standing",),
    "status": ("Status",),
    "terms": ("Row", "Terms"),
    "units": ("Currency",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'emc' has no attribute {name!r}")
    return getattr(import_module(f"emc.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
