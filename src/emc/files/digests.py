"""What is named on chain by its hash alone."""

from pathlib import Path

from eth_utils.crypto import keccak

from emc.errors import EMCError

MAX_FILE = 2**26


def digest(path: Path | None, most: int = MAX_FILE) -> bytes:
    """The hash of a file that proves something; zeros without one.

    Args:
        most: Bytes that it may have.

    Raises:
        EMCError: it cannot be read, or is larger.
    """
    if path is None:
        return bytes(32)
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise EMCError(f"{path} cannot be read: {error.strerror}", "check its name") from None
    if len(raw) > most:
        raise EMCError(f"{path} is above {most:,} bytes", "name a file that lists the others")
    return bytes(keccak(raw))
