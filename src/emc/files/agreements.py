"""Agreement files that were read once, by the EMC that was made of them: names of rows, what they
promised and the words of measures, for commands that are given an address alone.

A copy is kept below the folder that EMC_AGREEMENTS names, else below ``emc/agreements`` in the
user's data folder (XDG_DATA_HOME, by default ~/.local/share). Nothing depends on it: what is read
from it is recomputed and compared with the chain.
"""

from contextlib import suppress
from pathlib import Path

from emc.errors import EMCError
from emc.files import bundle as files
from emc.files import signature_files
from emc.files.bundle import Bundle
from emc.files.whole import kept_in


def folder() -> Path:
    """Where copies are kept."""
    return kept_in("agreements", "EMC_AGREEMENTS")


def path_of(chain_id: int, emc: str) -> Path:
    """Where the agreement of an EMC is kept."""
    return folder() / str(chain_id) / f"{emc.lower()}.agreement.json"


def remember(bundle: Bundle) -> None:
    """Keep a copy without signatures; a folder that cannot be written keeps none."""
    path = path_of(bundle.chain_id, bundle.emc)
    with suppress(OSError):
        if not path.exists():
            signature_files.write(path, bundle.unsigned())


def known(chain_id: int, emc: str) -> Bundle | None:
    """The agreement of an EMC, if it was ever read here; not if the file was changed since."""
    path = path_of(chain_id, emc)
    if not path.exists():
        return None
    with suppress(EMCError, OSError):
        found = files.read(path)
        if (found.chain_id, found.emc.lower()) == (chain_id, emc.lower()):
            return found
    return None
