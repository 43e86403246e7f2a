"""What the tests of the audit need of a machine."""

import os

import pytest

from tests import anvil


@pytest.fixture(scope="session")
def anvil_program() -> str:
    """The anvil program; without it and npm, what needs it is skipped."""
    try:
        return anvil.find()
    except anvil.NoAnvilError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
