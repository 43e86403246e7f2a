"""A token that burns all the gas it gets, denies what it was asked to do and burns again when it is
asked for the balance makes no run of 64 rows and no change impossible; one that needs much of it to
say what anybody has is a currency like any other.
"""

import boa
import pytest

from emc.chain import gas
from emc.core.terms import Gate
from tests import authority
from tests.attacks.test_changes import MAX_GAS, shifted, signed, three, whole_gas
from tests.attacks.test_gas_limits import Call, sent
from tests.kit import World
from tests.till import Books, cool, payee, send, shares_of, weird_token

HONEST, BURNS, PONDERS, HESITATES = 0, 8, 9, 10


@pytest.mark.parametrize("gate", [Gate.NONE, Gate.TARGET])
def test_a_token_that_burns_twice_prevents_no_run_and_no_change(world: World, gate: Gate) -> None:
    token = weird_token(world, "TurningToken")
    rows = world.rows([15_625] * 64, [payee(i) for i in range(64)], running=[1_000] * 64)
    goal = {"benchmark": 10**20, "target": 10**21, "gate": gate}
    terms = three(world, rows=rows, currency=token.address, **goal)
    emc = world.make(terms)
    send(world, emc, 10**19, token)
    absorb: Call = (emc.address, world.stranger, emc.absorb.prepare_calldata(), 0)
    with boa.env.anchor():
        cool()
        estimate = boa.env.execute_code(absorb[0], absorb[1], 10**7, 0, absorb[2]).get_gas_used()
    token.turn(BURNS)
    assert sent(absorb, gas.limit(estimate, 64))
    assert all(emc.credits(row) for row in range(64))
    token.turn(HONEST)
    send(world, emc, 10**19, token)
    token.turn(BURNS)
    # a row with a credit is not pushed to, so the change that absorbs fits as well
    new = shifted(terms)
    data = world.changes.renegotiate.prepare_calldata(
        emc.address,
        terms.head(),
        terms.packed_rows(),
        authority.words(new),
        signed(world, emc, new),
    )
    cool()
    assert whole_gas(world.changes, data) < MAX_GAS
    assert world.consent.terms_of(emc.address) == new.hash()


def test_a_token_that_ponders_what_anybody_has_is_absorbed_and_paid(world: World) -> None:
    token = weird_token(world, "TurningToken")
    emc = world.make(three(world, currency=token.address))
    token.turn(PONDERS)
    send(world, emc, 300, token)
    with boa.env.prank(world.stranger):
        emc.absorb()
    shares = shares_of(emc)
    assert sum(shares) == emc.total() == 300
    assert [token.balanceOf(payee(i)) for i in range(3)] == shares
    assert not any(emc.credits(row) for row in range(3))


def test_a_token_that_hesitates_and_denies_pays_what_it_still_owes(
    world: World, books: Books
) -> None:
    """The second question has less gas than it needs: no currency to choose, as is documented."""
    token = weird_token(world, "TurningToken")
    emc = world.make(three(world, currency=token.address))
    token.turn(HESITATES)
    send(world, emc, 300, token)
    with boa.env.prank(world.stranger):
        emc.absorb()
    paid = [token.balanceOf(payee(i)) for i in range(3)]
    assert sum(paid) == 300
    assert [emc.credits(row) for row in range(3)] == paid
    # nothing lies there for the credits
    books.unabsorbed[emc.address] = -300
