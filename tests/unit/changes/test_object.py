"""Objecting to a renegotiation inside its window."""

import boa
import pytest

from emc.core.terms import Renegotiation
from tests import authority
from tests.kit import World, events, replace
from tests.till import until
from tests.unit.changes.kit import (
    approve,
    five,
    move,
    name_of,
    object_to,
    reserve,
    shifted,
    three,
)


def test_it_is_told(world: World) -> None:
    terms = five(world)
    emc = world.make(terms)
    what = name_of(world, emc, shifted(terms))
    for objects in (True, False):
        object_to(world, world.nodes[3], what, emc, objects)
        (objected,) = events(world.changes, "Objected")
        assert objected.emc == emc.address
        assert objected.account == world.nodes[3].account
        assert objected.matter == what
        assert objected.objects == objects


@pytest.mark.parametrize(
    ("part", "allowed"),
    [(0, 0), (199_999, 0), (200_000, 1), (399_999, 1), (400_000, 2), (1_000_000, 5)],
)
def test_as_many_as_the_terms_allow_stop_nothing_and_one_more_does(
    world: World, part: int, allowed: int
) -> None:
    terms = five(world, objections=part)
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    authority.propose(world, emc, terms, new)
    for node in world.nodes[:allowed]:
        object_to(world, node, what, emc)
    boa.env.time_travel(seconds=1_000)
    with boa.env.anchor():
        authority.renegotiate(world, emc, terms, new)
        assert emc.epoch() == 2
    if allowed == 5:
        return
    boa.env.time_travel(seconds=-1)
    object_to(world, world.nodes[allowed], what, emc)
    boa.env.time_travel(seconds=1)
    # however many agree
    with boa.reverts("changes: objected"):
        authority.renegotiate(world, emc, terms, new)


def test_it_counts_up_to_the_last_second_of_the_window(world: World) -> None:
    terms = five(world, objections=0)
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    authority.propose(world, emc, terms, new)
    closes_at = boa.env.timestamp + 1_000
    for at, counts in ((closes_at - 1, True), (closes_at, False), (closes_at + 1, False)):
        with boa.env.anchor():
            until(at)
            object_to(world, world.nodes[4], what, emc)
            until(closes_at + 2)
            if counts:
                with boa.reverts("changes: objected"):
                    authority.renegotiate(world, emc, terms, new)
            else:
                authority.renegotiate(world, emc, terms, new)
                assert emc.epoch() == 2


def test_who_objects_before_it_is_proposed_still_objects(world: World) -> None:
    terms = five(world, objections=0)
    emc = world.make(terms)
    new = shifted(terms)
    object_to(world, world.nodes[4], name_of(world, emc, new), emc)
    boa.env.time_travel(seconds=5)
    authority.propose(world, emc, terms, new)
    boa.env.time_travel(seconds=1_000)
    with boa.reverts("changes: objected"):
        authority.renegotiate(world, emc, terms, new)
    # to these shares, not to others
    other = shifted(terms, 2)
    authority.propose(world, emc, terms, other)
    boa.env.time_travel(seconds=1_000)
    authority.renegotiate(world, emc, terms, other)
    assert emc.epoch() == 2


def test_who_objects_again_after_the_window_still_objected_in_it(world: World) -> None:
    terms = five(world, objections=0)
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    authority.propose(world, emc, terms, new)
    object_to(world, world.nodes[4], what, emc)
    first = boa.env.timestamp
    boa.env.time_travel(seconds=1_000)
    object_to(world, world.nodes[4], what, emc)
    assert world.changes.objected_at(what, world.nodes[4].account) == first
    with boa.reverts("changes: objected"):
        authority.renegotiate(world, emc, terms, new)


def test_it_can_be_taken_back(world: World) -> None:
    terms = five(world, objections=0)
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    authority.propose(world, emc, terms, new)
    object_to(world, world.nodes[4], what, emc)
    boa.env.time_travel(seconds=1_000)
    with boa.reverts("changes: objected"):
        authority.renegotiate(world, emc, terms, new)
    object_to(world, world.nodes[4], what, emc, objects=False)
    authority.renegotiate(world, emc, terms, new)
    assert emc.epoch() == 2


def test_nobody_but_current_nodes_objects(world: World) -> None:
    terms = five(world, objections=0)
    terms = replace(terms, rows=(*terms.rows, reserve(5)))
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    authority.propose(world, emc, terms, new)
    old = move(world, 4, "the account of today")
    for who in (world.stranger, str(terms.rows[5].party), old.account):
        with boa.env.prank(who):
            world.changes.object(emc.address, what, True)
    boa.env.time_travel(seconds=1_000)
    authority.renegotiate(world, emc, terms, new)
    assert emc.epoch() == 2


def test_an_objection_dies_when_the_me_rotates(world: World) -> None:
    terms = five(world, objections=0)
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    authority.propose(world, emc, terms, new)
    object_to(world, world.nodes[4], what, emc)
    move(world, 4, "the account of today")
    with boa.env.anchor():
        boa.env.time_travel(seconds=1_000)
        authority.renegotiate(world, emc, terms, new)
        assert emc.epoch() == 2
    object_to(world, world.nodes[4], what, emc)
    boa.env.time_travel(seconds=1_000)
    with boa.reverts("changes: objected"):
        authority.renegotiate(world, emc, terms, new)


def test_a_node_may_agree_and_object(world: World) -> None:
    """Its two words count where each belongs; a proposer that objects wins nothing by it."""
    terms = five(world, objections=0)
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    authority.propose(world, emc, terms, new)
    object_to(world, world.nodes[0], what, emc)
    boa.env.time_travel(seconds=1_000)
    with boa.reverts("changes: objected"):
        authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [1, 2]))
    object_to(world, world.nodes[0], what, emc, objects=False)
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [1, 2]))
    assert emc.epoch() == 2


def test_without_a_window_objections_play_no_part(world: World) -> None:
    terms = three(world, renegotiation=Renegotiation(quorum=1))
    emc = world.make(terms)
    new = shifted(terms)
    what = name_of(world, emc, new)
    for node in world.nodes:
        object_to(world, node, what, emc)
    approve(world, world.nodes[0], what, emc)
    authority.renegotiate(world, emc, terms, new, [])
    assert emc.epoch() == 2


def test_an_amendment_that_all_sign_asks_for_no_window(world: World) -> None:
    terms = five(world, objections=0)
    emc = world.make(terms)
    new = shifted(terms)
    object_to(world, world.nodes[1], name_of(world, emc, new), emc)
    authority.amend(world, emc, terms, new)
    assert emc.epoch() == 2
