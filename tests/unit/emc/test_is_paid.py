import boa

from tests.kit import CUSTOMER, World
from tests.till import held_terms


def test_an_order_is_paid_by_the_payer_who_paid_it(world: World) -> None:
    emc = world.make(held_terms(world, disburse_at=500))
    assert not emc.is_paid(world.buyer, 7)
    world.sell(emc, 60, 7)
    assert emc.is_paid(world.buyer, 7)
    assert not emc.is_paid(world.buyer, 8)
    assert not emc.is_paid(world.buyer, 7 + 256)
    assert not emc.is_paid(world.stranger, 7)


def test_paying_one_number_frees_no_other_of_its_word(world: World) -> None:
    emc = world.make()
    for number in (7, 0, 255, 256, 8, 511):
        world.sell(emc, 60, number)
    assert emc.paid_word(world.buyer, 0) == 1 << 0 | 1 << 7 | 1 << 8 | 1 << 255
    assert emc.paid_word(world.buyer, 1) == 1 << 0 | 1 << 255
    with boa.reverts("orders: already paid"):
        world.sell(emc, 60, 7)


def test_each_emc_counts_orders_by_itself(world: World) -> None:
    first, second = world.make(), world.make(world.terms(nonce=1))
    world.sell(first, 60, 7)
    assert not second.is_paid(world.buyer, 7)
    world.sell(second, 60, 7)
    assert second.is_paid(world.buyer, 7)


def test_a_word_shows_256_orders_at_once(world: World) -> None:
    emc = world.make()
    with boa.env.prank(world.buyer):
        emc.sales(254, [(1, CUSTOMER), (0, CUSTOMER), (1, CUSTOMER), (1, CUSTOMER)], value=3)
    assert emc.paid_word(world.buyer, 0) == 1 << 254
    assert emc.paid_word(world.buyer, 1) == 0b11
    assert emc.paid_word(world.buyer, 2) == 0
    assert emc.paid_word(world.stranger, 0) == 0
