"""Fixtures for everything that runs on the in-memory chain."""

import gc
from collections.abc import Iterator

import boa
import pytest

from tests import evm as evm
from tests import profiles as profiles
from tests.cost import Meter
from tests.kit import World

# nobody waits for one of these at the end
LONGEST = ("test_demo.py", "test_bench.py")


@pytest.fixture(scope="session")
def _first_world() -> World:
    return World()


@pytest.fixture
def world(_first_world: World) -> Iterator[World]:
    """A system with three registered nodes; what a test does to it is undone."""
    nodes = list(_first_world.nodes)
    with boa.env.anchor():
        yield _first_world
    _first_world.nodes = nodes


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes minutes to the deep profile, and begin with what takes longest."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    if profiles.IS_DEEP:
        return
    long = [item for item in items if item.get_closest_marker("deep")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if not item.get_closest_marker("deep")]


def pytest_collection_finish() -> None:
    """What was imported and collected stays: nobody need look for garbage in it."""
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Meter())
