"""The one system that the tests about money share, made before any of them runs."""

import pytest

from tests.spec.till import settlement, system


@pytest.fixture(scope="session", autouse=True)
def _system() -> None:
    system()
    settlement(6)
