"""An ME takes its bid back."""

import boa
import pytest

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
    seal,
    sealed_call,
    state_of,
    withdraw,
)
from tests.kit import World, events, skip


@pytest.mark.parametrize("where", [Phase.OPEN, Phase.REVEAL, Phase.AWARD, Phase.CLOSED])
def test_it_can_in_every_phase(world: World, where: Phase) -> None:
    call = in_phase(world, where)
    withdraw(world, call)
    (withdrawn,) = events(world.calls, "Withdrawn")
    assert (withdrawn.call, withdrawn.me) == (call, world.nodes[BAKER].me)
    assert state_of(world, call) == BidState.WITHDRAWN
    # it was made all the same
    assert world.calls.tally_of(call) == (1, 0)


def test_open_bids_are_taken_back_like_sealed_ones(world: World) -> None:
    call, sealed = opened(world), opened(world, sealed_call())
    what, hidden = bid(world, call), seal(world, sealed)
    withdraw(world, call)
    withdraw(world, sealed)
    assert (hash_of(world, call), hash_of(world, sealed)) == (what, hidden)


def test_a_bid_is_taken_back_once_and_only_if_there_is_one(world: World) -> None:
    call = opened(world)
    bid(world, call)
    withdraw(world, call)
    for node in (BAKER, OVEN_MAKER):
        with boa.reverts("calls: nothing to withdraw"):
            withdraw(world, call, node)
    with boa.reverts("calls: nothing to withdraw"):
        withdraw(world, call + 1)


def test_what_was_answered_is_not_taken_back(world: World) -> None:
    call = opened(world, call_for(places=2))
    bid(world, call)
    bid(world, call, OVEN_MAKER)
    close_bidding(world, call)
    award(world, call)
    decline(world, call, OVEN_MAKER)
    for node in (BAKER, OVEN_MAKER):
        with boa.reverts("calls: nothing to withdraw"):
            withdraw(world, call, node)
    assert state_of(world, call) == BidState.AWARDED


def test_after_the_time_to_bid_a_bid_that_was_taken_back_is_gone(world: World) -> None:
    call = opened(world)
    bid(world, call)
    skip(8 * DAY)
    withdraw(world, call)
    with boa.reverts("calls: bidding is over"):
        bid(world, call)
    with boa.reverts("calls: no open bid"):
        award(world, call)


def test_only_its_bidder_takes_it_back(world: World) -> None:
    call = opened(world)
    bid(world, call)
    with boa.env.prank(world.stranger), boa.reverts("calls: not registered"):
        world.calls.withdraw(call)
    with boa.reverts("calls: nothing to withdraw"):
        withdraw(world, call, 0)
    assert state_of(world, call) == BidState.OPEN
