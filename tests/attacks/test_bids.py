"""Attacks on calls and bids: copies, swaps, floods, leaders that cheat and registries that lie."""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils.crypto import keccak

from emc.core.terms import Bar
from tests.bids import (
    BAKER,
    DAY,
    LEADER,
    OFFERED,
    OVEN_MAKER,
    SALT,
    URI,
    BidState,
    Phase,
    acting,
    award,
    bid,
    call_for,
    close,
    close_bidding,
    commitment,
    decline,
    opened,
    phase,
    seal,
    sealed_call,
    state_of,
    unseal,
    withdraw,
)
from tests.kit import World, address, deployer, skip
from tests.wallets import rotate

# what a HostileRegistry does, by the numbers of the mock
LIE, REVERT, BURN, BOMB, HUGE, NOTHING, TWO, WRITE, CALL_BACK = range(9)


def hostile(world: World, mode: int, favourite: int = OVEN_MAKER) -> VyperContract:
    """A registry with this mode, or one that lets only its favourite in."""
    registry = deployer("mocks/HostileRegistry.vy").deploy()
    registry.set_mode(mode, world.nodes[favourite].me)
    return registry


def barred(registry: VyperContract, **changes: Any) -> Any:
    """A call whose bar that registry holds."""
    return call_for(bar=Bar(registry=registry.address, stars=400), **changes)


# reading along


def test_an_open_bid_can_be_read_and_undercut_a_sealed_one_cannot(world: World) -> None:
    openly, sealed = opened(world), opened(world, sealed_call())
    bid(world, openly, BAKER, share=200_000)
    # whoever reads it bids less in the same block
    bid(world, openly, OVEN_MAKER, share=199_999)
    for share in (150_000, 200_000):
        # all that is seen of a seal is a hash that fits no share without the salt
        what = seal(world, sealed, BAKER, share=share)
        guesses = {
            bytes(commitment(world, sealed, BAKER, share=guess, salt=bytes(32)))
            for guess in (150_000, 200_000)
        }
        assert what not in guesses
    assert world.calls.bid_of(sealed, world.nodes[BAKER].me) == (BidState.SEALED, what)


def test_what_was_read_while_bids_are_opened_comes_too_late_for_a_seal(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call, BAKER)
    seal(world, call, OVEN_MAKER, share=200_000)
    close_bidding(world, call)
    unseal(world, call, BAKER)
    with boa.reverts("calls: bidding is over"):
        seal(world, call, OVEN_MAKER, share=99_999)
    for changes in ({"share": 99_999}, {"share": 99_999, "salt": keccak(SALT)}):
        with boa.reverts("calls: not what was sealed"):
            unseal(world, call, OVEN_MAKER, **changes)


def test_a_copied_seal_is_worthless(world: World) -> None:
    call = opened(world, sealed_call())
    what = seal(world, call, BAKER)
    with acting(world, OVEN_MAKER):
        world.calls.seal(call, what)
    close_bidding(world, call)
    # not even with everything that its bidder shows when it opens it
    for first in (BAKER, OVEN_MAKER):
        with boa.env.anchor():
            if first == BAKER:
                unseal(world, call, BAKER)
            with boa.reverts("calls: not what was sealed"):
                unseal(world, call, OVEN_MAKER)
            assert state_of(world, call, OVEN_MAKER) == BidState.SEALED


def test_a_seal_of_another_call_contract_or_chain_is_worthless(world: World) -> None:
    call, other = opened(world, sealed_call()), opened(world, sealed_call())
    me = world.nodes[BAKER].me
    beside = deployer("CallForBids.vy").deploy(world.implementation.address, world.registry.address)
    here = boa.env.evm.patch.chain_id
    seals = [commitment(world, other), beside.commitment_to(call, me, 100_000, OFFERED, SALT)]
    try:
        boa.env.evm.patch.chain_id = here + 1
        seals.append(commitment(world, call))
    finally:
        boa.env.evm.patch.chain_id = here
    for what in seals:
        with boa.env.anchor():
            with acting(world, BAKER):
                world.calls.seal(call, what)
            close_bidding(world, call)
            with boa.reverts("calls: not what was sealed"):
                unseal(world, call)


def test_a_seal_opened_from_the_mempool_by_another_is_not_taken(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call, BAKER)
    close_bidding(world, call)
    # the opening is seen, and sent first by another ME and by an account that is none
    with boa.reverts("calls: no sealed bid"):
        unseal(world, call, OVEN_MAKER)
    with boa.env.prank(world.stranger), boa.reverts("calls: not registered"):
        world.calls.unseal(call, 100_000, OFFERED, URI, SALT)
    unseal(world, call, BAKER)


# bait and switch


