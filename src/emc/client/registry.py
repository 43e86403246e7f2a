"""Micro-enterprises as the registry knows them: looked up, registered, moved to another account.

Prints nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emc.chain import edge
from emc.client.system import System
from emc.core.micro_enterprise import CATEGORIES, KINDS
from emc.core.terms import NATIVE
from emc.errors import EMCError

if TYPE_CHECKING:
    from ape.api import AccountAPI


@dataclass(frozen=True)
class MicroEnterprise:
    """What the registry has of an ME.

    Args:
        profile_hash: Of its public profile; none without one.
        offered_to: The account that may take it over; none if it is not offered.
    """

    me: int
    account: str
    kind: str
    category: str
    profile_hash: str | None
    offered_to: str | None


def find(system: System, account: str) -> int | None:
    """The id of the ME that uses an account; none if no ME does."""
    return int(system.registry.me_of(account)) or None


def own(system: System, account: str) -> int:
    """The id of the ME that uses an account.

    Raises:
        EMCError: no ME does.
    """
    me = find(system, account)
    if me is None:
        raise EMCError(
            f"{account} is not the account of an ME",
            "register it: `emc me register --kind node --account ...`",
        )
    return me


def check(system: System, *mes: int) -> None:
    """Refuse ids that no ME has.

    Raises:
        EMCError: names the first one.
    """
    count = int(system.registry.count())
    for me in mes:
        if not 0 < me <= count:
            raise EMCError(f"there is no ME {me}", f"ids run from 1 to {count}")


def account_of(system: System, me: int) -> str:
    """An ME's current account.

    Raises:
        EMCError: there is no such ME.
    """
    account = str(system.registry.account_of(me))
    if account == NATIVE:
        check(system, me)
    return account


def kind_of(system: System, me: int) -> str:
    """What an ME is, of ``KINDS``."""
    return KINDS[int(system.registry.kind_of(me)) - 1]


def describe(system: System, me: int) -> MicroEnterprise:
    """An ME as registered.

    Raises:
        EMCError: there is no such ME.
    """
    account, registry = account_of(system, me), system.registry
    offered = str(registry.offered(me))
    digest = bytes(registry.profile_hash_of(me))
    return MicroEnterprise(
        me=me,
        account=account,
        kind=kind_of(system, me),
        category=CATEGORIES[int(registry.category_of(me))],
        profile_hash="0x" + digest.hex() if any(digest) else None,
        offered_to=None if offered == NATIVE else offered,
    )


def register(
    system: System,
    account: "AccountAPI",
    kind: str,
    category: str = "none",
    uri: str = "",
    digest: bytes = bytes(32),
) -> int:
    """Make an account an ME and return its id.

    Args:
        kind: Of ``KINDS``.
        category: Of ``CATEGORIES``.
        digest: Hash of the public profile; zeros without one.
    """
    what = KINDS.index(kind) + 1, CATEGORIES.index(category), uri, digest
    edge.send("registering", system.registry.register, *what, sender=account)
    return own(system, account.address)


def found_or_registered(system: System, account: "AccountAPI", kind: str) -> int:
    """The id of the ME that uses an account, which becomes one of this kind if no ME does."""
    return find(system, account.address) or register(system, account, kind)


def change_profile(
    system: System, account: "AccountAPI", category: str, uri: str, digest: bytes
) -> None:
    """Replace category and profile of the account's ME."""
    what = CATEGORIES.index(category), uri, digest
    edge.send("changing the profile", system.registry.change_profile, *what, sender=account)


def offer(system: System, account: "AccountAPI", to: str | None) -> None:
    """Offer the account's ME to another account; none withdraws the offer."""
    edge.send("offering", system.registry.offer_account, to or NATIVE, sender=account)


def accept(system: System, account: "AccountAPI", me: int) -> None:
    """Accept an ME that was offered to the account."""
    edge.send("taking over", system.registry.accept_account, me, sender=account)
