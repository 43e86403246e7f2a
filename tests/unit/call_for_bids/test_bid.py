"""An ME bids in an open call."""

import boa
import pytest

from emc.core.terms import Bar
from emc.core.units import PPM
from tests.bids import (
    BAKER,
    DAY,
    LEADER,
    OFFERED,
    OVEN_MAKER,
    URI,
    BidState,
    Phase,
    acting,
    bid,
    call_for,
    close,
    hash_of,
    opened,
    sealed_call,
    state_of,
    withdraw,
)
from tests.kit import World, address, deployer, events, skip
from tests.till import until
from tests.wallets import move_in, rotate


def test_a_bid_is_kept_under_its_bidder(world: World) -> None:
    call = opened(world)
    me = world.nodes[BAKER].me
    what = world.calls.bid_hash(call, me, 100_000, OFFERED)
    with acting(world, BAKER):
        world.calls.bid(call, 100_000, OFFERED, URI)
    (made,) = events(world.calls, "Bid")
    assert (made.call, made.me, made.bid) == (call, me, what)
    assert (made.share, made.document, made.uri) == (100_000, OFFERED, URI)
    assert world.calls.bid_of(call, me) == (BidState.OPEN, what)
    assert world.calls.tally_of(call) == (1, 0)
    assert state_of(world, call, OVEN_MAKER) == BidState.NONE


def test_a_better_bid_takes_the_place_of_the_first(world: World) -> None:
    call = opened(world)
    first = bid(world, call)
    second = bid(world, call, share=90_000)
    assert first != second == hash_of(world, call)
    assert world.calls.tally_of(call) == (1, 0)
    bid(world, call, OVEN_MAKER)
    assert world.calls.tally_of(call) == (2, 0)


def test_who_withdrew_may_bid_again(world: World) -> None:
    call = opened(world)
    bid(world, call)
    withdraw(world, call)
    bid(world, call, share=90_000)
    assert state_of(world, call) == BidState.OPEN
    assert world.calls.tally_of(call) == (1, 0)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_every_kind_of_me_bids_an_outside_firm_too(world: World, kind: int) -> None:
    call = opened(world)
    firm = boa.env.generate_address("firm")
    with boa.env.prank(firm):
        me = world.registry.register(kind, 0, URI, OFFERED)
        world.calls.bid(call, 50_000, OFFERED, "")
    assert world.calls.bid_of(call, me)[0] == BidState.OPEN


def test_an_account_that_is_no_me_does_not_bid(world: World) -> None:
    call = opened(world)
    with boa.env.prank(world.stranger), boa.reverts("calls: not registered"):
        world.calls.bid(call, 100_000, OFFERED, URI)


def test_an_account_that_the_me_has_left_does_not_bid(world: World) -> None:
    call = opened(world)
    old = world.nodes[BAKER].account
    rotate(world, BAKER, address("new home"))
    with boa.env.prank(old), boa.reverts("calls: not registered"):
        world.calls.bid(call, 100_000, OFFERED, URI)
    bid(world, call)


def test_a_contract_wallet_bids_like_a_key(world: World) -> None:
    call = opened(world)
    wallet = move_in(world, BAKER)
    wallet.execute(
        world.calls.address, world.calls.bid.prepare_calldata(call, 100_000, OFFERED, URI)
    )
    assert state_of(world, call) == BidState.OPEN


def test_the_leader_does_not_bid_in_its_own_call(world: World) -> None:
    call, other = opened(world), opened(world, node=BAKER)
    with boa.reverts("calls: own call"):
        bid(world, call, LEADER)
    rotate(world, LEADER, address("new home"))
    with boa.reverts("calls: own call"):
        bid(world, call, LEADER)
    bid(world, other, LEADER)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_until_the_last_second(world: World, moment: int) -> None:
    call = opened(world)
    until(world.calls.call_of(call)[6] + moment)
    if moment > 0:
        with boa.reverts("calls: bidding is over"):
            bid(world, call)
    else:
        bid(world, call)
    assert world.calls.tally_of(call)[0] == (moment <= 0)


def test_a_better_bid_comes_too_late_like_any(world: World) -> None:
    call = opened(world)
    what = bid(world, call)
    skip(8 * DAY)
    with boa.reverts("calls: bidding is over"):
        bid(world, call, share=90_000)
    assert hash_of(world, call) == what


@pytest.mark.parametrize("share", [49_999, 50_000, 300_000, 300_001, 0, PPM, 2**256 - 1])
def test_the_share_is_inside_the_bounds_of_the_call(world: World, share: int) -> None:
    call = opened(world)
    if 50_000 <= share <= 300_000:
        bid(world, call, share=share)
    else:
        with boa.reverts("calls: share outside bounds"):
            bid(world, call, share=share)
    assert world.calls.tally_of(call)[0] == (50_000 <= share <= 300_000)


def test_a_bid_has_a_document(world: World) -> None:
    call = opened(world)
    with boa.reverts("calls: no document"):
        bid(world, call, document=bytes(32))


def test_in_a_sealed_call_nobody_bids_openly(world: World) -> None:
    call = opened(world, sealed_call())
    with boa.reverts("calls: bids are sealed"):
        bid(world, call)


def test_in_a_call_that_is_closed_or_is_none_nobody_bids(world: World) -> None:
    call = opened(world)
    close(world, call)
    with boa.reverts("calls: bidding is over"):
        bid(world, call)
    for number in (0, call + 1, 2**256 - 1):
        with boa.reverts("calls: no such call"):
            bid(world, number)


def test_who_is_below_the_bar_does_not_bid(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    for node, number in ((BAKER, 399), (OVEN_MAKER, 400)):
        stars.set_stars(world.nodes[node].me, number)
    call = opened(world, call_for(bar=Bar(registry=stars.address, stars=400)))
    with boa.reverts("calls: below the bar"):
        bid(world, call, BAKER)
    bid(world, call, OVEN_MAKER)
    assert world.calls.tally_of(call) == (1, 0)
    stars.set_stars(world.nodes[BAKER].me, 400)
    bid(world, call, BAKER)
    # asked anew for a better bid
    stars.set_stars(world.nodes[BAKER].me, 399)
    with boa.reverts("calls: below the bar"):
        bid(world, call, BAKER, share=90_000)


@pytest.mark.parametrize("admits", [False, True])
def test_a_call_admits_the_unrated_or_does_not(world: World, admits: bool) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    bar = Bar(registry=stars.address, stars=400, admits_unrated=admits)
    call = opened(world, call_for(bar=bar))
    if admits:
        bid(world, call)
    else:
        with boa.reverts("calls: below the bar"):
            bid(world, call)


def test_without_a_registry_everybody_passes(world: World) -> None:
    call = opened(world, call_for(bar=Bar(currency=address("token"))))
    bid(world, call)


def test_a_bid_takes_no_coin(world: World) -> None:
    call = opened(world)
    with acting(world, BAKER), boa.reverts():
        world.calls.bid(call, 100_000, OFFERED, URI, value=1)
    assert Phase(world.calls.phase_of(call)) == Phase.OPEN
