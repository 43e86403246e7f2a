"""A node's word can be taken back until the EMC is made."""

import boa

from tests.kit import World, events
from tests.till import ACTIVE
from tests.wallets import approve


def revoke(world: World, emc: str, account: str) -> None:
    """Take back, as an account, whatever it agreed to for an EMC."""
    with boa.env.prank(account):
        world.consent.revoke(emc)


def test_a_signature_that_was_revoked_no_longer_counts(world: World) -> None:
    terms = world.terms()
    at, account = world.address_of(terms), world.nodes[1].account
    given = world.signatures(terms)
    revoke(world, at, account)
    (revoked,) = events(world.consent, "Revoked")
    assert (revoked.emc, revoked.account, revoked.nonce) == (at, account, 1)
    with boa.reverts("signatures: not the signer"):
        world.make(terms, given)
    assert world.consent.terms_of(at) == bytes(32)
    again = world.signature(terms, 1, nonce=1)
    assert world.make(terms, [given[0], again, given[2]]).stage() == ACTIVE


def test_each_revocation_moves_to_the_next_nonce(world: World) -> None:
    terms = world.terms()
    at, account = world.address_of(terms), world.nodes[0].account
    rest = world.signatures(terms)[1:]
    for nonce in (1, 2, 3):
        revoke(world, at, account)
        assert [e.nonce for e in events(world.consent, "Revoked")] == [nonce]
    for nonce in (0, 1, 2, 4):
        with boa.reverts("signatures: not the signer"):
            world.make(terms, [world.signature(terms, 0, nonce=nonce), *rest])
    assert world.make(terms, [world.signature(terms, 0, nonce=3), *rest]).stage() == ACTIVE


def test_an_approval_on_chain_is_revoked_and_given_again(world: World) -> None:
    terms = world.terms()
    rest = world.signatures(terms)[1:]
    approve(world, terms, 0)
    revoke(world, world.address_of(terms), world.nodes[0].account)
    with boa.reverts("consent: signature missing"):
        world.make(terms, rest)
    approve(world, terms, 0)
    assert world.make(terms, rest).stage() == ACTIVE


def test_revoking_touches_nobody_else(world: World) -> None:
    terms = world.terms()
    at = world.address_of(terms)
    given = world.signatures(terms)
    for other in (world.nodes[1].account, world.stranger):
        revoke(world, at, other)
    assert world.consent.nonce_of(at, world.nodes[0].account) == 0
    again = world.signature(terms, 1, nonce=1)
    assert world.make(terms, [given[0], again, given[2]]).stage() == ACTIVE


def test_revoking_for_one_emc_leaves_the_others(world: World) -> None:
    first, second = world.terms(), world.terms(nonce=1)
    given = world.signatures(second)
    revoke(world, world.address_of(first), world.nodes[0].account)
    assert world.make(second, given).stage() == ACTIVE


def test_revoking_in_another_room_voids_nothing_here(world: World) -> None:
    terms = world.terms()
    at, given = world.address_of(terms), world.signatures(terms)
    for room in (world.changes, world.conduct, world.goals):
        with boa.env.prank(world.nodes[0].account):
            room.revoke(at)
    assert world.make(terms, given).stage() == ACTIVE


def test_once_the_emc_is_made_revoking_undoes_nothing(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for node in world.nodes:
        revoke(world, emc.address, node.account)
    assert emc.stage() == ACTIVE
    assert world.consent.terms_of(emc.address) == terms.hash()
    world.sell(emc, 100, 1)
    assert emc.total() == 100
