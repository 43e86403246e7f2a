import json
from dataclasses import replace
from pathlib import Path

import pytest

from emc.errors import EMCError
from emc.files import bundle as files
from emc.files import canvas as canvases
from emc.files import signature_files
from emc.files.bundle import Bundle, Signature
from emc.files.compile import placeholder_parties
from tests.kit import address

CANVAS = Path(__file__).parents[2] / "canvases" / "breakfast-box.yaml"
NOW = 1_800_000_000


@pytest.fixture
def bundle() -> Bundle:
    canvas = canvases.load(CANVAS)
    return Bundle(
        chain_id=31337,
        consent=address("consent"),
        implementation=address("implementation"),
        accounts=tuple(address(each.key) for each in canvas.nodes),
        made_at=NOW,
        nonce=3,
        canvas=canvas,
        parties=placeholder_parties(canvas).model_copy(update={"chain_id": 31337}),
    )


@pytest.fixture
def path(bundle: Bundle, tmp_path: Path) -> Path:
    path = tmp_path / "a.agreement.json"
    signature_files.write(path, bundle)
    return path


def signature(index: int) -> Signature:
    return Signature(
        index=index, signer=address("node"), nonce=0, deadline=NOW, data="0x" + "11" * 65
    )


def test_a_file_gives_back_the_agreement_it_was_written_from(bundle: Bundle, path: Path) -> None:
    again = files.read(path)
    assert again.terms == bundle.terms
    assert again.emc == bundle.emc
    assert again.labels == bundle.labels
    signed = bundle.signed(signature(1))
    signature_files.write(path, signed)
    assert files.read(path).signatures == signed.signatures


def test_a_byte_order_mark_that_an_editor_wrote_is_passed_over(bundle: Bundle, path: Path) -> None:
    signature_files.write(path, bundle)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert files.read(path) == bundle


def test_signatures_are_ordered_replaced_and_counted(bundle: Bundle) -> None:
    nodes = len(bundle.terms.nodes)
    assert len(bundle.missing) == nodes
    signed = bundle.signed(signature(1)).signed(signature(0)).signed(signature(1))
    assert [each.index for each in signed.signatures] == [0, 1]
    assert len(signed.missing) == nodes - 2


@pytest.mark.parametrize(
    ("where", "value", "says"),
    [
        (("nonce",), 4, "terms_hash"),
        (("made_at",), NOW + 1, "terms_hash"),
        (("accounts", 0), address("thief"), "emc says"),
        (("accounts",), [address("one"), address("two")], "accounts has 2, the terms have"),
        (("accounts",), [], "accounts"),
        (("consent",), address("thief"), "emc says"),
        (("implementation",), address("thief"), "emc says"),
        (("terms_hash",), "0x" + "00" * 32, "terms_hash"),
        (("emc",), address("thief"), "emc says"),
        (("parties", "backstop"), address("thief"), "terms_hash"),
        (("format",), "emc-agreement/1", "format"),
        (("chain_id",), "x", "chain_id"),
        (("chain_id",), 31338, "parties.chain_id is 31337, chain_id is 31338"),
        (("extra",), 1, "extra"),
        (("signatures",), [{"index": 0}], "signatures"),
        (("canvas", "title"), "Another title", "terms_hash"),
    ],
)
def test_an_altered_field_is_refused_by_name(
    path: Path, where: tuple[str, ...], value: object, says: str
) -> None:
    content = json.loads(path.read_text())
    del content["checks"]
    place = content
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    path.write_text(json.dumps(content))
    with pytest.raises(EMCError, match=says):
        files.read(path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff\xfe", b"nul", b"[" * 5000, b" " * 2**21]
)
def test_what_is_no_agreement_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(EMCError):
        files.read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EMCError, match=r"nowhere\.json"):
        files.read(tmp_path / "nowhere.json")


def test_a_file_of_the_format_before_is_refused_by_its_format(path: Path) -> None:
    content = json.loads(path.read_text())
    del content["checks"], content["accounts"]
    content |= {"format": "emc-agreement/1", "creator": address("creator")}
    path.write_text(json.dumps(content))
    with pytest.raises(EMCError, match="format 'emc-agreement/1' is not 'emc-agreement/2'"):
        files.read(path)


def test_the_address_depends_on_accounts_their_order_and_terms(bundle: Bundle) -> None:
    others = [
        replace(bundle, nonce=4),
        replace(bundle, accounts=(address("other"), *bundle.accounts[1:])),
        replace(bundle, accounts=bundle.accounts[::-1]),
    ]
    assert len({each.emc for each in [bundle, *others]}) == 4
