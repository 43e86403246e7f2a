"""An ME pays its own people by the same rules, and the money is followed to each of them."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from web3 import Web3

from tests.canvas.kit import CANVASES
from tests.canvas.test_begin import run
from tests.integration.commands import LOCAL, Desk, emc

pytestmark = pytest.mark.anvil
BACKSTOP = Web3.to_checksum_address("0x" + "cd" * 20)
TEAM = "bakery-people.agreement.json"
# accounts that are no nodes of the picnic, and what is paid to its first row of 1,000.00: a fifth
# of running cost, 100.00 of cost cover, and half of the rest
PEOPLE = ("TEST::6", "TEST::7")
SOLD, OF_BAKER = 100_000, 20_000 + 10_000 + 35_000


def team(desk: Desk, *words: str, token: str | None = None) -> str:
    """Two people form an EMC of their own; its address."""
    for account in PEOPLE:
        emc("me", "register", "--kind", "node", "--account", account)
    run("canvas", "new", "--team", "--title", "Bakery people", "--node", "Ana", "--node", "Bo",
        *words)  # fmt: skip
    named = [f"--node={key}={who}" for key, who in zip(("ana", "bo"), PEOPLE, strict=True)]
    paid_in = token or desk.token("picnic").address
    emc("parties", "new", "bakery-people.yaml", *named, "--currency", paid_in,
        "--backstop", BACKSTOP)  # fmt: skip
    emc("deploy", "bakery-people.yaml", "--parties", "bakery-people.parties.yaml", "--hold")
    for account in PEOPLE:
        emc("sign", TEAM, "--account", account, "--yes")
    return str(emc("deploy", TEAM, "--json").json["emc"])


def redirect(*words: str, fails: bool = False) -> str:
    return emc(
        *("till", "redirect", Desk.file("picnic"), "--row", "0", "--account", "TEST::1", "--yes"),
        *words,
        fails=fails,
    ).err


def called(desk: Desk, name: str) -> str:
    """What an EMC is called where others have its title."""
    return f"Picnic ({desk.emc(name).address[:8]}..)"


def me_of(account: str) -> int:
    return int(emc("me", "register", "--kind", "node", "--account", account, "--json").json["me"])


def test_money_is_followed_through_nested_emcs_to_each_person(desk: Desk) -> None:
    at = team(desk)
    assert f"paid at the EMC Bakery people at {at}" in redirect("--payee", TEAM)
    desk.sell("picnic", SOLD)
    ana, baker = me_of(PEOPLE[0]), 1

    assert emc("statement", "--me", str(ana), "--json").json["lines"] == []
    (passed,) = emc("statement", "--me", str(baker), "--json").json["passed_on"]
    assert (passed["into"], passed["row"]) == (at, 0)
    assert (passed["amount"], passed["unbooked"]) == (str(OF_BAKER), str(OF_BAKER))
    said = emc("statement", "--me", str(baker)).out
    assert f"{called(desk, 'picnic')}, Baker: 650.00 EUR went on to Bakery people" in said
    assert f"650.00 EUR are unbooked there: emc till absorb {at}" in said

    emc("till", "absorb", TEAM, "--account", "TEST::9", "--yes")
    (line,) = emc("statement", "--me", str(ana), "--json").json["lines"]
    assert (line["amount"], line["state"], line["order"]) == (str(OF_BAKER // 2), "paid", None)
    picnic = desk.emc("picnic").address
    assert line["through"] == [{"emc": picnic, "row": 0, "amount": str(OF_BAKER)}]
    shared = f"Bakery people shared out 650.00 EUR of {called(desk, 'picnic')}, Baker"
    assert shared in emc("statement", "--me", str(ana)).out
    (passed,) = emc("statement", "--me", str(baker), "--json").json["passed_on"]
    assert passed["unbooked"] == "0"
    audited(desk, at, ana)
    assert [(each["me"], each["earned"]) for each in passed["inside"]] == [
        (ana, str(OF_BAKER // 2)),
        (ana + 1, str(OF_BAKER // 2)),
    ]


def audited(desk: Desk, at: str, ana: int) -> None:
    """The audit, from the chain alone, says the same."""
    for name in (Desk.file("picnic"), TEAM):
        emc("audit", "run", name)
    (flow,) = json.loads(run("audit", "nested", "--json").stdout)
    assert (flow["emc"], flow["row"], flow["into"]) == (desk.emc("picnic").address, 0, at)
    assert (flow["amount"], flow["booked"]) == (str(OF_BAKER), str(OF_BAKER))
    assert flow["verdicts"] == ["RECONCILED", "RECONCILED"]
    assert [(each["me"], each["earned"]) for each in flow["rows"]] == [
        (ana, str(OF_BAKER // 2)),
        (ana + 1, str(OF_BAKER // 2)),
    ]
    said = run("audit", "nested", "--agreement", Desk.file("picnic"), "--agreement", TEAM).stdout
    assert "Picnic, Baker is paid at Bakery people" in said


def test_what_came_in_otherwise_is_told_apart(desk: Desk) -> None:
    at = team(desk)
    redirect("--payee", at)
    desk.sell("picnic", SOLD)
    token = desk.token("picnic")
    payer = {"from": desk.office.w3.eth.accounts[9]}
    desk.done(token.functions.mint(at, 1_000).transact(payer))
    emc("till", "absorb", TEAM, "--account", "TEST::9", "--yes")
    (line,) = emc("statement", "--me", str(me_of(PEOPLE[0])), "--json").json["lines"]
    assert [(each["row"], each["amount"]) for each in line["through"]] == [
        (0, str(OF_BAKER)),
        (None, "1000"),
    ]


def test_a_row_is_not_paid_where_nobody_could_share_it_out(desk: Desk) -> None:
    other = emc("chain", "token", "--symbol", "USD", "--decimals", "6").out.strip()
    at = team(desk, "--currency", "USD", "--decimals", "6", token=other)
    said = redirect("--payee", TEAM, fails=True)
    assert f"the EMC {at} settles in {other}, this one in {desk.token('picnic').address}" in said
    Path("bakery-people.yaml").unlink()
    Path(TEAM).rename("other.json")
    run("canvas", "new", "--team", "--title", "Bakery people", "--node", "Ana", "--node", "Bo")
    Path("bakery-people.parties.yaml").write_text(
        Path("bakery-people.parties.yaml").read_text().replace(other, desk.token("picnic").address)
    )
    emc("deploy", "bakery-people.yaml", "--parties", "bakery-people.parties.yaml", "--hold")
    assert "has not been made yet" in redirect("--payee", TEAM, fails=True)
    assert "is not an address" in redirect("--payee", "bakery", fails=True)


def test_a_team_that_pays_the_emc_back_is_refused(desk: Desk) -> None:
    at = team(desk)
    emc("till", "redirect", TEAM, "--row", "1", "--payee", Desk.file("picnic"),
        "--account", PEOPLE[1], "--yes")  # fmt: skip
    assert f"the EMC {at} pays this one" in redirect("--payee", TEAM, fails=True)


def test_income_by_date_goes_into_a_spreadsheet(desk: Desk) -> None:
    desk.sell("picnic", 1_000)
    desk.office.skip(3 * 86_400)
    desk.sell("picnic", SOLD)
    said = emc("statement", "--me", "1", "--csv", "income.csv")
    assert "written: income.csv" in said.err
    with Path("income.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    money = [row["amount"] for row in rows]
    assert len(rows) == 2
    assert sum(float(each) for each in money) == pytest.approx(650 + 2 + 8 * 0.5 + 0.0, abs=5)
    assert {row["title"] for row in rows} == {called(desk, "picnic")}
    assert [row["order"] for row in rows] == ["1", "2"]
    days = [row["date"][:10] for row in rows]
    assert days == sorted(days)
    later = emc("statement", "--me", "1", "--since", days[1], "--json").json["lines"]
    assert [line["order"] for line in later] == ["2"]
    before = emc("statement", "--me", "1", "--before", days[1], "--json").json["lines"]
    assert [line["order"] for line in before] == ["1"]
    assert "earned nothing in that time" in (
        emc("statement", "--me", "1", "--since", "2999-01-01").err
    )


# what an ME has and what comes


def test_a_list_of_ones_own_says_what_was_earned_waits_and_is_to_do(desk: Desk) -> None:
    desk.sell("picnic", SOLD)
    found = {each["emc"]: each for each in emc("list", "--me", "1", "--json").json}
    mine = found[desk.emc("picnic").address]
    assert (mine["earned"], mine["waiting"], mine["held"]) == (str(OF_BAKER), "0", "0")
    assert mine["rows"] == [0]
    said = emc("list", "--me", "1").out
    assert "together 650.00 EUR earned, 0.00 EUR of it waiting; 0.00 EUR held" in said
    users = found[desk.emc("users").address]
    (task,) = [each for each in users["tasks"] if "need a value measured" in each["what"]]
    at = desk.emc("users").address
    # the network was named, so that it is in what is pasted
    assert task["command"] == f"emc assess value {at} --network {LOCAL[1]}"
    assert "users need a value measured by the deadline" in said


def test_what_is_another_rows_to_do_is_not_mine(desk: Desk) -> None:
    name = Desk.file("picnic")
    emc("leave", "notice", name, "--account", "TEST::2", "--yes")
    assert "has given notice" not in json.dumps(emc("list", "--me", "1", "--json").json)
    (mine,) = [
        each
        for each in emc("list", "--me", "2", "--json").json
        if each["emc"] == desk.emc("picnic").address
    ]
    (task,) = [each for each in mine["tasks"] if "has given notice" in each["what"]]
    assert task["since"] > desk.office.now


def test_an_agenda_is_a_calendar_with_alarms(desk: Desk) -> None:
    terms = desk.bundle("picnic").terms
    said = emc("agenda", "--me", "1", "--ics", "emc.ics")
    assert "calendar: emc.ics" in said.err
    assert "deadline of the goal" in said.out
    whole = Calendar.from_ical(Path("emc.ics").read_bytes())
    events = {str(each["summary"]): each for each in whole.walk("VEVENT")}
    # three EMCs of one title
    title = called(desk, "picnic")
    due = events[f"{title}: deadline of the goal"]
    assert due["dtstart"].dt == datetime.fromtimestamp(terms.goal.deadline, UTC)
    assert events[f"{title}: ends"]["dtstart"].dt == datetime.fromtimestamp(terms.ends_at, UTC)
    triggers = [each["trigger"].dt for each in due.walk("VALARM")]
    assert triggers == [-timedelta(days=1), -timedelta(hours=1)]
    at = desk.emc("picnic").address
    assert f"emc status {at} --network {LOCAL[1]}\n" in str(due["description"])
    for each in emc("agenda", "--me", "1", "--json").json:
        assert each["command"].endswith(f" --network {LOCAL[1]}")
    assert len({str(each["uid"]) for each in events.values()}) == len(events)
    raw = Path("emc.ics").read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    before = {str(each["uid"]) for each in events.values()}
    emc("agenda", "--me", "1", "--ics", "emc.ics")
    again = Calendar.from_ical(Path("emc.ics").read_bytes())
    assert {str(each["uid"]) for each in again.walk("VEVENT")} == before


def test_each_date_of_a_proposal_is_an_event_of_its_own(desk: Desk) -> None:
    emc("renegotiate", "propose", desk.file("windowed"), "--share", "0=46/41/36", "--share", "1=34",
        "--out", "a.json")  # fmt: skip
    emc("renegotiate", "open", "a.json", "--account", "TEST::2", "--yes")
    emc("agenda", "--me", "1", "--ics", "emc.ics")
    events = Calendar.from_ical(Path("emc.ics").read_bytes()).walk("VEVENT")
    assert len({str(each["uid"]) for each in events}) == len(events)
    (own,) = [each for each in events if str(each["summary"]).endswith(": object")]
    assert "last moment: row 1 proposes new shares" in own["summary"]


def test_an_agenda_is_in_order_and_of_all_emcs(desk: Desk) -> None:
    dates = emc("agenda", "--me", "1", "--json").json
    assert [each["at"] for each in dates] == sorted(each["at"] for each in dates)
    assert {each["title"] for each in dates} >= {
        called(desk, name) for name in ("picnic", "windowed", "users")
    }
    assert len({each["where"] for each in dates}) >= 3
    last = [each for each in dates if each["is_last"]]
    assert any("need a value measured" in each["what"] for each in last)
    assert emc("agenda", "--me", "999", "--json").json == []
    assert "there are no future dates of ME 999" in emc("agenda", "--me", "999").err
    assert "does not end in .ics" in emc("agenda", "--me", "1", "--ics", "x.txt", fails=True).err


def test_windows_of_a_renegotiation_and_of_calls_are_dates(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMC_SALTS", str(desk.folder / "salts"))
    emc("renegotiate", "propose", Desk.file("windowed"), "--share", "0=46/41/36", "--share", "1=34",
        "--out", "autumn.json")  # fmt: skip
    emc("renegotiate", "open", "autumn.json", "--account", "TEST::1", "--yes")
    calls = CANVASES / "calls"
    text = (calls / "roaster.yaml").read_text().replace("places: 1", "sealed: true")
    Path("call.yaml").write_text(text)
    emc("call", "open", "call.yaml", "--account", "TEST::1", "--yes")
    emc("bid", "place", "1", str(calls / "roastery-bid.yaml"), "--call", "call.yaml",
        "--account", "TEST::2", "--yes")  # fmt: skip

    def told(me: int) -> list[tuple[str, bool]]:
        return [
            (each["what"], each["is_last"])
            for each in emc("agenda", "--me", str(me), "--json").json
            if "proposes" in each["what"] or each["where"] == "call 1"
        ]

    cook = told(2)
    assert ("your sealed bid for roasting coffee is to be opened", True) in cook
    assert sum("proposes new shares" in what for what, _ in cook) >= 3
    assert ("roasting coffee can be awarded", False) in told(1)
    desk.office.skip(15 * 86_400)
    emc("bid", "reveal", "1", "--account", "TEST::2", "--yes")
    assert not [what for what, _ in told(2) if "sealed bid" in what]
