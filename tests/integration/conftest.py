"""A real local node for what needs one; without npm these tests are skipped, CI never skips."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web3.providers.base import JSONBaseProvider

from tests import anvil
from tests.integration.commands import Desk, Office, Terminal, enter


@pytest.fixture(scope="session")
def anvil_program() -> str:
    try:
        return anvil.find()
    except anvil.NoAnvilError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def node(anvil_program: str) -> Iterator[str]:  # noqa: ARG001
    """The URL of a fresh anvil."""
    with anvil.running("--accounts", "10") as url:
        yield url


@pytest.fixture
def terminal(node: str, tmp_path: Path) -> Terminal:
    return Terminal(node, tmp_path)


@pytest.fixture(scope="session")
def _office(
    anvil_program: str,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with anvil.running("--accounts", "10") as url:
        yield Office(url, folder)


@pytest.fixture
def office(_office: Office) -> Office:
    """A node on which nothing has happened since its EMCs were made."""
    _office.put_back()
    return _office


@pytest.fixture
def desk(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with the agreement files, in which commands run."""
    enter(monkeypatch, office.node, office.folder, tmp_path)
    return Desk(office, tmp_path)


@pytest.fixture
def asked_of_nodes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request that this process sends to a node, as it goes over the wire."""
    said: list[str] = []
    encode = JSONBaseProvider.encode_rpc_request

    def noting(self: Any, *words: Any) -> bytes:
        made = encode(self, *words)
        said.append(made.decode().lower())
        return made

    monkeypatch.setattr(JSONBaseProvider, "encode_rpc_request", noting)
    return said
