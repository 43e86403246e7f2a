import boa

from emc.core.terms import NATIVE
from tests.kit import World, address
from tests.till import SIGNING


def test_an_emc_made_without_all_signatures_waits_with_its_currency(world: World) -> None:
    token = world.token()
    emc = world.make(world.terms(currency=token.address), given=[])
    assert emc.stage() == SIGNING
    assert emc.authority().consent == world.consent.address
    with boa.env.prank(world.buyer):
        token.approve(emc.address, 5)
        emc.advance(5)
    assert emc.advances(world.buyer) == 5


def test_only_the_table_opens_an_emc(world: World) -> None:
    for emc in (world.make(world.terms(), given=[]), world.implementation):
        for caller in (world.creator, world.stranger, world.nodes[0].account):
            with boa.env.prank(caller), boa.reverts("emc: not the authority"):
                emc.open(NATIVE, address("backstop"))
