"""What a wallet is asked to sign."""

import boa
import pytest

from emc.core.terms import Gate
from tests.kit import World
from tests.till import ACTIVE


def test_a_row_that_is_not_there_has_none(world: World) -> None:
    terms = world.terms()
    for index in (3, 2**256 - 1):
        with boa.reverts("members: no such row"):
            world.consent.formation_digest(
                world.address_of(terms),
                terms.head(),
                terms.packed_rows(),
                index,
                world.stranger,
                0,
                0,
            )


def test_each_argument_moves_it(world: World) -> None:
    terms = world.terms()
    good = [world.address_of(terms), terms.head(), terms.packed_rows(), 0, world.stranger, 0, 0]
    changed = {
        0: world.deployer,
        2: world.terms(nonce=1).packed_rows()[:2],
        3: 1,
        4: world.buyer,
        5: 1,
        6: 1,
    }
    digests = {world.consent.formation_digest(*good)}
    for place, value in changed.items():
        digests.add(world.consent.formation_digest(*good[:place], value, *good[place + 1 :]))
    assert len(digests) == 7


@pytest.mark.parametrize("gate", list(Gate))
def test_it_is_what_the_node_signed_for_each_gate(world: World, gate: Gate) -> None:
    terms = world.terms(gate=gate)
    assert world.make(terms).stage() == ACTIVE
