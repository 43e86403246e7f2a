import boa

from tests import authority
from tests.kit import World, address
from tests.till import BACKSTOP, change_payee, payee


def test_the_rows_that_are_paid_at_an_address(world: World) -> None:
    payees = [payee(0), payee(1), payee(0)]
    terms = world.terms(world.rows([500_000, 300_000, 200_000], payees))
    emc = world.make(terms)
    assert emc.rows_paid_at(payee(0)) == 0b101
    assert emc.rows_paid_at(payee(1)) == 0b010
    assert emc.rows_paid_at(address("backstop")) == 0
    change_payee(world, emc, terms, 1, payee(0))
    assert emc.rows_paid_at(payee(0)) == 0b111
    assert emc.rows_paid_at(payee(1)) == 0


def test_a_row_that_has_left_is_not_among_them(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    authority.leave(world, emc, terms, 2)
    assert emc.rows_paid_at(payee(2)) == 0
    assert emc.payee_of(2) == payee(2)


def test_each_of_64_rows_is_found(world: World) -> None:
    emc = world.make(world.terms(world.rows([15_625] * 64)))
    assert [emc.rows_paid_at(payee(i)) for i in range(64)] == [1 << i for i in range(64)]
    assert emc.rows_paid_at(emc.payee_of(BACKSTOP)) == 0


def test_nobody_is_paid_where_no_terms_are_in_force(world: World) -> None:
    emc = world.implementation
    with boa.reverts("emc: not active"):
        emc.rows_paid_at(payee(0))
