"""First step of a rotation: only the old account takes it."""

import boa

from tests.kit import NATIVE, World, events


def test_an_account_offers_its_place(world: World) -> None:
    node = world.nodes[0]
    world.registry.offer_account(world.stranger, sender=node.account)
    (offered,) = events(world.registry, "AccountOffered")
    assert (offered.me, offered.account) == (node.me, world.stranger)
    assert world.registry.offered(node.me) == world.stranger
    assert world.registry.account_of(node.me) == node.account
    assert world.registry.me_of(world.stranger) == 0


def test_an_offer_is_replaced_or_withdrawn(world: World) -> None:
    node = world.nodes[0]
    for account in (world.stranger, world.buyer, NATIVE):
        world.registry.offer_account(account, sender=node.account)
        assert events(world.registry, "AccountOffered")[0].account == account
        assert world.registry.offered(node.me) == account
    for account in (world.stranger, world.buyer):
        with boa.reverts("me: account not offered"):
            world.registry.accept_account(node.me, sender=account)


def test_who_is_not_registered_has_nothing_to_offer(world: World) -> None:
    with boa.reverts("me: not registered"):
        world.registry.offer_account(world.buyer, sender=world.stranger)
