"""Asking an account or a chain for something: a refusal is put into words."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from emc.chain import gas, reasons, unlocking
from emc.core import typed_data
from emc.core.text import printable
from emc.errors import EMCError, RefusedError
from emc.rpc.refusal import words

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

Sent = TypeVar("Sent")
FUND = "fund it first; on a local chain `emc chain fund ALIAS` does"
# seconds until a node that is behind is asked again
WAITS = (0.5, 2.0, 5.0)
_BEHIND = re.compile(r"nonce.{0,30}too low|invalid nonce", re.IGNORECASE)


# what a transaction may take at most on public chains (EIP-7825)
MAX_GAS = 16_777_216


@contextmanager
def speaking(what: str) -> Iterator[None]:
    """Turn a refused transaction into an error that says what was refused, why and what to do."""
    from ape.exceptions import ApeException, ContractLogicError

    try:
        yield
    except ContractLogicError as error:
        raise refused(what, error) from None
    except ApeException as error:
        said = line(error)
        if re.search("insufficient|not enough|exceeds account balance", said, re.IGNORECASE):
            raise EMCError(
                f"{what} failed: the account has too little coin for gas", FUND
            ) from None
        raise EMCError(f"{what} failed: {said}") from None


def refused(what: str, error: Any) -> RefusedError:
    """A contract's refusal with what to do about it."""
    reason = printable(str(error.revert_message or ""))[:200]
    said = reason or "no reason given"
    return RefusedError(f"{what} was refused: {said}", reasons.advice(said), reason=reason)


def sign(account: "AccountAPI", message: dict[str, Any]) -> str:
    """An account's signature of typed data, as 0x and hex digits.

    Raises:
        EMCError: it did not sign, or what it gave is not by it.
    """
    with speaking("signing"), unlocking.attended(account, "signing"):
        signed = account.sign_message(typed_data.signable(message))
    if signed is None:
        raise EMCError(f"{account.address} did not sign", "confirm on the wallet")
    data = typed_data.brought(message, "0x" + signed.encode_rsv().hex(), account.address)
    if typed_data.fault(message, data, account.address):
        raise EMCError(f"the wallet's signature is not by {account.address}", "check the account")
    return data


def send(what: str, function: Any, *args: Any, sender: "AccountAPI", **kwargs: Any) -> "ReceiptAPI":
    """Send a transaction and wait for it, with gas for the worst that those it pays can do.

    Raises:
        EMCError: the chain or the account refused it.
    """
    with speaking(what):
        if unlocking.will_ask(sender):
            # what would be refused is refused before anybody has to sign it
            function.estimate_gas_cost(*args, sender=sender, **kwargs)
        kwargs |= gas.asked(function, args, sender, kwargs.get("value", 0))
        with unlocking.attended(sender, what):
            return again(lambda: function(*args, sender=sender, **kwargs))


def again(send: Callable[[], Sent]) -> Sent:
    """What is sent, once more if the node was a moment behind when it was asked for the nonce.

    It has refused the transaction then, so nothing can be sent twice.
    """
    from ape.exceptions import ApeException

    for wait in WAITS:
        try:
            return send()
        except ApeException as error:
            if not _BEHIND.search(str(error)):
                raise
            time.sleep(wait)
    return send()


def send_data(
    what: str, to: str, data: bytes, sender: "AccountAPI", value: int = 0
) -> "ReceiptAPI":
    """Send bytes, or coin, to an address that is no contract of ours.

    Raises:
        EMCError: the chain or the account refused it.
    """
    with speaking(what), unlocking.attended(sender, what):
        return again(lambda: sender.transfer(to, value, data=data))


def check_fits(
    what: str, wallets: Sequence[int], function: Any, *args: Any, sender: "AccountAPI"
) -> None:
    """See that a transaction that relays signatures stays below what public chains take.

    Args:
        wallets: The rows whose signature a contract wallet is asked about; without one it fits.

    Raises:
        EMCError: it does not; says who approves on chain instead.
    """
    if not wallets:
        return
    with speaking(what):
        needed = int(function.estimate_gas_cost(*args, sender=sender))
    if needed > MAX_GAS:
        rows = ", ".join(str(row) for row in wallets)
        raise EMCError(
            f"{what} would take {needed:,} gas, public chains allow {MAX_GAS:,}",
            f"let contract wallets approve on chain (--on-chain), some of rows {rows}",
        )


def read(what: str, function: Any, *args: Any) -> Any:
    """Call a view.

    Raises:
        EMCError: the contract refused, or its answer is not of the kind that was asked for.
    """
    with speaking(what):
        try:
            return function(*args)
        except UnicodeDecodeError:
            # the one thing that ape's decoder lets through
            raise EMCError(f"{what} failed: the answer is not text") from None


def line(error: BaseException) -> str:
    """What an exception says, on one line; of a node's refusal its words."""
    told = getattr(error, "rpc_response", None)
    if isinstance(told, dict) and told.get("error") is not None:
        return printable(words(told["error"])[1])
    return printable(" ".join(str(error).split())[:300]) or type(error).__name__
