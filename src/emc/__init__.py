"""EMC agreements: from a canvas file to a signed agreement on chain that pays its nodes.

The names below are imported when they are first used, so that ``import emc`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emc.client.agreement import Accounts, Agreement
    from emc.client.session import Session, connect
    from emc.client.standing import Standing
    from emc.client.status import Status
    from emc.core.orders import Order
    from emc.core.terms import Row, Terms
    from emc.core.units import Currency
    from emc.errors import EMCError, RefusedError
    from emc.files.bundle import Bundle, Signature
    from emc.files.canvas import Canvas
    from emc.files.compile import Parties
    from emc.files.payment_request import PaymentRequest
    from emc.files.proposal import (
        Amendment,
        Assessment,
        Disbanding,
        Expulsion,
        Proposal,
        Renegotiation,
        Share,
    )

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
    "client.agreement": ("Accounts", "Agreement"),
    "files.bundle": ("Bundle", "Signature"),
    "files.canvas": ("Canvas",),
    "files.compile": ("Parties",),
    "errors": ("EMCError", "RefusedError"),
    "core.orders": ("Order",),
    "files.payment_request": ("PaymentRequest",),
    "files.proposal": (
        "Amendment",
        "Assessment",
        "Disbanding",
        "Expulsion",
        "Proposal",
        "Renegotiation",
        "Share",
    ),
    "client.session": ("Session", "connect"),
    "client.standing": ("Standing",),
    "client.status": ("Status",),
    "core.terms": ("Row", "Terms"),
    "core.units": ("Currency",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'emc' has no attribute {name!r}")
    return getattr(import_module(f"emc.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
