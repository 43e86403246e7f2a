"""Calls and bids as files, and the canvas that is drafted from them."""

from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from emc.core.allocation import Contributor, allocate
from emc.core.units import PPM
from emc.errors import EMCError
from emc.files import calls, draft
from emc.files import canvas as canvases
from emc.files.calls import Asked, Bid, Call, CallErrors
from emc.files.canvas import CanvasErrors
from emc.files.compile import Parties, compile_terms, load_parties
from emc.files.draft import Place
from tests.kit import address

NOW = 1_800_000_000
CALL = """\
title: Breakfast box
role: roasting
scenario: Offices want breakfast that somebody else brings.
proposition: Bread and coffee at eight.
needs: [Coffee for a hundred boxes]
share: {lower: 10, upper: 40}
deadline: 14d
currency: {symbol: EUR, decimals: 2}
bar: {stars: 3.5, emcs: 1, proceeds: 1000, admits_unrated: false}
"""
BID = f"""\
key: roastery
name: Courtyard roastery
solution: |
  We roast at night.
  Twice a week.
obligations: [Roasts]
expected_performance: [Beans are two days old at most]
resources: [a key to the bakery]
share: {{asked: 25, lower: 20, upper: 35}}
cost_cover: 400
running_cost: 12.5
payee: "{address("roastery")}"
"""
FILL = """
kind: experience
start: now
end: 90d
leading_goal:
  unit: EUR of boxes
  benchmark: 20000
  target: 30000
  deadline: 60d
  source: last year
  gate: benchmark
"""


def call(folder: Path, text: str = CALL, now: int | None = None) -> Call:
    path = folder / "call.yaml"
    path.write_text(text)
    return calls.load_call(path, now=now)


def bid(folder: Path, text: str = BID, call: Call | None = None) -> Bid:
    path = folder / "bid.yaml"
    path.write_text(text)
    return calls.load_bid(path, call)


def changed(bid: Bid, lower: int, asked: int, upper: int, **other: object) -> Bid:
    """A bid with another share, in percent."""
    share = Asked(lower=str(lower), asked=str(asked), upper=str(upper))  # type: ignore[arg-type]
    return bid.model_copy(update={"share": share, **other})


# files


def test_a_call_is_read(tmp_path: Path) -> None:
    made = call(tmp_path, now=NOW)
    assert (made.share.lower, made.share.upper, made.places) == (100_000, 400_000, 1)
    assert made.closes_at(NOW) == NOW + 14 * 86_400
    assert made.reveal_span == 0
    assert made.bar is not None
    assert made.bar.stars == 350


def test_a_sealed_call_has_time_to_open_bids(tmp_path: Path) -> None:
    assert call(tmp_path, CALL + "sealed: true\n").reveal_span == 2 * 86_400
    assert call(tmp_path, CALL + "sealed: true\nreveal: 60min\n").reveal_span == 3600


def test_a_bid_fits_its_call(tmp_path: Path) -> None:
    made = bid(tmp_path, call=call(tmp_path))
    assert (made.share.asked, made.running_cost, made.cost_cover) == (250_000, 125_000, "400")


def test_a_document_is_hashed_as_canonical_json(tmp_path: Path) -> None:
    for made in (call(tmp_path), bid(tmp_path)):
        assert made.hash() == keccak(rfc8785.dumps(made.document()))
        assert type(made).model_validate(made.document()) == made


