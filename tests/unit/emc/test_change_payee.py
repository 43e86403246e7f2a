from dataclasses import replace

import boa
import pytest

from emc.core.terms import Gate
from tests.authority import leave
from tests.kit import World, address, deployer, events, received
from tests.till import (
    change_payee,
    held_terms,
    payee,
    send,
    shares_of,
    until,
    waterfall_terms,
)


def test_a_node_has_its_row_paid_elsewhere_from_now_on(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    change_payee(world, emc, terms, 1, address("new payee"))
    (changed,) = events(world.conduct, "PayeeChanged")
    assert (changed.row, changed.old, changed.new) == (1, payee(1), address("new payee"))
    assert emc.payee_of(1) == address("new payee")
    world.sell(emc, 100, 2)
    (payout,) = events(emc, "Payout")
    assert payout.epoch == 1
    assert payout.payments[1].payee == address("new payee")
    assert received(payee(1)) == 30
    assert received(address("new payee")) == 30


def test_a_row_that_has_left_is_paid_elsewhere_too(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    leave(world, emc, terms, 1)
    page = emc.page()
    for old, new in ((payee(1), "new payee"), (address("new payee"), "newer payee")):
        with boa.env.prank(world.conduct.address):
            emc.change_payee(1, address(new))
        (changed,) = events(emc, "PayeeChanged")
        assert (changed.row, changed.old, changed.new) == (1, old, address(new))
        assert (emc.payee_of(1), emc.page()) == (address(new), page)
    world.sell(emc, 900, 2)
    emc.withdraw(1)
    assert received(address("newer payee")) == 30


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_payee_change_touches_nothing_else(world: World, index: int) -> None:
    terms = waterfall_terms(world, gate=Gate.TARGET, disburse_at=7)
    emc = world.make(terms)
    world.sell(emc, 250, 1)
    send(world, emc, 3)
    before = (emc.accounts(), emc.total(), [emc.earned(i) for i in range(3)])
    old = emc.page()
    change_payee(world, emc, terms, index, address("new payee"))
    assert (emc.accounts(), emc.total(), [emc.earned(i) for i in range(3)]) == before
    at = 160 + 32 * index
    new = bytes.fromhex(address("new payee")[2:])
    assert emc.page() == old[:at] + new + old[at + 20 :]
    emc.absorb()
    world.sell(emc, 747, 2)
    assert shares_of(emc) == [45 + 36, 100 - 25 + 27 + 54, 18 + 90 + 540]


def test_a_beneficiary_changes_its_payee_by_its_controller(world: World) -> None:
    rows = list(world.rows())
    rows[2] = replace(rows[2], party=world.stranger)
    terms = world.terms(tuple(rows))
    emc = world.make(terms)
    with boa.env.prank(world.stranger):
        world.conduct.change_payee(
            emc.address, terms.head(), terms.packed_rows(), 2, address("new payee")
        )
    assert emc.payee_of(2) == address("new payee")


def test_only_the_authority_changes_a_payee(world: World) -> None:
    emc = world.make()
    for caller in (world.stranger, world.nodes[0].account, payee(0)):
        with boa.env.prank(caller), boa.reverts("emc: not the authority"):
            emc.change_payee(0, world.stranger)


def test_nobody_changes_the_payee_of_another(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for caller in (world.stranger, world.nodes[1].account, payee(0)):
        with boa.env.prank(caller), boa.reverts("members: not the controller"):
            world.conduct.change_payee(
                emc.address, terms.head(), terms.packed_rows(), 0, world.stranger
            )


def test_before_the_emc_is_made_no_payee_changes(world: World) -> None:
    terms = world.terms()
    emc = deployer("EMC.vy").at(world.address_of(terms))
    with boa.reverts("members: not the terms in force"):
        change_payee(world, emc, terms, 0, address("new payee"))
    with boa.env.prank(world.conduct.address), boa.reverts("emc: not active"):
        world.implementation.change_payee(0, address("new payee"))


def test_after_a_failure_a_payee_change_keeps_the_gate_closed(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    until(terms.ends_at)
    emc.end()
    change_payee(world, emc, terms, 0, address("new payee"))
    send(world, emc, 5_000)
    emc.absorb()
    assert not emc.is_gate_open()
    assert received(address("new payee")) == 0
    assert received(address("backstop")) == 5_999
