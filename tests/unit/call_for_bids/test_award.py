"""The leader gives a place to a bid."""

import boa
import pytest
from eth_utils.crypto import keccak

from tests.bids import (
    BAKER,
    DAY,
    OVEN_MAKER,
    BidState,
    Phase,
    award,
    bid,
    call_for,
    close_bidding,
    decline,
    hash_of,
    in_phase,
    opened,
    phase,
    seal,
    sealed_call,
    state_of,
    unseal,
    withdraw,
)
from tests.kit import World, events, skip
from tests.till import until


def test_a_bid_is_awarded_by_its_hash(world: World) -> None:
    call = opened(world, call_for(places=2))
    what = bid(world, call)
    close_bidding(world, call)
    award(world, call, what=what)
    (awarded,) = events(world.calls, "Awarded")
    assert (awarded.call, awarded.me, awarded.bid) == (call, world.nodes[BAKER].me, what)
    assert (state_of(world, call), hash_of(world, call)) == (BidState.AWARDED, what)
    assert world.calls.tally_of(call) == (1, 1)
    # one place is left
    assert events(world.calls, "CallClosed") == []
    assert phase(world, call) == Phase.AWARD


def test_with_the_last_place_the_call_is_closed(world: World) -> None:
    call = opened(world, call_for(places=2))
    (third,) = world.register(1)
    nodes = (BAKER, OVEN_MAKER, world.nodes.index(third))
    for node in nodes:
        bid(world, call, node)
    close_bidding(world, call)
    award(world, call, nodes[2])
    award(world, call, nodes[0])
    (closed,) = events(world.calls, "CallClosed")
    assert closed.call == call
    assert phase(world, call) == Phase.CLOSED
    with boa.reverts("calls: not the time to award"):
        award(world, call, nodes[1])
    assert world.calls.tally_of(call) == (3, 2)
    assert state_of(world, call, nodes[1]) == BidState.OPEN


@pytest.mark.parametrize("moment", [0, 1, 2])
def test_an_open_call_is_awarded_after_its_last_second(world: World, moment: int) -> None:
    call = opened(world)
    bid(world, call)
    until(world.calls.call_of(call)[6] - 1 + moment)
    if moment < 2:
        with boa.reverts("calls: not the time to award"):
            award(world, call)
    else:
        award(world, call)
    assert world.calls.tally_of(call)[1] == (moment == 2)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_a_sealed_call_is_awarded_once_the_time_to_open_bids_is_over(
    world: World, moment: int
) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    closes_at = world.calls.call_of(call)[6]
    until(closes_at + 1)
    unseal(world, call)
    until(closes_at + 2 * DAY + moment)
    if moment <= 0:
        with boa.reverts("calls: not the time to award"):
            award(world, call)
    else:
        award(world, call)
    assert world.calls.tally_of(call)[1] == (moment == 1)


@pytest.mark.parametrize("where", [Phase.OPEN, Phase.REVEAL, Phase.CLOSED])
def test_in_no_other_phase(world: World, where: Phase) -> None:
    call = in_phase(world, where)
    with boa.reverts("calls: not the time to award"):
        award(world, call)


def test_the_award_names_the_bid_that_was_read(world: World) -> None:
    call = opened(world)
    first = bid(world, call)
    second = bid(world, call, share=100_001)
    close_bidding(world, call)
    for what in (first, bytes(32), keccak(second)):
        with boa.reverts("calls: not that bid"):
            award(world, call, what=what)
    award(world, call, what=second)


def test_only_an_open_bid_is_awarded(world: World) -> None:
    call = opened(world, call_for(places=3))
    what = bid(world, call)
    bid(world, call, OVEN_MAKER)
    close_bidding(world, call)
    withdraw(world, call)
    decline(world, call, OVEN_MAKER)
    for node in (BAKER, OVEN_MAKER, 0):
        with boa.reverts("calls: no open bid"):
            award(world, call, node)
    with boa.reverts("calls: no open bid"):
        award(world, call, 0, what)


def test_a_bid_is_awarded_once(world: World) -> None:
    call = opened(world, call_for(places=2))
    bid(world, call)
    close_bidding(world, call)
    award(world, call)
    with boa.reverts("calls: no open bid"):
        award(world, call)
    assert world.calls.tally_of(call) == (1, 1)


def test_a_seal_that_was_not_opened_is_not_awarded(world: World) -> None:
    call = opened(world, sealed_call())
    what = seal(world, call)
    skip(10 * DAY)
    with boa.reverts("calls: no open bid"):
        award(world, call, what=what)


def test_an_award_has_no_end(world: World) -> None:
    call = opened(world)
    bid(world, call)
    skip(3_650 * DAY)
    award(world, call)
    assert state_of(world, call) == BidState.AWARDED
