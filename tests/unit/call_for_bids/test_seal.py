"""An ME bids under seal."""

import boa
import pytest

from emc.core.terms import Bar
from tests.bids import (
    BAKER,
    LEADER,
    OVEN_MAKER,
    BidState,
    acting,
    bid,
    close_bidding,
    commitment,
    decline,
    opened,
    seal,
    sealed_call,
    state_of,
    unseal,
    withdraw,
)
from tests.kit import World, deployer, events
from tests.till import until


def test_a_seal_is_kept_under_its_bidder(world: World) -> None:
    call = opened(world, sealed_call())
    what = seal(world, call)
    (made,) = events(world.calls, "Sealed")
    me = world.nodes[BAKER].me
    assert (made.call, made.me, made.commitment) == (call, me, what)
    assert world.calls.bid_of(call, me) == (BidState.SEALED, what)
    assert world.calls.tally_of(call) == (1, 0)


def test_a_better_seal_takes_the_place_of_the_first(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    seal(world, call, share=90_000)
    assert world.calls.tally_of(call) == (1, 0)
    close_bidding(world, call)
    with boa.reverts("calls: not what was sealed"):
        unseal(world, call)
    unseal(world, call, share=90_000)


def test_who_withdrew_may_seal_again(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    withdraw(world, call)
    seal(world, call, share=90_000)
    assert state_of(world, call) == BidState.SEALED
    assert world.calls.tally_of(call) == (1, 0)


def test_in_an_open_call_nothing_is_sealed(world: World) -> None:
    call = opened(world)
    with boa.reverts("calls: bids are open"):
        seal(world, call)
    with boa.reverts("calls: no such call"):
        seal(world, call + 1)


def test_nothing_is_no_commitment(world: World) -> None:
    call = opened(world, sealed_call())
    with acting(world, BAKER), boa.reverts("calls: no commitment"):
        world.calls.seal(call, bytes(32))


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_until_the_last_second(world: World, moment: int) -> None:
    call = opened(world, sealed_call())
    until(world.calls.call_of(call)[6] + moment)
    if moment > 0:
        with boa.reverts("calls: bidding is over"):
            seal(world, call)
    else:
        seal(world, call)
    assert world.calls.tally_of(call)[0] == (moment <= 0)


def test_only_other_mes_seal(world: World) -> None:
    call = opened(world, sealed_call())
    what = commitment(world, call)
    with boa.env.prank(world.stranger), boa.reverts("calls: not registered"):
        world.calls.seal(call, what)
    with boa.reverts("calls: own call"):
        seal(world, call, LEADER)


def test_who_is_below_the_bar_does_not_seal(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    stars.set_stars(world.nodes[BAKER].me, 399)
    stars.set_stars(world.nodes[OVEN_MAKER].me, 400)
    call = opened(world, sealed_call(bar=Bar(registry=stars.address, stars=400)))
    with boa.reverts("calls: below the bar"):
        seal(world, call)
    seal(world, call, OVEN_MAKER)


def test_no_seal_hides_from_being_declined_in_another_call(world: World) -> None:
    first, second = opened(world), opened(world, sealed_call())
    bid(world, first)
    decline(world, first)
    seal(world, second)
    assert state_of(world, second) == BidState.SEALED
