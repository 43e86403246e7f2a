"""What a bar and the time to open bids can do to bidders, and what they cannot."""

import boa
import pytest

from emc.core.terms import Bar
from tests.attacks.test_bids import BURN, HUGE, barred, hostile
from tests.bids import (
    BAKER,
    LEADER,
    OFFERED,
    SALT,
    URI,
    BidState,
    account,
    acting,
    call_for,
    close_bidding,
    opened,
    seal,
    sealed_call,
    state_of,
    unseal,
)
from tests.kit import World, skip

# what a bid and everything around the registry may use
OWN = 150_000
CAP = 200_000


def bid_with(world: World, call: int, gas: int) -> tuple[bool, int]:
    """The baker bids with so much gas: whether it went through, and what it used."""
    data = world.calls.bid.prepare_calldata(call, 100_000, OFFERED, URI)
    sender = account(world, BAKER)
    answer = boa.env.execute_code(world.calls.address, sender=sender, data=data, gas=gas)
    return not answer.is_error, int(answer.get_gas_used())


@pytest.mark.parametrize("mode", [BURN, HUGE])
def test_a_registry_does_not_burn_what_a_bidder_brings(world: World, mode: int) -> None:
    """A wallet adds gas to what it estimates; a registry that has changed its mind gets little."""
    call = opened(world, barred(hostile(world, mode)))
    taken, used = bid_with(world, call, 5_000_000)
    assert taken is (mode == HUGE)
    assert used < CAP + OWN


def test_with_too_little_gas_nothing_is_decided(world: World) -> None:
    """Whoever relays a bid with little gas gets a transaction that fails, never a refusal."""
    registry = world.reputation.address
    call = opened(world, call_for(bar=Bar(registry=registry, stars=400, admits_unrated=True)))
    outcomes = []
    for gas in range(20_000, 140_000, 4_000):
        with boa.env.anchor():
            taken, _ = bid_with(world, call, gas)
            outcomes.append(taken)
            state = BidState.OPEN if taken else BidState.NONE
            assert (state_of(world, call), world.calls.tally_of(call)) == (state, (taken, 0))
    # from some amount on it always goes through
    assert outcomes == sorted(outcomes)
    assert not outcomes[0]
    assert outcomes[-1]


def test_the_registry_of_the_system_needs_a_fraction_of_the_cap(world: World) -> None:
    bar = Bar(registry=world.reputation.address, stars=1, emcs=1, proceeds=1, admits_unrated=True)
    me = world.nodes[BAKER].me
    given = (bar.registry, bar.stars, bar.emcs, bar.proceeds, bar.currency, bar.admits_unrated)
    world.reputation.meets(me, given)
    assert world.reputation._computation.get_gas_used() < CAP // 4


@pytest.mark.parametrize("reveal", [1, 12, 3_599])
def test_no_call_is_so_short_that_a_crowded_chain_opens_nothing(world: World, reveal: int) -> None:
    """A leader that fills some blocks, or knows who proposes them, keeps seals shut."""
    with acting(world, LEADER), boa.reverts("calls: reveal too short"):
        world.calls.open(sealed_call(reveal=reveal).terms(), URI)
    call = opened(world, sealed_call())
    with acting(world, LEADER), boa.reverts("calls: reveal too short"):
        world.calls.amend(call, sealed_call(reveal=reveal).terms(), URI)


def test_the_whole_hour_is_there_to_open_a_seal(world: World) -> None:
    call = opened(world, sealed_call(reveal=3_600))
    seal(world, call, salt=SALT)
    close_bidding(world, call)
    # the second before the closing was the last to bid
    skip(3_599)
    unseal(world, call)
    assert state_of(world, call) == BidState.OPEN


def test_a_call_that_was_amended_takes_the_first_bid_all_the_same(world: World) -> None:
    """Accepted: both reach the chain in one block. What a bidder read is in its document, and
    tooling compares the call after the bid."""
    wanted = call_for()
    call = opened(world, wanted)
    with acting(world, LEADER):
        world.calls.amend(call, call_for(role="works for nothing").terms(), URI)
    assert bid_with(world, call, 1_000_000)[0]
    assert world.calls.call_of(call)[1] == "works for nothing"
    # withdrawing does not give the leader another change
    with acting(world, BAKER):
        world.calls.withdraw(call)
    with acting(world, LEADER), boa.reverts("calls: somebody has bid"):
        world.calls.amend(call, wanted.terms(), URI)
