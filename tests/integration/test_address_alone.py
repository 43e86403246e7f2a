"""What an address is enough for: terms in words, and changes whose file is kept back."""

import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from emc.cli import emc as command
from emc.cli.shared import talk, terms_view
from tests import screens
from tests.integration.commands import LOCAL, Desk, emc
from tests.kit import address

pytestmark = pytest.mark.anvil
DAY = 86_400
AUTUMN = ("--share", "Baker=46/41/36", "--share", "cook=34")


@pytest.fixture
def windowed(desk: Desk) -> str:
    """The address of an EMC with a window, in which the cook has opened other shares; the file
    with them is gone.
    """
    target = desk.file("windowed")
    emc("renegotiate", "propose", target, *AUTUMN, "--out", "a.json")
    emc("renegotiate", "open", "a.json", "--account", "TEST::2", "--yes", "--valid", "20d")
    Path("a.json").unlink()
    return str(desk.read(target)["emc"])


@pytest.mark.parametrize("is_known", [True, False])
def test_terms_in_force_are_told_from_the_address(desk: Desk, is_known: bool) -> None:
    at = desk.read(desk.file("picnic"))["emc"]
    if is_known:
        # read once, remembered by the EMC
        emc("status", desk.file("picnic"))
    said = emc("terms", at, "--row", "1")
    lines = said.out.splitlines()
    first = next(line for line in lines if line.startswith("Row "))
    cook = desk.office.w3.eth.accounts[2]
    assert first == ("Row 1 Cook (you)" if is_known else f"Row 1 ({cook[:8]}..) (you)")
    assert ("obligations            cooks" in said.out) == is_known
    assert ("name the agreement file with --agreement" in said.out) != is_known
    assert "60% of the nodes: 2 of 3, inside the bounds" in said.out
    paper = desk.bundle("picnic")
    for row, account in zip(
        paper.terms.rows, (*paper.accounts, paper.terms.rows[3].party), strict=True
    ):
        assert row.payee in said.out
        assert str(account) in said.out
    told = emc("terms", at, "--json").json
    assert told["terms_hash"] == "0x" + paper.terms.hash().hex()
    assert told["fields"]["rows.1.base"] == "300000"
    assert "there is no such epoch" in emc("terms", at, "--epoch", "2", fails=True).err


@pytest.mark.parametrize("width", screens.WIDTHS)
def test_terms_are_whole_on_every_screen(desk: Desk, width: int) -> None:
    screens.assert_whole("terms", desk.file("picnic"), *LOCAL, widths=[width])


def test_who_proposes_cannot_withhold_the_window(desk: Desk, windowed: str) -> None:
    shutil.rmtree("agreements")
    shown = emc("renegotiate", "show", windowed)
    assert "50% > 46% (-4%)" in shown.out
    assert "opened" in shown.out
    status = emc("status", windowed)
    cook = f"1 ({desk.office.w3.eth.accounts[2][:8]}..)"
    assert f"row {cook} proposes new shares, to be agreed by" in status.out
    assert "nothing else to do" in status.out
    # beside it stands what can be done, so that nothing else speaks of it
    assert status.out.count("proposes new shares") == 1
    assert "emc renegotiate object" in status.out
    # no agreement file was read that names the rows
    assert f"0 ({desk.office.w3.eth.accounts[1][:8]}..)" in status.out
    assert "50% > 46% (-4%)" in status.out
    (proposal,) = emc("status", windowed, "--json").json["proposals"]
    assert proposal["rows"] == [1]
    assert proposal["changes"][0]["lines"][0]["values"] == {"rows.0.base": ["500000", "460000"]}
    said = emc("renegotiate", "object", windowed, "--account", "TEST::3", "--yes")
    assert "50% > 46% (-4%)" in said.out
    stopped = emc("renegotiate", "status", windowed).out
    assert "stopped" in stopped
    assert not [task for task in emc("status", windowed, "--json").json["tasks"]
                if "submit" in task["command"]]  # fmt: skip
    emc("renegotiate", "object", windowed, "--account", "TEST::3", "--take-back", "--yes")
    # signatures need a file, approvals none
    kept = emc("renegotiate", "sign", windowed, "--account", "TEST::1", "--yes", fails=True).err
    assert "an EMC keeps no signatures" in kept
    emc("renegotiate", "sign", windowed, "--account", "TEST::1", "--yes", "--on-chain")
    sign = ("renegotiate", "sign", windowed, "--account", "TEST::3", "--yes", "--out", "b.json")
    emc(*sign)
    assert [each["index"] for each in desk.read("b.json")["signatures"]] == [2]
    desk.office.skip(3 * DAY)
    emc("renegotiate", "submit", windowed, "--account", "TEST::0")
    assert desk.emc("windowed").functions.epoch().call() == 2


