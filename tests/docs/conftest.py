"""A local node for the blocks that need one; without npm they are skipped, CI never skips."""

import os
from collections.abc import Iterator

import pytest

from tests import anvil


@pytest.fixture
def node() -> Iterator[str]:
    """The URL of a fresh anvil."""
    try:
        anvil.find()
    except anvil.NoAnvilError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with anvil.running("--accounts", "10") as url:
        yield url
