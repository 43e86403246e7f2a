"""The contracts that all EMCs of a chain share, in the order in which they are deployed.

One line per contract: a contract that is added here is deployed, written down, checked and
verified like the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# the rooms of the table, in the order in which an EMC names them
ROOMS = ("Consent", "Changes", "Conduct", "Goals")
# what a constructor takes, by the contract's name; some take several as one struct
Told = tuple[str | tuple[str, ...], ...]


@dataclass(frozen=True)
class Part:
    """A contract.

    Args:
        told: The contracts whose addresses its constructor takes.
        keeps: The contracts whose addresses its code ends with: the last of its immutables.
    """

    name: str
    told: Told = ()
    keeps: tuple[str, ...] = ()

    def arguments(self, addresses: Mapping[str, str | None]) -> list[Any]:
        """What the constructor is given."""
        return [
            addresses[each] if isinstance(each, str) else [addresses[name] for name in each]
            for each in self.told
        ]

    def tail(self, addresses: Mapping[str, str | None]) -> bytes | None:
        """How its code ends; none while an address is not known."""
        words = [addresses[name] for name in self.keeps]
        if None in words:
            return None
        return b"".join(bytes.fromhex(str(word)[2:]).rjust(32, b"\0") for word in words)


_MEMBERS = ("EMC", "MicroEnterprises")

PARTS = (
    Part("MicroEnterprises"),
    Part("Pages"),
    # it is told where the rooms will be; each of them checks that it was right
    Part("EMC", told=(ROOMS, "Pages"), keeps=("Pages", *ROOMS)),
    *(Part(room, told=_MEMBERS, keeps=(*_MEMBERS, *ROOMS)) for room in ROOMS),
    Part("CallForBids", told=_MEMBERS, keeps=(*_MEMBERS, *ROOMS)),
    Part("Reputation", told=_MEMBERS, keeps=(*_MEMBERS, *ROOMS)),
)
NAMES = tuple(part.name for part in PARTS)
