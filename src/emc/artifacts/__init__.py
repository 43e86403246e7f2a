"""The compiled contracts, as `scripts/artifacts.py` writes them."""

import json
from functools import cache
from importlib import resources
from typing import Any

from emc.core import parts

# the test token serves local chains only
NAMES = (*parts.NAMES, "Token")


@cache
def load(name: str) -> dict[str, Any]:
    """The artifact of a contract: ABI, creation code, runtime code, compiler."""
    assert name in NAMES, name
    artifact: dict[str, Any] = json.loads((resources.files(__name__) / f"{name}.json").read_text())
    return artifact


def systems() -> list[dict[str, Any]]:
    """Where the contracts of each version are on every chain; this version's come last."""
    found: list[dict[str, Any]] = json.loads(
        (resources.files(__name__) / "systems.json").read_text()
    )
    return found
