"""Salts: on the disk before anything is sent, found again, and never written over."""

import json
import os
import stat
from pathlib import Path

import pytest

from emc.errors import EMCError
from emc.files import salts
from emc.files.salts import Secret
from tests.kit import address

REGISTRY, EMC = address("registry"), address("emc")
COMMITMENT = b"\xaa" * 32


def secret(commitment: bytes = COMMITMENT, about: str = EMC, salt: bytes = b"\x01" * 32) -> Secret:
    return Secret(
        chain_id=31337,
        contract=REGISTRY,
        about=about,
        me=7,
        commitment="0x" + commitment.hex(),
        salt="0x" + salt.hex(),
        opens={"ratings": "0x5432"},
    )


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMC_SALTS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def find(commitment: bytes = COMMITMENT) -> Secret:
    return salts.find(31337, REGISTRY, EMC, 7, commitment)


def test_a_salt_is_found_again_where_the_documentation_says(tmp_path: Path) -> None:
    path = salts.keep(secret())
    folder = tmp_path / "data" / "emc" / "salts" / "31337" / REGISTRY.lower() / EMC.lower()
    assert path == folder / "me-7" / f"0x{COMMITMENT.hex()}.json"
    assert find() == secret()


def test_its_owner_alone_reads_it() -> None:
    path = salts.keep(secret())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_folder_can_be_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMC_SALTS", str(tmp_path / "own"))
    assert salts.keep(secret()).is_relative_to(tmp_path / "own")
    monkeypatch.delenv("EMC_SALTS")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert salts.folder() == tmp_path / "home" / ".local" / "share" / "emc" / "salts"


def test_the_bytes_are_on_the_disk_when_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fsync

    def noting(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        sync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    path = salts.keep(secret())
    # each folder that got a new name, from the one that was there down, then the file
    made = list(path.parents)[: path.parents.index(tmp_path) + 1]
    above = [each.stat().st_ino for each in reversed(made)]
    assert synced == [*above[:-1], path.stat().st_ino, above[-1]]
    assert {stat.S_IMODE(each.stat().st_mode) for each in made[:-1]} == {0o700}


def test_a_later_commitment_leaves_the_earlier_one_alone() -> None:
    salts.keep(secret())
    salts.keep(secret(b"\xbb" * 32, salt=b"\x02" * 32))
    assert find().salt == "0x" + "01" * 32
    assert find(b"\xbb" * 32).salt == "0x" + "02" * 32


def test_a_file_is_never_written_over() -> None:
    path = salts.keep(secret())
    before = path.read_bytes()
    with pytest.raises(EMCError, match="cannot be kept: File exists; nothing was sent"):
        salts.keep(secret(salt=b"\x02" * 32))
    assert path.read_bytes() == before


def test_where_nothing_can_be_written_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMC_SALTS", str(tmp_path / "file"))
    with pytest.raises(EMCError, match="nothing was sent"):
        salts.keep(secret())
    monkeypatch.setenv("EMC_SALTS", str(tmp_path / "full"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EMCError, match="No space left on device; nothing was sent") as caught:
        salts.keep(secret())
    assert "EMC_SALTS" in caught.value.hint
    assert [each for each in (tmp_path / "full").rglob("*") if each.is_file()] == []


def test_a_lost_salt_says_where_it_was_looked_for() -> None:
    with pytest.raises(EMCError, match=r"no salt for the commitment 0xaaaa") as caught:
        find()
    assert "without it nobody can reveal" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"salt": "0x00"}', "[" * 5000],
)
def test_a_file_that_is_no_salt_is_refused(content: str) -> None:
    path = salts.keep(secret())
    path.write_text(content)
    with pytest.raises(EMCError):
        find()
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("name", "value"),
    [("me", 8), ("chain_id", 1), ("about", "call-3"), ("commitment", "0x" + "bb" * 32)],
)
def test_the_salt_of_something_else_is_refused(name: str, value: object) -> None:
    path = salts.keep(secret())
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    with pytest.raises(EMCError, match="is the salt of another commitment"):
        find()


@pytest.mark.parametrize("opens", [{}, {"ratings": 5}, {"ratings": "0xzz"}, {"ratings": None}])
def test_a_file_without_what_it_opens_is_refused(opens: dict[str, object]) -> None:
    broken = secret().model_copy(update={"opens": opens})
    with pytest.raises(EMCError, match="does not open its commitment"):
        broken.bytes_of("ratings")
    with pytest.raises(EMCError, match="does not open its commitment"):
        broken.number_of("ratings" if opens.get("ratings") != 5 else "share")


def test_a_file_whose_parts_give_another_commitment_is_refused() -> None:
    assert secret().bytes_of("ratings") == b"\x54\x32"
    secret().check(COMMITMENT)
    with pytest.raises(EMCError, match="it was changed"):
        secret().check(b"\xbb" * 32)


def test_what_it_is_about_cannot_name_another_folder() -> None:
    with pytest.raises(ValueError, match="about"):
        secret(about="../../elsewhere")


def test_salts_are_32_bytes_and_differ() -> None:
    found = {salts.fresh() for _ in range(8)}
    assert len(found) == 8
    assert {len(each) for each in found} == {32}
