"""What anybody reads: commitments, counts, facts; nothing of what is not revealed."""

import boa
from eth_abi.abi import encode
from eth_utils import keccak

from emc.core.terms import NATIVE
from tests.kit import World, address, deployer
from tests.reviews import UNOPENED, review


def test_a_commitment_names_chain_contract_emc_me_ratings_and_salt(world: World) -> None:
    me, ratings, salt = 7, b"\x54\x32" * 9, b"\5" * 32
    emc = address("any EMC")
    kinds = ["uint256", "address", "address", "uint256", "bytes", "bytes32"]
    at = world.reputation.address
    expected = keccak(encode(kinds, [boa.env.evm.patch.chain_id, at, emc, me, ratings, salt]))
    assert world.reputation.commitment_to(emc, me, ratings, salt) == expected
    twin = deployer("Reputation.vy").deploy(world.implementation.address, world.registry.address)
    assert twin.commitment_to(emc, me, ratings, salt) != expected


def test_an_emc_without_review_has_none_of_it(world: World) -> None:
    emc = address("any EMC")
    assert world.reputation.phase_of(emc) == UNOPENED
    assert world.reputation.review_of(emc) == (bytes(32), 0, 0, 0, 0, 0)
    assert world.reputation.commitment_of(emc, 1) == bytes(32)
    assert world.reputation.counts_of(emc, 1) == [0] * 20
    assert world.reputation.facts_of(1) == (0, 0, 0, 0, 0)
    assert world.reputation.proceeds_of(1, NATIVE) == 0


def test_counts_show_nothing_before_the_reveal(world: World) -> None:
    begun = review(world)
    for place in range(3):
        begun.commit(place)
        assert all(
            world.reputation.counts_of(begun.emc.address, begun.me(i)) == [0] * 20 for i in range(3)
        )


def test_it_belongs_to_the_rooms_that_the_emc_obeys(world: World) -> None:
    """What another Consent made is unknown here."""
    rooms = [world.next_address(1), *[address("another authority")] * 3]
    stray = deployer("EMC.vy").deploy(rooms, world.pages.address)
    deployer("Consent.vy").deploy(stray.address, world.registry.address)
    twin = deployer("Reputation.vy").deploy(stray.address, world.registry.address)
    begun = review(world)
    with boa.reverts("reviews: not the terms in force"):
        twin.open(begun.emc.address, begun.terms.head(), begun.terms.packed_rows())
