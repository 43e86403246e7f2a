"""A chain, a browser and the people at it, for all tests that open the desk."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests import anvil
from tests.desk import browser as kit
from tests.desk.browser import Comes, Person, Town, wallet_of


@pytest.fixture(scope="session")
def home() -> Iterator[str]:
    with kit.static_host() as address:
        yield address


@pytest.fixture(scope="session")
def _town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    try:
        anvil.find()
    except anvil.NoAnvilError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with anvil.running("--accounts", "10") as url:
        yield Town(url, tmp_path_factory.mktemp("town"))


@pytest.fixture
def town(_town: Town) -> Town:
    """A chain on which nobody has signed anything."""
    _town.put_back()
    return _town


@pytest.fixture
def comes(chromium: Any, home: str, town: Town) -> Iterator[Comes]:
    """Somebody sits down at a desk, with the wallet of a local account, or with none."""
    people: list[Person] = []

    def sit_down(
        number: int | None = None, connects: bool = True, home: str = home, **options: Any
    ) -> Person:
        wallet = None if number is None else wallet_of(town, number)
        person = Person(chromium, home, wallet, **{"node": town.url} | options)
        people.append(person)
        if wallet is not None and connects:
            person.connect()
        return person

    yield sit_down
    for person in people:
        person.close()
