"""`emc verify`: what is ours is known to the last byte, what is not is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from emc import artifacts
from emc.client import sources
from emc.core.parts import NAMES
from tests.integration.commands import Desk, Office, emc

pytestmark = pytest.mark.anvil
ROOT = Path(__file__).parents[2]


def verify(*words: str, is_ours: bool = True) -> dict[str, Any]:
    """What the command says, and that its exit code says the same."""
    from click.testing import CliRunner

    from emc.cli import emc as command

    network = ("--network", "ethereum:local:foundry", "--json")
    result = CliRunner(mix_stderr=False).invoke(command, ["verify", *words, *network])
    verdict: dict[str, Any] = json.loads(result.stdout)
    assert verdict["verified"] is is_ours, result.stdout
    assert result.exit_code == (0 if is_ours else 1)
    return verdict


def wrong(verdict: dict[str, Any]) -> list[str]:
    return [each["what"] for each in verdict["checks"] if not each["right"]]


def contracts(desk: Desk) -> dict[str, str]:
    known = json.loads((desk.office.folder / "deployments" / "31337.json").read_text())
    return {name: each["address"] for name, each in known["contracts"].items()}


def code(office: Office, address: str) -> str:
    return office.w3.eth.get_code(office.w3.to_checksum_address(address)).to_0x_hex()


def test_an_emc_is_verified_with_all_it_relies_on_and_its_canvas(desk: Desk) -> None:
    address = desk.read(desk.file("picnic"))["emc"]
    canvas = str(desk.office.folder / "picnic.yaml")
    verdict = verify(address, "--canvas", canvas)
    assert (verdict["address"], verdict["kind"]) == (address, "EMC proxy")
    looked = {each["what"] for each in verdict["checks"]}
    relied = {"MicroEnterprises", "Pages", "EMC", "Consent", "Changes", "Conduct", "Goals"}
    assert looked >= {f"{name} is our code" for name in relied}
    assert looked >= {f"{name} is from the source that is here" for name in relied}
    assert "this canvas compiles to its terms" in looked
    verify(address, "--canvas", desk.file("picnic"))
    # shares that were changed inside the bounds of the canvas since
    shares = ("--share", "0=49/44/39", "--share", "1=31/31/31")
    emc("renegotiate", "propose", desk.file("picnic"), *shares, "--out", "new.json")
    for who in ("TEST::1", "TEST::2"):
        emc("renegotiate", "sign", "new.json", "--account", who, "--yes")
    desk.office.skip(7 * 86_400)
    emc("renegotiate", "submit", "new.json", "--account", "TEST::0")
    again = verify(address, "--canvas", canvas)
    assert any(each["found"].startswith("epoch 2, ") for each in again["checks"])
    text = emc("verify", address, "--canvas", canvas).out
    assert f"{address} is verified: EMC proxy" in text
    assert "NO " not in text


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_that_all_share_is_verified_and_one_byte_of_difference_is_named(
    desk: Desk, name: str
) -> None:
    address = contracts(desk)[name]
    assert verify(address)["kind"] == name
    whole = bytes.fromhex(code(desk.office, address)[2:])
    runtime = (len(artifacts.load(name)["runtime"]) - 2) // 2
    # in the code, and in what it was told
    desk.office.ask("anvil_setCode", address, "0x" + (b"\0" + whole[1:]).hex())
    assert f"{name} is our code" in wrong(verify(address, is_ours=False))
    if runtime < len(whole):
        other = whole[:runtime] + bytes([whole[runtime] ^ 1]) + whole[runtime + 1 :]
        desk.office.ask("anvil_setCode", address, "0x" + other.hex())
        assert f"{name} is our code" in wrong(verify(address, is_ours=False))


def test_our_code_at_another_address_is_not_ours(desk: Desk) -> None:
    registry, elsewhere = contracts(desk)["MicroEnterprises"], "0x" + "ef" * 20
    desk.office.ask("anvil_setCode", elsewhere, code(desk.office, registry))
    (check,) = verify(elsewhere, is_ours=False)["checks"]
    assert check["found"] == f"our MicroEnterprises is at {registry}"


def test_an_emc_whose_table_is_not_ours_is_refused(desk: Desk) -> None:
    address, consent = desk.read(desk.file("picnic"))["emc"], contracts(desk)["Consent"]
    whole = code(desk.office, consent)
    desk.office.ask("anvil_setCode", consent, whole + "00")
    assert wrong(verify(address, is_ours=False)) == ["Consent is our code"]


def test_a_proxy_that_consent_did_not_make_is_refused(desk: Desk) -> None:
    address, at = desk.read(desk.file("picnic"))["emc"], "0x" + "ab" * 20
    desk.office.ask("anvil_setCode", at, code(desk.office, address))
    assert wrong(verify(at, is_ours=False)) == ["Consent made it"]
    # a proxy of something else, a token, and nothing
    registry = contracts(desk)["MicroEnterprises"]
    proxy = code(desk.office, address).replace(
        contracts(desk)["EMC"][2:].lower(), registry[2:].lower()
    )
    desk.office.ask("anvil_setCode", at, proxy)
    assert wrong(verify(at, is_ours=False)) == ["it is a proxy of our EMC"]
    token = desk.token("picnic").address
    assert wrong(verify(token, is_ours=False)) == ["it is one of our contracts"]
    nothing = verify("0x" + "cd" * 20, is_ours=False)
    assert wrong(nothing) == ["there is code at the address"]


def test_another_canvas_is_told_apart(desk: Desk, tmp_path: Path) -> None:
    address = desk.read(desk.file("picnic"))["emc"]
    other = str(desk.office.folder / "windowed.yaml")
    assert wrong(verify(address, "--canvas", other, is_ours=False)) == [
        "its terms name this canvas"
    ]
    file = desk.file("windowed")
    assert wrong(verify(address, "--canvas", file, is_ours=False)) == [
        "its first terms are those of the agreement file"
    ]
    refused = emc("verify", contracts(desk)["Consent"], "--canvas", other, fails=True)
    assert "is not an EMC" in refused.err
    assert "is not an address" in emc("verify", "0x12", fails=True).err
    assert "nothing to verify" in emc("verify", fails=True).err
    assert list(tmp_path.glob("*.tmp")) == []


def test_terms_that_name_a_canvas_and_hold_other_shares_are_told_apart(desk: Desk) -> None:
    from dataclasses import replace

    from emc.client.verify import _compiled
    from emc.files import bundle, canvas

    agreement = bundle.read(desk.folder / desk.file("picnic"))
    whole = canvas.load(desk.office.folder / "picnic.yaml", now=agreement.made_at)
    honest = agreement.terms
    assert _compiled(31337, whole, honest).is_right
    cook, rider = honest.rows[1], honest.rows[2]
    shifted = replace(
        honest,
        rows=(
            honest.rows[0],
            replace(cook, base=cook.base + 1),
            replace(rider, base=rider.base - 1),
            honest.rows[3],
        ),
    )
    assert "no row of the terms has" in _compiled(31337, whole, shifted).found
    late = replace(honest, ends_at=honest.ends_at + 1)
    assert _compiled(31337, whole, late).found == "these differ: ends_at"


# what block explorers are given


@pytest.mark.parametrize("name", artifacts.NAMES)
def test_the_input_for_explorers_is_whole_and_names_no_machine(name: str) -> None:
    given = sources.standard_json(name)
    assert given["integrity"] == artifacts.load(name)["integrity"]
    assert str(ROOT) not in json.dumps(given)
    main = next(iter(given["settings"]["outputSelection"]))
    assert main in given["sources"]
    assert {key.split("/")[0] for key in given["sources"]} <= {"contracts", "snekmate"}


@pytest.mark.parametrize("name", ["Pages", "MicroEnterprises"])
def test_the_compiler_makes_the_same_code_of_it(name: str, tmp_path: Path) -> None:
    from vyper.cli.vyper_json import compile_json

    out = tmp_path / "input.json"
    assert (
        f"verification input: {out}"
        in emc("verify", "--standard-json", name, "--out", str(out)).err
    )
    made = compile_json(json.loads(out.read_text()))["contracts"]
    (contract,) = (each for file in made.values() for each in file.values())
    artifact = artifacts.load(name)
    assert contract["evm"]["bytecode"]["object"] == artifact["bytecode"]
    assert contract["evm"]["deployedBytecode"]["object"] == artifact["runtime"]


def test_sources_can_be_compiled_anew_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    address = contracts(desk)["Pages"]
    verdict = verify(address, "--recompile")
    assert "Pages is what its source compiles to" in {each["what"] for each in verdict["checks"]}
    compiled = sources.compiled
    monkeypatch.setattr(sources, "compiled", lambda name: {**compiled(name), "runtime": "0x00"})
    assert wrong(verify(address, "--recompile", is_ours=False)) == [
        "Pages is what its source compiles to"
    ]
