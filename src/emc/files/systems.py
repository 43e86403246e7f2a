"""Which systems there are: of each version of this package, the same on every chain."""

from dataclasses import dataclass
from functools import cache

from emc import artifacts
from emc.core import parts


@dataclass(frozen=True)
class Published:
    """The contracts of one version.

    Args:
        status: ``candidate`` until its code is final, then ``published``.
        contracts: Address by the contract's name.
    """

    version: str
    status: str
    contracts: dict[str, str]


@cache
def published() -> tuple[Published, ...]:
    """Every system that was published, this version's last."""
    return tuple(Published(**each) for each in artifacts.systems())


def ours() -> dict[str, str]:
    """Where the contracts of this version are, by name."""
    return dict(published()[-1].contracts)


def version() -> str:
    """Which system this is, for people."""
    last = published()[-1]
    return last.version if last.status == "published" else f"{last.version} ({last.status})"


def maker_of(implementation: str) -> Published | None:
    """The system whose EMCs run an implementation; none if no published one does."""
    for each in published():
        if each.contracts["EMC"].lower() == implementation.lower():
            return each
    return None


@cache
def code_of(name: str) -> bytes:
    """Creation code of a contract, without arguments."""
    return bytes.fromhex(artifacts.load(name)["bytecode"][2:])


def codes() -> dict[str, bytes]:
    """Creation code of every contract, without arguments, by name."""
    return {name: code_of(name) for name in parts.NAMES}


def computed() -> dict[str, str]:
    """Where the contracts are that this package carries, computed from their code."""
    return parts.addresses_of(codes())
