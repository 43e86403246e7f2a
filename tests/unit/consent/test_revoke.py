"""A signature can be taken back until the EMC is active."""

import boa

from tests.kit import World, events
from tests.wallets import approval, sign

SIGNING, ACTIVE = 1, 4


def revoke(world: World, emc: str, account: str) -> None:
    """Take back, as an account, whatever it signed for an EMC."""
    with boa.env.prank(account):
        world.consent.revoke(emc)


def test_a_signature_revoked_before_making_no_longer_counts(world: World) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    revoke(world, world.address_of(terms), world.nodes[1].account)
    (revoked,) = events(world.consent, "Revoked")
    assert (revoked.emc, revoked.account, revoked.nonce) == (
        world.address_of(terms),
        world.nodes[1].account,
        1,
    )
    with boa.env.prank(world.creator), boa.reverts("signatures: not the signer"):
        world.consent.make(terms.head(), terms.packed_rows(), given)
    again = world.signature(terms, 1, nonce=1)
    assert world.make(terms, [given[0], again, given[2]]).stage() == ACTIVE


def test_revoking_after_relaying_clears_the_seat(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [world.signature(terms, 0)])
    account = world.nodes[0].account
    assert world.consent.seat_of(emc.address, account) == 1
    revoke(world, emc.address, account)
    assert [e.nonce for e in events(world.consent, "Revoked")] == [1]
    assert world.consent.seat_of(emc.address, account) == 0
    assert world.consent.nonce_of(emc.address, account) == 1
    sign(world, terms, [world.signature(terms, 1), world.signature(terms, 2)])
    assert emc.stage() == SIGNING
    with boa.reverts("signatures: not the signer"):
        sign(world, terms, [world.signature(terms, 0)])
    sign(world, terms, [world.signature(terms, 0, nonce=1)])
    assert emc.stage() == ACTIVE


def test_each_revocation_moves_to_the_next_nonce(world: World) -> None:
    terms = world.terms()
    account = world.nodes[0].account
    emc = world.make(terms, [])
    for nonce in (1, 2, 3):
        revoke(world, emc.address, account)
        assert [e.nonce for e in events(world.consent, "Revoked")] == [nonce]
    for nonce in (0, 1, 2, 4):
        with boa.reverts("signatures: not the signer"):
            sign(world, terms, [world.signature(terms, 0, nonce=nonce)])
    sign(world, terms, [world.signature(terms, 0, nonce=3)])
    assert world.consent.seat_of(emc.address, account) == 1


def test_an_approval_on_chain_is_revoked_and_given_again(world: World) -> None:
    terms = world.terms()
    account = world.nodes[0].account
    emc = world.make(terms, [])
    sign(world, terms, [approval(0)], by=account)
    revoke(world, emc.address, account)
    assert world.consent.seat_of(emc.address, account) == 0
    sign(world, terms, [approval(0)], by=account)
    assert world.consent.seat_of(emc.address, account) == 1


def test_revoking_touches_nobody_else(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, world.signatures(terms)[:2])
    for other in (world.nodes[1].account, world.stranger):
        revoke(world, emc.address, other)
    assert world.consent.seat_of(emc.address, world.nodes[0].account) == 1
    assert world.consent.nonce_of(emc.address, world.nodes[0].account) == 0
    given = [world.signature(terms, 1, nonce=1), world.signature(terms, 2)]
    sign(world, terms, given)
    assert emc.stage() == ACTIVE


def test_revoking_for_one_emc_leaves_the_others(world: World) -> None:
    first, second = world.terms(), world.terms(nonce=1)
    given = world.signatures(second)
    revoke(world, world.address_of(first), world.nodes[0].account)
    assert world.make(second, given).stage() == ACTIVE


def test_after_activation_nothing_can_be_revoked(world: World) -> None:
    emc = world.make()
    with boa.reverts("consent: not signing"):
        revoke(world, emc.address, world.nodes[0].account)
    assert world.consent.nonce_of(emc.address, world.nodes[0].account) == 0


def test_after_a_decline_nothing_is_left_to_revoke(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [world.signature(terms, 0)])
    with boa.env.prank(world.nodes[1].account):
        world.consent.decline(world.creator, terms.head(), terms.packed_rows(), 1)
    with boa.reverts("consent: not signing"):
        revoke(world, emc.address, world.nodes[0].account)
