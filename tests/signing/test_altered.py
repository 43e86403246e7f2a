"""A file that was altered in any byte is refused with the field that differs."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emc.core.text import printable
from emc.errors import EMCError
from emc.files import json_file, signature_files
from emc.files.signature_files import Paper
from tests.profiles import effort
from tests.signing import kit

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
)


def papers() -> dict[str, Paper]:
    bundle = kit.signed(kit.agreement(), 0, 2)
    return {"agreement": bundle, "change": kit.change(bundle)}


@pytest.fixture(scope="module", params=["agreement", "change"])
def paper(request: pytest.FixtureRequest) -> Paper:
    return papers()[request.param]


@pytest.fixture(scope="module")
def whole(paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The paper as a file."""
    path = tmp_path_factory.mktemp("whole") / "a.json"
    signature_files.write(path, paper)
    return path.read_bytes()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk") / "a.json"


def leaves(document: Any) -> dict[str, Any]:
    return {where: [type(value), value] for where, value in json_file.leaves(document)}


def expect(raw: bytes, whole: bytes, paper: Paper, desk: Path) -> str:
    """Read a file that was altered: either it means the same, or it is refused by a field."""
    desk.write_bytes(raw)
    try:
        again = signature_files.read(desk)
    except EMCError as error:
        said = str(error).removeprefix(f"{desk}")
    else:
        assert again == paper
        return ""
    try:
        found = json.loads(raw)
    except ValueError:
        assert "is not JSON" in said or "nested deeper" in said
        return said
    before, after = leaves(json.loads(whole)), leaves(found)
    places = {
        where for where in before.keys() | after.keys() if before.get(where) != after.get(where)
    }
    # a key that is there twice hides what was altered behind the other
    assert "appears twice" in said or any(printable(place) in said for place in places), (
        said,
        places,
    )
    return said


@settings(max_examples=effort(6))
@given(place=st.integers(0, 2**20), byte=st.integers(0, 255))
def test_a_byte_that_was_altered_is_refused_or_means_the_same(
    place: int, byte: int, whole: bytes, paper: Paper, desk: Path
) -> None:
    raw = bytearray(whole)
    raw[place % len(raw)] = byte
    expect(bytes(raw), whole, paper, desk)


@settings(max_examples=effort(6))
@given(data=st.data(), value=VALUES)
def test_a_value_that_was_altered_is_refused_by_its_field(
    data: st.DataObject, value: Any, whole: bytes, paper: Paper, desk: Path
) -> None:
    document = json.loads(whole)
    places = [where for where, _ in json_file.leaves(document)]
    where = data.draw(st.sampled_from(places))
    inner = document
    *way, last = where.split(".")
    for key in way:
        inner = inner[int(key)] if isinstance(inner, list) else inner[key]
    key = int(last) if isinstance(inner, list) else last
    before, inner[key] = inner[key], value
    said = expect(json.dumps(document).encode(), whole, paper, desk)
    assert (said == "") == (value == before and type(value) is type(before))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda d: d.update(bonus=1), "bonus: something was added or left out here"),
        (lambda d: d.pop("format"), "something was added or left out here"),
        (
            lambda d: d.update(checks="12345678"),
            "was added or left out here, it does not fit checks",
        ),
        (lambda d: d.update(checks="1234567"), "checks was altered"),
        (lambda d: d.update(checks=7), "checks was altered"),
        (lambda d: d.update(terms_hash="0x" + "00" * 32), "terms_hash was altered"),
        (lambda d: d.update(zemc=d.pop("emc")), "zemc was altered"),
    ],
)
def test_what_was_added_or_left_out_is_refused(
    make: Any, says: str, whole: bytes, desk: Path
) -> None:
    document = json.loads(whole)
    make(document)
    desk.write_text(json.dumps(document))
    with pytest.raises(EMCError, match=says) as caught:
        signature_files.read(desk)
    assert caught.value.hint == "refuse the file, or ask for it again"


def test_whoever_fits_the_checks_too_is_caught_by_the_terms_hash(whole: bytes, desk: Path) -> None:
    document = json.loads(whole)
    if "parties" not in document:
        return
    document["parties"]["nodes"]["cook"]["payee"] = document["parties"]["backstop"][:-1] + "0"
    desk.write_text(json_file.sealed(document))
    with pytest.raises(EMCError, match="payee"):
        signature_files.read(desk)
    document = json.loads(whole)
    document["canvas"]["nodes"][1]["obligations"] = ["nothing"]
    desk.write_text(json_file.sealed(document))
    with pytest.raises(EMCError, match="terms_hash says"):
        signature_files.read(desk)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"format": "emc-agreement/2", "format": "emc-proposal/1"}', "format appears twice"),
        (b'{"format": NaN}', "is not JSON"),
        (b'{"format": "\\ud800"}', "is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"format": "\\u001b[2J"}', r"format '\\\\x1b\[2J' is neither"),
        (b"[]", "format 'None' is neither"),
        (b" " * (2**20 + 1), "is larger than"),
        (b"[" * 40, "is nested deeper"),
    ],
)
def test_what_hides_something_is_refused(raw: bytes, says: str, desk: Path) -> None:
    desk.write_bytes(raw)
    with pytest.raises(EMCError, match=says):
        signature_files.read(desk)


def test_a_file_without_checks_is_read_as_before(whole: bytes, paper: Paper, desk: Path) -> None:
    document = json.loads(whole)
    del document["checks"]
    desk.write_text(json.dumps(document))
    assert signature_files.read(desk) == paper
