"""A pytest plugin: tests as they are, with all that they send to their EVM written down.

TAPE=FILE python -m pytest -p tests.evms.taping tests/unit/checkout

Into FILE goes one JSON: {tape, outcomes, called, at}, where `at` names our contracts.
"""

import json
import os
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


def pytest_sessionfinish() -> None:
    kept = {
        "tape": _env.tape,
        "outcomes": _env.outcomes,
        "called": sorted(_env.called),
        "at": _at,
    }
    Path(os.environ["TAPE"]).write_text(json.dumps(kept))
