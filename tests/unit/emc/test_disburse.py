import boa

from emc.core.units import PPM
from tests.authority import renegotiate, reshare
from tests.kit import World, events, received
from tests.till import NO_CUSTOMER, held_terms, payee, shares_of, until, waterfall_terms


def test_anyone_may_have_paid_out_what_waits(world: World) -> None:
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=1_000))
    world.sell(emc, 60, 1)
    with boa.env.prank(world.stranger):
        emc.disburse()
    (payout,) = events(emc, "Payout")
    assert payout.payer == "0x" + "00" * 20
    assert (payout.epoch, payout.number, payout.customer) == (1, 0, NO_CUSTOMER)
    assert (payout.gross, payout.received, payout.total, payout.held) == (0, 0, 60, 0)
    assert [(each.payee, each.amount) for each in payout.payments] == [
        (payee(0), 30),
        (payee(1), 18),
        (payee(2), 12),
    ]
    assert [received(payee(i)) for i in range(3)] == [30, 18, 12]
    assert emc.accounts().pending == 0


def test_nothing_is_paid_out_twice(world: World) -> None:
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=1_000))
    world.sell(emc, 60, 1)
    emc.disburse()
    emc.disburse()
    assert shares_of(emc) == []
    assert emc.accounts().paid == 60


def test_a_disbursement_does_nothing_where_every_sale_pays_at_once(world: World) -> None:
    emc = world.make()
    world.sell(emc, 60, 1)
    emc.disburse()
    assert shares_of(emc) == []
    assert emc.total() == 60


def test_what_waits_is_held_while_the_gate_is_closed(world: World) -> None:
    emc = world.make(held_terms(world, disburse_at=500))
    world.sell(emc, 60, 1)
    emc.disburse()
    (payout,) = events(emc, "Payout")
    assert (payout.payments, payout.held) == ([], 60)
    assert (emc.accounts().pending, emc.accounts().held) == (0, 60)


def test_costs_that_wait_flow_behind_a_closed_gate(world: World) -> None:
    emc = world.make(waterfall_terms(world, disburse_at=500))
    world.sell(emc, 100, 1)
    assert emc.accounts().pending == 100
    emc.disburse()
    assert shares_of(emc) == [90, 10, 0]


def test_from_one_unit_on_every_sale_pays_at_once(world: World) -> None:
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=1))
    for number, total in ((1, 10), (2, 20)):
        world.sell(emc, 10, number)
        assert shares_of(emc) == [5, 3, 2]
        assert (emc.accounts().paid, emc.accounts().pending) == (total, 0)
    assert [emc.earned(row) for row in range(3)] == [(10, 0), (6, 0), (4, 0)]


def test_it_counts_what_earlier_terms_left_over(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms)
    world.sell(emc, 101, 1)
    renegotiate(world, emc, terms, reshare(terms, [PPM, 0, 0]))
    assert emc.accounts().dust == 1
    emc.disburse()
    assert shares_of(emc) == [1, 0, 0]
    assert (emc.total(), emc.accounts().paid, emc.accounts().dust) == (101, 101, 0)


def test_the_count_starts_anew_after_a_disbursement(world: World) -> None:
    emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=100))
    world.sell(emc, 60, 1)
    emc.disburse()
    world.sell(emc, 99, 2)
    assert emc.accounts().pending == 99
    world.sell(emc, 1, 3)
    assert shares_of(emc) == [50, 30, 20]


def test_after_the_end_what_waits_is_still_paid_out(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), disburse_at=100)
    emc = world.make(terms)
    world.sell(emc, 60, 1)
    until(terms.ends_at)
    emc.disburse()
    assert shares_of(emc) == [30, 18, 12]
    emc.end()
    assert emc.accounts().paid == 60


def test_there_is_nothing_to_disburse_where_no_terms_are_in_force(world: World) -> None:
    emc = world.implementation
    with boa.reverts("emc: not active"):
        emc.disburse()
