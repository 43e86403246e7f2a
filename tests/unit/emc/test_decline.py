import boa

from tests.kit import World
from tests.till import DECLINED, declined


def test_a_declined_emc_is_dead(world: World) -> None:
    terms = world.terms()
    emc = declined(world, terms)
    assert emc.stage() == DECLINED
    with boa.reverts("emc: not active"):
        world.sell(emc, 300, 1)
    with boa.reverts("consent: not signing"):
        world.consent.sign(
            world.creator, terms.head(), terms.packed_rows(), world.signatures(terms)
        )
    assert emc.stage() == DECLINED


def test_only_the_table_declines(world: World) -> None:
    emc = world.make(world.terms(), given=[])
    for caller in (world.creator, world.stranger, world.nodes[0].account):
        with boa.env.prank(caller), boa.reverts("emc: not the authority"):
            emc.decline()
