"""Accounts that need a person: a key file is opened once for each command, by our own question.

Then ape asks nothing: neither its raw messages nor its questions ever reach the screen. Other
accounts, such as hardware wallets, may ask for themselves; whatever moves on the screen is held
meanwhile, and what they say goes to standard error.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emc.errors import EMCError

if TYPE_CHECKING:
    from ape.api import AccountAPI

TRIES = 3


@dataclass
class Keyboard:
    """The person at the keyboard.

    Args:
        ask: Asks for a passphrase; none: nobody is asked but by ape.
        hold: Keeps the screen still while somebody else asks.
    """

    ask: Callable[[str], str] | None = None
    hold: Callable[[], AbstractContextManager[None]] = nullcontext


keyboard = Keyboard()


def variable(alias: str) -> str:
    """The environment variable that may hold the passphrase of a key file."""
    exact = f"APE_ACCOUNTS_{alias}_PASSPHRASE"
    # no shell can set one with a dash in its name
    plain = exact.replace("-", "_").replace(".", "_")
    return plain if plain in os.environ and exact not in os.environ else exact


def will_ask(account: "AccountAPI") -> bool:
    """Whether a person has to do something before this account signs."""
    from ape.api import ImpersonatedAccount, TestAccountAPI
    from ape_accounts.accounts import KeyfileAccount

    if isinstance(account, KeyfileAccount):
        return bool(account.locked)
    return not isinstance(account, TestAccountAPI | ImpersonatedAccount)


@contextmanager
def attended(account: "AccountAPI", what: str) -> Iterator[None]:
    """Within, the account can sign.

    Raises:
        EMCError: the passphrase is wrong, or nobody is there to give it.
    """
    from ape_accounts.accounts import KeyfileAccount

    if isinstance(account, KeyfileAccount) and account.locked:
        _open(account, what)
    if will_ask(account):
        with keyboard.hold():
            yield
    else:
        yield


def _open(account: "AccountAPI", what: str) -> None:
    from ape_accounts.accounts import InvalidPasswordError, KeyfileAccount

    assert isinstance(account, KeyfileAccount)
    alias, name = account.alias, variable(account.alias)
    if given := os.environ.get(name):
        try:
            account.set_autosign(True, passphrase=given)
        except InvalidPasswordError:
            raise EMCError(
                f"{name} does not open the key file {alias}", "correct it, or leave it out"
            ) from None
        return
    if keyboard.ask is None:
        return
    question = f"Passphrase of {alias}, for {what}"
    for attempt in range(TRIES):
        # an empty one opens nothing, and ape would ask by itself
        given = keyboard.ask(f"That did not open it. {question}" if attempt else question)
        try:
            account.set_autosign(True, passphrase=given or " ")
        except InvalidPasswordError:
            continue
        return
    raise EMCError(f"the key file {alias} was not opened", "nothing was signed or sent")
