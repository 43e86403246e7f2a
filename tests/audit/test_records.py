"""Records fold all EMCs of an ME as they should, bars are reached, and Reputation is found."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emc import artifacts
from emc.audit.read import known
from emc.audit.read.abi import topic
from emc.core.terms import Bar
from emc.errors import EMCError
from tests import reviews
from tests.audit.kit import audit, chain, lines, publish, store_of, variant, world_of
from tests.kit import World, deployer

HALF = (
    "HALF_LIFE: constant(uint256) = 365 * 86_400",
    "HALF_LIFE: constant(uint256) = 730 * 86_400",
)
SAYS_YES = ("    return len(self._shortfall(me, bar)) == 0\n", "    return True\n")
SHOWS_NOTHING = (
    "    return records._stars(me)\n",
    "    return empty(uint256[tallies.CRITERIA]), 0\n",
)
FIRST, SECOND = (4, 4, 4, 0), (1, 2, 4, 5)


def rated(review: reviews.Review, opinion: tuple[int, ...]) -> reviews.Review:
    """Everybody thinks the same of everybody."""
    review.rate_all(dict.fromkeys(range(len(review.members)), opinion))
    review.close()
    review.finalise()
    return review


def twice(world: World) -> list[reviews.Review]:
    """Two EMCs of the same nodes, more than a year apart, and their reviews."""
    first = rated(reviews.review(world), FIRST)
    return [first, rated(reviews.again(world, first), SECOND)]


def test_a_record_of_two_emcs_is_what_follows_from_both(monkeypatch: pytest.MonkeyPatch) -> None:
    with chain() as node:
        world = World()
        first, second = twice(world)
        publish(world, monkeypatch)
        verdicts = [audit(node, each.emc) for each in (first, second)]
        stars = second.contract.stars_of(second.me(0))[0]
    assert [(each.word, lines(each), each.unproven) for each in verdicts] == [
        ("RECONCILED", [], [])
    ] * 2
    # the older weighs a little less than half; user value was rated once
    assert list(stars) == [199, 266, 400, 500]


def test_a_record_that_fades_too_slowly_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = variant(tmp_path, {"modules/records.vy": [HALF]}, "Reputation.vy")
    with chain() as node:
        world = world_of(compiled)
        first, second = twice(world)
        publish(world, monkeypatch)
        honest, verdict = audit(node, first.emc), audit(node, second.emc)
    # with one EMC nothing has faded; what is known now has
    assert {each.event for each in honest.faults} == {"state"}
    assert verdict.word == "NOT RECONCILED"
    found = [line for line in lines(verdict) if line[2] == 0]
    assert found[:2] == [
        ("Finalised", "record of delivery", 0, 224, 199),
        ("Finalised", "record of quality", 0, 282, 266),
    ]
    assert found[2:] == [("state", *line[1:]) for line in found[:2]]


def test_a_view_that_hides_a_record_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = variant(tmp_path, {"Reputation.vy": [SHOWS_NOTHING]})
    with chain() as node:
        world = world_of(compiled)
        review = rated(reviews.review(world), FIRST)
        publish(world, monkeypatch)
        verdict = audit(node, review.emc)
    assert ("state", "record of delivery", 1, 0, 400) in lines(verdict)


def barred(world: World, **asked: Any) -> Any:
    """Terms whose nodes must reach a bar."""
    bar = Bar(registry=str(world.reputation.address), **asked)
    return reviews.reviewed_terms(world, bar=bar)


def test_an_emc_whose_nodes_reach_the_bar_ties() -> None:
    with chain() as node:
        world = World()
        first, _ = twice(world)
        now = reviews.boa.env.timestamp
        goal = replace(first.terms.goal, deadline=now + 300 * 86_400)
        terms = barred(world, stars=340, emcs=2, proceeds=2_000)
        emc = world.make(replace(terms, nonce=7, ends_at=now + 365 * 86_400, goal=goal))
        verdict = audit(node, emc)
    assert (verdict.word, lines(verdict), verdict.unproven) == ("RECONCILED", [], [])


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        ({"stars": 100}, "unrated"),
        ({"admits_unrated": True, "emcs": 1}, "too few EMCs"),
        ({"admits_unrated": True, "proceeds": 1}, "too few proceeds"),
    ],
)
def test_an_emc_that_begins_below_its_bar_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], lacking: str
) -> None:
    compiled = variant(tmp_path, {"Reputation.vy": [SAYS_YES]})
    with chain() as node:
        world = world_of(compiled)
        publish(world, monkeypatch)
        verdict = audit(node, world.make(barred(world, **asked)))
    assert lines(verdict) == [("Made", "bar", row, lacking, "reached") for row in range(3)]


def test_a_bar_is_compared_with_the_record_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = variant(tmp_path, {"Reputation.vy": [SAYS_YES]})
    with chain() as node:
        world = world_of(compiled)
        publish(world, monkeypatch)
        terms = barred(world, stars=400)
        emc = world.make(terms)
        # what they earn later does not count
        reviews.end(world, emc, terms)
        rated(reviews.opened(world, emc, terms), (5, 5, 5, 5))
        verdict = audit(node, emc)
    assert [line[:2] for line in lines(verdict)] == [("Made", "bar")] * 3


def test_reputation_is_where_the_system_has_it() -> None:
    with chain() as node:
        world = World()
        review = rated(reviews.review(world), FIRST)
        db = store_of()
        verdict = audit(node, review.emc, db)
    assert (verdict.word, verdict.unproven) == ("RECONCILED", [])
    assert verdict.evidence["deployment"]["Reputation"] == str(world.reputation.address)
    assert db.execute("SELECT count(*) FROM ratings").fetchall() == [(3 * 2 * 4,)]


def test_the_reader_names_the_reputation_of_contracts_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = {name: at[:-4] + "0000" for name, at in known.ours().items()}
    monkeypatch.setattr(known, "ours", lambda: elsewhere)
    monkeypatch.setattr(artifacts, "systems", list)
    with chain() as node:
        world = World()
        review = rated(reviews.review(world), FIRST)
        db = store_of()
        at = str(world.reputation.address)
        verdict = audit(node, review.emc, db, reputation=at)
        # the store keeps it
        assert audit(node, review.emc, db).evidence["deployment"]["Reputation"] == at
        with pytest.raises(EMCError, match="is not a Reputation of these contracts"):
            audit(node, review.emc, db, reputation=world.consent.address)
    assert (verdict.word, verdict.unproven) == ("RECONCILED", [])
    assert verdict.evidence["deployment"]["Reputation"] == str(world.reputation.address)
    assert db.execute("SELECT count(*) FROM ratings").fetchall() == [(3 * 2 * 4,)]


def test_a_strangers_registry_of_the_same_code_hides_no_ratings() -> None:
    with chain() as node:
        world = World()
        ours, told = world.reputation, world.implementation.address
        world.reputation = deployer("Reputation.vy").deploy(told, world.registry.address)
        terms = reviews.reviewed_terms(world)
        emc = world.make(terms)
        reviews.end(world, emc, terms)
        # the stranger's is first
        reviews.opened(world, emc, terms)
        world.reputation = ours
        rated(reviews.opened(world, emc, terms), FIRST)
        db = store_of()
        verdict = audit(node, emc, db)
    assert (verdict.word, verdict.unproven) == ("RECONCILED", [])
    assert db.execute("SELECT count(*) FROM ratings").fetchall() == [(3 * 2 * 4,)]


def test_a_reputation_of_other_code_is_not_believed(tmp_path: Path) -> None:
    compiled = variant(tmp_path, {"Reputation.vy": [SAYS_YES]})
    with chain() as node:
        review = rated(reviews.review(world_of(compiled)), FIRST)
        verdict = audit(node, review.emc)
    assert verdict.word == "RECONCILED"
    assert verdict.unproven == [
        ("ratings: none checked, as nobody names the Reputation; add --reputation", False)
    ]


def test_a_bar_of_an_unknown_registry_is_said_to_be_unchecked(tmp_path: Path) -> None:
    compiled = variant(tmp_path, {"Reputation.vy": [SAYS_YES]})
    with chain() as node:
        world = world_of(compiled)
        verdict = audit(node, world.make(barred(world, stars=100)))
    assert verdict.word == "RECONCILED"
    ((text, is_serious),) = verdict.unproven
    assert f"{world.reputation.address} keeps other records" in text
    assert not is_serious


def test_a_node_that_forgets_a_count_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    with chain() as node:
        world = World()
        _, second = twice(world)
        publish(world, monkeypatch)
        counts = topic("Reputation", "Finalised")
        answer, asked = node.eth_getLogs, []

        def forgets(query: Any) -> Any:
            found = answer(query)
            if not any(log["topics"][0] == counts for log in found) or asked:
                return found
            asked.append(query)
            return [log for log in found if log["topics"][0] != counts or log is found[-1]]

        monkeypatch.setattr(node, "eth_getLogs", forgets)
        with pytest.raises(EMCError, match="different logs when it is asked twice"):
            audit(node, second.emc)
    assert asked


def test_an_emc_of_another_version_is_not_checked_and_the_version_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (mine,) = artifacts.systems()
    moved = {name: at[:-4] + "0000" for name, at in mine["contracts"].items()}
    monkeypatch.setattr(known, "ours", lambda: moved)
    older = {**mine, "version": "0.0.9", "status": "published"}
    monkeypatch.setattr(artifacts, "systems", lambda: [older, {**mine, "contracts": moved}])
    with chain() as node:
        world = World()
        emc = world.make(world.terms())
        with pytest.raises(EMCError, match=f"{emc.address} was made by version 0.0.9") as caught:
            audit(node, emc)
    assert caught.value.hint == "audit it with that release"


def test_where_the_contracts_are_is_computed_by_the_audit_itself() -> None:
    (mine,) = artifacts.systems()
    assert known.ours().items() <= mine["contracts"].items()
    assert set(mine["contracts"]) - set(known.ours()) == {"CallForBids"}
