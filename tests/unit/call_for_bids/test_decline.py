"""The leader says no to a bid."""

import boa
import pytest

from tests.bids import (
    BAKER,
    OVEN_MAKER,
    BidState,
    Phase,
    award,
    bid,
    close,
    close_bidding,
    decline,
    in_phase,
    opened,
    seal,
    sealed_call,
    state_of,
    withdraw,
)
from tests.kit import World, address, events
from tests.wallets import rotate


def test_a_bid_is_declined(world: World) -> None:
    call = opened(world)
    bid(world, call)
    decline(world, call)
    (declined,) = events(world.calls, "Declined")
    assert (declined.call, declined.me) == (call, world.nodes[BAKER].me)
    assert state_of(world, call) == BidState.DECLINED
    assert world.calls.tally_of(call) == (1, 0)


def test_who_was_declined_does_not_bid_again_in_this_call(world: World) -> None:
    call, other = opened(world), opened(world)
    bid(world, call)
    decline(world, call)
    rotate(world, BAKER, address("new home"))
    with boa.reverts("calls: declined"):
        bid(world, call)
    with boa.reverts("calls: nothing to withdraw"):
        withdraw(world, call)
    bid(world, other)
    bid(world, call, OVEN_MAKER)


@pytest.mark.parametrize("where", [Phase.REVEAL, Phase.AWARD])
def test_an_open_bid_is_declined_in_every_phase(world: World, where: Phase) -> None:
    call = in_phase(world, where)
    decline(world, call)
    assert state_of(world, call) == BidState.DECLINED


def test_also_when_the_call_is_closed(world: World) -> None:
    call = opened(world)
    bid(world, call)
    close(world, call)
    decline(world, call)
    assert state_of(world, call) == BidState.DECLINED


def test_what_is_no_open_bid_is_not_declined(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    for node in (BAKER, OVEN_MAKER):
        with boa.reverts("calls: no open bid"):
            decline(world, call, node)
    call = opened(world)
    bid(world, call)
    bid(world, call, OVEN_MAKER)
    withdraw(world, call)
    close_bidding(world, call)
    award(world, call, OVEN_MAKER)
    for node in (BAKER, OVEN_MAKER):
        with boa.reverts("calls: no open bid"):
            decline(world, call, node)
    assert state_of(world, call, OVEN_MAKER) == BidState.AWARDED


def test_a_bid_is_declined_once(world: World) -> None:
    call = opened(world)
    bid(world, call)
    decline(world, call)
    with boa.reverts("calls: no open bid"):
        decline(world, call)
