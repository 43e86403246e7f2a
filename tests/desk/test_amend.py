"""An amendment goes from the desk to the terminal and back, and is put in force."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from emc.files import proposal, signature_files
from tests.desk import browser as kit
from tests.desk.browser import Comes, Person, Town
from tests.integration.commands import emc, enter

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]


def agrees(person: Person, name: str, into: Path) -> Path:
    """Sign the change that is on the screen; gives the file with the signature."""
    person.press("Agree or decline")
    person.press(f"Agree to these terms as {name}")
    person.sees("You have agreed by signature")
    return person.saves("Save the file", into)


def test_a_mailed_amendment_that_would_be_refused_cannot_be_signed(
    town: Town, comes: Comes, tmp_path: Path
) -> None:
    baker = comes(1)
    assert baker.wallet is not None
    baker.knows(town.kiosk)
    baker.opens(town.amendment(tmp_path / "mailed.json", town.kiosk, 0, base=1))
    baker.heads("Other terms “Kiosk”")
    baker.press("Agree or decline")
    baker.sees("lower <= share <= upper")
    assert baker.page.get_by_text("1 day, until").count() == 1
    assert not baker.page.get_by_text("What your wallet must show").count()
    baker.page.get_by_text("Other ways: on chain, or take it back").click()
    for name in ("Agree to these terms as Baker", "Agree on chain instead"):
        baker.page.get_by_role("button", name=name).click(force=True)
    assert not {"eth_signTypedData_v4", "eth_sendTransaction"} & set(baker.wallet.seen)


def test_a_node_draws_up_an_amendment_by_which_one_joins(
    town: Town, comes: Comes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = json.loads(town.kiosk.read_text())["emc"]
    joiner = town.w3.eth.accounts[6]
    registry = town.contract("MicroEnterprises", town.rooms["microenterprises"]).functions
    sent = registry.register(2, 0, "", bytes(32)).transact({"from": joiner})
    town.w3.eth.wait_for_transaction_receipt(sent)
    me = registry.me_of(joiner).call()
    baker = comes(1)
    assert baker.wallet is not None
    baker.knows(town.kiosk)
    baker.go(f"/emc/31337/{agreement}/amend")
    page = baker.page
    draw = page.get_by_role("button", name="Draw up this amendment")

    def says(text: str) -> None:
        draw.click(force=True)
        baker.sees(text)
        assert page.url.endswith("/amend")

    says("Nothing differs from the terms in force.")
    cook = page.get_by_role("group", name="Cook (row 1)")
    cook.get_by_label("Base, percent").fill("5%")
    says("Write a number such as 12.5, with at most four decimals.")
    cook.get_by_label("Base, percent").fill("20")
    # what only the contract knows is asked before anybody is asked to sign
    says("Shares sum to exactly 1,000,000 ppm in every tranche")
    page.get_by_role("button", name="A row joins").click()
    new = page.get_by_role("group", name="row 4")
    new.get_by_label("Who joins").fill("77")
    new.get_by_label("Base, percent").fill("10")
    new.get_by_label("Lower bound, percent").fill("0")
    new.get_by_label("Upper bound, percent").fill("100")
    new.get_by_label("Where it is paid").fill(joiner.lower())
    says("A full address, spelled exactly as in its source.")
    new.get_by_label("Where it is paid").fill(joiner)
    says("Register the ME first")
    new.get_by_label("Who joins").fill(str(me))
    page.get_by_text("Leaving, charges, ending early").click()
    page.get_by_label("Notice before leaving").fill("10d")
    # both values of every field, as they are signed
    page.get_by_text("Every field that differs").click()
    notice = page.get_by_role("row", name="leaving.notice")
    assert notice.inner_text().split() == ["leaving.notice", "604800", "864000"]
    assert "eth_sendTransaction" not in baker.wallet.seen
    draw.click()
    baker.heads("Other terms “Kiosk”")
    mine = agrees(baker, "Baker", tmp_path / "baker.json")

    # the terminal reads it, shows the same, and signs it for another
    drawn = proposal.read(mine)
    assert isinstance(drawn.change, proposal.Amendment)
    enter(monkeypatch, town.url, tmp_path, tmp_path)
    shown = emc("amend", "show", str(mine), "--agreement", str(town.kiosk)).out
    assert "1w > 10d" in shown
    assert "joins" in shown
    sign = ("amend", "sign", str(mine), "--agreement", str(town.kiosk), "--yes")
    emc(*sign, "--account", "TEST::2", "--accept", joiner)
    rider = comes(3)
    rider.knows(town.kiosk)
    rider.opens(mine)
    rider.heads("Other terms “Kiosk”")
    signed = agrees(rider, "Rider", tmp_path / "rider.json")
    newcomer = comes(6)
    newcomer.opens(signed)
    newcomer.heads("Other terms")
    last = agrees(newcomer, "row 4", tmp_path / "newcomer.json")
    assert [each.index for each in signature_files.read(last).signatures] == [0, 1, 2, 4]
    newcomer.sees("4 have agreed, 4 must")
    # somebody edits terms that are not in force any more when the paper is drawn up
    late = comes(2)
    late.go(f"/emc/31337/{agreement}/amend")
    row = late.page.get_by_role("group", name="row 1")
    row.get_by_label("Upper bound, percent").fill("95")
    newcomer.press("Put the terms in force")
    newcomer.sees("This is in force")
    late.press("Draw up this amendment")
    late.sees("It was drawn up for another epoch than the one in force")
    running = town.contract("EMC", agreement).functions
    assert running.epoch().call() == 2
    assert running.payee_of(4).call() == joiner

    # and what the terminal draws up is read at the desk
    emc("amend", "draft", str(town.kiosk), "--out", "terms.yaml")
    yaml = YAML()
    terms = yaml.load(Path("terms.yaml").read_text())
    assert terms["leaving"]["notice"] == 864_000
    terms["renegotiation"]["window"] = 86_400
    with Path("new.yaml").open("w") as file:
        yaml.dump(terms, file)
    emc("amend", "propose", str(town.kiosk), "--terms", "new.yaml", "--out", "again.json")
    baker.opens(Path("again.json").resolve())
    baker.heads("Other terms “Kiosk”")
    baker.sees("Before such a change nodes have 1 day to object")
