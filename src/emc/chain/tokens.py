"""Tokens as they are: what some of them leave out, and what others do in their own way."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from emc.chain import answers, views
from emc.chain.sending import line
from emc.chain.views import View
from emc.core.terms import NATIVE
from emc.core.units import Currency
from emc.errors import EMCError
from emc.rpc.shapes import Unknown

if TYPE_CHECKING:
    from emc.chain.edge import Chain

MAX_SYMBOL = 16
# more decimals than a uint256 has digits mean nothing
MAX_DECIMALS = 77
_COIN = Currency("ETH", 18)
# how a token says how it is printed
_TELLING = ("decimals()", "symbol()")


def currency_at(chain: "Chain", address: str) -> Currency:
    """How a currency is printed, as the token itself says; zero is native coin.

    A token without a symbol is called ``?``, one without decimals is counted in base units.
    """
    if address == NATIVE:
        return _COIN
    return _currency(*(answer(chain, address, view) for view in _TELLING))


def currencies_at(chain: "Chain", addresses: Iterable[str]) -> dict[str, Currency | EMCError]:
    """The same of many, in few requests; an error where the node does not say."""
    asked = sorted({each for each in addresses if each != NATIVE})
    calls = [View(each, name) for each in asked for name in _TELLING]
    told = dict(zip(calls, views.ask(chain, calls), strict=True))
    found: dict[str, Currency | EMCError] = {NATIVE: _COIN}
    for each in asked:
        try:
            decimals, symbol = (View(each, name) for name in _TELLING)
            found[each] = _currency(_known(decimals, told[decimals]), _known(symbol, told[symbol]))
        except EMCError as error:
            found[each] = error
    return found


def _currency(decimals: bytes | None, symbol: bytes | None) -> Currency:
    count = int.from_bytes(decimals[:32], "big") if decimals else 0
    return Currency(_symbol(symbol), count if count <= MAX_DECIMALS else 0)


def answer(chain: "Chain", address: str, view: str, words: bytes = b"") -> bytes | None:
    """What a view answers; none if the contract has none that does.

    Args:
        words: Its arguments, encoded.

    Raises:
        EMCError: the node does not say.
    """
    call = {"to": address, "data": "0x" + (keccak(text=view)[:4] + words).hex()}
    try:
        found = bytes(chain.provider.web3.eth.call(call))
    except EMCError:
        raise
    except Exception as error:
        # of a node or of the embedded chain, each in classes of its own
        if answers.is_reverted(error) or answers.is_empty(error):
            return None
        raise EMCError(
            f"the node does not answer {view} of {address}: {line(error)}", "ask another"
        ) from None
    return _whole(found)


def _known(view: View, said: bytes | Unknown | None) -> bytes | None:
    """What a view answered.

    Raises:
        EMCError: the node did not say.
    """
    if isinstance(said, Unknown):
        raise views.unanswered(view, said)
    return _whole(said)


def _whole(said: bytes | None) -> bytes | None:
    """An answer, if it is one."""
    return said if said is not None and len(said) >= 32 else None


def what_is(chain: "Chain", address: str) -> str:
    """What is at an address where an EMC was expected, in words."""
    if not bytes(chain.provider.get_code(address)):
        return f"has no code on chain {chain.id}: it is a person's account, or of another chain"
    symbol, decimals = (answer(chain, address, view) for view in ("symbol()", "decimals()"))
    if symbol and decimals:
        return f"is a token, {_symbol(symbol)}"
    return "is another contract"


def could_send(
    chain: "Chain", sender: str, to: str, data: bytes = b"", *, value: int = 0, gas: int = 0
) -> bool:
    """Whether a call that an account could send now would go through."""
    from web3.exceptions import Web3Exception

    call: dict[str, Any] = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": value}
    if gas:
        call["gas"] = gas
    try:
        chain.provider.web3.eth.call(call)
    except (Web3Exception, ValueError) as error:
        # a function that answers nothing has gone through
        return answers.is_empty(error)
    return True


def _symbol(said: bytes | None) -> str:
    """Text, or 32 bytes as some old tokens have it; what cannot be shown is left out."""
    if said is None:
        return "?"
    try:
        text = str(decode(["string"], said)[0])
    except (DecodingError, UnicodeDecodeError, OverflowError):
        text = said[:32].rstrip(b"\0").decode("utf-8", "ignore")
    return "".join(c for c in text[:MAX_SYMBOL] if c.isprintable()) or "?"
