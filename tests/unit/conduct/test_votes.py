"""Approvals on chain, and how signatures are withdrawn."""

import boa

from tests import authority
from tests.kit import FAR, World, events, skip
from tests.till import CLOSED

WHAT = b"\5" * 32


def revoke(world: World, emc: str, account: str) -> None:
    """Void what an account signed for an EMC in this room."""
    with boa.env.prank(account):
        world.conduct.revoke(emc)


def test_an_approval_is_the_accounts_own(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.stranger):
        world.conduct.approve(emc.address, WHAT, FAR)
    (approved,) = events(world.conduct, "Approved")
    assert (approved.emc, approved.account) == (emc.address, world.stranger)
    assert (approved.matter, approved.until) == (WHAT, FAR)
    assert world.conduct.approved_until(emc.address, WHAT, world.stranger) == FAR
    assert world.conduct.approved_until(emc.address, WHAT, world.buyer) == 0
    with boa.env.prank(world.stranger):
        world.conduct.approve(emc.address, WHAT, 0)
    assert world.conduct.approved_until(emc.address, WHAT, world.stranger) == 0


def test_a_revoked_signature_does_not_count_and_a_new_one_does(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    given = [authority.disbanding(world, emc, terms, row, world.nodes[row].me) for row in range(3)]
    revoke(world, emc.address, world.nodes[1].account)
    (revoked,) = events(world.conduct, "Revoked")
    assert (revoked.emc, revoked.account) == (emc.address, world.nodes[1].account)
    assert revoked.nonce == world.conduct.nonce_of(emc.address, world.nodes[1].account) == 1
    with boa.reverts("signatures: not the signer"):
        authority.disband(world, emc, terms, given)
    authority.disband(world, emc, terms)
    assert emc.stage() == CLOSED


def test_votes_to_expel_are_revoked_too(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.charge(world, emc, terms, 1)
    skip(terms.leaving.cure)
    given = [authority.expulsion(world, emc, terms, row, 1) for row in (0, 2)]
    revoke(world, emc.address, world.nodes[2].account)
    with boa.reverts("signatures: not the signer"):
        authority.expel(world, emc, terms, 1, given)
    authority.expel(world, emc, terms, 1)
    assert emc.epoch() == 2


def test_revoking_is_for_one_emc_and_one_room(world: World) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    emc, beside = world.make(terms), world.make(other)
    account = world.nodes[1].account
    revoke(world, emc.address, account)
    assert world.conduct.nonce_of(beside.address, account) == 0
    assert world.goals.nonce_of(emc.address, account) == 0
    assert world.changes.nonce_of(emc.address, account) == 0
    authority.disband(world, beside, other)
    assert beside.stage() == CLOSED
