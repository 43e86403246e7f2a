"""Leaving, expelling, disbanding and measuring by commands."""

from pathlib import Path

import pytest

from tests.integration.commands import Desk, Said, emc, signed

pytestmark = pytest.mark.anvil
DAY = 86_400
CLAUSE = "delivers by ten"
ENDED, CLOSED = 2, 4


def as_node(account: int, *words: str, fails: bool = False) -> Said:
    """A test account acts, and is not asked."""
    return emc(*words, "--account", f"TEST::{account}", "--yes", fails=fails)


def submit(group: str, file: str, *more: str, fails: bool = False) -> Said:
    """An outsider relays what is in a file."""
    return emc(group, "submit", file, "--account", "TEST::0", *more, fails=fails)


# leaving


def test_a_node_leaves_with_notice_and_takes_what_it_earned(desk: Desk) -> None:
    target, picnic = desk.file("picnic"), desk.emc("picnic")
    desk.sell("picnic", 40_000)
    said = as_node(3, "leave", "notice", target)
    assert "shares fall to              row 3" in said.out
    assert "paid when the gate opens" in said.out
    assert "row 2 can go after 1w" in said.err
    assert "row 2 Rider leaves in 1w" in emc("leave", "status", target).out
    (notice,) = emc("leave", "status", target, "--json").json["notices"]
    assert notice["row"] == 2
    go = ("leave", "submit", target, "--row", "2", "--account", "TEST::0")
    assert "conduct: notice is not over" in emc(*go, fails=True).err
    desk.office.skip(7 * DAY)
    held = picnic.functions.earned(2).call()[1]
    assert "row 2 has left; epoch 2 begins" in emc(*go).err
    (left,) = emc("leave", "status", target, "--json").json["left"]
    assert (left["row"], left["held"]) == (2, str(held))
    assert "held for it" in emc("leave", "status", target).out
    assert "there is no row 2" in as_node(3, "leave", "notice", target, fails=True).err
    assert "there is no row 2" in emc(*go, fails=True).err

    # the gate opens: what was held is its own, whoever asks for it
    desk.sell("picnic", 60_000)
    rider = desk.office.w3.eth.accounts[3]
    token = desk.token("picnic")
    before = token.functions.balanceOf(rider).call()
    picnic.functions.withdraw(2).transact({"from": desk.office.w3.eth.accounts[9]})
    assert token.functions.balanceOf(rider).call() == before + held > before
    desk.sell("picnic", 10_000)
    assert token.functions.balanceOf(rider).call() == before + held
    assert "nobody has given notice" in emc("leave", "status", target).out


def test_a_notice_is_taken_back(desk: Desk) -> None:
    target = desk.file("picnic")
    assert (
        "conduct: no notice" in as_node(3, "leave", "notice", target, "--take-back", fails=True).err
    )
    as_node(3, "leave", "notice", target)
    twice = as_node(3, "leave", "notice", target, fails=True)
    assert "conduct: notice given already" in twice.err
    assert "the notice is withdrawn" in as_node(3, "leave", "notice", target, "--take-back").err
    desk.office.skip(7 * DAY)
    go = ("leave", "submit", target, "--row", "2", "--account", "TEST::0")
    assert "conduct: no notice" in emc(*go, fails=True).err
    stranger = as_node(9, "leave", "notice", target, fails=True)
    assert "is not the account of a node" in stranger.err


# expelling


def test_a_node_is_expelled_by_the_others_once_it_could_have_mended(desk: Desk) -> None:
    target, picnic = desk.file("picnic"), desk.emc("picnic")
    desk.sell("picnic", 40_000)
    words = ("expel", "propose", target, "--row", "2", "--out", "e.json")
    assert "is not charged" in emc(*words, "--clause", CLAUSE, fails=True).err
    charge = ("expel", "charge", target, "--row", "2")
    assert "--clause" in as_node(1, *charge, fails=True).err
    assert "too long" in as_node(1, *charge, "--clause", "x" * 129, fails=True).err
    Path("photo.jpg").write_bytes(b"a photo")
    said = as_node(1, *charge, "--clause", CLAUSE, "--evidence", "photo.jpg")
    assert "can expel it in 3d" in said.err
    # another clause than the one cited
    assert "is not charged" in emc(*words, "--clause", "is late", fails=True).err
    assert not Path("e.json").exists()
    shown = emc(*words, "--clause", CLAUSE, "--agreement", target)
    assert "expels           row 2; its shares fall to row 3" in shown.out
    assert "can be submitted in 3d" in shown.err
    assert "needs            2 of 2 votes" in shown.out
    assert "has no vote" in as_node(3, "expel", "sign", "e.json", fails=True).err
    signed("expel", "e.json", 1)
    assert "still missing: row 1" in submit("expel", "e.json", fails=True).err
    as_node(2, "expel", "sign", "e.json", "--on-chain")
    assert "conduct: cure is not over" in submit("expel", "e.json", fails=True).err
    desk.office.skip(3 * DAY)
    desk.edit("e.json", ("change", "clause"), "is late")
    assert "with this clause" in submit("expel", "e.json", fails=True).err
    desk.edit("e.json", ("change", "clause"), CLAUSE)
    done = submit("expel", "e.json", "--json").json
    assert (done["kind"], done["epoch"]) == ("expulsion", 2)
    assert picnic.functions.party_of(2).call() != 0
    assert "epoch 2 is in force" in emc("expel", "status", "e.json", fails=True).err


