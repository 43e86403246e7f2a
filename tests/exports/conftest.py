"""A checked store of three lives, and the subjects in it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from emc.audit.read.store import open_store
from emc.audit.tell.subjects import Subject, subjects
from tests.exports import history
from tests.exports.history import Life


@pytest.fixture(scope="session")
def lives() -> list[Life]:
    return [history.bakery(), history.stall(), history.kiosk()]


@pytest.fixture(scope="session")
def store_file(lives: list[Life], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = history.write(tmp_path_factory.mktemp("store") / "audit.duckdb", *lives)
    # while it is open, whoever opens it too waits for no database to begin
    with open_store(path):
        yield path


@pytest.fixture
def store(store_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_store(store_file) as opened:
        yield opened


@pytest.fixture
def checked(store: duckdb.DuckDBPyConnection) -> list[Subject]:
    return subjects(store)
