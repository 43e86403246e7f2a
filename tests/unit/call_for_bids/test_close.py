"""The leader gives up the places that are left."""

import boa
import pytest

from tests.bids import (
    LEADER,
    OVEN_MAKER,
    Phase,
    acting,
    award,
    bid,
    call_for,
    close,
    close_bidding,
    in_phase,
    opened,
    phase,
    seal,
    sealed_call,
    unseal,
)
from tests.kit import World, events


@pytest.mark.parametrize("where", [Phase.OPEN, Phase.REVEAL, Phase.AWARD])
def test_it_can_in_every_phase(world: World, where: Phase) -> None:
    call = in_phase(world, where)
    close(world, call)
    (closed,) = events(world.calls, "CallClosed")
    assert closed.call == call
    assert phase(world, call) == Phase.CLOSED


def test_nothing_is_bid_opened_or_awarded_from_then_on(world: World) -> None:
    call = opened(world)
    bid(world, call)
    close(world, call)
    with boa.reverts("calls: bidding is over"):
        bid(world, call, OVEN_MAKER)
    with boa.reverts("calls: not the time to award"):
        award(world, call)
    call = opened(world, sealed_call())
    seal(world, call)
    with boa.env.anchor():
        close(world, call)
        with boa.reverts("calls: bidding is over"):
            seal(world, call, OVEN_MAKER)
    close_bidding(world, call)
    close(world, call)
    with boa.reverts("calls: not the time to open bids"):
        unseal(world, call)


def test_what_was_awarded_stays_awarded(world: World) -> None:
    call = opened(world, call_for(places=2))
    bid(world, call)
    close_bidding(world, call)
    award(world, call)
    close(world, call)
    assert world.calls.tally_of(call) == (1, 1)


def test_it_closes_once(world: World) -> None:
    call = opened(world)
    close(world, call)
    with acting(world, LEADER), boa.reverts("calls: closed"):
        world.calls.close(call)
