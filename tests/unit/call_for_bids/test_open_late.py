"""The leader of a running EMC calls for somebody to join it."""

from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Terms
from emc.core.units import PPM
from tests import authority, tables
from tests.bids import BAKER, LEADER, OVEN_MAKER, URI, Phase, acting, bid, call_for, phase
from tests.kit import World, address, deployer, events, replace
from tests.till import until
from tests.wallets import rotate


def open_late(world: World, emc: Any, terms: Terms, node: int = LEADER) -> int:
    """A node calls in the name of an EMC."""
    call = call_for(emc=str(emc.address))
    with acting(world, node):
        return int(world.calls.open_late(call.terms(), URI, terms.head(), terms.packed_rows()))


def active(world: World) -> tuple[VyperContract, Terms]:
    """A running EMC of the first two nodes."""
    terms = world.terms(world.rows([500_000, 500_000]))
    return world.make(terms), terms


def test_the_leader_calls_in_the_name_of_its_emc(world: World) -> None:
    emc, terms = active(world)
    number = open_late(world, emc, terms)
    (called,) = events(world.calls, "Called")
    assert (called.call, called.leader, called.emc) == (
        number,
        world.nodes[LEADER].me,
        emc.address,
    )
    assert world.calls.call_of(number)[0] == emc.address
    assert world.calls.leader_of(number) == world.nodes[LEADER].me
    bid(world, number, OVEN_MAKER)


def test_only_the_node_in_place_0_does(world: World) -> None:
    emc, terms = active(world)
    for node in (BAKER, OVEN_MAKER):
        with boa.reverts("members: not the controller"):
            open_late(world, emc, terms, node)
    call = call_for(emc=emc.address)
    with boa.env.prank(world.stranger), boa.reverts("members: not the controller"):
        world.calls.open_late(call.terms(), URI, terms.head(), terms.packed_rows())


def test_after_a_rotation_only_the_new_account_does(world: World) -> None:
    emc, terms = active(world)
    old = world.nodes[LEADER].account
    rotate(world, LEADER, address("new home"))
    call = call_for(emc=emc.address)
    with boa.env.prank(old), boa.reverts("members: not the controller"):
        world.calls.open_late(call.terms(), URI, terms.head(), terms.packed_rows())
    assert world.calls.leader_of(open_late(world, emc, terms)) == world.nodes[LEADER].me


def test_who_has_taken_the_place_of_a_leader_that_left_does(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    after = authority.leave(world, emc, terms, LEADER)
    with boa.reverts("members: not the controller"):
        open_late(world, emc, after)
    with boa.reverts("members: not the terms in force"):
        open_late(world, emc, terms)
    assert world.calls.leader_of(open_late(world, emc, after, BAKER)) == world.nodes[BAKER].me


def test_a_beneficiary_in_place_0_leads_nothing(world: World) -> None:
    terms = world.terms((tables.fund(0, PPM),))
    emc = world.make()
    with boa.env.prank(address("controller")), boa.reverts("members: not the terms in force"):
        call = call_for(emc=emc.address)
        world.calls.open_late(call.terms(), URI, terms.head(), terms.packed_rows())


def test_only_the_terms_in_force_prove_it(world: World) -> None:
    emc, terms = active(world)
    other = world.make(world.terms(nonce=1))
    stray = deployer("EMC.vy").deploy([world.stranger] * 4, world.pages.address)
    for at, told in (
        (emc, replace(terms, nonce=2)),
        (emc, terms.with_row(0, base=499_999)),
        (other, terms),
        (stray, terms),
    ):
        with boa.reverts("members: not the terms in force"):
            open_late(world, at, told)
    # an EMC that is not named at all is none
    with acting(world, LEADER), boa.reverts("members: not the terms in force"):
        world.calls.open_late(call_for().terms(), URI, terms.head(), terms.packed_rows())


def test_only_while_the_emc_is_active(world: World) -> None:
    terms = world.terms()
    with boa.reverts("members: not the terms in force"):
        open_late(world, deployer("EMC.vy").at(world.address_of(terms)), terms)
    emc, terms = active(world)
    number = open_late(world, emc, terms)
    until(terms.ends_at)
    emc.end()
    with boa.reverts("members: not active"):
        open_late(world, emc, terms)
    assert world.calls.count() == number


def test_the_rules_of_a_call_are_the_same(world: World) -> None:
    emc, terms = active(world)
    call = call_for(emc=emc.address, places=0)
    with acting(world, LEADER), boa.reverts("calls: no places"):
        world.calls.open_late(call.terms(), URI, terms.head(), terms.packed_rows())


def test_the_me_that_called_leads_the_call_whatever_becomes_of_the_emc(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    number = open_late(world, emc, terms)
    after = authority.leave(world, emc, terms, LEADER)
    with acting(world, BAKER), boa.reverts("calls: not the leader"):
        world.calls.close(number)
    until(after.ends_at)
    emc.end()
    with acting(world, LEADER):
        world.calls.close(number)
    assert phase(world, number) == Phase.CLOSED
