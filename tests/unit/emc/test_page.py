from typing import Any

import pytest

from emc.core.terms import Gate, Terms
from emc.core.units import PPM
from tests.kit import World, address
from tests.till import held_terms, waterfall_terms


def words(data: bytes) -> list[int]:
    """The page as numbers of 32 bytes."""
    return [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]


def expected(terms: Terms) -> list[int]:
    """The page that the specification gives for the terms."""
    rest = PPM - sum(row.running for row in terms.rows)
    costs = [row.cost for row in terms.rows]
    page = [
        1 << 96 | terms.ends_at << 56 | terms.starts_at << 16 | len(terms.rows) << 8,
        int(terms.currency, 16) << 96 | terms.disburse_at,
        sum(costs) * PPM << 128 | terms.goal.measures[0].benchmark * rest,
        terms.goal.measures[0].target * rest << 128 | terms.gate_at << 32 | rest,
        int(terms.backstop, 16) << 96,
    ]
    page += [row.pack()[1] for row in terms.rows]
    if any(costs):
        padded = [*costs, 0]
        page += [padded[i] << 128 | padded[i + 1] for i in range(0, len(costs), 2)]
    return page


@pytest.mark.parametrize(
    "changes",
    [{}, {"gate": Gate.TARGET}, {"disburse_at": 2**95 - 1}, {"starts_at": 12_345, "nonce": 9}],
)
def test_the_page_holds_what_a_sale_needs(world: World, changes: dict[str, Any]) -> None:
    for make in (held_terms, waterfall_terms):
        terms = make(world, **changes)
        assert words(world.make(terms).page()) == expected(terms)


@pytest.mark.parametrize("count", [2, 3, 63, 64])
def test_costs_stand_two_to_a_word(world: World, count: int) -> None:
    shares = [PPM // count] * count
    shares[0] += PPM - sum(shares)
    terms = world.terms(world.rows(shares, costs=list(range(count))))
    assert words(world.make(terms).page()) == expected(terms)


def test_the_page_of_a_token_names_it(world: World) -> None:
    token = world.token()
    terms = held_terms(world, currency=token.address, backstop=address("another backstop"))
    assert words(world.make(terms).page()) == expected(terms)


def test_there_is_no_page_where_no_terms_are_in_force(world: World) -> None:
    assert world.implementation.page() == b""
