import boa
import pytest

from emc.core.units import PPM
from tests.authority import renegotiate, reshare
from tests.kit import World, address, deployer, events, received
from tests.till import (
    ACCEPT,
    BACKSTOP,
    REVERT,
    change_payee,
    cool,
    held_terms,
    payee,
    shares_of,
    until,
    weird_token,
)


def test_what_a_payee_refuses_waits_until_somebody_withdraws_for_it(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    emc = world.make(world.terms(rows))
    world.sell(emc, 100, 1)
    (credited,) = events(emc, "Credited")
    assert (credited.row, credited.payee, credited.amount) == (1, refuser.address, 30)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0b010
    assert shares_of(emc) == [50, 30, 20]
    accounts = emc.accounts()
    assert (accounts.paid, accounts.credited) == (70, 30)
    refuser.behave(ACCEPT)
    with boa.env.prank(world.stranger):
        emc.withdraw(1)
    (withdrawn,) = events(emc, "Withdrawn")
    assert (withdrawn.row, withdrawn.payee, withdrawn.amount) == (1, refuser.address, 30)
    assert received(refuser.address) == 30
    accounts = emc.accounts()
    assert (accounts.paid, accounts.credited) == (100, 0)


def test_a_row_with_a_credit_is_credited_until_it_is_withdrawn(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    emc = world.make(world.terms(rows))
    world.sell(emc, 100, 1)
    refuser.behave(ACCEPT)
    world.sell(emc, 100, 2)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0b010
    assert received(refuser.address) == 0
    assert emc.credits(1) == 60
    emc.withdraw(1)
    assert received(refuser.address) == 60
    world.sell(emc, 100, 3)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 0
    assert received(refuser.address) == 90


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_credits_of_several_rows_are_withdrawn_each_by_itself(
    world: World, order: tuple[int, int, int]
) -> None:
    refusers = [deployer("mocks/HostilePayee.vy").deploy(REVERT) for _ in range(3)]
    rows = world.rows([500_000, 300_000, 200_000], [each.address for each in refusers])
    emc = world.make(world.terms(rows))
    world.sell(emc, 100, 1)
    for each in refusers:
        each.behave(ACCEPT)
    *first, last = order
    left = {0: 50, 1: 30, 2: 20}
    for row in first:
        emc.withdraw(row)
        left[row] = 0
        assert [emc.credits(each) for each in left] == [*left.values()]
        assert emc.accounts().credited == sum(left.values())
    world.sell(emc, 100, 2)
    (payout,) = events(emc, "Payout")
    assert payout.credited == 1 << last
    emc.withdraw(last)
    assert [received(each.address) for each in refusers] == [100, 60, 40]


def test_what_was_withdrawn_costs_later_sales_nothing(world: World) -> None:
    gas = []
    for nonce, behaviour in enumerate((ACCEPT, REVERT)):
        moody = deployer("mocks/HostilePayee.vy").deploy(behaviour)
        rows = world.rows([500_000, 300_000, 200_000], [payee(0), moody.address, payee(2)])
        emc = world.make(world.terms(rows, nonce=nonce))
        world.sell(emc, 100, 1)
        if behaviour == REVERT:
            moody.behave(ACCEPT)
            emc.withdraw(1)
        cool()
        world.sell(emc, 100, 2)
        gas.append(emc._computation.get_gas_used())
    assert gas[0] == gas[1]


def test_a_withdrawal_before_the_first_proceeds_of_new_terms_forgets_no_dust(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([333_333, 333_333, 333_334], [payee(0), refuser.address, payee(2)])
    terms = world.terms(rows)
    emc = world.make(terms)
    world.sell(emc, 101, 1)
    renegotiate(world, emc, terms, reshare(terms, [PPM, 0, 0]))
    refuser.behave(ACCEPT)
    emc.withdraw(1)
    assert (received(refuser.address), emc.accounts().dust) == (33, 2)
    world.sell(emc, 10, 2)
    assert (shares_of(emc), emc.accounts().dust) == ([10 + 2, 0, 0], 0)


def test_a_credit_is_withdrawn_once(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    emc = world.make(world.terms(world.rows(payees=[payee(0), refuser.address, payee(2)])))
    world.sell(emc, 100, 1)
    refuser.behave(ACCEPT)
    emc.withdraw(1)
    with boa.reverts("creditors: no credit"):
        emc.withdraw(1)


@pytest.mark.parametrize("row", [0, 64, BACKSTOP, 129, 255, 256, 2**256 - 1])
def test_a_row_without_credit_has_nothing_to_withdraw(world: World, row: int) -> None:
    emc = world.make()
    with boa.reverts("creditors: no credit"):
        emc.withdraw(row)


def test_a_payee_that_still_refuses_keeps_its_credit(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    emc = world.make(world.terms(world.rows(payees=[payee(0), refuser.address, payee(2)])))
    world.sell(emc, 100, 1)
    with boa.reverts("payee: refused"):
        emc.withdraw(1)
    assert emc.credits(1) == 33


@pytest.mark.parametrize("currency", ["native", "token"])
def test_a_changed_payee_receives_the_credit(world: World, currency: str) -> None:
    token = weird_token(world, "RefusingToken") if currency == "token" else None
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    if token:
        token.refuse(refuser.address, REVERT)
    changes = {"currency": token.address} if token else {}
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    terms = world.terms(rows, **changes)
    emc = world.make(terms)
    world.sell(emc, 100, 1, token)
    change_payee(world, emc, terms, 1, address("new payee"))
    with boa.env.prank(world.stranger):
        emc.withdraw(1)
    (withdrawn,) = events(emc, "Withdrawn")
    assert (withdrawn.payee, withdrawn.amount) == (address("new payee"), 30)
    assert received(address("new payee"), token) == 30
    assert received(refuser.address, token) == 0


def test_after_the_end_credits_are_still_withdrawn(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    terms = held_terms(world, rows=world.rows(payees=[payee(0), refuser.address, payee(2)]))
    emc = world.make(terms)
    world.sell(emc, 1_000, 1)
    until(terms.ends_at)
    emc.end()
    refuser.behave(ACCEPT)
    emc.withdraw(1)
    assert received(refuser.address) == 333


def test_there_is_nothing_to_withdraw_where_no_terms_are_in_force(world: World) -> None:
    emc = world.implementation
    with boa.reverts("emc: not active"):
        emc.withdraw(0)
