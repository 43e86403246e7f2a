"""Files that are whole or not there."""

import os
import tempfile
from pathlib import Path

from emc.errors import EMCError


def replace_file(path: Path, text: str | bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
            file.flush()
            # before the name is given to it: else a crash may leave the name without the content
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def kept_in(name: str, variable: str) -> Path:
    """A folder for what is kept of its user: where a variable of the environment says, else of that
    name below ``emc`` in the user's data folder.
    """
    if own := os.environ.get(variable):
        return Path(own)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "emc" / name


def clear_leftovers(path: Path) -> None:
    """Remove what runs that were killed while they wrote the file have left beside it.

    Only where no other process writes it.
    """
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)


def check_free(out: Path, option: str = "--out") -> None:
    """Refuse to write over a file.

    Raises:
        EMCError: it is there already.
    """
    if out.exists():
        raise EMCError(f"{out} is there already", f"name another with {option}")