def test_a_bid_is_not_swapped_under_the_award(world: World) -> None:
    call = opened(world)
    cheap = bid(world, call, share=60_000)
    # the leader reads it and sends its award; the bidder asks for more just before bidding ends
    bid(world, call, share=300_000)
    close_bidding(world, call)
    with boa.reverts("calls: not that bid"):
        award(world, call, what=cheap)
    # nor a document of the same share
    assert state_of(world, call) == BidState.OPEN
    with boa.reverts("calls: bidding is over"):
        bid(world, call, share=60_000, document=keccak(text="another"))


def test_an_award_does_not_take_a_bid_that_was_withdrawn_before_it(world: World) -> None:
    call = opened(world)
    what = bid(world, call)
    bid(world, call, OVEN_MAKER)
    close_bidding(world, call)
    withdraw(world, call)
    with boa.reverts("calls: no open bid"):
        award(world, call, what=what)
    # the place is still there
    award(world, call, OVEN_MAKER)
    assert world.calls.tally_of(call) == (2, 1)


def test_a_withdrawal_behind_the_award_comes_too_late(world: World) -> None:
    call = opened(world)
    bid(world, call)
    close_bidding(world, call)
    award(world, call)
    with boa.reverts("calls: nothing to withdraw"):
        withdraw(world, call)


def test_an_award_gives_no_row_and_takes_no_money(world: World) -> None:
    terms = world.terms(world.rows([500_000, 500_000]))
    emc = world.make(terms)
    with acting(world, LEADER):
        call = world.calls.open_late(
            call_for(emc=emc.address).terms(), URI, terms.head(), terms.packed_rows()
        )
    bid(world, call, OVEN_MAKER)
    close_bidding(world, call)
    award(world, call, OVEN_MAKER)
    assert world.consent.terms_of(emc.address) == terms.hash()
    assert (emc.epoch(), boa.env.get_balance(world.calls.address)) == (1, 0)


# many accounts, many bids


def test_an_me_does_not_bid_twice_by_changing_its_account(world: World) -> None:
    call = opened(world)
    bid(world, call, BAKER)
    for home in ("second home", "third home"):
        rotate(world, BAKER, address(home))
        bid(world, call, BAKER, share=90_000)
        assert world.calls.tally_of(call) == (1, 0)
    # the account that it left is free, and must register as another ME first
    old = world.nodes[BAKER].account
    with boa.env.prank(old), boa.reverts("calls: not registered"):
        world.calls.bid(call, 100_000, OFFERED, URI)


def test_a_declined_me_does_not_come_back_by_another_account(world: World) -> None:
    call = opened(world)
    bid(world, call, BAKER)
    decline(world, call, BAKER)
    rotate(world, BAKER, address("second home"))
    with boa.reverts("calls: declined"):
        bid(world, call, BAKER)


def test_an_me_that_takes_over_the_leaders_account_is_not_the_leader(world: World) -> None:
    call = opened(world)
    what = bid(world, call, BAKER)
    old = world.nodes[LEADER].account
    rotate(world, LEADER, address("new home"))
    # the account that the leader left becomes the oven maker's
    rotate(world, OVEN_MAKER, old)
    close_calls = [
        lambda: world.calls.close(call),
        lambda: world.calls.close_bidding(call),
        lambda: world.calls.decline(call, world.nodes[BAKER].me),
        lambda: world.calls.award(call, world.nodes[BAKER].me, what),
    ]
    for each in close_calls:
        with boa.env.prank(old), boa.reverts("calls: not the leader"):
            each()
    # and it may bid, which the leader may not from anywhere
    bid(world, call, OVEN_MAKER)
    with boa.reverts("calls: own call"):
        bid(world, call, LEADER)
    close_bidding(world, call)
    award(world, call, BAKER, what)


def test_a_flood_of_bids_and_calls_changes_the_cost_of_none(world: World) -> None:
    """The same with a thousand is measured on a node: tests/integration/test_bench.py."""
    call, first = opened(world), len(world.nodes)
    world.register(32)

    def gas_of(node: int) -> int:
        bid(world, call, node)
        with boa.env.anchor():
            with acting(world, node):
                world.calls.bid(call, 90_000, OFFERED, URI)
            return int(world.calls._computation.get_gas_used())

    before = gas_of(first)
    for node in range(first + 1, first + 31):
        opened(world, node=node)
        bid(world, call, node)
    assert gas_of(first + 31) == before


# a leader that cheats


