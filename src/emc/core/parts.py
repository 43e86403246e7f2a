"""The contracts that all EMCs of a chain share, and where they are: on every chain in one place.

Addresses follow from creation code alone. What stands in no cycle is created by the deployment
proxy with its arguments; ``System``, created so too, creates the contracts that name each other.
A contract that is added here is deployed, written down, checked and verified like the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from eth_utils.crypto import keccak

from emc.core.addresses import created, proxied

# the rooms of the table, in the order in which an EMC names them
ROOMS = ("Consent", "Changes", "Conduct", "Goals")
# the contracts that name each other, in the order of System's steps
STEPS = ("EMC", *ROOMS)


@dataclass(frozen=True)
class Part:
    """A contract.

    Args:
        told: The contracts whose addresses its constructor takes.
        keeps: The contracts whose addresses its code ends with: the last of its immutables.
    """

    name: str
    told: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()

    @property
    def step(self) -> int | None:
        """Which of System's steps creates it; none: the proxy does."""
        return STEPS.index(self.name) if self.name in STEPS else None

    def tail(self, addresses: Mapping[str, str | None]) -> bytes | None:
        """How its code ends; none while an address is not known."""
        words = [addresses[name] for name in self.keeps]
        if None in words:
            return None
        return b"".join(_word(str(each)) for each in words)


_MEMBERS = ("EMC", "MicroEnterprises")
_REST = ("Pages", "MicroEnterprises")

# in the order in which they are deployed
PARTS = (
    # told of nobody, so identities outlive versions of the rest
    Part("MicroEnterprises"),
    Part("Pages"),
    Part("System", told=_REST, keeps=_REST),
    # it is told where the rooms will be; each of them checks that it was right
    Part("EMC", told=(*ROOMS, "Pages"), keeps=("Pages", *ROOMS)),
    *(Part(room, told=_MEMBERS, keeps=(*_MEMBERS, *ROOMS)) for room in ROOMS),
    Part("CallForBids", told=_MEMBERS, keeps=(*_MEMBERS, *ROOMS)),
    Part("Reputation", told=_MEMBERS, keeps=(*_MEMBERS, *ROOMS)),
    Part("Checkout", told=("Consent",), keeps=("Consent",)),
)
NAMES = tuple(part.name for part in PARTS)


def arguments(
    part: Part, codes: Mapping[str, bytes], addresses: Mapping[str, str]
) -> tuple[str, ...]:
    """What a contract's constructor is given, each a word: addresses, and System the hashes of
    what it creates.
    """
    hashes = [keccak(codes[each]) for each in STEPS] if part.name == "System" else []
    return (*("0x" + each.hex() for each in hashes), *(addresses[each] for each in part.told))


def creation(part: Part, codes: Mapping[str, bytes], addresses: Mapping[str, str]) -> bytes:
    """A contract's creation code with its arguments.

    Args:
        codes: Creation code by name.
        addresses: Where the contracts are that it is told of.
    """
    words = (_word(each) for each in arguments(part, codes, addresses))
    return codes[part.name] + b"".join(words)


def addresses_of(codes: Mapping[str, bytes]) -> dict[str, str]:
    """Where the contracts of a system are, by name.

    Args:
        codes: Creation code by name, without arguments.
    """
    found: dict[str, str] = {}
    for part in PARTS:
        if part.step is not None:
            # a contract's own nonce begins at 1 (EIP-161)
            found[part.name] = created(found["System"], part.step + 1)
        else:
            found[part.name] = proxied(creation(part, codes, found))
    return found


def _word(value: str) -> bytes:
    return bytes.fromhex(value[2:]).rjust(32, b"\0")
