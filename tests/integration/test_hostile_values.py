"""What one party writes on chain hides nothing from the others and stops no command."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils.abi import function_abi_to_4byte_selector
from icalendar import Calendar
from web3 import Web3
from web3.types import RPCEndpoint

from emc import artifacts
from emc.core import typed_data
from emc.core.terms import NATIVE, Terms, shares_in
from emc.core.units import PPM
from emc.files import systems
from tests.integration.commands import Desk, contract, emc

pytestmark = pytest.mark.anvil
# is no UTF-8, and as long as what takes its place while the call is encoded
BYTES, PLACE = b"late \xff\xfe", "late ??"
SHOWN = "late \ufffd\ufffd"
# proposals and charges of a flood, and what ape sends to a node to ask one view
FLOOD, VIEW = 30, 3


def send(desk: Desk, room: str, name: str, *words: Any, by: int = 1) -> None:
    """A test account, the first node's, calls a room of the system, with a text that is none."""
    w3, at = desk.office.w3, systems.ours()[room]
    data = contract(w3, room, at).encode_abi(name, words)
    data = data.replace(PLACE.encode().hex(), BYTES.hex())
    desk.done(w3.eth.send_transaction({"from": w3.eth.accounts[by], "to": at, "data": data}))


def test_a_charge_that_is_no_text_is_seen_by_the_accused(desk: Desk) -> None:
    terms, at = desk.bundle("picnic").terms, desk.emc("picnic").address
    send(desk, "Conduct", "charge", at, terms.head(), terms.packed_rows(), 0, 2, PLACE, bytes(32))
    tasks = emc("status", at, "--json").json["tasks"]
    told = [(each["who"], each["command"]) for each in tasks if "is charged" in each["what"]]
    assert told == [("row 2", "")]
    assert f"row 2 is charged by row 0: {SHOWN}" in emc("status", at).out
    # who joins would cite another clause
    said = emc("expel", "charge", at, "--row", "2", "--account", "TEST::2", "--yes", fails=True)
    assert f"what row 2 is charged with is no text: {SHOWN}" in said.err
    assert "no expulsion is open" in emc("expel", "show", at, fails=True).err


def test_a_proposal_that_is_open_for_ever_stops_no_calendar(desk: Desk) -> None:
    terms, at = desk.bundle("windowed").terms, desk.emc("windowed").address
    shares = [row.pack()[1] & (2**60 - 1) << 16 for row in terms.rows]
    shares[0] -= PPM // 100 << 56
    shares[1] += PPM // 100 << 56
    table = at, terms.head(), terms.packed_rows(), 0
    send(desk, "Changes", "propose", *table, shares, 2**256 - 1)
    assert f"{2**256 - 1} seconds after 1970" in emc("agenda", "--me", "1").out.replace("\n", "")
    emc("agenda", "--me", "1", "--ics", "emc.ics")
    dates = Calendar.from_ical(Path("emc.ics").read_bytes()).walk("VEVENT")
    assert any("proposes new shares" in each["summary"] for each in dates)
    assert "objected" not in json.dumps([str(each["summary"]) for each in dates])


def test_a_role_that_is_no_text_stops_no_command(desk: Desk) -> None:
    bar = NATIVE, 0, 0, 0, NATIVE, False
    until = desk.office.now + 86_400
    role = f"{PLACE}\rATTENDEE:x"
    terms = NATIVE, role, b"\1" * 32, 0, PPM, 1, until, 0, bar
    send(desk, "CallForBids", "open", terms, "")
    assert emc("call", "show", "1", "--json").json["role"] == f"{SHOWN}\rATTENDEE:x"
    assert SHOWN in emc("call", "show", "1").out
    emc("agenda", "--me", "1", "--ics", "emc.ics")
    written = Path("emc.ics").read_bytes()
    assert b"\\\\rATTENDEE:x" in written
    assert b"\r" not in written.replace(b"\r\n", b"")


