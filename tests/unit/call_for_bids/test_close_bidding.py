"""The leader ends the time to bid."""

import boa

from tests.bids import (
    BAKER,
    DAY,
    OVEN_MAKER,
    Phase,
    award,
    bid,
    close,
    close_bidding,
    opened,
    phase,
    seal,
    sealed_call,
    unseal,
)
from tests.kit import World, events, skip


def test_from_the_same_second_on_nobody_bids(world: World) -> None:
    call = opened(world)
    bid(world, call)
    close_bidding(world, call)
    (closed,) = events(world.calls, "BiddingClosed")
    assert (closed.call, closed.closes_at) == (call, boa.env.timestamp - 1)
    assert world.calls.call_of(call)[6] == boa.env.timestamp - 1
    assert phase(world, call) == Phase.AWARD
    for node in (BAKER, OVEN_MAKER):
        with boa.reverts("calls: bidding is over"):
            bid(world, call, node)
    award(world, call)


def test_the_time_to_open_seals_runs_from_then(world: World) -> None:
    call = opened(world, sealed_call(places=2))
    seal(world, call)
    seal(world, call, OVEN_MAKER)
    close_bidding(world, call)
    assert phase(world, call) == Phase.REVEAL
    skip(2 * DAY - 1)
    unseal(world, call)
    skip(1)
    assert phase(world, call) == Phase.AWARD
    with boa.reverts("calls: not the time to open bids"):
        unseal(world, call, OVEN_MAKER)


def test_it_ends_once(world: World) -> None:
    call = opened(world, sealed_call())
    close_bidding(world, call)
    closes_at = world.calls.call_of(call)[6]
    for seconds in (0, 1, 3 * DAY):
        skip(seconds)
        with boa.reverts("calls: bidding is over"):
            close_bidding(world, call)
    close(world, call)
    with boa.reverts("calls: bidding is over"):
        close_bidding(world, call)
    assert world.calls.call_of(call)[6] == closes_at


def test_in_the_last_second_it_still_can_and_after_it_cannot(world: World) -> None:
    call = opened(world)
    closes_at = world.calls.call_of(call)[6]
    with boa.env.anchor():
        skip(closes_at - boa.env.timestamp)
        close_bidding(world, call)
        assert phase(world, call) == Phase.AWARD
    skip(closes_at + 1 - boa.env.timestamp)
    with boa.reverts("calls: bidding is over"):
        close_bidding(world, call)
