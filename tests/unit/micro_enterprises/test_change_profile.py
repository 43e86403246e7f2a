"""Category and profile are the ME's own; the kind stays."""

import boa
import pytest
from eth_utils.crypto import keccak

from tests.kit import World, events

PROFILE = keccak(b"a newer profile document")


@pytest.mark.parametrize("category", [0, 1, 2])
def test_an_account_changes_its_mes_profile(world: World, category: int) -> None:
    node = world.nodes[0]
    world.registry.change_profile(category, "ipfs://new", PROFILE, sender=node.account)
    (changed,) = events(world.registry, "ProfileChanged")
    assert tuple(changed)[1:] == (node.me, category, PROFILE, "ipfs://new")
    assert world.registry.category_of(node.me) == category
    assert world.registry.kind_of(node.me) == 2
    assert world.registry.profile_hash_of(node.me) == PROFILE


def test_nobody_elses_profile_changes(world: World) -> None:
    before = world.registry.profile_hash_of(world.nodes[1].me)
    world.registry.change_profile(1, "", PROFILE, sender=world.nodes[0].account)
    assert world.registry.profile_hash_of(world.nodes[1].me) == before
    assert world.registry.category_of(world.nodes[1].me) == 0


def test_who_is_not_registered_has_no_profile(world: World) -> None:
    with boa.reverts("me: not registered"):
        world.registry.change_profile(1, "", PROFILE, sender=world.stranger)


def test_an_unknown_category_is_refused(world: World) -> None:
    for category in (3, 2**128, 2**256 - 1):
        with boa.reverts("me: unknown category"):
            world.registry.change_profile(category, "", PROFILE, sender=world.nodes[0].account)
    assert world.registry.kind_of(world.nodes[0].me) == 2
