"""An ME calls for bids for an EMC that is yet to be formed."""

from typing import Any

import boa
import pytest

from emc.core.terms import NATIVE, Bar
from emc.core.units import PPM
from tests.bids import (
    BAKER,
    DAY,
    LEADER,
    URI,
    WANTED,
    Phase,
    account,
    acting,
    call_for,
    opened,
    phase,
    sealed_call,
)
from tests.kit import World, address, deployer, events
from tests.till import until
from tests.wallets import move_in

REGISTRY = "a registry with code"


def test_whoever_calls_leads_the_call(world: World) -> None:
    first = world.calls.count() + 1
    call = call_for(places=3, lower=0, upper=PPM)
    with acting(world, LEADER):
        number = world.calls.open(call.terms(), URI)
    (called,) = events(world.calls, "Called")
    assert (called.call, called.leader, called.emc) == (first, world.nodes[LEADER].me, NATIVE)
    assert (called.terms, called.uri) == (call.terms(), URI)
    assert number == world.calls.count() == first
    assert world.calls.call_of(number) == call.terms()
    assert world.calls.leader_of(number) == world.nodes[LEADER].me
    assert phase(world, number) == Phase.OPEN
    assert world.calls.tally_of(number) == (0, 0)


def test_calls_are_counted_and_kept_apart(world: World) -> None:
    first = opened(world, call_for(role="bakes bread"))
    second = opened(world, sealed_call(role="makes ovens"), BAKER)
    assert second == first + 1
    assert world.calls.call_of(first)[1] == "bakes bread"
    assert world.calls.call_of(second)[1] == "makes ovens"
    assert world.calls.leader_of(second) == world.nodes[BAKER].me


def test_an_account_that_is_no_me_cannot_call(world: World) -> None:
    with boa.env.prank(world.stranger), boa.reverts("calls: not registered"):
        world.calls.open(call_for().terms(), URI)


def test_a_contract_wallet_calls_like_a_key(world: World) -> None:
    wallet = move_in(world, LEADER)
    wallet.execute(world.calls.address, world.calls.open.prepare_calldata(call_for().terms(), URI))
    assert world.calls.leader_of(world.calls.count()) == world.nodes[LEADER].me


def test_a_running_emc_must_be_proven(world: World) -> None:
    emc = world.make()
    for at in (emc.address, world.stranger):
        with acting(world, LEADER), boa.reverts("calls: EMC is not proven"):
            world.calls.open(call_for(emc=at).terms(), URI)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("calls: no role", {"role": ""}),
        ("calls: no document", {"document": bytes(32)}),
        ("calls: lower above upper", {"lower": 300_001}),
        ("calls: bound above one", {"upper": PPM + 1}),
        ("calls: no places", {"places": 0}),
        ("calls: too many places", {"places": 65}),
        ("calls: closes too far", {"closes_at": 2**40}),
        ("calls: reveal too short", {"reveal": 3_599}),
        ("calls: reveal too short", {"reveal": 1}),
        ("calls: reveal too long", {"reveal": 2**32}),
        ("calls: registry has no code", {"bar": Bar(registry=address("no code"))}),
        ("calls: bar without registry", {"bar": Bar(stars=1)}),
        ("calls: bar without registry", {"bar": Bar(emcs=1)}),
        ("calls: bar without registry", {"bar": Bar(proceeds=1)}),
        ("calls: bar without registry", {"bar": Bar(stars=2**255, emcs=2**255)}),
    ],
)
def test_a_call_that_breaks_a_rule_is_refused(
    world: World, reason: str, changes: dict[str, Any]
) -> None:
    before = world.calls.count()
    with acting(world, LEADER), boa.reverts(reason):
        world.calls.open(call_for(**changes).terms(), URI)
    assert world.calls.count() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "r" * 64},
        {"lower": 300_000},
        {"lower": 0, "upper": 0},
        {"upper": PPM},
        {"places": 64},
        {"closes_at": 2**40 - 1},
        {"reveal": 3_600},
        {"reveal": 2**32 - 1},
        {"bar": Bar(currency=address("some token"), admits_unrated=True)},
        {"bar": Bar(registry=REGISTRY, stars=500, emcs=3, proceeds=2**96, admits_unrated=True)},
    ],
)
def test_what_just_keeps_the_rules_is_taken(world: World, changes: dict[str, Any]) -> None:
    bar = changes.get("bar", Bar())
    if bar.registry == REGISTRY:
        registry = deployer("mocks/StarTable.vy").deploy().address
        changes = {"bar": Bar(registry, bar.stars, bar.emcs, bar.proceeds, admits_unrated=True)}
    call = call_for(**changes)
    assert world.calls.call_of(opened(world, call)) == call.terms()


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_the_last_second_to_bid_lies_in_the_future(world: World, moment: int) -> None:
    call = call_for(closes_at=boa.env.timestamp + DAY)
    until(call.closes_at + moment)
    if moment >= 0:
        with acting(world, LEADER), boa.reverts("calls: already over"):
            world.calls.open(call.terms(), URI)
    else:
        assert phase(world, opened(world, call)) == Phase.OPEN


def test_a_call_takes_no_coin(world: World) -> None:
    boa.env.set_balance(account(world, LEADER), 10**18)
    with acting(world, LEADER), boa.reverts():
        world.calls.open(call_for().terms(), URI, value=1)
    assert boa.env.get_balance(world.calls.address) == 0


def test_what_is_wanted_is_named_by_its_hash(world: World) -> None:
    assert world.calls.call_of(opened(world))[2] == WANTED
