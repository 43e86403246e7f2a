"""Agreeing to new terms by a transaction."""

import boa
import pytest

from tests import authority
from tests.kit import FAR, World, events
from tests.till import until
from tests.unit.changes.kit import TURNED, approve, move, name_of, renegotiate, three


def test_approvals_of_all_nodes_need_no_signature(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    what = name_of(world, emc, new)
    for node in world.nodes:
        approve(world, node, what, emc)
        (approved,) = events(world.changes, "Approved")
        assert approved.emc == emc.address
        assert approved.account == node.account
        assert approved.matter == what
        assert approved.until == FAR
    authority.renegotiate(world, emc, terms, new, [])
    assert world.consent.terms_of(emc.address) == new.hash()


def test_it_counts_up_to_its_last_second(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    last = boa.env.timestamp + 100
    given = authority.agreements(world, emc, new, [0, 1])
    approve(world, world.nodes[2], name_of(world, emc, new), emc, last)
    until(last)
    with boa.env.anchor():
        authority.renegotiate(world, emc, terms, new, given)
        assert emc.epoch() == 2
    until(last + 1)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given)


def test_it_is_taken_back_by_until_zero(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    given = authority.agreements(world, emc, new, [0, 1])
    what = name_of(world, emc, new)
    approve(world, world.nodes[2], what, emc)
    approve(world, world.nodes[2], what, emc, 0)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given)
    given = authority.amendments(world, emc, new, [0, 1])
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, given)


def test_it_dies_when_the_me_rotates_and_the_new_account_may_give_it(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    given = authority.agreements(world, emc, new, [0, 1])
    what = name_of(world, emc, new)
    approve(world, world.nodes[2], what, emc)
    old = move(world, 2, "the new account")
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given)
    given = authority.amendments(world, emc, new, [0, 1])
    with boa.reverts("changes: signature missing"):
        authority.amend(world, emc, terms, new, given)
    given = authority.agreements(world, emc, new, [0, 1])
    # the account that left approves once more
    approve(world, old, what, emc)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given)
    approve(world, world.nodes[2], what, emc)
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_it_dies_with_its_epoch(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    for node in world.nodes:
        approve(world, node, name_of(world, emc, new), emc)
    other = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, [100_000, 100_000, 800_000])
    )
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, other, new, [])


@pytest.mark.parametrize("who", ["stranger", "controller"])
def test_nobody_elses_approval_counts(world: World, who: str) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    with boa.env.prank(boa.env.generate_address(who)):
        world.changes.approve(emc.address, name_of(world, emc, new), FAR)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [0, 1]))


def test_an_approval_and_a_signature_of_one_node_count_once(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    approve(world, world.nodes[1], name_of(world, emc, new), emc)
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [0, 1]))
    authority.renegotiate(world, emc, terms, new, authority.agreements(world, emc, new, [0, 2]))
    assert emc.epoch() == 2


def test_the_caller_agrees_by_calling(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    given = [*authority.agreements(world, emc, new, [0, 1]), (2, 0, b"")]
    for other in (world.stranger, world.nodes[1].account):
        with boa.reverts("votes: not the signer"):
            renegotiate(world, emc, terms, new, given, by=other)
    renegotiate(world, emc, terms, new, given, by=world.nodes[2].account)
    assert emc.epoch() == 2
