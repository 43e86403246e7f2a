"""The name of first terms."""

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.kit import World


def test_it_is_the_hash_of_act_emc_first_epoch_and_terms_hash(world: World) -> None:
    values = [keccak(text="formation"), world.buyer, 1, b"\7" * 32]
    matter = keccak(encode(["bytes32", "address", "uint256", "bytes32"], values))
    assert world.consent.formation_matter(world.buyer, b"\7" * 32) == matter


def test_emc_and_terms_move_it(world: World) -> None:
    pairs = [
        (emc, told) for emc in (world.buyer, world.stranger) for told in (b"\1" * 32, bytes(32))
    ]
    assert len({world.consent.formation_matter(*pair) for pair in pairs}) == 4


def test_no_later_terms_have_it(world: World) -> None:
    later = (world.changes.renegotiation_matter, world.changes.amendment_matter)
    matters = {name(world.buyer, 1, bytes(32)) for name in later}
    assert world.consent.formation_matter(world.buyer, bytes(32)) not in matters
