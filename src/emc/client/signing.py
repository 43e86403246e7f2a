"""A signature by an account, over typed data that were rebuilt."""

from typing import TYPE_CHECKING, Any

from emc.chain import edge
from emc.files.bundle import Signature

if TYPE_CHECKING:
    from ape.api import AccountAPI


def signature_of(account: "AccountAPI", message: dict[str, Any]) -> Signature:
    """An account's signature, checked before it is handed out.

    Raises:
        EMCError: the account gives none, or one that does not recover to it.
    """
    return Signature.of(message, edge.sign(account, message))