def test_two_spellings_of_a_bid_have_one_hash(tmp_path: Path) -> None:
    other = (
        BID.replace("12.5", "12.50%").replace("400", "0400.0").replace("asked: 25", "asked: 25.0")
    )
    assert bid(tmp_path, other).hash() == bid(tmp_path).hash()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("lower: 10", "lower: 41", "share.lower: 41% is above the upper bound 40%"),
        ("{lower: 10, upper: 40}", "0", "share: is not a set of fields"),
        ("lower: 10, upper: 40", "lower: 0, upper: 0", "nothing can be asked for"),
        ("role: roasting", "role: ''", "role: is empty"),
        ("role: roasting", f"role: {'ö' * 40}", "role: is longer than 64 bytes"),
        ("role: roasting", 'role: "a\\u202eb"', "which does not belong there"),
        ("deadline: 14d", "deadline: 14", "deadline: '14' is not a moment"),
        ("deadline: 14d", "deadline: 2020-01-01T00:00Z", "line 7: deadline: is over already"),
        ("needs: [Coffee for a hundred boxes]", "needs: []", "needs: has 0, and needs at least 1"),
        (
            "proceeds: 1000",
            "proceeds: 1000.001",
            "bar.proceeds: '1000.001' has more decimals than EUR",
        ),
        ("stars: 3.5", "stars: 6", "bar.stars: '6' is not a rating from 0 to 5"),
        ("title: Breakfast box", "name: Breakfast box", "name: is not a field here"),
        ("deadline: 14d", "deadline: 14d\nplaces: 65", "places: '65' is too large; at most 64"),
        ("deadline: 14d", "deadline: 14d\nplaces: 0", "places: '0' is too small; at least 1"),
        (
            "deadline: 14d",
            "deadline: 14d\nsealed: true\nreveal: 0",
            "reveal: sealed bids need an hour",
        ),
        (
            "deadline: 14d",
            "deadline: 14d\nsealed: true\nreveal: 59min",
            "reveal: sealed bids need an hour",
        ),
        (CALL, "[]", "the file holds no fields"),
        (CALL, "title: [", "cannot be read"),
    ],
)
def test_a_file_that_is_no_call_says_why(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in CALL
    with pytest.raises(CallErrors) as caught:
        call(tmp_path, CALL.replace(old, new), now=NOW)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("asked: 25", "asked: 36", "share.asked: 36% is outside its own bounds"),
        ("asked: 25, lower: 20", "asked: 9, lower: 5", "9% is not what the call takes"),
        ("asked: 25, lower: 20, upper: 35", "asked: 25, lower: 40, upper: 35", "swap them"),
        ("asked: 25, ", "", "share.asked: is missing; it says: the share asked for"),
        ("running_cost: 12.5", "running_cost: 100", "running_cost: takes every sale"),
        (
            "cost_cover: 400",
            "cost_cover: 400.005",
            "cost_cover: '400.005' has more decimals than EUR",
        ),
        ("cost_cover: 400", "cost_cover: -4", "cost_cover: '-4' is not an amount"),
        (address("roastery"), address("roastery").lower(), "payee: is not a checksummed address"),
        (address("roastery"), "0x" + "0" * 40, "payee: is the zero address"),
        ("key: roastery", "key: The Roastery", "key: 'The Roastery' is not written as it must be"),
        ("obligations: [Roasts]\n", "", "obligations: is missing"),
        (BID, "5", "the file holds no fields"),
    ],
)
def test_a_file_that_is_no_bid_says_why(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in BID
    asked = call(tmp_path)
    with pytest.raises(CallErrors) as caught:
        bid(tmp_path, BID.replace(old, new), asked)
    assert says in str(caught.value)


def test_files_are_matched_with_the_hashes_on_chain(tmp_path: Path) -> None:
    own = bid(tmp_path)
    path, other = tmp_path / "bid.yaml", tmp_path / "other.yaml"
    assert calls.matching([path], [own.hash()]) == {own.hash(): (path, own)}
    other.write_text(BID.replace("Twice", "Once"))
    with pytest.raises(EMCError, match="is not the document of a bid in this call"):
        calls.matching([other], [own.hash()])
    other.write_text(BID)
    with pytest.raises(EMCError, match="is the same as"):
        calls.matching([path, other], [own.hash()])


def test_the_hash_of_a_sealed_bid_binds_everything() -> None:
    at, document, salt = address("calls"), b"d" * 32, b"s" * 32
    words = ["uint256", "address", "uint256", "uint256", "uint256", "bytes32"]
    values = (1, at, 2, 3, 4, document)
    sealed = (*values, salt)
    own = calls.commitment(*sealed)
    assert own == keccak(encode([*words, "bytes32"], sealed))
    for place, other in enumerate((9, address("x"), 9, 9, 9, b"x" * 32, b"x" * 32)):
        assert calls.commitment(*(*sealed[:place], other, *sealed[place + 1 :])) != own


# drafting


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """The leader's own row, a roaster and a rider."""
    made = bid(tmp_path)
    return [
        Place(5, "leader", changed(made, 30, 40, 60, key="bakery", name="Bakery")),
        Place(9, "roasting", made),
        Place(2, "delivery", changed(made, 10, 20, 30, key="riders", payee=address("riders"))),
    ]


def test_a_draft_lacks_only_what_bids_cannot_know(tmp_path: Path, places: list[Place]) -> None:
    found = draft.draft(31337, [call(tmp_path)], places, address("registry"))
    path = tmp_path / "canvas.yaml"
    path.write_text(found.canvas)
    with pytest.raises(CanvasErrors) as caught:
        canvases.load(path)
    missing = {each.where for each in caught.value.problems}
    assert missing == {name for name, _ in found.left}
    assert missing == {"kind", "leading_goal", "start", "end"}
    for name in missing:
        assert f"#   {name}: " in found.canvas
    path.write_text(found.canvas + FILL)
    canvas = canvases.load(path, now=NOW)
    assert [(node.key, node.role) for node in canvas.nodes] == [
        ("bakery", "leader"),
        ("roastery", "roasting"),
        ("riders", "delivery"),
    ]
    assert canvas.nodes[1].other_value_flows == ["a key to the bakery"]
    assert canvas.rules.bar is not None
    assert canvas.rules.bar.stars == 350
    assert "# roastery: We roast at night.\n#   Twice a week." in found.canvas

    # and with the parties filled in as well, it compiles to terms
    own = tmp_path / "parties.yaml"
    own.write_text(found.parties)
    with pytest.raises(EMCError, match="2 problems"):
        load_parties(own)
    own.write_text(
        found.parties + f'currency: "{address("token")}"\nbackstop: "{address("backstop")}"\n'
    )
    parties: Parties = load_parties(own)
    terms = compile_terms(canvas, parties, now=NOW)
    assert [row.party for row in terms.rows] == [5, 2, 9]
    assert terms.bar.registry == address("registry")
    assert {row.party: row.payee for row in terms.rows}[2] == address("riders")


def test_shares_are_those_of_bounded_proportional_allocation(
    tmp_path: Path, places: list[Place]
) -> None:
    found = draft.draft(1, [call(tmp_path)], places)
    rows = YAML(typ="safe").load(found.canvas)["nodes"]
    expected = allocate(
        [
            Contributor("bakery", 40, 300_000, 600_000),
            Contributor("roastery", 25, 200_000, 350_000),
            Contributor("riders", 20, 100_000, 300_000),
        ]
    )
    assert found.allocation.shares == expected.shares
    assert [round(float(row["share"]["all"]) * 10_000) for row in rows] == list(expected.shares)


@given(st.lists(st.tuples(*[st.integers(1, 100)] * 3), min_size=2, max_size=8))
def test_every_share_of_a_draft_lies_inside_the_bounds_of_its_bid(
    given_: list[tuple[int, int, int]],
) -> None:
    base = Bid.model_validate(YAML(typ="safe").load(BID.replace("12.5", "1")))
    made = [
        Place(me, "role", changed(base, *sorted(numbers), key=f"row-{me}"))
        for me, numbers in enumerate(given_, 1)
    ]
    one = Call.model_validate(YAML(typ="safe").load(CALL.replace("3.5", "3")))
    try:
        found = draft.draft(1, [one], made)
    except EMCError:
        # only where no shares exist
        assert not (sum(min(each) for each in given_) <= 100 <= sum(max(each) for each in given_))
        return
    assert sum(found.allocation.shares) == PPM
    for place, share in zip(made, found.allocation.shares, strict=True):
        assert place.bid.share.lower <= share <= place.bid.share.upper


def test_equal_keys_are_told_apart(tmp_path: Path, places: list[Place]) -> None:
    third = changed(places[1].bid, 10, 20, 30)
    found = draft.draft(1, [call(tmp_path)], [*places[:2], Place(2, "delivery", third)])
    keys = [row["key"] for row in YAML(typ="safe").load(found.canvas)["nodes"]]
    assert keys == ["bakery", "roastery", "roastery-2"]


def test_bids_that_do_not_fit_together_say_why(tmp_path: Path, places: list[Place]) -> None:
    made = call(tmp_path)
    other = call(tmp_path, CALL.replace("EUR", "CHF").replace("roasting", "delivery"))
    with pytest.raises(EMCError, match="roasting and delivery settle in different currencies"):
        draft.draft(1, [made, other], places)
    with pytest.raises(EMCError, match="ME 9 has two places, as roasting and as delivery"):
        draft.draft(1, [made], [*places[:2], replace(places[2], me=9)])
    with pytest.raises(EMCError, match="nobody but the leader"):
        draft.draft(1, [made], places[:1])
    greedy = [
        replace(each, bid=each.bid.model_copy(update={"running_cost": 400_000})) for each in places
    ]
    with pytest.raises(EMCError, match="running costs sum to 120% of every sale"):
        draft.draft(1, [made], greedy)
    low = [replace(each, bid=changed(each.bid, 10, 20, 30, key=each.bid.key)) for each in places]
    with pytest.raises(EMCError, match="upper bounds sum to 90%"):
        draft.draft(1, [made], low)


def test_different_bars_are_left_to_people(tmp_path: Path, places: list[Place]) -> None:
    other = call(tmp_path, CALL.replace("emcs: 1", "emcs: 2"))
    found = draft.draft(1, [call(tmp_path), other], places, address("registry"))
    assert "rules" not in YAML(typ="safe").load(found.canvas)
    assert "registry" not in YAML(typ="safe").load(found.parties)
    assert "rules.bar is left out: the calls have different ones" in found.look
