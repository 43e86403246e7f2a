"""A payer's, a merchant's and a watcher's day: pay, request, simulate, status, list, till."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp

from emc.chain.edge import connect
from emc.client import creating
from emc.core.orders import order_number, reference
from emc.files import systems
from tests.integration.commands import LOCAL, Desk, Said, contract, emc, orders

pytestmark = pytest.mark.anvil
DAY = 86_400
PAYER = ("--account", "TEST::9", "--yes")


def earned(desk: Desk, name: str) -> list[int]:
    """What each row has been paid or credited, and what is held for it."""
    return [sum(desk.emc(name).functions.earned(row).call()) for row in range(4)]


def told_of_rows(status: Any) -> list[tuple[int, int]]:
    """What a status says that each row was paid or credited, and what is held for it."""
    return [
        (int(each["paid"]) + int(each["credited"]), int(each["held"])) for each in status["rows"]
    ]


def fund(desk: Desk, name: str, amount: int) -> None:
    """The payer has so much of the test token."""
    payer = {"from": desk.office.w3.eth.accounts[9]}
    desk.done(desk.token(name).functions.mint(payer["from"], amount).transact(payer))


def pay(name: str, order: int | str, amount: str, *more: str, **how: Any) -> Said:
    return emc(
        "pay", Desk.file(name), "--order", str(order), "--amount", amount, *PAYER, *more, **how
    )


def test_a_payer_sees_who_gets_what_and_that_is_what_is_paid(desk: Desk) -> None:
    fund(desk, "picnic", 300_000)
    for order, amount in enumerate(("240.00", "500.01", "700.00", "900.00"), 1):
        before = earned(desk, "picnic")
        ahead = emc("simulate", "sale", Desk.file("picnic"), "--amount", amount, "--json").json
        done = pay("picnic", order, amount, "--json").json
        assert done["how"] == "permit"
        assert done["rows"] == ahead["rows"]
        growth = [after - was for after, was in zip(earned(desk, "picnic"), before, strict=True)]
        told = [
            int(row["amount"]) + int(row["held_after"]) - int(row["held_before"])
            for row in ahead["rows"]
        ]
        assert told == growth
        books = desk.emc("picnic").functions.accounts().call()
        assert (int(ahead["total"]), int(ahead["held"])) == (books[0], books[3])
    allowance = desk.token("picnic").functions.allowance(
        desk.office.w3.eth.accounts[9], desk.emc("picnic").address
    )
    assert allowance.call() == 0


def test_an_order_of_text_and_a_customer_by_name_are_paid_and_found_again(desk: Desk) -> None:
    fund(desk, "picnic", 10_000)
    said = pay("picnic", "INV-2026-001", "10.00", "--customer", "ann", "--json").json
    number = order_number("INV-2026-001")
    assert (said["order"], said["reference"]) == (str(number), "INV-2026-001")
    salt = bytes.fromhex(Path("customers.salt").read_text().strip())
    address = desk.emc("picnic").address
    logged = desk.office.w3.eth.get_logs({"address": address, "fromBlock": desk.office.block})
    assert any(reference("ann", salt) in each["data"] for each in logged)
    assert (
        "order INV-2026-001 has already been paid"
        in pay("picnic", "INV-2026-001", "1", fails=True).err
    )
    # a file sold with the same salt finds order and customer again
    book = orders(desk.folder, ["INV-2026-001,ann,10.00"])
    again = emc(
        "sell", Desk.file("picnic"), "--orders", book, "--account", "TEST::9", "--json"
    ).json
    assert (again["sold"], again["already_sold"]) == (0, 1)
    assert "'24,50' is not an amount" in pay("picnic", "2", "24,50", fails=True).err


def test_an_order_is_paid_once_whatever_way(desk: Desk) -> None:
    fund(desk, "picnic", 10_000)
    said = pay("picnic", 7, "10.00", "--approve")
    assert "Order 7: 10.00 EUR would pay" in said.out
    assert "paid by approval" in said.err
    sent = desk.office.sent
    again = pay("picnic", 7, "10.00", fails=True)
    assert "order 7 has already been paid" in again.err
    assert "nothing was sent" in again.err
    assert "has 90.00 EUR" in pay("picnic", 8, "90.01", fails=True).err
    assert "above zero" in pay("picnic", 8, "0", fails=True).err
    assert desk.office.sent == sent
    wrong = emc("pay", Desk.file("picnic"), "--order", "9", *PAYER, fails=True)
    assert "--order and --amount are missing" in wrong.err
    for wrong_one in ("0xann", "0x12"):
        refused = pay("picnic", 9, "1", "--customer", wrong_one, fails=True)
        assert "is not a reference" in refused.err
    desk.office.skip(91 * DAY)
    assert "the end date" in pay("picnic", 9, "1.00", fails=True).err


def test_a_request_is_paid_by_its_uri_and_read_from_its_code(desk: Desk) -> None:
    fund(desk, "picnic", 10_000)
    asked = ("request", Desk.file("picnic"), "--order", "42", "--amount", "12.34")
    reference = "0x" + "ab" * 32
    uri = emc(*asked, "--customer", reference, "--json").json["uri"]
    assert uri == (
        f"ethereum:{desk.emc('picnic').address}@31337/sale?uint256=42&uint256=1234"
        f"&bytes32={reference}"
    )
    shown = emc(*asked, "--customer", reference).out.splitlines()
    assert shown[0] == uri
    assert read_code(shown[1:]) == uri
    emc(*asked, "--customer", reference, "--out", "code.png")
    assert Path("code.png").read_bytes().startswith(b"\x89PNG")
    emc(*asked, "--out", "code.svg")
    assert b"<svg" in Path("code.svg").read_bytes()
    assert "neither .svg nor .png" in emc(*asked, "--out", "code.gif", fails=True).err
    assert not Path("code.gif").exists()
    both = emc("pay", uri, "--order", "42", *PAYER, fails=True)
    assert "leave these options out" in both.err
    elsewhere = emc("pay", uri.replace("@31337", "@1"), *PAYER, fails=True)
    assert "is for chain 1, this is chain 31337" in elsewhere.err
    coin = emc("pay", f"{uri}&value=1234", *PAYER, fails=True)
    assert "in another currency" in coin.err
    emc("pay", uri, *PAYER)
    (event,) = desk.emc("picnic").events.Payout.get_logs(from_block=desk.office.block)
    assert (event.args.number, event.args.gross) == (42, 1234)
    assert event.args.customer == bytes.fromhex(reference[2:])


def read_code(lines: list[str]) -> str:
    """What a camera reads from characters that stand for two squares each."""
    halves = {" ": (0, 0), "\u2580": (1, 0), "\u2584": (0, 1), "\u2588": (1, 1)}
    width = max(len(line) for line in lines)
    rows = []
    for line in lines:
        pairs = [halves[char] for char in line.ljust(width)]
        rows += [[top for top, _ in pairs], [bottom for _, bottom in pairs]]
    picture = np.array(rows, dtype=np.uint8) * 255
    picture = np.kron(np.pad(picture, 4, constant_values=255), np.ones((8, 8), dtype=np.uint8))
    found = [zxingcpp.read_barcode(each) for each in (picture, 255 - picture)]
    return next(each.text for each in found if each is not None)


def test_a_status_tells_money_goal_dates_and_who_has_to_do_what(desk: Desk) -> None:
    start = desk.emc("picnic")
    status = emc("status", Desk.file("picnic"), "--json").json
    assert (status["stage"], status["tranche"], status["is_open"]) == ("ACTIVE", "COST", False)
    assert status["to_gate"] == {"proceeds": "100000"}
    desk.office.skip(30 * DAY)
    desk.sell("picnic", 40_000)
    status = emc("status", Desk.file("picnic"), "--json").json
    assert told_of_rows(status) == [tuple(start.functions.earned(row).call()) for row in range(4)]
    assert any(held for _, held in told_of_rows(status))
    assert [each["name"] for each in status["rows"]] == ["Baker", "Cook", "Rider", "Clean lake"]
    assert status["rows"][0]["shares"] == [500_000, 450_000, 400_000]
    verdicts = {each["level"]: each for each in status["goal"]}
    # half of the time has gone, of the benchmark 40 percent
    assert verdicts["benchmark"]["verdict"] == "BEHIND"
    assert 50_000 <= int(verdicts["benchmark"]["planned"]) <= 50_010
    desk.sell("picnic", 60_000)
    said = emc("status", Desk.file("picnic")).out
    assert "benchmark" in said
    assert "ACHIEVED" in said
    assert "open" in said
    assert "the next unit falls into LEADING" in said
    earned_by_baker = f"{start.functions.earned(0).call()[0] / 100:,.2f}"
    (row,) = (line.split() for line in said.splitlines() if line.startswith("0 Baker"))
    assert row[2:] == ["50%", "45%", "40%", earned_by_baker, "0.00", "0.00"]
    # plain transfers wait to be booked
    payer = {"from": desk.office.w3.eth.accounts[9]}
    fund(desk, "picnic", 500)
    desk.done(desk.token("picnic").functions.transfer(start.address, 500).transact(payer))
    tasks = emc("status", Desk.file("picnic"), "--json").json["tasks"]
    assert tasks[0]["command"] == f"emc till absorb {start.address} {' '.join(LOCAL)}"
    emc("till", "absorb", Desk.file("picnic"), *PAYER)
    assert start.functions.accounts().call()[0] == 100_500
    assert (
        "everything there is booked"
        in emc("till", "absorb", Desk.file("picnic"), *PAYER, fails=True).err
    )
    desk.office.skip(31 * DAY)
    goal = emc("status", Desk.file("picnic"), "--json").json["goal"]
    assert [each["verdict"] for each in goal] == ["ACHIEVED", "MISSED"]


def test_open_proposals_charges_and_notices_are_tasks(desk: Desk) -> None:
    emc(
        "renegotiate",
        "propose",
        Desk.file("windowed"),
        "--share",
        "0=46/41/36",
        "--share",
        "1=34",
        "--out",
        "a.json",
    )
    emc("renegotiate", "open", "a.json", "--account", "TEST::2", "--yes")
    emc(
        "expel",
        "charge",
        Desk.file("windowed"),
        "--row",
        "2",
        "--clause",
        "is \x1b[2Jlate",
        "--account",
        "TEST::1",
        "--yes",
    )
    emc("leave", "notice", Desk.file("windowed"), "--account", "TEST::2", "--yes")
    said = emc("status", Desk.file("windowed"), "--json").json
    ending = f" {' '.join(LOCAL)}"
    commands = [
        task["command"].replace(said["emc"], "X").removesuffix(ending) for task in said["tasks"]
    ]
    assert set(commands) == {
        "",
        "emc renegotiate sign X --on-chain",
        "emc renegotiate object X",
        "emc renegotiate submit X",
        "emc expel charge X --row 2",
        "emc expel propose X --row 2 --out expel-row-2.json",
        "emc leave submit X --row 1",
        "emc till end X",
    }
    assert {task["since"] > said["now"] for task in said["tasks"][:3]} == {False}
    text = emc("status", Desk.file("windowed")).out
    assert "row 2 is charged by row 0: is \\x1b[2Jlate" in text
    assert "2 Rider" in text
    desk.office.skip(3 * DAY)
    ready = emc("status", Desk.file("windowed"), "--json").json
    due = {task["command"] for task in ready["tasks"] if task["since"] <= ready["now"]}
    assert f"emc renegotiate submit {ready['emc']}{ending}" in due


def test_an_assessed_goal_is_followed_to_its_end(desk: Desk) -> None:
    value = ("assess", "value", Desk.file("users"), "--account", "TEST::2", "--yes", "--amount")
    first = emc("status", Desk.file("users"), "--json").json
    assert first["tasks"][-1]["command"].startswith("emc till end")
    assert any(each["command"].startswith("emc assess value") for each in first["tasks"])
    desk.sell("users", 50_000)
    emc(*value, "120")
    tasks = emc("status", Desk.file("users"), "--json").json["tasks"]
    assert any("assess object" in each["command"] for each in tasks)
    desk.office.skip(DAY)
    ahead = emc(
        "simulate", "value", Desk.file("users"), "--amount", "120", "--sale", "10", "--json"
    ).json
    assert ahead["opens_gate"] is True
    before = [desk.emc("users").functions.earned(row).call()[0] for row in range(4)]
    emc("assess", "finalise", Desk.file("users"), "--submitter", "1", "--account", "TEST::0")
    payout = desk.emc("users").events.Payout.get_logs(from_block=desk.office.block)[-1].args
    assert [each["amount"] for each in payout.payments] == [int(r["amount"]) for r in ahead["rows"]]
    assert sum(before) < 50_000
    desk.sell("users", 1_000)
    paid = desk.emc("users").events.Payout.get_logs(from_block=desk.office.block)[-1].args.payments
    assert [int(r["amount"]) for r in ahead["sale"]["after"]] == [each["amount"] for each in paid]
    # a value that nobody counts can be dropped after thirty days
    emc(*value, "130")
    assert "may still be counted" in drop(fails=True).err
    desk.office.skip(31 * DAY)
    assert "was never finalised" in emc("status", Desk.file("users")).out
    assert "dropped" in drop().err


def drop(**how: Any) -> Said:
    return emc(
        "assess", "drop", Desk.file("users"), "--submitter", "1", "--account", "TEST::0", **how
    )


def test_a_missed_goal_is_kept_and_the_end_is_anybodys(desk: Desk) -> None:
    name = Desk.file("picnic")
    desk.sell("picnic", 50_000)
    early = emc("assess", "miss", name, "--account", "TEST::0", "--yes", fails=True)
    assert "goals: not missed" in early.err
    assert "emc: not over yet" in emc("till", "end", name, *PAYER, fails=True).err
    desk.office.skip(61 * DAY)
    tasks = emc("status", name).out
    assert "emc assess miss" in tasks
    assert "MISSED" in tasks
    emc("assess", "miss", name, "--account", "TEST::0", "--yes")
    assert "emc assess miss" not in emc("status", name).out
    desk.office.skip(30 * DAY)
    ended = emc("till", "end", name, *PAYER)
    assert "held go to the backstop" in ended.err
    assert desk.emc("picnic").functions.stage().call() in (2, 4)
    after = emc("status", name, "--json").json
    assert after["stage"] in ("ENDED", "CLOSED")
    assert [each["command"] for each in after["tasks"]] == [
        f"emc rate open {after['emc']} {' '.join(LOCAL)}"
    ]
    assert after["dates"] == []
    # what the gate held is nobody's in the table any more
    assert {held for _, held in told_of_rows(after)} == {0}
    review(desk)
    rated = emc("status", name, "--json").json
    commands = [each["command"].split()[2] for each in rated["tasks"]]
    assert commands == ["commit", "reveal", "finalise"]
    assert [each["at"] - rated["now"] for each in rated["dates"]][-1] <= 14 * DAY
    desk.office.skip(14 * DAY)
    assert "emc rate finalise" in emc("status", name).out


def review(desk: Desk) -> None:
    """Somebody begins the review of the picnic."""
    at = systems.ours()["Reputation"]
    terms, w3 = desk.bundle("picnic").terms, desk.office.w3
    act = contract(w3, "Reputation", at).functions.open(
        desk.emc("picnic").address, terms.head(), terms.packed_rows()
    )
    desk.done(act.transact({"from": w3.eth.accounts[9]}))


def test_money_is_withdrawn_redirected_and_rescued(desk: Desk) -> None:
    name, w3 = Desk.file("picnic"), desk.office.w3
    agreement = desk.emc("picnic")
    elsewhere = w3.eth.accounts[8]
    assert (
        "there is no credit for row 1"
        in emc("till", "withdraw", name, "--row", "1", *PAYER, fails=True).err
    )
    assert "nothing is pending" in emc("till", "disburse", name, *PAYER, fails=True).err
    emc(
        "till",
        "redirect",
        name,
        "--row",
        "1",
        "--payee",
        elsewhere,
        "--account",
        "TEST::2",
        "--yes",
    )
    assert agreement.functions.payee_of(1).call() == elsewhere
    stranger = emc("till", "redirect", name, "--row", "1", "--payee", elsewhere, *PAYER, fails=True)
    assert "controller 0x" in stranger.err
    for words in (("redirect", "--row", "1", "--payee"), ("rescue", "--token")):
        assert (
            "is not an address"
            in emc("till", words[0], name, *words[1:], "0x12", *PAYER, fails=True).err
        )
    with connect(LOCAL[1]) as chain:
        stray = creating.test_token(chain, chain.account("TEST::9"), "STR", 0)
    other = contract(w3, "Token", stray)
    payer = {"from": w3.eth.accounts[9]}
    desk.done(other.functions.mint(agreement.address, 77).transact(payer))
    emc("till", "rescue", name, "--token", other.address, *PAYER)
    backstop = agreement.functions.payee_of(128).call()
    assert other.functions.balanceOf(backstop).call() == 77


def test_the_emcs_of_a_network_are_listed(desk: Desk) -> None:
    desk.sell("picnic", 12_345)
    found = emc("list", "--json").json
    at = {name: desk.emc(name).address for name in ("picnic", "windowed", "users")}
    listed = {each["emc"]: each for each in found}
    assert set(at.values()) <= set(listed)
    mine = listed[at["picnic"]]
    assert (mine["title"], mine["stage"], mine["proceeds"]) == ("Picnic", "ACTIVE", "12345")
    said = emc("list", "--me", "1", "--canvases", "nowhere").out
    assert at["picnic"] in said
    assert "Picnic" not in said
    assert "123.45 EUR" in said
    assert emc("list", "--me", "999", "--json").json == []
    assert "ME 999 is in no EMC here" in emc("list", "--me", "999").err
