"""The domain that binds signatures to this room on this chain."""

import boa
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.kit import World


def test_it_names_room_chain_and_version(world: World) -> None:
    assert world.changes.eip712Domain() == (
        b"\x0f",
        "EMC Changes",
        "1",
        boa.env.evm.patch.chain_id,
        world.changes.address,
        bytes(32),
        [],
    )


def test_no_two_rooms_share_a_domain(world: World) -> None:
    rooms = (world.consent, world.changes, world.conduct, world.goals)
    assert len({room.eip712Domain()[1] for room in rooms}) == 4
    assert len({room.eip712Domain()[4] for room in rooms}) == 4


def test_digests_are_made_in_the_domain_it_names(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms).address
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    message = keccak(
        keccak(
            text="Departure(address emc,uint256 epoch,bytes32 terms,uint256 row,uint256 me,"
            "address signer,address currency,string gate,uint256 ends,address backstop,"
            "uint256 nonce,uint256 deadline)"
        )
        + encode(
            [
                "address", "uint256", "bytes32", "uint256", "uint256", "address", "address",
                "bytes32", "uint256", "address", "uint256", "uint256",
            ],
            [
                emc, 2, terms.hash(), 9, 77, world.stranger, terms.currency,
                keccak(b"none"), terms.ends_at, terms.backstop, 5, 6,
            ],
        )
    )  # fmt: skip
    here = boa.env.evm.patch.chain_id
    for chain in (here, here + 1):
        separator = keccak(
            encode(
                ["bytes32", "bytes32", "bytes32", "uint256", "address"],
                [
                    keccak(text=kind),
                    keccak(b"EMC Changes"),
                    keccak(b"1"),
                    chain,
                    world.changes.address,
                ],
            )
        )
        boa.env.evm.patch.chain_id = chain
        try:
            assert world.changes.eip712Domain()[3] == chain
            digest = world.changes.amendment_digest(
                emc, 2, terms.head(), terms.packed_rows(), (9, 77, world.stranger, 5, 6)
            )
        finally:
            boa.env.evm.patch.chain_id = here
        assert digest == keccak(b"\x19\x01" + separator + message)
