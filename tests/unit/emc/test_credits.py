from tests.kit import World, deployer
from tests.till import ACCEPT, BACKSTOP, REVERT, payee


def test_a_credit_grows_with_every_sale_until_it_is_withdrawn(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows([500_000, 300_000, 200_000], [payee(0), refuser.address, payee(2)])
    emc = world.make(world.terms(rows))
    assert emc.credits(1) == 0
    for number, expected in enumerate((30, 60, 90)):
        world.sell(emc, 100, number)
        assert [emc.credits(row) for row in range(3)] == [0, expected, 0]
    refuser.behave(ACCEPT)
    emc.withdraw(1)
    assert emc.credits(1) == 0


def test_a_row_that_does_not_exist_has_no_credit(world: World) -> None:
    emc = world.make()
    assert [emc.credits(row) for row in (3, BACKSTOP, 2**256 - 1)] == [0, 0, 0]
