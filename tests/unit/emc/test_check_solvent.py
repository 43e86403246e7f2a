import boa

from emc.core.units import PPM
from tests.kit import World
from tests.till import Books, held_terms, weird_token


def test_nobody_asks_but_the_emc_itself(world: World) -> None:
    emc = world.make()
    for caller in (
        world.stranger,
        world.creator,
        world.nodes[0].account,
        world.consent.address,
        world.conduct.address,
        world.implementation.address,
    ):
        with boa.env.prank(caller), boa.reverts("emc: not the EMC"):
            emc.check_solvent()


def test_it_is_solvent_while_it_has_what_it_booked(world: World, books: Books) -> None:
    token = weird_token(world, "RebasingToken")
    emc = world.make(held_terms(world, currency=token.address))
    world.sell(emc, 400, 1, token)
    with boa.env.prank(emc.address):
        emc.check_solvent()
        token.rebase(2 * PPM)
        emc.check_solvent()
        token.rebase(PPM)
        emc.check_solvent()
        # one unit of the 400 that are held is missing
        token.rebase(PPM - 2_500)
        with boa.reverts("emc: token lies"):
            emc.check_solvent()
    books.unabsorbed[emc.address] = -1


def test_an_emc_in_coin_is_solvent(world: World) -> None:
    emc = world.make(held_terms(world))
    world.sell(emc, 400, 1)
    with boa.env.prank(emc.address):
        emc.check_solvent()
    boa.env.set_balance(emc.address, 399)
    with boa.env.prank(emc.address), boa.reverts("emc: token lies"):
        emc.check_solvent()
    boa.env.set_balance(emc.address, 400)


def test_before_all_have_signed_there_is_nothing_to_check(world: World) -> None:
    emc = world.make(world.terms(), given=[])
    with boa.env.prank(emc.address), boa.reverts("emc: not active"):
        emc.check_solvent()
