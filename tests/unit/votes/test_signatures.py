"""A signature counts in time, by the account of today, and until it is revoked."""

import boa

from tests.kit import World, address, events, skip
from tests.unit.votes.matters import ROOMS, Matter
from tests.wallets import move_in, rotate


def test_it_counts_up_to_its_deadline(matter: Matter) -> None:
    *others, last = matter.asked
    deadline = boa.env.timestamp + 100
    given = [*matter.signatures(*others), matter.signature(last, deadline=deadline)]
    given[-1] = (last, deadline, given[-1][2])
    skip(100)
    with boa.env.anchor():
        matter.decide(given)
        assert matter.is_decided
    skip(1)
    with boa.reverts("votes: signature expired"):
        matter.decide(given)


def test_it_dies_with_the_account(world: World, matter: Matter) -> None:
    given = matter.signatures(*matter.asked)
    rotate(world, matter.asked[-1], address("new home"))
    with boa.reverts("signatures: not the signer"):
        matter.decide(given)


def test_a_contract_wallet_signs(world: World, matter: Matter) -> None:
    *others, last = matter.asked
    wallet = move_in(world, last)
    given = [*matter.signatures(*others), matter.signature(last, signer=wallet.address)]
    matter.decide(given)
    assert events(matter.contract, "Counted") == []
    assert matter.is_decided


def test_revoked_it_does_not_count_and_a_new_one_does(matter: Matter) -> None:
    *others, last = matter.asked
    given, account = matter.signatures(*matter.asked), matter.account(last)
    matter.revoke(account)
    (revoked,) = events(matter.contract, "Revoked")
    assert (revoked.emc, revoked.account, revoked.nonce) == (matter.at, account, 1)
    with boa.reverts("signatures: not the signer"):
        matter.decide(given)
    assert not matter.is_decided
    # what the others signed stays good
    assert [matter.contract.nonce_of(matter.at, matter.account(row)) for row in others] == [
        0 for _ in others
    ]
    matter.decide([*given[:-1], matter.signature(last)])
    assert matter.is_decided


def test_each_revocation_moves_to_the_next_nonce(matter: Matter) -> None:
    *others, last = matter.asked
    given = matter.signatures(*others)
    for nonce in (1, 2, 3):
        matter.revoke(matter.account(last))
        assert [log.nonce for log in events(matter.contract, "Revoked")] == [nonce]
    for nonce in (0, 1, 2, 4):
        with boa.reverts("signatures: not the signer"):
            matter.decide([*given, matter.signature(last, nonce=nonce)])
    matter.decide([*given, matter.signature(last, nonce=3)])
    assert matter.is_decided


def test_revoking_by_others_elsewhere_and_for_another_emc_voids_nothing(
    world: World, matter: Matter
) -> None:
    given, account = matter.signatures(*matter.asked), matter.account(matter.asked[-1])
    matter.revoke(world.stranger)
    with boa.env.prank(account):
        matter.contract.revoke(world.address_of(world.terms(nonce=7)))
        for room in ROOMS:
            if room != matter.room:
                getattr(world, room).revoke(matter.at)
    matter.decide(given)
    assert matter.is_decided