def test_a_charge_is_dropped_and_its_expulsion_with_it(desk: Desk) -> None:
    target = desk.file("picnic")
    as_node(1, "expel", "charge", target, "--row", "2", "--clause", CLAUSE)
    words = ("expel", "propose", target, "--row", "2", "--clause", CLAUSE)
    emc(*words, "--out", "e.json")
    signed("expel", "e.json", 1, 2)
    desk.office.skip(3 * DAY)
    as_node(1, "expel", "charge", target, "--row", "2", "--clause", CLAUSE, "--drop")
    assert "row 2 is not charged" in submit("expel", "e.json", fails=True).err


def test_a_clause_cannot_steer_the_terminal_of_who_reads_it(desk: Desk) -> None:
    target, clause = desk.file("picnic"), "late\x1b[2J\x1b[1;1H"
    as_node(1, "expel", "charge", target, "--row", "2", "--clause", clause)
    words = ("expel", "propose", target, "--row", "2", "--clause", clause)
    assert "late\\x1b[2J" in emc(*words, "--out", "e.json").out
    assert "late\\x1b[2J" in emc("expel", "show", "e.json").out


# disbanding


def test_every_node_together_ends_it(desk: Desk) -> None:
    target, picnic = desk.file("picnic"), desk.emc("picnic")
    desk.sell("picnic", 40_000)
    said = emc("disband", "propose", target, "--out", "end.json")
    assert "the EMC ends at once" in said.out
    assert "held money goes to 0x" in said.out
    signed("disband", "end.json", 1, 2)
    few = submit("disband", "end.json", fails=True)
    assert "2 of 3 have agreed" in few.err
    assert "still missing: row 2" in few.err
    signed("disband", "end.json", 3)
    shown = emc("disband", "show", "end.json", "--json").json
    assert [each["said"] for each in shown["voices"]] == ["signed"] * 3
    assert submit("disband", "end.json", "--json").json["kind"] == "disbanding"
    assert picnic.functions.stage().call() == CLOSED
    for words in (("show", "end.json"), ("propose", target, "--out", "again.json")):
        assert "is CLOSED" in emc("disband", *words, fails=True).err
    assert not Path("again.json").exists()


@pytest.mark.deep
def test_one_node_ends_what_missed_its_goal_behind_a_closed_gate(desk: Desk) -> None:
    target, picnic = desk.file("picnic"), desk.emc("picnic")
    desk.sell("picnic", 40_000)
    emc("disband", "propose", target, "--out", "end.json")
    signed("disband", "end.json", 3)
    assert "1 of 3 have agreed" in submit("disband", "end.json", fails=True).err
    desk.office.skip(61 * DAY)
    emc("disband", "sign", "end.json", "--account", "TEST::3", "--yes")
    assert "1 of 1 have agreed" in emc("disband", "status", "end.json").out
    assert "verdict   missed" in emc("assess", "goal", target).out
    submit("disband", "end.json")
    assert picnic.functions.stage().call() == CLOSED


# measuring


def test_a_value_is_final_once_nobody_objected_in_time(desk: Desk) -> None:
    target, users = desk.file("users"), desk.emc("users")
    desk.sell("users", 40_000)
    value = ("assess", "value", target, "--amount")
    said = as_node(1, *value, "120")
    assert "final in 1d" in said.err
    assert "goals: one value at a time" in as_node(1, *value, "130", fails=True).err
    goal = emc("assess", "goal", target, "--json").json
    (measure,) = goal["measures"]
    assert (measure["metric"], measure["actual"], goal["verdict"]) == ("users", "0", "open")
    assert [(each["submitter"], each["amount"]) for each in goal["open"]] == [(0, "120")]
    assert "open value by row 0: 120 users" in emc("assess", "goal", target).out
    count = ("assess", "finalise", target, "--submitter", "0", "--account", "TEST::0")
    assert "goals: window is open" in emc(*count, fails=True).err
    as_node(2, "assess", "object", target, "--submitter", "0")
    desk.office.skip(DAY)
    assert "finalised; the gate is open" in emc(*count).err
    assert "row 0 has no open value" in emc(*count, fails=True).err
    assert users.functions.is_gate_open().call()
    assert emc("assess", "goal", target, "--json").json["measures"][0]["actual"] == "120"
    assert "users    120 users, measured " in emc("assess", "goal", target).out