def test_a_call_does_not_change_under_a_bid(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    withdraw(world, call)
    # whatever reaches the chain behind a first bid, the bidder bid on what it had read
    with acting(world, LEADER), boa.reverts("calls: somebody has bid"):
        world.calls.amend(call, sealed_call(upper=50_000).terms(), URI)


def test_a_leader_does_not_keep_a_seal_shut_by_closing_early(world: World) -> None:
    call = opened(world, sealed_call())
    seal(world, call)
    close_bidding(world, call)
    with boa.reverts("calls: not the time to award"):
        award(world, call)
    # the bidder has all the seconds that the call gave
    skip(2 * DAY - 1)
    unseal(world, call)


def test_a_leader_does_not_award_what_nobody_bid_or_more_places_than_it_offered(
    world: World,
) -> None:
    call = opened(world)
    what = bid(world, call, BAKER)
    bid(world, call, OVEN_MAKER)
    close_bidding(world, call)
    with boa.reverts("calls: no open bid"):
        award(world, call, LEADER, what)
    with boa.reverts("calls: not that bid"):
        award(world, call, OVEN_MAKER, what)
    award(world, call, BAKER)
    with boa.reverts("calls: not the time to award"):
        award(world, call, OVEN_MAKER)


# registries


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(LIE, "calls: below the bar"), (REVERT, "hostile: no"), *((m, None) for m in (BURN, BOMB))],
)
def test_a_registry_that_refuses_keeps_bids_out_of_its_own_call_only(
    world: World, mode: int, reason: str | None
) -> None:
    registry = hostile(world, mode, favourite=LEADER)
    spoiled, other = opened(world, barred(registry)), opened(world)
    with boa.reverts(reason) if reason else boa.reverts(), acting(world, BAKER):
        world.calls.bid(spoiled, 100_000, OFFERED, URI, gas=1_000_000)
    assert world.calls.tally_of(spoiled) == (0, 0)
    assert state_of(world, spoiled) == BidState.NONE
    bid(world, other)
    # its leader can still get rid of it
    close(world, spoiled)
    assert phase(world, spoiled) == Phase.CLOSED


@pytest.mark.parametrize("mode", [NOTHING, TWO, WRITE])
def test_what_is_no_answer_lets_nobody_in(world: World, mode: int) -> None:
    registry = hostile(world, mode)
    call = opened(world, barred(registry))
    with boa.reverts():
        bid(world, call)
    assert state_of(world, call) == BidState.NONE


def test_of_a_bomb_that_begins_like_a_yes_only_the_yes_is_read(world: World) -> None:
    call = opened(world, barred(hostile(world, HUGE)))
    bid(world, call)
    # what the bidder pays is below what a few pushes cost
    assert world.calls._computation.get_gas_used() < 1_000_000
    assert state_of(world, call) == BidState.OPEN


def test_a_registry_that_lets_only_its_favourite_in_spoils_its_own_call(world: World) -> None:
    registry = hostile(world, LIE, favourite=OVEN_MAKER)
    call = opened(world, barred(registry, reveal=DAY))
    seal(world, call, OVEN_MAKER)
    with boa.reverts("calls: below the bar"):
        seal(world, call, BAKER)
    # it changes its mind between seal and opening: that seal counts for nothing, as a late one
    close_bidding(world, call)
    registry.set_mode(REVERT, 0)
    with boa.reverts("hostile: no"):
        unseal(world, call, OVEN_MAKER)
    withdraw(world, call, OVEN_MAKER)


def every_call(call: int, me: int) -> dict[str, tuple[Any, ...]]:
    """An argument list for each function but open_late, such that it gets past the decoding."""
    return {
        "bid": (call, 90_000, OFFERED, URI),
        "seal": (call, SALT),
        "unseal": (call, 100_000, OFFERED, URI, SALT),
        "withdraw": (call,),
        "open": (call_for().terms(), URI),
        "amend": (call, call_for().terms(), URI),
        "close_bidding": (call,),
        "close": (call,),
        "award": (call, me, OFFERED),
        "decline": (call, me),
        "count": (),
        "call_of": (call,),
        "leader_of": (call,),
        "phase_of": (call,),
        "tally_of": (call,),
        "bid_of": (call, me),
        "bid_hash": (call, me, 100_000, OFFERED),
        "commitment_to": (call, me, 100_000, OFFERED, SALT),
    }


@pytest.mark.parametrize("function", every_call(1, 1))
def test_a_registry_that_is_asked_calls_nothing_back(world: World, function: str) -> None:
    registry = hostile(world, CALL_BACK)
    call = opened(world, barred(registry))
    arguments = every_call(call, world.nodes[BAKER].me)[function]
    data = getattr(world.calls, function).prepare_calldata(*arguments)
    registry.aim(world.calls.address, data)
    # it says yes if its call failed without a reason
    bid(world, call)
    assert world.calls.tally_of(call) == (1, 0)
    assert state_of(world, call) == BidState.OPEN


def test_a_call_back_that_is_not_refused_would_be_seen(world: World) -> None:
    registry = hostile(world, CALL_BACK)
    call = opened(world, barred(registry))
    # the same code, which is not locked
    beside = deployer("CallForBids.vy").deploy(world.implementation.address, world.registry.address)
    for at in (beside, world.registry):
        registry.aim(at.address, at.count.prepare_calldata())
        with boa.reverts("calls: below the bar"):
            bid(world, call)
