"""The desk: the page on which a person reads, signs, pays and rates, and a server for it.

The page is built from ``desk/`` in the repository (``make desk``); a check sees that it is what
would be built.
"""

import hashlib
import re
from importlib import resources

_DIGEST = re.compile(rb'<code id="sha256">([0-9a-f]{64})</code>')


def page() -> bytes:
    """The page, script and style inside."""
    return (resources.files(__name__) / "desk.html").read_bytes()


def digest(found: bytes) -> str:
    """What a page's foot must say: the SHA-256 of the page with that digest written as zeros."""
    blank = _DIGEST.sub(lambda match: match[0].replace(match[1], b"0" * 64), found, count=1)
    return hashlib.sha256(blank).hexdigest()


def told(found: bytes) -> str:
    """The digest that a page's foot says; empty if it says none."""
    match = _DIGEST.search(found)
    return match[1].decode() if match else ""
