"""The first steps of somebody with key files of its own, on a local chain on which nothing is."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from web3 import Web3

from emc.cli import emc as command
from tests import anvil
from tests.canvas.kit import SMALL, with_
from tests.integration.commands import Desk, emc, orders

pytestmark = pytest.mark.anvil
STRANGER = Web3.to_checksum_address("0x" + "ab" * 20)


def test_who_registers_first_has_the_contracts_deployed(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APE_FOUNDRY_HOST", node)
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path))
    words = ("me", "register", "--kind", "node", "--account", "TEST::4")
    said = emc(*words, "--json")
    assert said.json["me"] == 1
    assert "deployed Consent" in said.err
    again = emc(*words, "--json")
    assert again.json["me"] == 1
    assert "deployed" not in again.err


def test_what_is_wrong_is_said_before_anything_is_sent_and_holding_sends_nothing(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APE_FOUNDRY_HOST", node)
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    eth = Web3(Web3.HTTPProvider(node)).eth
    (tmp_path / "picnic.yaml").write_text(
        with_(("{symbol: EUR, decimals: 2}", "{symbol: ETH, decimals: 18}"))
    )
    one, other = (Web3.to_checksum_address("0x" + each * 20) for each in ("11", "22"))
    parties = {
        "chain_id": 31337,
        "currency": "native",
        "backstop": STRANGER,
        "nodes": {key: {"me": me, "payee": one} for me, key in enumerate(("baker", "cook"), 1)},
        "beneficiaries": {"lake": {"controller": other, "payee": other}},
    }
    words = ("deploy", "picnic.yaml", "--parties", "parties.yaml")
    (tmp_path / "parties.yaml").write_text(json.dumps(parties))
    said = emc(*words, fails=True).err
    assert "nodes.rider is in the canvas and not bound to anybody" in said
    parties["nodes"]["rider"] = {"me": 3, "payee": one}  # type: ignore[index]
    (tmp_path / "parties.yaml").write_text(json.dumps(parties))
    assert "`emc system deploy`" in emc(*words, "--hold", fails=True).err
    assert eth.block_number == 0


def test_parties_are_not_begun_with_what_the_chain_would_refuse(desk: Desk) -> None:
    (desk.folder / "picnic.yaml").write_text(SMALL)
    new = ("parties", "new", "picnic.yaml", "--node", "baker=1")
    agreement, token = desk.emc("picnic").address, desk.token("picnic").address
    for currency in (STRANGER, agreement):
        said = emc(*new, "--currency", currency, fails=True).err
        assert f"currency: no token is at {currency}" in said
    assert "native coin has 18" in emc(*new, "--currency", "native", fails=True).err
    baker = emc("me", "show", "1", "--json").json["account"]
    said = emc(*new, "--currency", token, "--backstop", baker, fails=True).err
    assert f"--backstop {baker} is the account of baker, ME 1" in said
    assert not (desk.folder / "picnic.parties.yaml").exists()
    emc(*new, "--currency", token, "--backstop", STRANGER)


def test_coin_is_given_to_an_account_on_top_of_what_it_has(desk: Desk) -> None:
    assert emc("chain", "fund", STRANGER).out == f"{STRANGER} has 100.00 ETH now\n"
    said = emc("chain", "fund", STRANGER, "--amount", "0.5", "--json").json
    assert said["has"] == str(desk.office.w3.eth.get_balance(STRANGER)) == str(1005 * 10**17)
    assert "'24,50' is not an amount" in emc("chain", "fund", STRANGER, "--amount", "24,50",
                                             fails=True).err  # fmt: skip


@pytest.mark.usefixtures("desk")
def test_a_test_token_is_made_once_for_each_kind_and_given_to_anybody() -> None:
    made = emc("chain", "token", "--symbol", "USD", "--decimals", "6")
    at = made.out.strip()
    assert f"`emc chain fund ALIAS --token {at}`" in made.err
    again = emc("chain", "token", "--symbol", "USD", "--decimals", "6", "--json").json
    assert again == {"token": at, "symbol": "USD", "decimals": 6}
    other = emc("chain", "token", "--symbol", "USD", "--decimals", "18", "--json").json
    assert other["token"] != at
    said = emc("chain", "fund", "TEST::7", "--token", at, "--amount", "1,250.5")
    assert said.out == "TEST::7 has 1,250.50 USD now\n"


def test_who_lacks_money_is_told_the_command_that_makes_it(desk: Desk) -> None:
    token, payer = desk.token("picnic").address, desk.office.w3.eth.accounts[9]
    book = orders(desk.folder, ["1,ann,10.00"])
    words = ("sell", Desk.file("picnic"), "--orders", book, "--account", "TEST::9")
    said = emc(*words, fails=True).err
    offered = f"emc chain fund {payer} --token {token}"
    assert f"`{offered}` makes it" in said
    emc(*offered.split()[1:])
    assert emc(*words, "--json").json["sold"] == 1


def test_who_names_a_token_that_is_not_there_is_told_how_to_make_one(desk: Desk) -> None:
    desk_parties = desk.folder / "parties.yaml"
    document = json.loads((desk.folder / Desk.file("picnic")).read_text())["parties"]
    document["currency"] = STRANGER
    desk_parties.write_text(json.dumps(document))
    canvas = str(desk.office.folder / "picnic.yaml")
    said = emc("deploy", canvas, "--parties", "parties.yaml", "--nonce", "7", fails=True).err
    assert f"currency: no token is at {STRANGER} on chain 31337" in said
    assert "`emc chain token --symbol EUR --decimals 2` makes one" in said


def test_on_a_chain_that_everybody_sees_nothing_is_made_at_will(anvil_program: str) -> None:  # noqa: ARG001
    with anvil.running("--chain-id", "11155111") as url:
        for words in (
            ("fund", STRANGER),
            ("token", "--symbol", "USD", "--decimals", "6"),
        ):
            said = CliRunner(mix_stderr=False).invoke(command, ["chain", *words, "--network", url])
            assert said.exit_code == 1
            assert "chain 11155111 is not local: nobody makes" in said.stderr
        assert Web3(Web3.HTTPProvider(url)).eth.block_number == 0
