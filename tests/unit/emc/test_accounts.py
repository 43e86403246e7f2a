import boa

from emc.core.terms import Gate
from emc.core.units import PPM
from tests.kit import World, address, deployer, events
from tests.till import REVERT, held_terms, payee, send, until


def accounts(emc: object) -> tuple[int, int, int, int, int, int]:
    """Received, paid, credited, held, pending and dust."""
    return tuple(emc.accounts())  # type: ignore[attr-defined]


def test_a_new_emc_has_nothing(world: World) -> None:
    assert accounts(world.make()) == (0, 0, 0, 0, 0, 0)


def test_every_unit_is_in_exactly_one_place(world: World) -> None:
    refuser = deployer("mocks/HostilePayee.vy").deploy(REVERT)
    rows = world.rows(
        [333_333, 333_333, 333_334],
        [payee(0), refuser.address, payee(2)],
        running=[0, 100_000, 0],
        costs=[10, 10, 10],
    )
    terms = held_terms(world, rows=rows, gate=Gate.BENCHMARK, disburse_at=100)
    emc = world.make(terms)
    world.sell(emc, 99, 1)
    assert accounts(emc) == (99, 0, 0, 0, 99, 0)
    world.sell(emc, 2, 2)
    # 10 for row 1's running cost and 10 for its cost cover are credited; of the rest 60.9 are held
    assert accounts(emc) == (101, 20, 20, 61, 0, 0)
    send(world, emc, 7)
    assert accounts(emc) == (101, 20, 20, 61, 0, 0)
    emc.absorb()
    # only sales gather: 10.8 run as cost now, 67.2 are held
    assert accounts(emc) == (108, 20, 20, 68, 0, 0)
    world.sell(emc, 2, 4)
    assert accounts(emc) == (110, 20, 20, 68, 2, 0)
    world.sell(emc, 890, 3)
    # 1000 in all: 100 running, 30 cost, 870 income: 289.9 for each of the first two, 290 for one
    assert accounts(emc) == (1_000, 10 + 289 + 10 + 290, 10 + 100 + 289, 0, 0, 2)
    until(terms.ends_at)
    emc.end()
    assert accounts(emc) == (1_000, 599, 399, 0, 0, 2)


def test_what_the_gate_holds_is_rounded_up(world: World) -> None:
    # a millionth of each unit is income
    emc = world.make(held_terms(world, rows=world.rows([PPM, 0, 0], running=[PPM - 1, 0, 0])))
    world.sell(emc, 1, 1)
    (payout,) = events(emc, "Payout")
    assert payout.held == 1
    assert accounts(emc) == (1, 0, 0, 1, 0, 0)


def test_what_the_backstop_got_counts_as_paid(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 400, 1)
    assert accounts(emc) == (400, 0, 0, 400, 0, 0)
    until(terms.ends_at)
    emc.end()
    assert accounts(emc) == (400, 400, 0, 0, 0, 0)
    assert boa.env.get_balance(address("backstop")) == 400


def test_there_are_no_accounts_where_no_terms_are_in_force(world: World) -> None:
    with boa.reverts("emc: not active"):
        world.implementation.accounts()
