"""An account becomes an ME by commands, and the ME moves to another account."""

import pytest
from eth_utils import keccak

from tests.integration.commands import Desk, emc

pytestmark = pytest.mark.anvil


def test_an_account_registers_once_and_is_shown(desk: Desk) -> None:
    (desk.folder / "me.md").write_text("We bake.\n")
    words = ("me", "register", "--kind", "external", "--category", "incubating")
    made = emc(*words, "--profile", "me.md", "--account", "TEST::6", "--json").json
    account = desk.office.w3.eth.accounts[6]
    assert made["account"] == account
    assert (made["kind"], made["category"]) == ("external", "incubating")
    assert made["profile_hash"] == "0x" + keccak(b"We bake.\n").hex()
    assert made["offered_to"] is None
    again = emc("me", "register", "--kind", "node", "--account", "TEST::6", "--json")
    assert again.json == made
    assert f"is ME {made['me']} already" in again.err
    assert emc("me", "show", account, "--json").json == made
    assert emc("me", "show", "TEST::6", "--json").json == made
    assert emc("me", "show", str(made["me"]), "--json").json == made


def test_a_profile_is_replaced(desk: Desk) -> None:
    before = emc("me", "show", "1", "--json").json
    account = desk.office.w3.eth.accounts.index(before["account"])
    emc("me", "profile", "--category", "transforming", "--account", f"TEST::{account}")
    after = emc("me", "show", "1", "--json").json
    assert after["category"] == "transforming"
    assert after["kind"] == before["kind"]


def test_an_me_moves_to_another_account_in_two_steps(desk: Desk) -> None:
    accounts = desk.office.w3.eth.accounts
    emc("me", "offer", accounts[7], "--account", "TEST::1", "--yes")
    me = emc("me", "show", accounts[1], "--json").json
    assert me["offered_to"] == accounts[7]
    refused = emc("me", "accept", str(me["me"]), "--account", "TEST::8", fails=True)
    assert "me: account not offered" in refused.err
    emc("me", "accept", str(me["me"]), "--account", "TEST::7")
    assert emc("me", "show", str(me["me"]), "--json").json["account"] == accounts[7]
    assert "is not the account of an ME" in emc("me", "show", accounts[1], fails=True).err


def test_an_offer_is_taken_back(desk: Desk) -> None:
    accounts = desk.office.w3.eth.accounts
    emc("me", "offer", accounts[7], "--account", "TEST::1", "--yes")
    emc("me", "offer", "none", "--account", "TEST::1", "--yes")
    me = emc("me", "show", accounts[1], "--json").json
    assert me["offered_to"] is None
    refused = emc("me", "accept", str(me["me"]), "--account", "TEST::7", fails=True)
    assert "me: account not offered" in refused.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("show", "baker"), "no account 'baker'"),
        (("show", "0x12"), "0x12 is not an address"),
        (("show", "999"), "there is no ME 999"),
        (("show", "0"), "there is no ME 0"),
        (("offer", "0x12", "--account", "TEST::1"), "0x12 is not an address"),
        (
            ("register", "--kind", "node", "--profile", "gone.md", "--account", "TEST::6"),
            "gone.md cannot be read",
        ),
        (
            ("register", "--kind", "node", "--uri", "x" * 257, "--account", "TEST::6"),
            "--uri is too long",
        ),
        (("offer", "none", "--account", "TEST::6"), "is not the account of an ME"),
        (("profile", "--account", "TEST::6"), "is not the account of an ME"),
    ],
)
def test_what_cannot_be_is_said(desk: Desk, words: tuple[str, ...], reason: str) -> None:
    before = desk.office.sent
    assert reason in emc("me", *words, fails=True).err
    assert desk.office.sent == before
