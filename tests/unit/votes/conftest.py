"""Whatever is decided, every test leaves books that add up."""

import pytest

from tests.kit import World
from tests.till import books, pytest_pyfunc_call
from tests.unit.votes.matters import MATTERS, Matter

__all__ = ["books", "pytest_pyfunc_call"]


@pytest.fixture(params=MATTERS, ids=lambda kind: kind.__name__.lower())
def matter(world: World, books: object, request: pytest.FixtureRequest) -> Matter:  # noqa: ARG001
    """Each kind of decision that nodes take together, ready but for their agreement."""
    made: Matter = request.param(world)
    return made