def test_of_several_the_row_says_which(windowed: str) -> None:
    emc("renegotiate", "propose", windowed, "--share", "0=45/40/35", "--share", "1=35",
        "--out", "b.json")  # fmt: skip
    emc("renegotiate", "open", "b.json", "--account", "TEST::1", "--yes")
    several = emc("renegotiate", "show", windowed, fails=True).err
    assert "2 are open: 1: row 1 proposes new shares; 2: row 0 proposes new shares" in several
    assert "50% > 45% (-5%)" in emc("renegotiate", "show", windowed, "--row", "baker").out
    assert "50% > 46% (-4%)" in emc("renegotiate", "show", windowed, "--which", "1").out
    assert (
        "is one change already"
        in emc("renegotiate", "show", "b.json", "--row", "0", fails=True).err
    )
    none = emc("renegotiate", "show", windowed, "--row", "rider", fails=True).err
    assert "no renegotiation of row rider is open" in none


def test_a_charge_is_enough_to_expel_by(desk: Desk) -> None:
    at = desk.read(desk.file("picnic"))["emc"]
    charge = ("expel", "charge", at, "--yes", "--account")
    uncharged = emc(*charge, "TEST::1", "--row", "2", fails=True).err
    assert "row 2 is charged with nothing" in uncharged
    emc(*charge, "TEST::1", "--row", "2", "--clause", "rides; $(on time)")
    # who joins need not type what was cited
    emc(*charge, "TEST::2", "--row", "rider", "--agreement", desk.file("picnic"))
    assert "clause" in emc("expel", "show", at).out
    desk.office.skip(3 * DAY)
    for account in ("TEST::1", "TEST::2"):
        emc("expel", "sign", at, "--account", account, "--on-chain", "--yes")
    emc("expel", "submit", at, "--account", "TEST::0")
    assert desk.emc("picnic").functions.epoch().call() == 2
    assert "expulsion is open" in emc("expel", "show", at, fails=True).err


def test_a_value_is_final_at_once_by_approvals_alone(desk: Desk) -> None:
    at = desk.read(desk.file("users"))["emc"]
    emc("status", desk.file("users"))
    emc("assess", "value", at, "--amount", "150", "--account", "TEST::1", "--yes")
    assert "150 users" in emc("assess", "show", at).out
    for account in ("TEST::2", "TEST::3"):
        emc("assess", "sign", at, "--account", account, "--on-chain", "--yes")
    emc("assess", "submit", at, "--row", "Baker", "--account", "TEST::0")
    assert emc("assess", "goal", at, "--json").json["measures"][0]["actual"] == "150"


def test_a_changed_payee_is_asked_about_on_its_own(desk: Desk) -> None:
    at = desk.read(desk.file("picnic"))["emc"]
    emc("status", desk.file("picnic"))
    emc("amend", "draft", at, "--out", "terms.yaml")
    yaml = YAML()
    terms: Any = yaml.load(Path("terms.yaml"))
    old, new = terms["rows"][1]["payee"], address("somewhere else")
    terms["rows"][1]["payee"] = new
    terms["rows"][0]["cost"] = 20_000
    yaml.dump(terms, Path("new.yaml"))
    never = emc("amend", "show", at, fails=True).err
    assert "was never amended" in never
    emc("amend", "propose", at, "--terms", "new.yaml", "--out", "a.json")
    sign = ("amend", "sign", "a.json", "--yes", "--account")
    refused = emc(*sign, "TEST::1", fails=True)
    assert f"--yes does not cover Row 1 Cook: payee, which becomes {new}" in refused.err
    assert f"add --accept {new}" in refused.err
    assert desk.read("a.json")["signatures"] == []
    # also by a transaction, and another address does not do
    emc(*sign, "TEST::1", "--on-chain", fails=True)
    emc(*sign, "TEST::1", "--accept", old, fails=True)
    for account in ("TEST::1", "TEST::2", "TEST::3"):
        said = emc(*sign, account, "--accept", new.lower())
    # the rider's own comes first, and it has none
    shown = said.out.splitlines()
    apart = next(n for n, line in enumerate(shown) if line.startswith("Who is paid"))
    assert [line.split() for line in shown[apart + 2 : apart + 4]] == [["now", old], ["after", new]]
    assert "100.00 EUR > 200.00 EUR" in said.out
    emc("amend", "submit", "a.json", "--account", "TEST::0")
    # and from the address alone afterwards
    last = emc("amend", "show", at)
    assert "since epoch 2" in last.out
    assert [line.split() for line in last.out.splitlines()[-2:]] == [
        ["before", old],
        ["after", new],
    ]
    told = emc("amend", "show", at, "--json").json["changes"]
    assert told[1]["lines"][0]["values"] == {"rows.1.payee": [old, new]}


def test_the_question_about_a_payee_is_answered_on_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from emc.cli.shared import signing
    from emc.core.view import Difference

    change = Difference("payee", "0xa", "0xb", {"rows.1.payee": ("0xa", "0xb")}, is_apart=True)
    asked: list[str] = []
    monkeypatch.setattr(signing.talk, "confirm", lambda text, yes: asked.append((text, yes)))
    signing.accept([("Row 1", change)], signing.SigningOptions())
    assert asked == [("Row 1: payee becomes 0xb: have you compared it, and accept it?", False)]


