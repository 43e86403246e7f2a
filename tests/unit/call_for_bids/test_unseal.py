"""An ME opens its sealed bid."""

from typing import Any

import boa
import pytest
from eth_utils.crypto import keccak

from emc.core.terms import Bar
from emc.core.units import PPM
from tests.bids import (
    BAKER,
    DAY,
    OFFERED,
    OVEN_MAKER,
    SALT,
    URI,
    BidState,
    Phase,
    acting,
    bid,
    close_bidding,
    decline,
    in_phase,
    opened,
    seal,
    sealed_call,
    state_of,
    unseal,
    withdraw,
)
from tests.kit import World, address, deployer, events, skip
from tests.till import until
from tests.wallets import rotate


def test_it_becomes_an_open_bid(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    close_bidding(world, call)
    me = world.nodes[BAKER].me
    what = world.calls.bid_hash(call, me, 100_000, OFFERED)
    with acting(world, BAKER):
        world.calls.unseal(call, 100_000, OFFERED, URI, SALT)
    (made,) = events(world.calls, "Bid")
    assert (made.call, made.me, made.bid) == (call, me, what)
    assert (made.share, made.document, made.uri) == (100_000, OFFERED, URI)
    assert world.calls.bid_of(call, me) == (BidState.OPEN, what)
    assert world.calls.tally_of(call) == (1, 0)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_not_while_bids_are_sealed(world: World, moment: int) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    until(world.calls.call_of(call)[6] + moment)
    if moment <= 0:
        with boa.reverts("calls: not the time to open bids"):
            unseal(world, call)
    else:
        unseal(world, call)
    assert state_of(world, call) == (BidState.OPEN if moment > 0 else BidState.SEALED)


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_in_the_seconds_that_the_call_gives(world: World, moment: int) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    until(world.calls.call_of(call)[6] + 2 * DAY + moment)
    if moment > 0:
        with boa.reverts("calls: not the time to open bids"):
            unseal(world, call)
    else:
        unseal(world, call)
    assert state_of(world, call) == (BidState.SEALED if moment > 0 else BidState.OPEN)


def test_in_no_other_phase(world: World) -> None:
    for where in (Phase.NONE, Phase.OPEN, Phase.AWARD, Phase.CLOSED):
        call = in_phase(world, where)
        with boa.reverts("calls: not the time to open bids"):
            unseal(world, call)


@pytest.mark.parametrize(
    "changes",
    [
        {"share": 100_001},
        {"document": keccak(text="another")},
        {"salt": keccak(text="another")},
        {"salt": bytes(32)},
    ],
)
def test_only_what_was_sealed_is_opened(world: World, changes: dict[str, Any]) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    close_bidding(world, call)
    with boa.reverts("calls: not what was sealed"):
        unseal(world, call, **changes)
    unseal(world, call)


def test_it_is_opened_once_and_only_where_something_is_sealed(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    seal(world, call, OVEN_MAKER)
    close_bidding(world, call)
    unseal(world, call)
    withdraw(world, call, OVEN_MAKER)
    for node in (BAKER, OVEN_MAKER, 0):
        with boa.reverts("calls: no sealed bid"):
            unseal(world, call, node)
    decline(world, call)
    with boa.reverts("calls: no sealed bid"):
        unseal(world, call)


@pytest.mark.parametrize("share", [49_999, 50_000, 300_000, 300_001, PPM])
def test_a_share_outside_the_bounds_stays_sealed(world: World, share: int) -> None:
    call = opened(world, sealed_call())
    seal(world, call, share=share)
    close_bidding(world, call)
    if 50_000 <= share <= 300_000:
        unseal(world, call, share=share)
    else:
        with boa.reverts("calls: share outside bounds"):
            unseal(world, call, share=share)


def test_a_bid_without_document_stays_sealed(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call, document=bytes(32))
    close_bidding(world, call)
    with boa.reverts("calls: no document"):
        unseal(world, call, document=bytes(32))


def test_the_bar_is_asked_again(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    me = world.nodes[BAKER].me
    stars.set_stars(me, 400)
    call = opened(world, sealed_call(bar=Bar(registry=stars.address, stars=400)))
    seal(world, call)
    close_bidding(world, call)
    stars.set_stars(me, 399)
    with boa.reverts("calls: below the bar"):
        unseal(world, call)
    stars.set_stars(me, 400)
    unseal(world, call)


def test_the_mes_account_of_now_opens_it(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    close_bidding(world, call)
    old = world.nodes[BAKER].account
    rotate(world, BAKER, address("new home"))
    with boa.env.prank(old), boa.reverts("calls: not registered"):
        world.calls.unseal(call, 100_000, OFFERED, URI, SALT)
    unseal(world, call)


def test_in_an_open_call_there_is_nothing_to_open(world: World) -> None:
    call = opened(world)
    bid(world, call)
    for _ in range(2):
        with acting(world, BAKER), boa.reverts("calls: not the time to open bids"):
            world.calls.unseal(call, 100_000, OFFERED, URI, SALT)
        skip(8 * DAY)
