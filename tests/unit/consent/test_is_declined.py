"""Whether a node has refused."""

import pytest

from tests.kit import World, address


@pytest.mark.parametrize("made_first", [True, False])
def test_it_turns_true_for_the_declined_emc_alone(world: World, made_first: bool) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    if made_first:
        world.make(terms, [])
    at = world.address_of(terms)
    assert not world.consent.is_declined(at)
    world.consent.decline(
        world.creator, terms.head(), terms.packed_rows(), 1, sender=world.nodes[1].account
    )
    assert world.consent.is_declined(at)
    assert not world.consent.is_declined(world.address_of(other))
    assert not world.consent.is_declined(address("nothing"))
