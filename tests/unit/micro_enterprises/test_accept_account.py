"""Second step of a rotation: only the offered account takes it, with the whole record."""

import boa
from eth_utils.crypto import keccak

from tests.kit import NATIVE, World, events

PROFILE = keccak(b"profile")


def test_the_offered_account_takes_over_with_the_whole_record(world: World) -> None:
    node = world.nodes[0]
    world.registry.offer_account(world.stranger, sender=node.account)
    world.registry.accept_account(node.me, sender=world.stranger)
    (rotated,) = events(world.registry, "AccountRotated")
    assert (rotated.me, rotated.old, rotated.new) == (node.me, node.account, world.stranger)
    assert world.registry.account_of(node.me) == world.stranger
    assert world.registry.me_of(world.stranger) == node.me
    assert world.registry.me_of(node.account) == 0
    assert world.registry.offered(node.me) == NATIVE
    assert world.registry.kind_of(node.me) == 2
    assert world.registry.profile_hash_of(node.me) == PROFILE
    assert world.registry.count() == len(world.nodes)


def test_the_old_account_has_lost_the_me_and_is_free_again(world: World) -> None:
    node = world.nodes[0]
    world.registry.offer_account(world.stranger, sender=node.account)
    world.registry.accept_account(node.me, sender=world.stranger)
    with boa.reverts("me: not registered"):
        world.registry.offer_account(node.account, sender=node.account)
    with boa.reverts("me: not registered"):
        world.registry.change_profile(0, "", PROFILE, sender=node.account)
    fresh = world.registry.register(1, 0, "", PROFILE, sender=node.account)
    assert fresh == len(world.nodes) + 1
    assert world.registry.account_of(node.me) == world.stranger


def test_nobody_takes_what_was_not_offered(world: World) -> None:
    node = world.nodes[0]
    with boa.reverts("me: account not offered"):
        world.registry.accept_account(node.me, sender=world.stranger)
    world.registry.offer_account(world.stranger, sender=node.account)
    for who in (world.buyer, node.account, world.nodes[1].account):
        with boa.reverts("me: account not offered"):
            world.registry.accept_account(node.me, sender=who)
    for me in (world.nodes[1].me, 0, 99):
        with boa.reverts("me: account not offered"):
            world.registry.accept_account(me, sender=world.stranger)


def test_an_offer_is_taken_once(world: World) -> None:
    node = world.nodes[0]
    world.registry.offer_account(world.stranger, sender=node.account)
    world.registry.accept_account(node.me, sender=world.stranger)
    world.registry.offer_account(world.buyer, sender=world.stranger)
    world.registry.accept_account(node.me, sender=world.buyer)
    with boa.reverts("me: account not offered"):
        world.registry.accept_account(node.me, sender=world.stranger)


def test_an_account_in_use_takes_no_second_me(world: World) -> None:
    first, second = world.nodes[:2]
    for account in (second.account, first.account):
        world.registry.offer_account(account, sender=first.account)
        with boa.reverts("me: account in use"):
            world.registry.accept_account(first.me, sender=account)
    assert world.registry.account_of(first.me) == first.account


def test_an_me_can_come_home(world: World) -> None:
    node = world.nodes[0]
    for old, new in ((node.account, world.stranger), (world.stranger, node.account)):
        world.registry.offer_account(new, sender=old)
        world.registry.accept_account(node.me, sender=new)
    assert world.registry.account_of(node.me) == node.account
    assert world.registry.me_of(world.stranger) == 0
