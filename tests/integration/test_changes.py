"""Renegotiation and amendment by commands, from the first draft to the next payment."""

import pytest

from tests.integration.commands import Desk, emc, signed

pytestmark = pytest.mark.anvil
DAY = 86_400
AUTUMN = ("--share", "0=46/41/36", "--share", "1=34")


def propose(name: str, *shares: str, out: str = "autumn.json") -> None:
    """Draw up other shares."""
    emc("renegotiate", "propose", Desk.file(name), *(shares or AUTUMN), "--out", out)


def test_shares_are_renegotiated_by_a_file_that_is_mailed(desk: Desk) -> None:
    picnic = desk.emc("picnic")
    desk.sell("picnic", "300.00")
    said = emc("renegotiate", "propose", desk.file("picnic"), *AUTUMN, "--out", "autumn.json")
    assert "epoch            1 in force, would become 2" in said.out
    assert "needs            2 of 3 voices" in said.out
    assert "50% > 46% (-4%)" in said.out
    assert desk.read("autumn.json")["signatures"] == []
    signed("renegotiate", "autumn.json", 1)
    few = emc("renegotiate", "submit", "autumn.json", "--account", "TEST::0", fails=True)
    assert few.err
