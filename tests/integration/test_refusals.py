"""What refusals and interrupts look like in a terminal: our words, nothing else."""

import signal

import pytest

from tests.integration.commands import CANVASES, LOCAL, Desk, Terminal

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


def test_an_interrupted_deployment_says_what_to_do(terminal: Terminal) -> None:
    source = terminal.folder / "picnic.yaml"
    source.write_text(CANVASES["picnic"].replace("Picnic", "Other picnic"))
    process = terminal.start("emc", "deploy", source.name, *LOCAL)
    assert process.stderr is not None
    # by now ape is there, and has its own idea of an interrupt
    assert process.stderr.readline() == "forming the EMC ...\n"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert errors == (
        "stopped; run the same command again: it continues, and nothing is done twice\n"
    )
