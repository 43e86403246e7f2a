"""The one contract behind every EMC."""

import boa

from tests.kit import World


def test_it_is_the_contract_that_consent_was_deployed_with(world: World) -> None:
    assert world.consent.implementation() == world.implementation.address


def test_it_is_no_emc_itself(world: World) -> None:
    assert world.consent.terms_of(world.implementation.address) == bytes(32)
    with boa.env.prank(world.buyer), boa.reverts("emc: not active"):
        world.implementation.sale(1, 1, bytes(32), value=1)


def test_nobody_but_those_it_obeys_has_it_act(world: World) -> None:
    emc = world.make()
    for target in (world.implementation, emc):
        for who in (world.stranger, world.nodes[0].account, world.deployer):
            with boa.env.prank(who):
                with boa.reverts("emc: not the authority"):
                    target.adopt((1, who, who, 0, 1, 0, 0, 1, 0, 0, 0, 0), [], [], [])
                with boa.reverts("emc: not the authority"):
                    target.change_payee(0, who)
                with boa.reverts("emc: not the authority"):
                    target.disband()
