"""Which EMC is meant: by its address, or by its agreement file."""

from dataclasses import dataclass
from pathlib import Path

from emc.core.addresses import address
from emc.files import bundle
from emc.files.bundle import Bundle


@dataclass(frozen=True)
class Target:
    """An EMC as a person names it.

    Args:
        emc: Its address, checksummed.
        paper: Its agreement, where a file names it.
        path: Of that file.
    """

    emc: str
    paper: Bundle | None = None
    path: Path | None = None


def target(told: str, what: str = "") -> Target:
    """The EMC that is meant.

    Args:
        what: Where it was given, such as ``--payee``.

    Raises:
        EMCError: neither an address nor a file that can be read as an agreement.
    """
    if not is_file(told) or not (Path(told).suffix or Path(told).is_file()):
        return Target(address(told, what, "; or name the EMC's agreement file"))
    path = Path(told)
    paper = bundle.read(path)
    return Target(paper.emc, paper, path)


def is_file(told: str) -> bool:
    """Whether what a person names is a file, and not an address."""
    return not told.startswith("0x")
