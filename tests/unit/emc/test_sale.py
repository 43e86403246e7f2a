import boa

from tests.kit import COIN, World, address, events, received


def test_a_sale_pays_every_node_in_the_same_transaction(world: World) -> None:
    emc = world.make(world.terms(world.rows(shares=[500_000, 300_000, 200_000])))
    world.sell(emc, COIN, 1)
    (payout,) = events(emc, "Payout")
    assert [received(address(f"payee {i}")) for i in range(3)] == [5 * 10**17, 3 * 10**17, 2 * 10**17]
    assert payout.total == COIN
    assert emc.accounts().received == COIN


def test_an_order_number_is_paid_once(world: World) -> None:
    emc = world.make()
    world.sell(emc, 300, 7)
    with boa.reverts("orders: already paid"):
        world.sell(emc, 300, 7)
