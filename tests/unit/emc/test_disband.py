import boa
import pytest

from emc.core.terms import Gate
from tests.authority import disband
from tests.kit import World, address, events, received
from tests.till import ACTIVE, CLOSED, held_terms, payee, send, shares_of, until


def test_only_the_authority_disbands(world: World) -> None:
    for emc in (world.make(), world.implementation):
        for caller in (
            world.stranger,
            world.nodes[0].account,
            world.pages.address,
            world.registry.address,
            emc.address,
        ):
            with boa.env.prank(caller), boa.reverts("emc: not the authority"):
                emc.disband()


def test_all_nodes_end_it_at_once(world: World) -> None:
    terms = held_terms(world, gate=Gate.NONE)
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    disband(world, emc, terms)
    (ended,) = events(world.conduct, "Ended")
    assert (ended.succeeded, ended.total) == (True, 100)
    assert emc.stage() == CLOSED
    with boa.reverts("emc: over"):
        world.sell(emc, 100, 2)
    assert [received(payee(i)) for i in range(3)] == [50, 30, 20]


def test_what_a_closed_gate_holds_goes_to_the_backstop(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 999, 1)
    disband(world, emc, terms)
    (ended,) = events(world.conduct, "Ended")
    assert (ended.succeeded, ended.total) == (False, 999)
    assert received(address("backstop")) == 999
    assert emc.accounts().held == 0
    send(world, emc, 5_000)
    emc.absorb()
    assert not emc.is_gate_open()
    assert received(address("backstop")) == 5_999


def test_it_absorbs_first_and_that_may_open_the_gate(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    world.sell(emc, 900, 1)
    send(world, emc, 100)
    with boa.env.prank(world.conduct.address):
        emc.disband()
    assert shares_of(emc) == [500, 300, 200]
    (ended,) = events(emc, "Ended")
    assert (ended.succeeded, ended.total) == (True, 1_000)
    assert received(address("backstop")) == 0


def test_from_then_on_the_end_date_is_past(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    before = int.from_bytes(emc.page()[:32], "big")
    with boa.env.prank(world.conduct.address):
        emc.disband()
    head = int.from_bytes(emc.page()[:32], "big")
    assert head >> 56 & 2**40 - 1 == boa.env.timestamp
    assert before >> 56 & 2**40 - 1 == terms.ends_at
    assert head & ~((2**40 - 1) << 56) == before & ~((2**40 - 1) << 56)
    with boa.reverts("emc: already ended"):
        emc.end()


@pytest.mark.parametrize("way", ["end", "disband"])
def test_it_ends_once(world: World, way: str) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    if way == "end":
        until(terms.ends_at)
        emc.end()
    with boa.env.prank(world.conduct.address):
        if way == "disband":
            emc.disband()
        with boa.reverts("emc: already ended"):
            emc.disband()


def test_after_the_end_date_it_may_still_be_disbanded_until_it_ends(world: World) -> None:
    terms = held_terms(world)
    emc = world.make(terms)
    until(terms.ends_at + 10)
    assert emc.stage() == ACTIVE
    disband(world, emc, terms)
    assert emc.stage() == CLOSED
    # the date that all signed stays
    assert int.from_bytes(emc.page()[:32], "big") >> 56 & 2**40 - 1 == terms.ends_at


def test_what_was_never_active_is_not_disbanded(world: World) -> None:
    emc = world.implementation
    with boa.env.prank(world.conduct.address), boa.reverts("emc: not active"):
        emc.disband()
