"""Ratings are those that were committed to, and medians are theirs."""

from pathlib import Path
from typing import Any

import pytest

from emc.core.terms import Gate
from tests import authority, reviews
from tests.audit.kit import audit, chain, lines, publish, store_of, variant, world_of
from tests.audit.recorder import Recorder
from tests.kit import World
from tests.till import send

MISCOUNTS = (
    "self._at(word, criterion, (raters - 1) // 2) + ",
    "self._at(word, criterion, raters // 2) + ",
)
NODES = 5


def rated(world: World, monkeypatch: pytest.MonkeyPatch) -> reviews.Review:
    """An EMC whose nodes rated each other, each in its own way; the last one withheld."""
    publish(world, monkeypatch)
    review = reviews.review(world, NODES)
    given = {
        place: review.ratings(
            {i: (1 + (place + i) % 5, 3, place + 1, 0) for i in range(NODES) if i != place}
        )
        for place in range(NODES - 1)
    }
    for place, ratings in given.items():
        review.commit(place, ratings)
    reviews.boa.env.time_travel(seconds=reviews.COMMIT + 1)
    for place, ratings in given.items():
        review.reveal(place, ratings)
    review.close()
    review.finalise()
    return review


def test_honest_ratings_tie_and_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with chain() as node:
        review = rated(World(), monkeypatch)
        db = store_of()
        verdict = audit(node, review.emc, db)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])
    assert [each.kind for each in verdict.findings] == ["concentration", "withheld_rating"]
    assert db.execute("SELECT count(*) FROM ratings").fetchall() == [((NODES - 1) ** 2 * 4,)]
    kept = db.execute(
        "SELECT has_revealed, quality, user_value FROM reviews ORDER BY me"
    ).fetchall()
    assert kept == [*[(True, 300, 0)] * (NODES - 1), (False, 300, 0)]


def test_who_ends_an_emc_late_does_not_move_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    until = reviews.until
    monkeypatch.setattr(reviews, "until", lambda at: until(at + 2))
    with chain() as node:
        review = rated(World(), monkeypatch)
        verdict = audit(node, review.emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])


def late(world: World, monkeypatch: pytest.MonkeyPatch) -> reviews.Review:
    """One node disbanded an EMC after its full time, and more came in before the review."""
    publish(world, monkeypatch)
    terms = reviews.reviewed_terms(world, gate=Gate.TARGET)
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    reviews.until(terms.ends_at)
    alone = [authority.disbanding(world, emc, terms, 0, world.nodes[0].me)]
    authority.disband(world, emc, terms, alone)
    send(world, emc, 77)
    emc.absorb()
    return reviews.opened(world, emc, terms)


def test_what_came_after_the_full_time_is_neither_proceeds_nor_a_disbanding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with chain() as node:
        review = late(World(), monkeypatch)
        verdict = audit(node, review.emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])


GENEROUS = ("staticcall IEMC(emc).ended_with() - 1", "staticcall IEMC(emc).total()")
STRICT = ("staticcall IConduct(parties.AUTHORITY.conduct).is_disbanded(emc)", "True")


@pytest.mark.parametrize(
    ("patch", "line"),
    [
        (GENEROUS, ("ReviewOpened", "total", 1_077, 1_000)),
        (STRICT, ("ReviewOpened", "disbanded", True, False)),
    ],
)
def test_a_review_that_counts_it_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    patch: tuple[str, str],
    line: tuple[Any, ...],
) -> None:
    compiled = variant(tmp_path, {"Reputation.vy": [patch]})
    with chain() as node:
        review = late(world_of(compiled), monkeypatch)
        verdict = audit(node, review.emc)
    assert verdict.word == "NOT RECONCILED"
    assert [(each[0], each[1], *each[3:]) for each in lines(verdict)] == [line]


def test_a_miscounted_median_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = variant(tmp_path, {"modules/tallies.vy": [MISCOUNTS]}, "Reputation.vy")
    with chain() as node:
        review = rated(world_of(compiled), monkeypatch)
        verdict = audit(node, review.emc)
    # the last member got 1, 2, 3 and 4 for collaboration, by four raters
    assert verdict.word == "NOT RECONCILED"
    assert ("Finalised", "median of collaboration", 4, 300, 250) in lines(verdict)


def test_ratings_that_were_not_committed_to_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with chain() as node:
        review = rated(World(), monkeypatch)
        other = "0x" + "ab" * 32
        _event(node, review, "Committed")["data"] = other
        verdict = audit(node, review.emc)
    (line,) = lines(verdict)
    assert (line[0], line[1], line[4]) == ("Revealed", "ratings", other)


def _event(node: Recorder, review: reviews.Review, name: str) -> Any:
    from emc.audit.read.abi import topic

    wanted = topic("Reputation", name)
    logs = node.logs[str(review.contract.address).lower()]
    return next(log for log in logs if log["topics"][0] == wanted)
