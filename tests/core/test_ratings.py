"""Ratings: from the file of a node to the bytes that it commits to, and back."""

from pathlib import Path
from statistics import median as known_median

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from emc.core import ratings
from emc.core.ratings import NO_OPINION, Member
from emc.errors import EMCError
from emc.files import rating_file
from emc.files.rating_file import RatingErrors, Stars
from tests.kit import address
from tests.spec.ratings import median

BAKER, COOK, RIDER = 11, 4, 7
MEMBERS = (Member(BAKER, 0), Member(COOK, 1), Member(RIDER, 2))
KEYS = {"baker": BAKER, "cook": COOK, "rider": RIDER}

vectors = st.tuples(*[st.integers(0, 5)] * 4)


def load(folder: Path, text: str, rater: int = BAKER) -> dict[int, ratings.Vector]:
    """What a file of ratings says."""
    path = folder / "ratings.yaml"
    path.write_text(text)
    return ratings.unpack(MEMBERS, rating_file.load(path, rater, MEMBERS, KEYS))


def test_stars_are_written_by_id_or_by_key(tmp_path: Path) -> None:
    said = load(
        tmp_path,
        "ratings:\n"
        "  cook: {delivery: 5, quality: 4, collaboration: 3, user_value: 2}\n"
        "  7: {quality: 1}\n",
    )
    assert said == {COOK: (5, 4, 3, 2), RIDER: (0, 1, 0, 0)}


def test_one_number_stands_for_all_criteria(tmp_path: Path) -> None:
    assert load(tmp_path, "ratings: {cook: 4}") == {COOK: (4, 4, 4, 4)}


def test_a_nibble_per_criterion_in_the_order_of_the_list() -> None:
    said = ratings.pack(MEMBERS, {RIDER: (1, 2, 3, 4), BAKER: (5, 0, 0, 5)})
    assert said.hex() == "5005" + "0000" + "1234"


@given(st.lists(vectors, min_size=1, max_size=128))
def test_what_is_packed_comes_back(given_: list[ratings.Vector]) -> None:
    members = [Member(me, me) for me in range(len(given_))]
    said = ratings.pack(members, dict(enumerate(given_)))
    assert len(said) == 2 * len(members)
    back = ratings.unpack(members, said)
    assert [back.get(me, NO_OPINION) for me in range(len(given_))] == given_


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (b"\0" * 5, "ratings of 5 bytes are not for 3 members"),
        (b"\x60" + b"\0" * 5, "ME 11 has 6 stars"),
        (b"\0" * 5 + b"\x0f", "ME 7 has 15 stars"),
    ],
)
def test_bytes_that_are_no_ratings_are_refused(said: bytes, says: str) -> None:
    with pytest.raises(EMCError, match=says):
        ratings.unpack(MEMBERS, said)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ratings: {baker: 5}", "line 1: ratings.baker: is yourself"),
        ("ratings:\n  9: 5", "line 2: ratings.9: ME 9 was not a node of this EMC"),
        ("ratings: {chef: 5}", "is neither an ME id nor a key of the canvas"),
        ("ratings: {cook: 5, 4: 5}", "ME 4 is rated twice"),
        ("ratings: {cook: 6}", "'6' is too large; at most 5"),
        ("ratings: {cook: {delivery: -1}}", "'-1' is too small; at least 0"),
        ("ratings: {cook: {delivery: 4.5}}", "'4.5' is not a whole number"),
        ("ratings: {cook: {speed: 5}}", "ratings.cook.speed: is not a field here"),
        ("ratings: {cook: true}", "is not a set of fields"),
        ("ratings: {}", "ratings: has 0, and needs at least 1"),
        ("ratings: [5]", "ratings: is not a set of fields"),
        ("stars: {cook: 5}", "ratings: is missing"),
        ("ratings: {cook: 5", "cannot be read"),
        ("- 5", "the file holds no fields"),
        ("", "the file holds no fields"),
    ],
)
def test_a_file_that_is_no_ratings_says_why_and_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RatingErrors) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EMCError, match=r"gone\.yaml: No such file"):
        rating_file.load(tmp_path / "gone.yaml", BAKER, MEMBERS, {})


def test_only_who_was_there_at_the_same_time_is_rated() -> None:
    first = Member(1, 0, left_at=100)
    whole = Member(2, 1)
    late = Member(3, 2, joined_at=100)
    later = Member(4, 3, joined_at=99, left_at=500)
    members = (first, whole, late, later)

    def rated(me: int) -> list[int]:
        return [each.me for each in ratings.rateable(me, members)]

    assert rated(1) == [2, 4]
    assert rated(2) == [1, 3, 4]
    assert rated(3) == [2, 4]
    assert ratings.why_not(3, 1, members) == "ME 1 was not there at the same time as you"
    with pytest.raises(EMCError, match="ME 9 was not a node"):
        rated(9)


@given(st.tuples(*[st.integers(0, 6)] * 4))
def test_times_overlap_as_sets_of_moments_do(times: tuple[int, int, int, int]) -> None:
    a, b = (Member(1, 0, times[0], times[1]), Member(2, 1, times[2], times[3]))

    def moments(member: Member) -> set[int]:
        return set(range(member.joined_at, member.left_at or 10))

    shorter = [m for m in (a, b) if m.left_at and m.left_at <= m.joined_at]
    # nobody leaves before it joins
    if not shorter:
        assert a.met(b) == bool(moments(a) & moments(b)) == b.met(a)


def test_a_commitment_binds_everything() -> None:
    emc, registry, said, salt = address("emc"), address("registry"), b"\x54\x32", b"s" * 32
    own = ratings.commitment(1, registry, emc, BAKER, said, salt)
    assert own == keccak(
        encode(
            ["uint256", "address", "address", "uint256", "bytes", "bytes32"],
            [1, registry, emc, BAKER, said, salt],
        )
    )
    others = {
        ratings.commitment(2, registry, emc, BAKER, said, salt),
        ratings.commitment(1, emc, emc, BAKER, said, salt),
        ratings.commitment(1, registry, registry, BAKER, said, salt),
        ratings.commitment(1, registry, emc, COOK, said, salt),
        ratings.commitment(1, registry, emc, BAKER, b"\x54\x33", salt),
        ratings.commitment(1, registry, emc, BAKER, said, b"t" * 32),
    }
    assert len(others - {own}) == 6


@given(st.lists(st.integers(0, 5), max_size=40))
def test_a_median_is_the_one_of_the_statistics_module(stars: list[int]) -> None:
    given_ = [each for each in stars if each]
    expected = known_median([each * 100 for each in given_]) if len(given_) >= 2 else None
    assert median(stars) == expected


def test_a_mean_leaves_out_what_nobody_said() -> None:
    assert ratings.mean((5, 0, 4, 0)) == 4.5
    assert ratings.mean(NO_OPINION) is None


def test_stars_know_their_order() -> None:
    assert Stars(delivery=1, quality=2, collaboration=3, user_value=4).vector == (1, 2, 3, 4)
