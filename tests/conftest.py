"""Fixtures for everything that runs on the in-memory chain."""

import gc
from collections.abc import Iterator

import boa
import pytest

from tests import browsers
from tests import evm as evm
from tests import profiles as profiles
from tests.cost import Meter
from tests.dealing import dealt
from tests.kit import World
from tests.rewriting import write_share


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


@pytest.fixture(scope="session")
def _chromium() -> Iterator[browsers.Chromium]:
    with browsers.chromium() as begun:
        yield begun


# in use no longer than in a module: its loop is in the way of tests that run one of their own
@pytest.fixture(scope="module")
def chromium(_chromium: browsers.Chromium) -> Iterator[browsers.Browser]:
    """The system's Chromium, without a window."""
    with _chromium.in_use():
        yield _chromium


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes minutes to the deep profile, and deal the rest to the test processes."""
    if not profiles.IS_DEEP:
        long = [item for item in items if item.get_closest_marker("deep")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("deep")]
    if hasattr(config, "workerinput"):
        items[:] = dealt(items, config.workerinput["workercount"])


def pytest_collection_finish() -> None:
    """What was imported and collected stays: nobody need look for garbage in it."""
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Meter())
    if hasattr(config, "workerinput"):
        hand = int(config.workerinput["workerid"].removeprefix("gw"))
        write_share(config, hand, config.workerinput["workercount"])
