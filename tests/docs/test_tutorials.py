"""Each tutorial from its first to its last line: every command a process of its own, on the chain
that the tutorial starts and stops, each person with an account of their own.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import anvil
from tests.docs.pages import ROOT, TUTORIALS
from tests.docs.test_blocks import runnable
from tests.docs.workplace import Workplace

pytestmark = pytest.mark.anvil


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """A folder in which a chain can be started; whatever a tutorial leaves running is stopped."""
    try:
        anvil.find()
    except anvil.NoAnvilError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Workplace(tmp_path)
    if (ROOT / "node_modules").exists():
        (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    made.environment |= {"EMC_NETWORK": "local", "EMC_PORT": str(port)}
    yield made
    made.call("emc chain stop")


def test_there_is_a_tutorial_for_each_person() -> None:
    assert {page.removeprefix("docs/tutorial-") for page in TUTORIALS} == {
        "developer.md",
        "node.md",
        "auditor.md",
        "docs/checkout.md",
    }


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_works_from_start_to_end(page: str, place: Workplace) -> None:
    for block in runnable(page):
        place.run(block)
    assert "does not run" in place.call("emc chain status || true"), "it puts its chain away"