@pytest.mark.deep
def test_enough_objections_drop_a_value_and_its_submitter_takes_it_back(desk: Desk) -> None:
    target = desk.file("users")
    as_node(1, "assess", "value", target, "--amount", "120")
    against = ("assess", "object", target, "--submitter", "0")
    as_node(2, *against)
    as_node(3, *against)
    assert "row 0 has no open value" in as_node(3, *against, fails=True).err
    as_node(1, "assess", "value", target, "--amount", "110")
    assert "taken back" in as_node(1, *against).err
    assert emc("assess", "goal", target, "--json").json["open"] == []
    # the chain sees proceeds by itself
    own = as_node(1, "assess", "value", desk.file("picnic"), "--amount", "1", fails=True)
    assert "count themselves" in own.err


@pytest.mark.deep
def test_a_value_that_every_node_signs_is_final_at_once(desk: Desk) -> None:
    target, users = desk.file("users"), desk.emc("users")
    desk.sell("users", 40_000)
    held = [users.functions.earned(row).call()[1] for row in range(4)]
    words = ("assess", "propose", target, "--submitter", "0", "--out", "v.json")
    assert "row 0 has no open value" in emc(*words, fails=True).err
    Path("count.csv").write_text("120 users")
    as_node(1, "assess", "value", target, "--amount", "120", "--evidence", "count.csv")
    said = emc(*words)
    assert "120 users, measured" in said.out
    assert "needs            2 of 2 votes" in said.out
    assert "has no vote" in as_node(1, "assess", "sign", "v.json", fails=True).err
    signed("assess", "v.json", 2)
    assert "still missing: row 2" in submit("assess", "v.json", fails=True).err
    desk.edit("v.json", ("change", "amount"), 121)
    assert "no such open value" in submit("assess", "v.json", fails=True).err
    desk.edit("v.json", ("change", "amount"), 120)
    as_node(3, "assess", "sign", "v.json", "--on-chain")
    assert submit("assess", "v.json", "--json").json["kind"] == "assessment"
    assert users.functions.is_gate_open().call()
    assert [users.functions.earned(row).call()[1] for row in range(4)] == [0] * 4
    assert sum(held) > 0
    # the next tranche pays from here on
    before = [users.functions.earned(row).call()[0] for row in range(4)]
    desk.sell("users", 10_000)
    after = [users.functions.earned(row).call()[0] for row in range(4)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [2_000 + 3_600, 2_400, 1_600, 400]


def test_reports_are_countersigned_by_others_and_shown_beside_the_goal(desk: Desk) -> None:
    target = desk.file("picnic")
    Path("list.pdf").write_bytes(b"a list")
    done = ("assess", "report", target, "--amount", "120", "--account", "TEST::1")
    said = emc(*done, "--item", "ovens \x1b[2J", "--evidence", "list.pdf")
    assert "report 0" in said.err
    assert "too long" in emc(*done, "--item", "x" * 65, fails=True).err
    own = ("assess", "countersign", target, "--report", "0", "--account")
    assert "goals: own report" in emc(*own, "TEST::1", fails=True).err
    emc(*own, "TEST::2")
    assert (
        "goals: no such report"
        in emc(
            "assess", "countersign", target, "--report", "1", "--account", "TEST::2", fails=True
        ).err
    )
    goal = emc("assess", "goal", target, "--json").json
    (report,) = goal["reports"]
    assert report["countersigned"] == [1]
    assert (report["row"], report["item"], report["amount"]) == (0, "ovens \\x1b[2J", "120")
    assert goal["measures"][0]["benchmark"] == "100000"
    assert goal["is_open"] is False
    text = emc("assess", "goal", target).out
    assert "report 0 by row 0: ovens \\x1b[2J: 120, countersigned by row 1" in text
    missing = emc(*done, "--item", "ovens", "--evidence", "nowhere.pdf", fails=True)
    assert "nowhere.pdf: No such file" in missing.err
