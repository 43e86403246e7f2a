"""A real local node for what needs one; without npm these tests are skipped, CI never skips."""

import os
from collections.abc import Iterator

import pytest

from tests import anvil


@pytest.fixture(scope="session")
def anvil_program() -> str:
    try:
        return anvil.find()
    except anvil.NoAnvilError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def node(anvil_program: str) -> Iterator[str]:  # noqa: ARG001
    """The URL of a fresh anvil."""
    with anvil.running("--accounts", "10") as url:
        yield url
