import boa
import pytest

from tests.kit import World, address
from tests.till import BACKSTOP, payee


def test_every_live_row_and_the_backstop_have_a_payee(world: World) -> None:
    emc = world.make(world.terms(world.rows([15_625] * 64)))
    assert [emc.payee_of(row) for row in range(64)] == [payee(i) for i in range(64)]
    assert emc.payee_of(BACKSTOP) == address("backstop")


@pytest.mark.parametrize("row", [3, 127, 129, 256, 2**256 - 1])
def test_no_other_row_has_a_payee(world: World, row: int) -> None:
    emc = world.make()
    with boa.reverts("emc: no such row"):
        emc.payee_of(row)


def test_nobody_is_paid_where_no_terms_are_in_force(world: World) -> None:
    with boa.reverts("emc: not active"):
        world.implementation.payee_of(0)
