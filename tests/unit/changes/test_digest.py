"""What a wallet is asked to sign for new terms."""

from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message

from emc.core import typed_data
from emc.core.terms import Gate
from emc.core.typed_data import Act
from tests.kit import World
from tests.till import waterfall_terms


@pytest.mark.parametrize("act", [Act.RENEGOTIATION, Act.AMENDMENT])
@pytest.mark.parametrize("gate", list(Gate))
def test_a_node_in_the_terms_signs_an_agreement(world: World, gate: Gate, act: Act) -> None:
    terms = waterfall_terms(world, gate=gate)
    row = terms.rows[1]
    message = typed_data.agreement(
        world.domain("Changes"),
        emc=world.buyer,
        epoch=7,
        terms=terms,
        row=row,
        signer=world.stranger,
        deadline=9,
        nonce=8,
        act=act,
    )
    digest = _hash_eip191_message(typed_data.signable(message))
    common = (world.buyer, 7, terms.head(), terms.packed_rows())
    by = (world.stranger, 8, 9)
    digests = {
        Act.RENEGOTIATION: world.changes.renegotiation_digest(*common, 1, *by),
        Act.AMENDMENT: world.changes.amendment_digest(*common, (1, 0, *by)),
    }
    assert digests[Act.RENEGOTIATION] != digests[Act.AMENDMENT]
    assert digest == digests[act]


@pytest.mark.parametrize("gate", list(Gate))
def test_a_node_that_is_not_in_them_signs_a_departure(world: World, gate: Gate) -> None:
    terms = waterfall_terms(world, gate=gate)
    message = typed_data.departure(
        world.domain("Changes"),
        emc=world.buyer,
        epoch=7,
        terms=terms,
        row=3,
        me=41,
        signer=world.stranger,
        deadline=9,
        nonce=8,
    )
    digest = _hash_eip191_message(typed_data.signable(message))
    assert digest == world.changes.amendment_digest(
        world.buyer, 7, terms.head(), terms.packed_rows(), (3, 41, world.stranger, 8, 9)
    )


@pytest.mark.parametrize(("row", "ignored"), [(0, {5}), (9, set())])
def test_each_argument_moves_it(world: World, row: int, ignored: set[int]) -> None:
    terms, other = world.terms(), world.terms(nonce=1)
    good: list[Any] = [
        world.buyer, 2, terms.head(), terms.packed_rows(), row, 1, world.stranger, 0, 0
    ]  # fmt: skip
    changed: list[Any] = [
        world.stranger, 3, other.head(), terms.packed_rows()[:2], row + 1, 2, world.buyer, 1, 1
    ]  # fmt: skip
    first = world.changes.amendment_digest(*good[:4], tuple(good[4:]))
    for place, value in enumerate(changed):
        given = [*good[:place], value, *good[place + 1 :]]
        digest = world.changes.amendment_digest(*given[:4], tuple(given[4:]))
        # the ME of an agreement is the one that stands in the terms
        assert (digest == first) == (place in ignored)
