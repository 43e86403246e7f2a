"""Signatures come together from many files, in any order; what does not belong stays out."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from emc.errors import EMCError
from emc.files import signature_files as files
from emc.files.bundle import Bundle
from tests.signing import kit


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return kit.agreement()


def put(folder: Path, name: str, paper: files.Paper) -> Path:
    path = folder / f"{name}.json"
    files.write(path, paper)
    return path


def test_signatures_come_together_in_any_order(bundle: Bundle, tmp_path: Path) -> None:
    paths = [put(tmp_path, str(row), kit.signed(bundle, row)) for row in range(3)]
    for order in permutations(paths):
        found = files.gather(order, kit.NOW)
        assert found.paper == kit.signed(bundle, 0, 1, 2)
        assert found.refused == []
        assert found.unchecked == []
        assert found.sources == dict(enumerate(paths))


def test_merging_again_changes_nothing(bundle: Bundle, tmp_path: Path) -> None:
    one = put(tmp_path, "one", kit.signed(bundle, 0, 1))
    whole = put(
        tmp_path,
        "whole",
        files.gather([one, put(tmp_path, "two", kit.signed(bundle, 2))], kit.NOW).paper,
    )
    again = files.gather([whole, one, whole], kit.NOW)
    assert again.paper == kit.signed(bundle, 0, 1, 2)
    assert again.refused == []


def test_the_later_signature_of_an_account_counts_whichever_comes_first(
    bundle: Bundle, tmp_path: Path
) -> None:
    early = put(tmp_path, "early", bundle.signed(kit.signature(bundle, 0)))
    late = put(tmp_path, "late", bundle.signed(kit.signature(bundle, 0, deadline=kit.FAR + 1)))
    again = put(
        tmp_path, "again", bundle.signed(kit.signature(bundle, 0, nonce=1, deadline=kit.NOW))
    )
    found = files.gather([late, early], kit.NOW)
    assert found.paper.signatures[0].deadline == kit.FAR + 1
    assert found.refused == [
        (early, "row 0: an earlier signature of the same account; the later one is kept")
    ]
    assert files.gather([early, late], kit.NOW).refused == []
    # who revoked and signed again has a higher nonce
    assert files.gather([late, again], kit.NOW).paper.signatures[0].nonce == 1


def test_what_asks_for_something_else_stays_out_with_the_reason(
    bundle: Bundle, tmp_path: Path
) -> None:
    mine = put(tmp_path, "mine", kit.signed(bundle, 0))
    strange = put(tmp_path, "strange", kit.signed(kit.foreign(bundle), 1))
    other = put(tmp_path, "other", kit.signed(kit.agreement(nonce=1), 1))
    change = put(tmp_path, "change", kit.change(bundle))
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    found = files.gather([mine, strange, other, change, broken], kit.NOW)
    assert found.paper == kit.signed(bundle, 0)
    reasons = {path.stem: reason for path, reason in found.refused}
    assert reasons["strange"] == "asks for something else: other accounts"
    assert reasons["other"] == "asks for something else: another emc"
    assert reasons["change"] == "asks for something else: an agreement and a proposal"
    assert "is not JSON" in reasons["broken"]


def test_a_row_that_is_no_node_and_a_second_signer_stay_out(bundle: Bundle, tmp_path: Path) -> None:
    baker = kit.signature(bundle, 0)
    lake = baker.model_copy(update={"index": 3})
    mine = put(tmp_path, "mine", bundle.signed(baker))
    first = put(tmp_path, "lake", replace(bundle, signatures=(lake,)))
    thief = baker.model_copy(update={"signer": kit.KEYS[1].address})
    second = put(tmp_path, "thief", replace(bundle, signatures=(thief,)))
    found = files.gather([mine, first, second], kit.NOW)
    assert [reason for _, reason in found.refused] == [
        "row 3: is no node of this agreement",
        f"row 0: signed by {kit.KEYS[1].address}, and by {kit.KEYS[0].address} in another file",
    ]


def test_a_signature_that_only_a_wallet_can_judge_is_taken_and_named(
    bundle: Bundle, tmp_path: Path
) -> None:
    foreign = put(tmp_path, "a", bundle.signed(kit.signature(bundle, 1, key=2)))
    found = files.gather([foreign], kit.NOW)
    assert found.unchecked == [1]
    assert len(found.paper.signatures) == 1
    twice = put(
        tmp_path,
        "b",
        bundle.signed(kit.signature(bundle, 1).model_copy(update={"data": "0x" + "22" * 65})),
    )
    (refused,) = files.gather([foreign, twice], kit.NOW).refused
    assert refused == (twice, "row 1: signed twice with other data; the first is kept")


def test_signatures_of_a_change_come_together(bundle: Bundle, tmp_path: Path) -> None:
    change = kit.change(bundle)
    paths = [put(tmp_path, str(row), change.signed(kit.signature(bundle, row))) for row in (2, 0)]
    found = files.gather(paths, kit.NOW)
    assert [each.index for each in found.paper.signatures] == [0, 2]
    assert found.unchecked == [2, 0]


def test_nothing_to_collect_is_said(tmp_path: Path) -> None:
    with pytest.raises(EMCError, match="nothing to collect"):
        files.gather([], kit.NOW)
    with pytest.raises(EMCError, match="none can be used"):
        files.gather([tmp_path / "nowhere.json"], kit.NOW)
    with pytest.raises(EMCError, match="1001 files are more"):
        files.gather([tmp_path / "x"] * 1001)
