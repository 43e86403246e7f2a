"""What can be asked about calls and bids."""

import boa
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.core.terms import Bar
from tests.bids import (
    BAKER,
    OFFERED,
    OVEN_MAKER,
    SALT,
    BidState,
    Call,
    Phase,
    bid,
    call_for,
    in_phase,
    opened,
    phase,
    sealed_call,
)
from tests.kit import World, deployer, events
from tests.till import until


def test_a_call_that_is_none_is_empty(world: World) -> None:
    nothing = Call(0, role="", document=bytes(32), lower=0, upper=0, places=0)
    for number in (0, opened(world) + 1):
        assert world.calls.call_of(number) == nothing.terms()
        assert world.calls.leader_of(number) == 0
        assert phase(world, number) == Phase.NONE
        assert world.calls.tally_of(number) == (0, 0)
        assert world.calls.bid_of(number, 1) == (BidState.NONE, bytes(32))


def test_a_call_shows_every_field(world: World) -> None:
    registry = deployer("mocks/StarTable.vy").deploy().address
    bar = Bar(registry, 450, 3, 10**20, registry, admits_unrated=True)
    call = sealed_call(role="r" * 64, places=64, bar=bar)
    assert world.calls.call_of(opened(world, call)) == call.terms()


@pytest.mark.parametrize("where", list(Phase))
def test_a_call_is_in_one_phase(world: World, where: Phase) -> None:
    assert phase(world, in_phase(world, where)) == where


@pytest.mark.parametrize("reveal", [0, 3_600, 5_000])
def test_the_phases_follow_each_other_by_the_clock(world: World, reveal: int) -> None:
    call = call_for(reveal=reveal)
    number = opened(world, call)
    found = []
    for moment in (-1, 0, 1, reveal, reveal + 1):
        until(max(boa.env.timestamp, call.closes_at + moment))
        found.append(phase(world, number))
    between = Phase.REVEAL if reveal else Phase.AWARD
    assert found == [Phase.OPEN, Phase.OPEN, between, between, Phase.AWARD]


def test_whom_a_bid_belongs_to_is_the_me(world: World) -> None:
    first, second = opened(world), opened(world)
    bid(world, first)
    bid(world, second, OVEN_MAKER)
    states = {
        (call, node): BidState(world.calls.bid_of(call, world.nodes[node].me)[0])
        for call in (first, second)
        for node in (BAKER, OVEN_MAKER)
    }
    assert states == {
        (first, BAKER): BidState.OPEN,
        (first, OVEN_MAKER): BidState.NONE,
        (second, BAKER): BidState.NONE,
        (second, OVEN_MAKER): BidState.OPEN,
    }


def test_hashes_are_those_of_another_library(world: World) -> None:
    head = [boa.env.evm.patch.chain_id, world.calls.address]
    kinds = ["uint256", "address", "uint256", "uint256", "uint256", "bytes32", "bytes32"]
    for numbers in ((1, 2, 3), (2**256 - 1, 2**128, 0)):
        bound = [*head, *numbers, OFFERED]
        assert world.calls.bid_hash(*numbers, OFFERED) == keccak(encode(kinds[:6], bound))
        sealed = keccak(encode(kinds, [*bound, SALT]))
        assert world.calls.commitment_to(*numbers, OFFERED, SALT) == sealed


def test_hashes_are_bound_to_all_that_they_name(world: World) -> None:
    beside = deployer("CallForBids.vy").deploy(world.implementation.address, world.registry.address)
    here = boa.env.evm.patch.chain_id
    arguments = (7, 8, 9, OFFERED)
    found = []
    try:
        for chain_id in (here, here + 1):
            boa.env.evm.patch.chain_id = chain_id
            found += [calls.bid_hash(*arguments) for calls in (world.calls, beside)]
            found += [calls.commitment_to(*arguments, SALT) for calls in (world.calls, beside)]
    finally:
        boa.env.evm.patch.chain_id = here
    for place in range(4):
        other = [*arguments]
        other[place] = keccak(OFFERED) if place == 3 else arguments[place] + 1
        found.append(world.calls.bid_hash(*other))
        found.append(world.calls.commitment_to(*other, SALT))
    found.append(world.calls.commitment_to(*arguments, keccak(SALT)))
    assert len(set(found)) == len(found) == 17


def test_an_opening_event_is_enough_to_know_a_call(world: World) -> None:
    call = sealed_call(places=9)
    number = opened(world, call)
    (called,) = events(world.calls, "Called")
    assert world.calls.call_of(number) == tuple(called.terms)
