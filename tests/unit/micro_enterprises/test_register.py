"""A new micro-enterprise."""

import boa
import pytest
from eth_utils.crypto import keccak

from tests.kit import World, events

PROFILE = keccak(b"a profile document")


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("category", [0, 1, 2])
def test_it_gets_the_next_id_for_life(world: World, kind: int, category: int) -> None:
    before = world.registry.count()
    me = world.registry.register(
        kind, category, "https://example.org/a.json", PROFILE, sender=world.stranger
    )
    (registered,) = events(world.registry, "Registered")
    assert me == before + 1 == world.registry.count()
    assert tuple(registered)[1:] == (
        me,
        world.stranger,
        kind,
        category,
        PROFILE,
        "https://example.org/a.json",
    )
    assert world.registry.account_of(me) == world.stranger
    assert world.registry.me_of(world.stranger) == me
    assert world.registry.kind_of(me) == kind
    assert world.registry.category_of(me) == category
    assert world.registry.profile_hash_of(me) == PROFILE


@pytest.mark.parametrize("kind", [0, 5, 2**128, 2**256 - 1])
def test_an_unknown_kind_is_refused(world: World, kind: int) -> None:
    with boa.reverts("me: unknown kind"):
        world.registry.register(kind, 0, "", PROFILE, sender=world.stranger)


@pytest.mark.parametrize("category", [3, 2**128, 2**256 - 1])
def test_an_unknown_category_is_refused(world: World, category: int) -> None:
    with boa.reverts("me: unknown category"):
        world.registry.register(1, category, "", PROFILE, sender=world.stranger)


def test_an_account_is_one_me_at_a_time(world: World) -> None:
    with boa.reverts("me: account in use"):
        world.registry.register(1, 0, "", PROFILE, sender=world.nodes[0].account)
    assert world.registry.count() == len(world.nodes)


def test_a_profile_may_be_empty_and_as_long_as_256_bytes(world: World) -> None:
    world.registry.register(1, 0, "", bytes(32), sender=world.stranger)
    world.registry.register(1, 0, "x" * 256, bytes(32), sender=world.buyer)
    assert events(world.registry, "Registered")[0].profile_uri == "x" * 256


def test_no_coin_can_be_left_with_the_registry(world: World) -> None:
    sent = boa.env.execute_code(world.registry.address, sender=world.buyer, value=1)
    assert sent.is_error
