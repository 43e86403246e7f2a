"""Signatures as wallets give them come into the form that contracts take; what cannot count is
missing, also without a chain.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from emc.cli import emc
from emc.core import typed_data
from emc.core.typed_data import ORDER
from emc.files import bundle as bundles
from emc.files import signature_files as files
from emc.files.bundle import Bundle, Signature
from tests.signing import kit

BAKER = kit.KEYS[0].address


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return kit.agreement()


def forms(data: str) -> dict[str, str]:
    """The same signature as other wallets write it."""
    raw = bytes.fromhex(data[2:])
    r, s, odd = raw[:32], int.from_bytes(raw[32:64], "big"), raw[64] - 27
    return {
        "v of 0 or 1": "0x" + (raw[:64] + bytes([odd])).hex(),
        "EIP-2098": "0x" + (r + (odd << 255 | s).to_bytes(32, "big")).hex(),
        "larger s": "0x" + (r + (ORDER - s).to_bytes(32, "big") + bytes([28 - odd])).hex(),
        "larger s, v of 0 or 1": "0x"
        + (r + (ORDER - s).to_bytes(32, "big") + bytes([1 - odd])).hex(),
    }


@pytest.mark.parametrize("row", range(3))
def test_every_form_of_a_signature_becomes_the_one_that_contracts_take(
    bundle: Bundle, row: int
) -> None:
    good = kit.signature(bundle, row)
    account = kit.KEYS[row].address
    message = bundle.message(bundle.terms.rows[row], account, good.deadline, good.nonce)
    assert typed_data.brought(message, good.data, account) == good.data
    for name, other in forms(good.data).items():
        assert typed_data.fault(message, other, account) == "its signature is not one", name
        assert typed_data.brought(message, other, account) == good.data, name
        assert Signature.of(message, other) == good, name


def test_what_is_no_keys_is_left_as_it_is(bundle: Bundle) -> None:
    """A contract wallet reads its own form: a Safe means something by v of 0 or 1."""
    good = kit.signature(bundle, 0)
    message = bundle.message(bundle.terms.rows[0], BAKER, good.deadline, good.nonce)
    for data in (
        *forms(kit.signature(bundle, 1).data).values(),
        "0x" + "00" * 65,
        "0x" + "00" * 64,
        "0x" + "ff" * 64,
        "0x" + "11" * 130,
        "0x12",
    ):
        assert typed_data.brought(message, data, BAKER) == data


@pytest.mark.parametrize("form", ["v of 0 or 1", "EIP-2098", "larger s"])
def test_a_file_of_another_wallet_is_read_in_that_form(
    bundle: Bundle, tmp_path: Path, form: str
) -> None:
    good = kit.signature(bundle, 0)
    odd = good.model_copy(update={"data": forms(good.data)[form]})
    path = tmp_path / "odd.agreement.json"
    files.write(path, replace(bundle, signatures=(odd,)))
    assert odd.data in path.read_text()
    assert bundles.read(path).signatures == (good,)
    assert files.missing(bundles.read(path), kit.NOW) == {1: "missing", 2: "missing"}


def test_an_expired_and_a_strange_signature_are_missing_without_a_chain(
    bundle: Bundle, tmp_path: Path
) -> None:
    expired = kit.signature(bundle, 0, deadline=1_000)
    paper = bundle.signed(expired).signed(kit.signature(bundle, 1, key=2))
    paper = paper.signed(kit.signature(bundle, 2))
    assert files.missing(paper, kit.NOW) == {0: "its signature has expired", 1: files.UNTOLD}
    assert files.missing(paper, 1_000) == {1: files.UNTOLD}
    path = tmp_path / "a.agreement.json"
    files.write(path, paper)

    said = CliRunner(mix_stderr=False).invoke(emc, ["inspect", str(path), "--json"])
    rows = json.loads(said.stdout)["rows"]
    assert [each["said"] for each in rows][:3] == [
        *("its signature has expired", files.UNTOLD),
        "signed",
    ]
    out = tmp_path / "b.json"
    done = CliRunner(mix_stderr=False).invoke(emc, ["collect", str(path), "-o", str(out), "--json"])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["signed"] == [1, 2]
    assert told["missing"] == ["Baker", f"Cook ({files.UNTOLD})"]
    assert told["refused"] == [{"file": str(path), "reason": "row 0: its signature has expired"}]


def test_an_expired_signature_of_a_change_is_left_out(bundle: Bundle, tmp_path: Path) -> None:
    change = kit.change(bundle)
    change = change.signed(kit.signature(bundle, 0, deadline=1_000))
    path = tmp_path / "change.json"
    files.write(path, change.signed(kit.signature(bundle, 1)))
    found = files.gather([path], kit.NOW)
    assert [each.index for each in found.paper.signatures] == [1]
    assert found.refused == [(path, "row 0: its signature has expired")]
    said = CliRunner(mix_stderr=False).invoke(emc, ["inspect", str(path), "--json"])
    told = json.loads(said.stdout)
    assert (told["signed"], told["expired"]) == ([1], [0])