# what status offers


def parsed(words: str) -> None:
    """A command as the real parser takes it; nothing is done."""
    program, *args = shlex.split(words)
    assert program == "emc"
    group: click.Command = command
    context = click.Context(command)
    while isinstance(group, click.Group):
        name, *args = args
        found = group.get_command(context, name)
        assert found is not None, words
        group = found
    group.make_context(group.name, args)


def offered(target: str) -> set[str]:
    """What status offers: to a program, also what cannot be done yet; on the screen, with the name
    that was given.
    """
    told = {task["command"] for task in emc("status", target, "--json").json["tasks"]}
    lines = emc("status", target).out.splitlines()
    return {*told, *(line.strip() for line in lines if line.startswith("  emc "))} - {""}


def test_every_command_that_status_offers_can_be_pasted(
    desk: Desk, windowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMC_ACCOUNT", "TEST::1")
    # what only a person knows is asked
    monkeypatch.setattr(talk, "asked", lambda *_: "1")
    spaced = "my agreement.json"
    shutil.copyfile(desk.file("users"), spaced)
    every = offered(windowed)
    desk.sell("users", 5_000)
    emc("expel", "charge", spaced, "--row", "2", "--clause", "it's; late", "--account", "TEST::1",
        "--yes")  # fmt: skip
    emc("leave", "notice", spaced, "--account", "TEST::2", "--yes")
    every |= offered(spaced)
    emc("assess", "value", spaced, "--amount", "1", "--account", "TEST::1", "--yes")
    every |= offered(spaced)
    desk.office.skip(31 * DAY)
    every |= offered(spaced)
    desk.office.skip(40 * DAY)
    every |= offered(spaced)
    desk.office.skip(30 * DAY)
    emc("assess", "drop", spaced, "--account", "TEST::1")
    emc("till", "end", spaced, "--account", "TEST::1", "--yes")
    every |= offered(spaced)
    emc("rate", "open", spaced, "--account", "TEST::1")
    every |= offered(spaced)
    kinds = {" ".join(words.split()[1:3]) for words in every}
    assert kinds >= {
        "renegotiate sign", "renegotiate object", "renegotiate submit", "expel charge",
        "expel propose", "leave submit", "assess value", "assess object", "assess finalise",
        "assess drop", "till end", "rate open", "rate commit", "rate reveal", "rate finalise",
    }  # fmt: skip
    assert any("'it'\"'\"'s; late'" in words for words in every)
    assert any("'my agreement.json'" in words for words in every)
    for words in every:
        # the network was named, so that it is in what is pasted
        assert words.endswith(f" --network {LOCAL[1]}")
        parsed(words)


def test_who_pastes_without_an_account_is_asked_for_it(
    desk: Desk, windowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMC_ACCOUNT", raising=False)
    sent = desk.office.sent
    refused = click.testing.CliRunner(mix_stderr=False).invoke(
        command, ["renegotiate", "submit", windowed]
    )
    assert "Missing option '--account'" in refused.stderr
    asked: list[str] = []
    monkeypatch.setattr(talk, "asked", lambda text, *_: asked.append(text) or "TEST::1")
    context = command.get_command(click.Context(command), "renegotiate").commands["submit"]
    assert context.make_context("submit", [windowed]).params["account"] == "TEST::1"
    assert asked == ["Account, by its alias in ape"]
    assert desk.office.sent == sent


def test_a_command_stands_whole_in_a_narrow_terminal(windowed: str) -> None:
    drawn = screens.draw(80, "status", windowed, *LOCAL)
    squeezed = "".join("".join(drawn.lines).split())
    for words in offered(windowed):
        if "object" in words or "sign" in words:
            assert "".join(words.split()) in squeezed
    assert terms_view.STAGES["ACTIVE"] in drawn.text


def test_names_travel_once_and_are_remembered(desk: Desk) -> None:
    at = desk.read(desk.file("picnic"))["emc"]
    assert "rows are" not in emc("till", "withdraw", at, "--row", "Cook", "--account", "TEST::1",
                                 fails=True).err  # fmt: skip
    emc("leave", "status", desk.file("picnic"))
    said = emc("till", "withdraw", at, "--row", "Cook", "--account", "TEST::1", fails=True).err
    assert "there is no credit for row 1" in said
    said = emc("till", "withdraw", at, "--row", "Cok", "--account", "TEST::1", fails=True).err
    assert "--row 'Cok': no row has that name" in said
    assert "rows are 0 baker (Baker), 1 cook (Cook)" in said
    # what was changed since is not believed
    (kept,) = Path("agreements").rglob("*.json")
    kept.write_text(kept.read_text().replace("Cook", "Thief"))
    said = emc("till", "withdraw", at, "--row", "Thief", "--account", "TEST::1", fails=True).err
    assert "no row has that name" in said
