"""Every field of the terms and of a row: never a renegotiation, and an amendment only by all.

The scene: three nodes and a beneficiary behind a closed gate, and a fourth node that has left and
waits for what the gate holds for it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import (
    Assessment,
    Bar,
    Gate,
    Goal,
    Kind,
    Leaving,
    Measure,
    Metric,
    Renegotiation,
    Review,
    Row,
    Terms,
)
from tests import authority
from tests.authority import Given
from tests.kit import FAR, World, address, deployer, events, received, replace, with_measure
from tests.till import Books
from tests.unit.changes.kit import approve, name_for_all, name_of, reserve, shifted

PARTS = {
    "goal": Goal,
    "renegotiation": Renegotiation,
    "leaving": Leaving,
    "assessment": Assessment,
    "review": Review,
    "bar": Bar,
}
FIELDS = (
    {field.name for field in fields(Terms)} - set(PARTS) - {"rows"}
    | {f"{part}.{field.name}" for part, kind in PARTS.items() for field in fields(kind)}
    | {f"goal.{field.name}" for field in fields(Measure)}
    | {f"row.{field.name}" for field in fields(Row)}
)
# what decides when, by when and to whom held money goes
TOUCHING = {
    *(f"goal.{field.name}" for kind in (Goal, Measure) for field in fields(kind)),
    *(f"assessment.{field.name}" for field in fields(Assessment)),
    *("backstop", "starts_at", "ends_at", "leaving.margin"),
}
# no signatures make these an amendment
NEVER = {
    "version": "terms: unknown version",
    "currency": "changes: currency is for life",
    "review.commit": "changes: review is for life",
    "review.reveal": "changes: review is for life",
    "row.party": "changes: row of another party",
}
SHARES = {"row.base", "row.leading", "row.upside"}

Change = Callable[[World, Terms], Terms]


@dataclass
class Scene:
    """The EMC, its terms in force, and where the fourth node was."""

    emc: VyperContract
    terms: Terms
    left: int
    left_me: int


@pytest.fixture(scope="module")
def _scene(_first_world: World) -> Iterator[Scene]:
    world = _first_world
    nodes = list(world.nodes)
    with boa.env.anchor():
        world.register(2)
        stars = deployer("mocks/StarTable.vy").deploy()
        for node in world.nodes:
            stars.set_stars(node.me, 450)
        rows = [
            replace(row, lower=100_000, upper=600_000)
            for row in world.rows([300_000, 300_000, 200_000, 100_000], costs=[40, 0, 0, 0])
        ]
        rows[1] = replace(rows[1], upper=350_000)
        rows[3] = replace(rows[3], lower=0)
        terms = world.terms(
            (*rows, replace(reserve(4, 100_000), upper=600_000)),
            benchmark=1_000,
            target=2_000,
            gate=Gate.BENCHMARK,
            renegotiation=Renegotiation(quorum=666_666),
            # as a goal would need that is assessed
            assessment=Assessment(window=100, objections=500_000, grace=1_000),
            review=Review(7 * 86_400, 7 * 86_400),
            bar=Bar(registry=stars.address, stars=400, currency=address("currency of the bar")),
        )
        emc = world.make(terms)
        world.sell(emc, 540, 1)
        terms = authority.leave(world, emc, terms, 3)
        yield Scene(emc, terms, left=3, left_me=world.nodes[3].me)
    world.nodes = nodes


@pytest.fixture
def scene(_scene: Scene, world: World, books: Books) -> Scene:
    """The scene as it was; what a test does to it is undone."""
    assert len(world.nodes) == 5
    books.terms[_scene.emc.address] = _scene.terms
    return _scene


def part(name: str, **values: Any) -> Change:
    """Change fields of an inner struct."""
    return lambda _, terms: replace(terms, **{name: replace(getattr(terms, name), **values)})


def measure(**values: Any) -> Change:
    """Change fields of the only measure."""
    return lambda _, terms: replace(terms, goal=with_measure(terms.goal, **values))


def head(**values: Any) -> Change:
    """Change fields of the head."""
    return lambda _, terms: replace(terms, **values)


def row(**values: Any) -> Change:
    """Change fields of row 1."""
    return lambda _, terms: terms.with_row(1, **values)


def share(tranche: str) -> Change:
    """Move the shares of rows 1 and 2 so far that row 1 is beyond its upper bound, which moves."""

    def change(_: World, terms: Terms) -> Terms:
        low = getattr(terms.rows[2], tranche) - 100_000
        high = getattr(terms.rows[1], tranche) + 100_000
        terms = terms.with_row(1, **{tranche: high, "upper": high})
        return terms.with_row(2, **{tranche: low})

    return change


def another_registry(_: World, terms: Terms) -> Terms:
    """Who stays is not measured again, by whatever registry."""
    registry = deployer("mocks/StarTable.vy").deploy().address
    return replace(terms, bar=replace(terms.bar, registry=registry))


def another_currency(world: World, terms: Terms) -> Terms:
    """A token in the place of native coin."""
    return replace(terms, currency=world.token().address)


CHANGES: dict[str, Change] = {
    "version": head(version=2),
    "nonce": head(nonce=1),
    "kind": head(kind=Kind.SOLUTION),
    "canvas": head(canvas=b"\7" * 32),
    "currency": another_currency,
    "backstop": head(backstop=address("another backstop")),
    "sink": head(sink=1),
    "starts_at": head(starts_at=1),
    "ends_at": lambda _, terms: replace(terms, ends_at=terms.ends_at + 1),
    "disburse_at": head(disburse_at=7),
    "goal.metric": measure(metric=Metric.USERS),
    "goal.benchmark": measure(benchmark=1_001),
    "goal.target": measure(target=2_001),
    "goal.measures": lambda _, terms: replace(
        terms,
        goal=replace(terms.goal, measures=(*terms.goal.measures, Measure(Metric.USERS, 1, 2))),
    ),
    "goal.deadline": lambda _, terms: replace(
        terms, goal=replace(terms.goal, deadline=terms.goal.deadline + 1)
    ),
    "goal.gate": part("goal", gate=Gate.TARGET),
    "goal.ends_emc": part("goal", ends_emc=True),
    "renegotiation.quorum": part("renegotiation", quorum=1),
    "renegotiation.interval": part("renegotiation", interval=1),
    "renegotiation.window": part("renegotiation", window=1),
    "renegotiation.objections": part("renegotiation", objections=1),
    "leaving.notice": part("leaving", notice=0),
    "leaving.cure": part("leaving", cure=0),
    "leaving.expulsion": part("leaving", expulsion=1),
    "leaving.margin": part("leaving", margin=1),
    "assessment.assessor": part("assessment", assessor=address("assessor")),
    "assessment.window": part("assessment", window=1),
    "assessment.objections": part("assessment", objections=1),
    "assessment.grace": part("assessment", grace=1),
    "review.commit": part("review", commit=8 * 86_400),
    "review.reveal": part("review", reveal=8 * 86_400),
    "bar.registry": another_registry,
    "bar.stars": part("bar", stars=1),
    "bar.emcs": part("bar", emcs=1),
    "bar.proceeds": part("bar", proceeds=1),
    "bar.currency": part("bar", currency=address("another currency of the bar")),
    "bar.admits_unrated": part("bar", admits_unrated=True),
    "row.id": row(id=4 + 1),
    "row.party": lambda world, terms: terms.with_row(2, party=world.nodes[4].me),
    "row.payee": row(payee=address("another payee")),
    "row.base": share("base"),
    "row.leading": share("leading"),
    "row.upside": share("upside"),
    "row.lower": row(lower=99_999),
    "row.upper": row(upper=350_001),
    "row.running": row(running=1),
    "row.cost": row(cost=1),
}


def test_every_field_of_the_terms_and_of_a_row_is_covered() -> None:
    assert set(CHANGES) == FIELDS
    assert TOUCHING | set(NEVER) | SHARES <= FIELDS


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_it_does_not_pass_as_a_renegotiation(world: World, scene: Scene, field: str) -> None:
    emc, terms = scene.emc, scene.terms
    new = CHANGES[field](world, terms)
    assert new.hash() != terms.hash()
    # signed by all, which is more than the quorum
    with boa.reverts("members: not the terms in force"):
        authority.renegotiate(
            world, emc, new, shifted(new), authority.agreements(world, emc, shifted(new))
        )
    given = authority.agreements(world, emc, new)
    if field in SHARES:
        with boa.reverts("changes: share outside bounds"):
            authority.renegotiate(world, emc, terms, new, given)
        return
    with boa.reverts("changes: nothing changes"):
        authority.renegotiate(world, emc, terms, terms, given)
    # together with a change of shares that could pass
    smuggled = shifted(new)
    passing = shifted(terms)
    for each in authority.agreements(world, emc, smuggled):
        reason = "signatures: not the signer"
        if each[0] not in {row.id for row in terms.nodes}:
            reason = "changes: not asked"
        with boa.reverts(reason):
            authority.renegotiate(world, emc, terms, passing, [each])
    for node in world.nodes:
        approve(world, node, name_of(world, emc, smuggled), emc)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, passing, [])
    authority.renegotiate(world, emc, terms, passing)
    assert world.consent.terms_of(emc.address) == passing.hash()


def all_who_must(world: World, scene: Scene, field: str, new: Terms) -> list[Given]:
    """Every node before and after, and where the field touches held money who waits for it."""
    emc = scene.emc
    given = authority.amendments(world, emc, new)
    if field == "row.id":
        given.append(authority.departure(world, emc, new, 1, int(scene.terms.rows[1].party)))
    if field in TOUCHING:
        given.append(authority.departure(world, emc, new, scene.left, scene.left_me))
    return given


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_as_an_amendment_it_needs_every_signature(world: World, scene: Scene, field: str) -> None:
    emc, terms = scene.emc, scene.terms
    new = CHANGES[field](world, terms)
    given = all_who_must(world, scene, field, new)
    if field in NEVER:
        with boa.reverts(NEVER[field]):
            authority.amend(world, emc, terms, new, given)
        return
    assert len(given) == 3 + (field in TOUCHING) + (field == "row.id")
    for i in range(len(given)):
        with boa.reverts("changes: signature missing"):
            authority.amend(world, emc, terms, new, given[:i] + given[i + 1 :])
    if field not in TOUCHING:
        # who left is not even asked
        more = [*given, authority.departure(world, emc, new, scene.left, scene.left_me)]
        with boa.reverts("changes: not asked"):
            authority.amend(world, emc, terms, new, more)
    epoch = emc.epoch()
    authority.amend(world, emc, terms, new, given)
    (amended,) = events(world.changes, "Amended")
    assert (amended.emc, amended.epoch) == (emc.address, epoch + 1)
    assert amended.terms_hash == new.hash()
    assert Terms.from_packed(amended.terms, [tuple(each) for each in amended.rows]) == new
    assert world.consent.terms_of(emc.address) == new.hash()
    assert emc.epoch() == epoch + 1
    # nothing but its own terms frees what is held for who left
    assert emc.earned(scene.left) == (0, 50)
    assert received(address("payee 3")) == 0


@pytest.mark.parametrize("field", ["backstop", "goal.gate"])
def test_who_waits_may_agree_on_chain_and_by_its_account_of_today_only(
    world: World, scene: Scene, field: str
) -> None:
    emc, terms = scene.emc, scene.terms
    new = CHANGES[field](world, terms)
    given = authority.amendments(world, emc, new)
    what = name_for_all(world, emc, new)
    assert emc.payee_of(scene.left) == address("payee 3")
    with boa.env.prank(address("payee 3")):
        world.changes.approve(emc.address, what, FAR)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, given)
    approve(world, world.nodes[3], what, emc)
    authority.amend(world, emc, terms, new, given)
    assert world.consent.terms_of(emc.address) == new.hash()


@pytest.mark.parametrize("field", ["ends_at", "goal.benchmark"])
def test_once_the_gate_is_open_who_left_is_not_asked(
    world: World, scene: Scene, field: str
) -> None:
    emc, terms = scene.emc, scene.terms
    world.sell(emc, 500, 2)
    assert emc.is_gate_open()
    new = CHANGES[field](world, terms)
    authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))
    assert world.consent.terms_of(emc.address) == new.hash()
    assert emc.credits(scene.left) == 50


def test_several_harmless_fields_at_once_touch_nothing(world: World, scene: Scene) -> None:
    emc, terms = scene.emc, scene.terms
    new = terms
    for field in sorted(set(CHANGES) - TOUCHING - set(NEVER) - SHARES - {"row.id"}):
        new = CHANGES[field](world, new)
    authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))
    assert world.consent.terms_of(emc.address) == new.hash()
    assert emc.earned(scene.left) == (0, 50)


def test_a_touching_field_among_harmless_ones_is_noticed(world: World, scene: Scene) -> None:
    emc, terms = scene.emc, scene.terms
    new = replace(CHANGES["leaving.margin"](world, terms), nonce=1, disburse_at=3)
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, authority.amendments(world, emc, new))


def test_shares_inside_the_bounds_need_the_quorum_only(world: World, scene: Scene) -> None:
    emc, terms = scene.emc, scene.terms
    new = authority.reshare(terms, [350_000, 350_000, 200_000, 100_000])
    given = authority.agreements(world, emc, new, [1, 2])
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given[:1])
    authority.renegotiate(world, emc, terms, new, given)
    assert world.consent.terms_of(emc.address) == new.hash()
    assert emc.earned(scene.left) == (0, 50)
