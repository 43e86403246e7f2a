"""The name of new terms."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.core import typed_data
from tests.kit import World


@pytest.mark.parametrize("act", ["renegotiation", "amendment"])
def test_it_is_the_hash_of_act_emc_epoch_and_terms_hash(world: World, act: str) -> None:
    what = getattr(world.changes, f"{act}_matter")(world.buyer, 5, b"\7" * 32)
    values = [keccak(text=act), world.buyer, 5, b"\7" * 32]
    assert what == keccak(encode(["bytes32", "address", "uint256", "bytes32"], values))
    assert what == typed_data.matter(typed_data.Act(act), world.buyer, 5, b"\7" * 32)


def test_act_and_each_argument_move_it(world: World) -> None:
    calls = [(world.buyer, 5, bytes(32)), (world.stranger, 5, bytes(32))]
    calls += [(world.buyer, 6, bytes(32)), (world.buyer, 5, b"\1" * 32)]
    names = (world.changes.renegotiation_matter, world.changes.amendment_matter)
    assert len({name(*call) for name in names for call in calls}) == 8
