"""The name of new terms."""

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.kit import World


def test_it_is_the_hash_of_emc_epoch_and_terms_hash(world: World) -> None:
    what = world.changes.what(world.buyer, 5, b"\7" * 32)
    assert what == keccak(encode(["address", "uint256", "bytes32"], [world.buyer, 5, b"\7" * 32]))


def test_each_argument_moves_it(world: World) -> None:
    calls = [(world.buyer, 5, bytes(32)), (world.stranger, 5, bytes(32))]
    calls += [(world.buyer, 6, bytes(32)), (world.buyer, 5, b"\1" * 32)]
    assert len({world.changes.what(*call) for call in calls}) == 4
