"""Every test of Checkout leaves books that add up."""

import pytest

from tests.checkout import Shop, pytest_pyfunc_call, shops, stable_token
from tests.kit import World

__all__ = ["pytest_pyfunc_call", "shops"]


@pytest.fixture(params=["native", "token"])
def shop(world: World, shops: list[Shop], request: pytest.FixtureRequest) -> Shop:
    """A shop in native coin, and one in a token."""
    assert not shops
    return Shop(world, stable_token() if request.param == "token" else None)


@pytest.fixture
def stable(world: World, shops: list[Shop]) -> Shop:
    """A shop in a token with authorizations."""
    assert not shops
    return Shop(world, stable_token())
