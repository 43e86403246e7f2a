"""EigenTrust beside an independent computation, and the rings that it exposes."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emc.core import trust
from emc.core.ratings import Vector
from emc.core.trust import Rated, Ring, eigentrust
from emc.errors import EMCError

HONEST = [
    Rated("0xa", rater, ratee, (4, 5, 4, 5)) for rater, ratee in permutations((1, 2, 3, 4), 2)
]


def ring(members: tuple[int, ...], emc: str = "0xf", stars: int = 5) -> list[Rated]:
    """MEs that give each other all stars in an EMC of their own."""
    return [Rated(emc, a, b, (stars,) * 4) for a, b in permutations(members, 2)]


def by_iteration(ratings: list[Rated], seeds: set[int], damping: float) -> dict[int, float]:
    """Trust by handing it on, step by step, from the definition alone."""
    mes = seeds | {me for each in ratings for me in (each.rater, each.ratee)}
    s: dict[tuple[int, int], float] = {}
    for each in ratings:
        stars = [star for star in each.vector if star]
        if stars and each.rater != each.ratee:
            pair = (each.rater, each.ratee)
            s[pair] = s.get(pair, 0) + sum(stars) / len(stars) - 3
    p = {me: (1 / len(seeds) if me in seeds else 0.0) for me in mes}
    praise = {i: sum(max(s.get((i, k), 0), 0) for k in mes) for i in mes}
    # what is no praise but rounding of floats
    praise = {i: value if value > 1e-9 else 0 for i, value in praise.items()}
    t = dict(p)
    for _ in range(400):
        t = {
            j: (1 - damping) * p[j]
            + damping
            * sum(t[i] * (max(s.get((i, j), 0), 0) / praise[i] if praise[i] else p[j]) for i in mes)
            for j in mes
        }
    return t


vectors = st.tuples(*[st.integers(0, 5)] * 4)
ratings = st.lists(
    st.builds(
        Rated,
        emc=st.sampled_from(["0xa", "0xb"]),
        rater=st.integers(1, 6),
        ratee=st.integers(1, 6),
        vector=vectors,
    ),
    max_size=25,
)


@given(
    ratings, st.sets(st.integers(1, 7), min_size=1, max_size=3), st.sampled_from(["0.5", "0.85"])
)
def test_trust_is_what_handing_it_on_leads_to(
    given_: list[Rated], seeds: set[int], damping: str
) -> None:
    found = eigentrust(given_, seeds, damping=Decimal(damping))
    expected = by_iteration(given_, seeds, float(damping))
    assert {each.me for each in found.scores} >= seeds
    for each in found.scores:
        assert each.trust == pytest.approx(expected[each.me], abs=1e-6)
    assert sum(each.trust for each in found.scores) == pytest.approx(1)


def test_who_shares_praise_out_gives_each_its_part() -> None:
    given_ = [Rated("0xa", 1, 2, (5, 5, 5, 5)), Rated("0xa", 1, 3, (4, 4, 4, 4))]
    found = {each.me: each.trust for each in eigentrust(given_, [1]).scores}
    # 2 of 3 parts, 1 of 3 parts of what ME 1 hands on
    assert found[2] == pytest.approx(2 * found[3])
    assert found[2] == pytest.approx(found[1] * 0.85 * 2 / 3)


def test_a_sybil_ring_gets_no_trust_however_large_and_eager_it_is() -> None:
    sybils = tuple(range(50, 80))
    fake = [each for n in range(5) for each in ring(sybils, f"0xf{n}")]
    alone = eigentrust(HONEST, [1])
    found = eigentrust(HONEST + fake, [1])
    (exposed,) = found.rings
    assert exposed == Ring(sybils, ("0xf0", "0xf1", "0xf2", "0xf3", "0xf4"), is_closed=True)
    assert {each.trust for each in found.scores if each.me in sybils} == {0.0}
    # and takes nothing from the others
    before = {each.me: each.trust for each in alone.scores}
    for each in found.scores:
        if each.me not in sybils:
            assert each.trust == pytest.approx(before[each.me])


def test_a_ring_that_flatters_others_is_listed_and_gains_nothing() -> None:
    flattery = [Rated("0xa", 50, 1, (5, 5, 5, 5))]
    found = eigentrust(HONEST + ring((50, 51)) + flattery, [1])
    assert found.rings == (Ring((50, 51), ("0xf",), is_closed=False),)
    assert {each.trust for each in found.scores if each.me in (50, 51)} == {0.0}


def test_a_ring_that_somebody_trusted_praises_is_no_ring() -> None:
    found = eigentrust([*HONEST, *ring((50, 51)), Rated("0xa", 4, 50, (5, 5, 5, 5))], [1])
    assert found.rings == ()
    assert all(each.trust > 0 for each in found.scores)


def test_blame_carries_no_trust() -> None:
    found = eigentrust([*HONEST, Rated("0xa", 1, 9, (1, 1, 1, 1)), *ring((9, 10), stars=3)], [1])
    own = next(each for each in found.scores if each.me == 9)
    assert (own.trust, own.praised_by, own.blamed_by) == (0.0, 0, 1)
    # three stars are neither
    assert found.rings == ()


def test_blame_takes_praise_back() -> None:
    given_ = [Rated("0xa", 1, 2, (5, 5, 5, 5)), Rated("0xb", 1, 2, (1, 1, 1, 1))]
    found = {each.me: each.trust for each in eigentrust(given_, [1]).scores}
    assert found == {1: pytest.approx(1), 2: 0.0}


def test_nobody_praises_itself() -> None:
    found = {each.me: each.trust for each in eigentrust([Rated("0xa", 1, 1, (5,) * 4)], [1]).scores}
    assert found == {} or found == {1: pytest.approx(1)}


@given(ratings.flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))))
def test_the_order_of_ratings_changes_nothing(orders: tuple[list[Rated], list[Rated]]) -> None:
    one, other = (eigentrust(each, [1]) for each in orders)
    assert one.inputs == other.inputs
    assert [(each.me, round(each.trust, 9)) for each in one.scores] == [
        (each.me, round(each.trust, 9)) for each in other.scores
    ]


def test_whatever_went_in_is_in_the_hash() -> None:
    def inputs(
        given_: list[Rated] = HONEST,
        seeds: tuple[int, ...] = (1,),
        damping: str = "0.85",
        chain: str = "1",
    ) -> bytes:
        return eigentrust(given_, seeds, damping=Decimal(damping), source={"chain": chain}).inputs

    worse: Vector = (1, 5, 4, 5)
    others = [
        inputs(HONEST[1:]),
        inputs([*HONEST[1:], Rated("0xa", 1, 2, worse)]),
        inputs(seeds=(1, 2)),
        inputs(damping="0.5"),
        inputs(chain="2"),
    ]
    assert len({inputs(), *others}) == 6
    assert inputs(damping="0.850") == inputs(seeds=(1, 1)) == inputs()
    assert (
        inputs().hex()
        == trust.inputs(
            sorted(HONEST, key=lambda each: (each.rater, each.ratee)),
            (1,),
            Decimal("0.85"),
            {"chain": "1"},
        ).hex()
    )


@pytest.mark.parametrize("damping", ["0", "1", "-1", "NaN", "Infinity"])
def test_a_damping_that_hands_nothing_or_everything_on_is_refused(damping: str) -> None:
    with pytest.raises(EMCError, match="is not between 0 and 1"):
        eigentrust(HONEST, [1], damping=Decimal(damping))


def test_without_a_seed_there_is_no_trust() -> None:
    with pytest.raises(EMCError, match="no seed is given"):
        eigentrust(HONEST, [])


def test_without_ratings_only_seeds_are_trusted() -> None:
    found = eigentrust([], [3, 2])
    assert [(each.me, each.trust) for each in found.scores] == [
        (2, pytest.approx(0.5)),
        (3, pytest.approx(0.5)),
    ]
