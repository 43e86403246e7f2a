"""Reading, signing and collecting on a chain: what is shown is what the contracts count."""

import itertools
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from emc import artifacts
from emc.client.ballot import Ballot
from emc.core import typed_data
from emc.files import signature_files
from emc.files.bundle import Bundle
from tests.integration.commands import Desk, emc

pytestmark = pytest.mark.anvil


def contract(desk: Desk, room: str) -> Any:
    """A shared contract of the office."""
    table = desk.emc("picnic").functions.authority().call()
    at = dict(zip(("Consent", "Changes", "Conduct", "Goals"), table, strict=True))[room]
    return desk.office.w3.eth.contract(address=at, abi=artifacts.load(room)["abi"])


def hashes(out: str) -> dict[str, str]:
    """The hashes that a command showed."""
    return dict(
        re.findall(r"^  (domain hash|message hash|digest .*?) +(0x\w{64})$", out, re.MULTILINE)
    )


@pytest.fixture
def paper(desk: Desk) -> Bundle:
    """An agreement of the picnic that nobody has signed."""
    Path("picnic.yaml").write_text((desk.office.folder / "picnic.yaml").read_text())
    emc("deploy", "picnic.yaml", "--hold", "--nonce", "7", "--out", "held.json")
    paper = signature_files.read(Path("held.json"))
    assert isinstance(paper, Bundle)
    return paper


def test_the_hashes_that_are_shown_are_those_that_the_contracts_compute(
    desk: Desk, paper: Bundle
) -> None:
    said = emc("sign", "held.json", "--account", "TEST::1", "--yes", "--valid", "1d")
    (signature,) = signature_files.read(Path("held.json")).signatures
    terms, consent = paper.terms, contract(desk, "Consent").functions
    digest = consent.formation_digest(
        paper.emc, terms.head(), terms.packed_rows(), 0, signature.signer, 0, signature.deadline
    ).call()
    shown = hashes(said.out)
    assert shown["digest that is signed"] == "0x" + digest.hex()
    domain = consent.eip712Domain().call()
    assert domain[1:3] == ["EMC Consent", "1"]
    assert set(shown) >= {"domain hash", "message hash"}
    # asked before, shown before: the own numbers
    assert "share up to benchmark" in said.out
    assert "your signature counts until" in said.err

    emc(
        "renegotiate",
        "propose",
        Desk.file("picnic"),
        "--share",
        "0=46/41/36",
        "--share",
        "1=34",
        "--out",
        "autumn.json",
    )
    said = emc("sign", "autumn.json", "--account", "TEST::2", "--yes")
    proposal = signature_files.read(Path("autumn.json"))
    (signature,) = proposal.signatures
    before = desk.bundle("picnic").terms
    after = proposal.terms_after(before)  # type: ignore[union-attr]
    row = after.rows[1]
    digest = (
        contract(desk, "Changes")
        .functions.renegotiation_digest(
            proposal.emc,
            2,
            after.head(),
            after.packed_rows(),
            row.id,
            signature.signer,
            0,
            signature.deadline,
        )
        .call()
    )
    assert hashes(said.out)["digest that is signed"] == "0x" + digest.hex()
    assert "30% > 34% (+4%)" in said.out


