"""What a chain's refusal looks like in a terminal: our words on standard error, nothing else."""

import pytest

from tests.integration.commands import LOCAL, Desk, Terminal

pytestmark = pytest.mark.anvil


@pytest.fixture
def terminal(desk: Desk) -> Terminal:
    """Processes beside the commands of this one, in the same folder."""
    found = Terminal(desk.office.node, desk.folder)
    found.environment["EMC_DEPLOYMENTS"] = str(desk.office.folder / "deployments")
    return found


def test_a_refusal_of_the_chain_is_two_lines_and_no_trace(terminal: Terminal) -> None:
    open_ = ("emc", "rate", "open", Desk.file("picnic"), "--account", "TEST::9", *LOCAL)
    refused = terminal.run(*open_, fails=True)
    assert refused.stdout == ""
    assert refused.stderr.splitlines() == [
        "Error: opening the review was refused: reviews: not ended",
        "Hint: only an EMC that has ended is reviewed",
    ]
