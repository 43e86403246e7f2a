"""Who acts by a command: an account on a network, asked before anything is signed or sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from emc.cli.shared import options, sessions, talk

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from emc.client.session import Session
    from emc.client.standing import Standing

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Sender:
    """An account in ape, by its name, on a network.

    Args:
        yes: Whether it is not asked.
    """

    account: str
    network: str
    yes: bool

    @contextmanager
    def session(
        self, target: str | None = None, *reads: Path | None, out: Path | None = None
    ) -> "Iterator[tuple[Session, AccountAPI]]":
        """A session and the account; see `sessions.opened`."""
        with sessions.opened(self.network, target, *reads, out=out) as session:
            yield session, session.account(self.account)

    @contextmanager
    def standing(self, target: str, *reads: Path | None) -> "Iterator[tuple[Standing, AccountAPI]]":
        """How the EMC at a target stands, and the account."""
        with self.session(target, *reads) as (session, signer):
            yield session.standing(target), signer

    def confirm(self, question: str) -> None:
        """Ask once.

        Raises:
            EMCError: the answer is no, or there is nobody to ask.
        """
        talk.confirm(question, self.yes)


def _sender(*added: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Options that arrive together, as `by`."""

    def add(command: Any) -> Any:
        @wraps(command)
        def acting(*, account: str, network: str, yes: bool = False, **others: Any) -> Any:
            return command(by=Sender(account, network, yes), **others)

        made: Any = acting
        for option in reversed(added):
            made = option(made)
        return made

    return add


# of what needs no question, and of what does
plain = _sender(options.account, options.local_network)
asked = _sender(options.account, options.local_network, options.yes)