def test_a_registry_whose_reason_is_no_text_stops_no_command(desk: Desk) -> None:
    at = "0x" + "ab" * 20
    (shortfall,) = (
        each for each in artifacts.load("Reputation")["abi"] if each.get("name") == "shortfall"
    )
    selector = function_abi_to_4byte_selector(shortfall).hex()
    # says no to whatever else it is asked
    code = f"0x5f3560e01c63{selector}1460125760205ff3"
    code += "5b60205f52600160205260ff60f81b60405260605ff3"
    desk.office.w3.provider.make_request(RPCEndpoint("anvil_setCode"), [at, code])
    at = Web3.to_checksum_address(at)
    bar, until = (at, 1, 0, 0, NATIVE, False), desk.office.now + 86_400
    terms = NATIVE, "role", b"\1" * 32, 0, PPM, 1, until, 0, bar
    send(desk, "CallForBids", "open", terms, "")
    said = emc("call", "show", "1", "--me", "2").out
    assert "ME 2: the bar refuses it: below the bar" in said
    # and one that answers neither yes nor no
    neither = "0x600260205260206020f3"
    desk.office.w3.provider.make_request(RPCEndpoint("anvil_setCode"), [at, neither])
    said = emc("call", "show", "1", "--me", "2", fails=True).err
    assert "asking the registry failed: " in said


def propose(desk: Desk, at: str, terms: Terms, number: int = 0) -> bytes:
    """The first node opens the shares of a number; the name of the matter."""
    shares = [row.pack()[1] & (2**60 - 1) << 16 for row in terms.rows]
    moved = PPM // 1_000 * (number + 1)
    table = at, terms.head(), terms.packed_rows(), 0
    words = [shares[0] - (moved << 56), shares[1] + (moved << 56), *shares[2:]]
    send(desk, "Changes", "propose", *table, words, desk.office.now + 10**6)
    new = terms.with_shares(
        {row.id: shares_in(word) for row, word in zip(terms.rows, words, strict=True)}
    )
    return typed_data.matter(typed_data.Act.RENEGOTIATION, at, 2, new.hash())


def test_a_flood_of_proposals_and_charges_costs_the_others_little(
    desk: Desk, asked_of_nodes: list[str]
) -> None:
    """One view for each proposal, charge and objection of a node."""
    terms, at = desk.bundle("windowed").terms, desk.emc("windowed").address
    views = ("status", at), ("agenda", "--me", "3")

    def asked(words: tuple[str, ...]) -> int:
        asked_of_nodes.clear()
        emc(*words)
        return len(asked_of_nodes)

    before = [asked(each) for each in views]
    for number in range(FLOOD):
        matter = propose(desk, at, terms, number)
        table = at, terms.head(), terms.packed_rows(), 0
        send(desk, "Conduct", "charge", *table, 2, f"clause {number}", bytes(32))
        send(desk, "Changes", "object", at, matter, True)
        # a stranger's costs nothing
        send(desk, "Changes", "object", at, matter, True, by=8)
    told = emc("status", at, "--json").json
    assert len(told["proposals"]) == FLOOD
    assert sum("expel propose" in each["command"] for each in told["tasks"]) == FLOOD
    due = emc("agenda", "--me", "3", "--json").json
    assert sum("renegotiate object" in str(each["command"]) for each in due) == FLOOD
    for few, many in zip(before, [asked(each) for each in views], strict=True):
        assert 0 < many <= few + VIEW * 3 * FLOOD


def test_only_the_objections_of_nodes_in_the_window_stop_a_proposal(desk: Desk) -> None:
    at = desk.emc("windowed").address
    matter = propose(desk, at, desk.bundle("windowed").terms)

    def is_stopped() -> bool:
        tasks = emc("status", at, "--json").json["tasks"]
        return not any("renegotiate submit" in each["command"] for each in tasks)

    assert not is_stopped()
    send(desk, "Changes", "object", at, matter, True, by=8)
    assert not is_stopped()
    send(desk, "Changes", "object", at, matter, True)
    assert is_stopped()
    send(desk, "Changes", "object", at, matter, False)
    assert not is_stopped()
    desk.office.skip(3 * 86_400)
    send(desk, "Changes", "object", at, matter, True)
    assert not is_stopped()
