"""The one system that the stateful tests share, made before any of them runs."""

import pytest

from tests.stateful.market import market, stray_token


@pytest.fixture(scope="session", autouse=True)
def _market() -> None:
    stray_token()
    for decimals in (None, 0, 2, 6, 18):
        market(decimals)