def test_what_is_signed_is_what_was_shown_whatever_the_node_says_meanwhile(
    paper: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = itertools.count()
    monkeypatch.setattr(Ballot, "nonce_of", lambda *_: next(told))
    said = emc("sign", "held.json", "--account", "TEST::1", "--yes")
    (signature,) = signature_files.read(Path("held.json")).signatures
    row = next(row for row in paper.terms.nodes if row.id == signature.index)
    message = paper.message(row, signature.signer, signature.deadline, signature.nonce)
    digest = typed_data.hashes(message).digest
    assert hashes(said.out)["digest that is signed"] == digest


def test_signatures_are_collected_from_a_folder_and_relayed(paper: Bundle) -> None:
    for account in (1, 2, 3):
        said = emc("sign", "held.json", "--account", f"TEST::{account}", "--yes", "--into", "box")
        assert f"signed in box/held.row-{account - 1}.json" in said.err
    assert signature_files.read(Path("held.json")).signatures == ()
    done = emc("collect", "box", "--out", "whole.json", "--json").json
    assert (done["signed"], done["missing"], done["refused"]) == ([0, 1, 2], [], [])
    assert "the chain takes these terms" in emc("inspect", "whole.json").out
    assert emc("deploy", "whole.json", "--json").json["stage"] == "ACTIVE"
    assert "every node has agreed" in emc("inspect", "whole.json").out
    assert emc("status", "whole.json", "--json").json["emc"] == paper.emc


def test_what_is_signed_already_has_expired_or_is_made_is_said(desk: Desk, paper: Bundle) -> None:
    sign = ("sign", "held.json", "--account", "TEST::1", "--yes")
    emc(*sign, "--valid", "1d")
    before = Path("held.json").read_text()
    again = emc(*sign)
    baker = desk.office.w3.eth.accounts[1]
    assert f"row 0 has already signed this, by {baker}; it counts until" in again.err
    assert "nothing was signed" in again.err
    assert Path("held.json").read_text() == before
    assert "signed in held.json" in emc(*sign, "--valid", "3d").err
    desk.office.skip(4 * 86_400)
    late = emc(*sign).err
    assert (
        "the signature of row 0 that is already there does not count: its signature has expired"
        in late
    )
    assert "signed in held.json; missing: 2 of 3 nodes" in late
    for account in (2, 3):
        emc("sign", "held.json", "--account", f"TEST::{account}", "--yes")
    emc("deploy", "held.json")
    assert "all have agreed, row 0 of yours too: this EMC is made and ACTIVE" in (
        emc(*sign, fails=True).err
    )
    assert paper.emc in emc("list").out


@pytest.mark.usefixtures("paper")
def test_the_chain_leaves_out_what_does_not_count() -> None:
    for account in (1, 2):
        emc("sign", "held.json", "--account", f"TEST::{account}", "--yes")
    emc("sign", "held.json", "--account", "TEST::2", "--revoke", "--yes")
    said = emc("collect", "held.json", "-o", "good.json", says_no=True)
    assert "left out: held.json: row 1: its signature was revoked" in said.err
    assert [each.index for each in signature_files.read(Path("good.json")).signatures] == [0]
    shown = emc("inspect", "held.json", "--json").json
    assert [row["said"] for row in shown["rows"]] == [
        "signed",
        "its signature was revoked",
        "missing",
        None,
    ]
    assert shown["stage"] == "NOT MADE"
    status = emc("status", "held.json", "--json").json
    missing = {"1": "its signature was revoked", "2": "missing"}
    assert (status["stage"], status["missing"]) == ("NOT MADE", missing)
    # who has revoked said no, also where its signature is in no file
    shown = emc("inspect", "good.json", "--json").json
    assert [row["said"] for row in shown["rows"]] == ["signed", "revoked", "missing", None]
    emc("sign", "held.json", "--account", "TEST::3", "--on-chain", "--yes")
    done = emc("collect", "good.json", "-o", "good.json", "--json").json
    assert done["missing"] == ["Cook (revoked)"]
    emc("sign", "held.json", "--account", "TEST::1", "--revoke", "--yes")
    assert "no signature counts" in emc("collect", "held.json", "-o", "x.json", fails=True).err
    assert not Path("x.json").exists()


@pytest.mark.usefixtures("paper")
def test_a_file_that_was_altered_or_is_anothers_is_not_signed(desk: Desk) -> None:
    sent = desk.office.sent
    refused = emc("sign", "held.json", "--account", "TEST::0", "--yes", fails=True)
    assert "is not the account of a node" in refused.err
    whole = json.loads(Path("held.json").read_text())
    whole["nonce"] = 8
    Path("held.json").write_text(json.dumps(whole))
    refused = emc("sign", "held.json", "--account", "TEST::1", "--yes", fails=True)
    assert "nonce was altered" in refused.err
    for words in (("--revoke", "--on-chain"), ("--out", "a", "--into", "b")):
        assert (
            "exclude each other"
            in emc("sign", "held.json", "--account", "TEST::1", *words, fails=True).err
        )
    assert desk.office.sent == sent


@pytest.mark.usefixtures("desk")
def test_a_change_is_explained_with_the_chain_and_without() -> None:
    emc(
        "renegotiate",
        "propose",
        Desk.file("picnic"),
        "--share",
        "0=46/41/36",
        "--share",
        "1=34",
        "--out",
        "autumn.json",
    )
    emc("sign", "autumn.json", "--account", "TEST::2", "--yes")
    said = emc("inspect", "autumn.json", "--agreement", Desk.file("picnic")).out
    assert "1 of 2 have agreed" in said
    assert "checked: the terms in force were read from the chain" in said
    from click.testing import CliRunner

    from emc.cli import emc as command

    # what was read here once is remembered, and need not be
    known = CliRunner().invoke(command, ["inspect", "autumn.json"])
    assert "Row 1 Cook" in known.output
    assert "30% > 34% (+4%)" in known.output
    shutil.rmtree("agreements")
    alone = CliRunner().invoke(command, ["inspect", "autumn.json", "--json"])
    told = json.loads(alone.output)
    assert told["signed"] == [1]
    assert told["checked"] == []
    assert "the terms hash" in told["unchecked"][1]
    beside = CliRunner().invoke(
        command, ["inspect", "autumn.json", "--agreement", Desk.file("picnic")]
    )
    assert "1 Cook" in beside.output
    assert "the change gives the terms hash" in beside.output
    emc("disband", "propose", Desk.file("picnic"), "--out", "end.json")
    assert "the EMC ends at once" in CliRunner().invoke(command, ["inspect", "end.json"]).output


@pytest.mark.usefixtures("paper")
def test_nothing_is_paid_where_no_emc_is_active(desk: Desk) -> None:
    at = json.loads(Path("held.json").read_text())["emc"]
    Path("orders.csv").write_text("order,customer,amount\n1,ann,5.00\n")
    order = ("--order", "1", "--amount", "5")
    sent = desk.office.sent
    for target in (at, "held.json"):
        for words in (
            ("pay", target, *order, "--account", "TEST::5", "--yes"),
            ("request", target, *order),
            ("sell", target, "--orders", "orders.csv", "--account", "TEST::5"),
            ("simulate", "sale", target, "--amount", "5"),
        ):
            refused = emc(*words, fails=True).err
            wanted = "is not an EMC made by Consent" if target == at else "has not been made yet"
            assert wanted in refused, words
    uri = f"ethereum:{at}@31337/sale?uint256=1&uint256=5&bytes32=0x{'00' * 32}&value=5"
    refused = emc("pay", uri, "--account", "TEST::5", "--yes", fails=True).err
    assert "is not an EMC made by Consent" in refused
    assert desk.office.sent == sent


@pytest.mark.usefixtures("paper")
def test_whose_account_changed_is_said_and_the_rest_is_explained(desk: Desk) -> None:
    emc("sign", "held.json", "--account", "TEST::1", "--yes")
    emc("sign", "held.json", "--account", "TEST::2", "--yes")
    was = json.loads(Path("held.json").read_text())["accounts"]
    new = desk.office.w3.eth.accounts[7]
    emc("me", "offer", new, "--account", "TEST::2", "--yes")
    emc("me", "accept", "2", "--account", "TEST::7")
    said = emc("inspect", "held.json").out
    assert "It cannot be made any more, and is to be drawn up again" in said
    assert "row 1 Cook has another account" in said
    told = emc("inspect", "held.json", "--json").json
    (moved,) = told["moved"]
    assert moved == {"row": 1, "was": was[1], "is": new}
    assert told["rows"][0]["said"] == "signed"
    assert "signed by" in told["rows"][1]["said"]
    refused = emc("sign", "held.json", "--account", "TEST::3", "--yes", fails=True).err
    assert "accounts have changed since this was drawn up: row 1 from" in refused
