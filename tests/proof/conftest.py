"""The one system that the tests about money share, made before any of them is undone."""

import pytest

from tests.spec.till import system


@pytest.fixture(scope="session")
def money() -> None:
    """Made for the tests that need a chain; the others go without."""
    system()
