"""Voiding signatures that were given and not used."""

import boa

from tests import authority
from tests.kit import World, events
from tests.unit.changes.kit import TURNED, approve, name_of, three


def test_it_voids_what_the_account_signed_for_this_emc(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    given = authority.agreements(world, emc, new)
    with boa.env.prank(world.nodes[1].account):
        world.changes.revoke(emc.address)
    (revoked,) = events(world.changes, "Revoked")
    assert revoked.emc == emc.address
    assert revoked.account == world.nodes[1].account
    assert revoked.nonce == 1
    with boa.reverts("signatures: not the signer"):
        authority.renegotiate(world, emc, terms, new, given)
    authority.renegotiate(world, emc, terms, new)
    assert emc.epoch() == 2


def test_it_voids_nothing_for_another_emc(world: World) -> None:
    terms, other = three(world), three(world, nonce=1)
    emc, second = world.make(terms), world.make(other)
    new = authority.reshare(terms, TURNED)
    given = authority.agreements(world, emc, new)
    with boa.env.prank(world.nodes[1].account):
        world.changes.revoke(second.address)
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_it_voids_an_approval_on_chain_and_a_later_one_counts(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    approve(world, world.nodes[1], name_of(world, emc, new), emc)
    with boa.env.prank(world.nodes[1].account):
        world.changes.revoke(emc.address)
    given = authority.agreements(world, emc, new, [0, 2])
    with boa.reverts("changes: quorum not reached"):
        authority.renegotiate(world, emc, terms, new, given)
    approve(world, world.nodes[1], name_of(world, emc, new), emc)
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2


def test_revoking_in_another_room_voids_nothing_here(world: World) -> None:
    terms = three(world)
    emc = world.make(terms)
    new = authority.reshare(terms, TURNED)
    given = authority.agreements(world, emc, new)
    for room in (world.conduct, world.goals):
        with boa.env.prank(world.nodes[1].account):
            room.revoke(emc.address)
    authority.renegotiate(world, emc, terms, new, given)
    assert emc.epoch() == 2
