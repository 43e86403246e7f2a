"""A pytest plugin: tests as they are, with all that they send to their EVM written down.

TAPE=FILE [TAPE_FIRST=3] python -m pytest -p tests.evms.taping tests/unit/checkout

Into FILE goes one JSON: {tape, outcomes, called, at}, where `at` names our contracts. With
TAPE_FIRST each test runs in its first case alone, and of each file only so many tests, but for
those that are named themselves.
"""

import gc
import json
import os
from collections import Counter
from pathlib import Path

import boa
import pytest

from tests.evms.tape import Taped
from tests.kit import World

_env = Taped()
boa.set_env(_env)
# the names that the world of the tests has for our contracts
NAMES = {
    "MicroEnterprises": "registry",
    "EMC": "implementation",
    "CallForBids": "calls",
    **{name: name.lower() for name in ("System", "Pages", "Consent", "Changes", "Conduct")},
    **{name: name.lower() for name in ("Goals", "Checkout", "Reputation")},
}
_at: dict[str, str] = {}


@pytest.fixture(scope="session", autouse=True)
def _named(_first_world: World) -> None:
    """Know our contracts by name, for those who ask what was called."""
    _at.update({name: str(getattr(_first_world, each).address) for name, each in NAMES.items()})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what TAPE_FIRST does."""
    if (first := int(os.environ.get("TAPE_FIRST", "0"))) == 0:
        return
    named, cases, tests = set(config.args), set[str](), Counter[Path]()
    kept = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        if item.nodeid in named or (name in named and name not in cases):
            kept.append(item)
        elif name not in cases and tests[item.path] < first:
            tests[item.path] += 1
            kept.append(item)
        cases.add(name)
    items[:] = kept


def pytest_sessionfinish() -> None:
    kept = {
        "tape": _env.tape,
        "outcomes": _env.outcomes,
        "called": sorted(_env.called),
        "at": _at,
    }
    Path(os.environ["TAPE"]).write_text(json.dumps(kept))


def pytest_unconfigure() -> None:
    """Let the process end at once: the trees of what was compiled need not be gone through."""
    gc.freeze()
