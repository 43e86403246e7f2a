"""Every test of Checkout leaves books that add up."""

import pytest

from tests.checkout import Shop, shops, stable_token
from tests.kit import World

__all__ = ["shops"]


@pytest.fixture(params=["native", "token"])
def shop(world: World, request: pytest.FixtureRequest) -> Shop:
    """A shop in native coin, and one in a token."""
    return Shop(world, stable_token() if request.param == "token" else None)


@pytest.fixture
def stable(world: World) -> Shop:
    """A shop in a token with authorizations."""
    return Shop(world, stable_token())
