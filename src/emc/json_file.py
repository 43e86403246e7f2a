"""JSON files that strangers mail: bounded in size and depth before they are parsed."""

import json
import re
from pathlib import Path
from typing import Any

from emc.errors import EMCError

MAX_BYTES = 2**20
MAX_DEPTH = 32
# one that never closes ends with the file
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def load(path: Path, what: str) -> Any:
    """What a file holds.

    Args:
        what: The kind of file, for messages.

    Raises:
        EMCError: it cannot be read, is too large, or is not JSON.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise EMCError(f"{path}: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise EMCError(f"{path} is larger than {what} can be", "ask for the file again")
    # libraries raise Python's limit so far that the parser would overflow the stack instead
    if _depth(raw) > MAX_DEPTH:
        raise EMCError(f"{path} is nested deeper than {what} can be", "ask for the file again")
    try:
        return json.loads(raw.decode())
    except ValueError:
        raise EMCError(f"{path} is not JSON", f"{what} was expected: ask for it again") from None


def _depth(raw: bytes) -> int:
    """How deep brackets are nested."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
