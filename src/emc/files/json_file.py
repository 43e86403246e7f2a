"""JSON files that strangers mail: bounded in size and depth before they are parsed, and sealed.

A sealed file carries four bytes of hash for each of its values, so that a slip or a bad disk is
named by its field. They prove nothing against intent: the terms hash does.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from emc.core.text import printable
from emc.errors import EMCError

MAX_BYTES = 2**20
MAX_DEPTH = 32
CHECKS = "checks"
_DIGITS = 8
# one that never closes ends with the file
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_HINT = "refuse the file, or ask for it again"


def load(path: Path, what: str) -> Any:
    """What a file holds, without its checks.

    Args:
        what: The kind of file, for messages.

    Raises:
        EMCError: it cannot be read, is too large, is not JSON, or does not fit its checks; names
            the field.
    """
    name = printable(str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise EMCError(f"{name}: {reason}", "name a file that can be read") from None
    return parsed(raw, name, what)


def parsed(raw: bytes, name: str, what: str) -> Any:
    """Like ``load``, from the bytes of a file.

    Args:
        name: Of the file, for messages.
    """
    if len(raw) > MAX_BYTES:
        raise EMCError(f"{name} is larger than {what} can be", "ask for the file again")
    # libraries raise Python's limit so far that the parser would overflow the stack instead
    if is_deep(raw):
        raise EMCError(f"{name} is nested deeper than {what} can be", "ask for the file again")
    try:
        found = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refuse)
        # half of a character cannot be hashed or printed
        json.dumps(found, ensure_ascii=False).encode()
    except _Twice as error:
        raise EMCError(f"{name}: {printable(error.key)} appears twice", _HINT) from None
    except ValueError:
        raise EMCError(f"{name} is not JSON", f"{what} was expected: ask for it again") from None
    if isinstance(found, dict) and CHECKS in found:
        checks = found.pop(CHECKS)
        if where := _altered(found, checks):
            raise EMCError(f"{name}: {printable(where)}", _HINT)
    return found


def sealed(document: dict[str, Any]) -> str:
    """A document as a file, with its checks."""
    plain = {key: value for key, value in document.items() if key != CHECKS}
    # as it will be read: tuples are lists, keys are text
    whole = json.loads(json.dumps(plain))
    checks = "".join(digest for _, digest in _digests(whole))
    return json.dumps({**plain, CHECKS: checks}, indent=2, ensure_ascii=False) + "\n"


def leaves(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document that holds no others, by its dotted place."""
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = sorted(value.items())
    elif isinstance(value, list):
        inner = [(str(place), each) for place, each in enumerate(value)]
    if not inner:
        yield where, value
    for key, each in inner:
        yield from leaves(each, f"{where}.{key}" if where else key)


def _digests(document: Any) -> Iterator[tuple[str, str]]:
    for where, value in leaves(document):
        text = json.dumps([where, value], ensure_ascii=False)
        yield where, keccak(text=text).hex()[:_DIGITS]


def _altered(document: dict[str, Any], checks: Any) -> str:
    """What does not fit the checks; empty if all does."""
    if not isinstance(checks, str) or not re.fullmatch(r"([0-9a-f]{8})*", checks):
        return f"{CHECKS} was altered"
    known = [checks[i : i + _DIGITS] for i in range(0, len(checks), _DIGITS)]
    found = list(_digests(document))
    digests = [digest for _, digest in found]
    if digests == known:
        return ""
    # a key that was renamed moves others out of their place: what nothing knows was altered
    unknown = [where for where, digest in found if digest not in known]
    moved = [where for (where, digest), check in zip(found, known, strict=False) if digest != check]
    where = next(iter(unknown + moved), "")
    if len(found) == len(known):
        return f"{where} was altered: it does not fit {CHECKS}"
    if not where:
        return f"something is missing at the end, by {CHECKS}"
    if digests[: len(known)] == known:
        return f"{where} was added: {CHECKS} does not know it"
    return f"{where}: something was added or left out here, it does not fit {CHECKS}"


class _Twice(ValueError):  # noqa: N818
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def is_deep(raw: bytes) -> bool:
    """Whether brackets are nested deeper than a file of ours can be."""
    depth = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
