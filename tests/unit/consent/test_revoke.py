"""What an account agreed to can be taken back until the EMC is made."""

from tests.kit import World
from tests.till import ACTIVE


def test_once_the_emc_is_made_revoking_undoes_nothing(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    for node in world.nodes:
        world.consent.revoke(emc.address, sender=node.account)
    assert emc.stage() == ACTIVE
    assert world.consent.terms_of(emc.address) == terms.hash()
    world.sell(emc, 100, 1)
    assert emc.total() == 100
