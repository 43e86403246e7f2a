"""What anybody can read of the registry."""

import boa
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.kit import NATIVE, World, address
from tests.wallets import rotate


def test_what_is_not_registered_is_zero(world: World) -> None:
    for me in (0, 4, 2**256 - 1):
        assert world.registry.account_of(me) == NATIVE
        assert world.registry.offered(me) == NATIVE
        assert world.registry.kind_of(me) == 0
        assert world.registry.category_of(me) == 0
        assert world.registry.profile_hash_of(me) == bytes(32)
    assert world.registry.me_of(world.stranger) == 0
    assert world.registry.me_of(NATIVE) == 0


def test_accounts_come_in_the_order_asked_for(world: World) -> None:
    first, second, third = (node.account for node in world.nodes)
    assert world.registry.accounts_of([]) == []
    assert world.registry.accounts_of([3, 1, 2]) == [third, first, second]
    assert world.registry.accounts_of([2, 2, 9, 0]) == [second, second, NATIVE, NATIVE]


def test_accounts_are_the_current_ones(world: World) -> None:
    rotate(world, 1, address("new home"))
    assert world.registry.accounts_of([2]) == [address("new home")]


def test_64_accounts_are_read_at_once_and_65_are_not(world: World) -> None:
    selector = keccak(text="accounts_of(uint256[])")[:4]
    for count, is_refused in ((64, False), (65, True)):
        data = selector + encode(["uint256[]"], [[1] * count])
        answer = boa.env.execute_code(world.registry.address, data=data, is_modifying=False)
        assert answer.is_error == is_refused
    assert world.registry.accounts_of([1] * 64) == [world.nodes[0].account] * 64


def test_ids_run_from_one_to_count(world: World) -> None:
    assert world.registry.count() == 3
    assert [node.me for node in world.nodes] == [1, 2, 3]
    assert [world.registry.me_of(node.account) for node in world.nodes] == [1, 2, 3]
