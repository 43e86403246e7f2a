"""The leader replaces a call that nobody has answered."""

import boa
import pytest

from tests.bids import (
    DAY,
    LEADER,
    URI,
    Phase,
    acting,
    bid,
    call_for,
    close,
    close_bidding,
    opened,
    phase,
    seal,
    sealed_call,
    withdraw,
)
from tests.kit import World, events, skip


def amend(world: World, call: int, **changes: object) -> None:
    """The leader changes a call."""
    with acting(world, LEADER):
        world.calls.amend(call, call_for(**changes).terms(), "https://example.org/new.json")


def test_everything_but_the_emc_can_change(world: World) -> None:
    call = opened(world, sealed_call())
    new = call_for(role="mills", document=b"\1" * 32, lower=1, upper=2, places=5, reveal=3_600)
    with acting(world, LEADER):
        world.calls.amend(call, new.terms(), "https://example.org/new.json")
    (amended,) = events(world.calls, "CallAmended")
    assert (amended.call, amended.terms) == (call, new.terms())
    assert amended.uri == "https://example.org/new.json"
    assert world.calls.call_of(call) == new.terms()
    assert world.calls.leader_of(call) == world.nodes[LEADER].me


def test_the_emc_stays(world: World) -> None:
    call = opened(world)
    with boa.reverts("calls: EMC stays"):
        amend(world, call, emc=world.make().address)


def test_the_emc_of_a_late_call_stays(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    with acting(world, LEADER):
        late = world.calls.open_late(
            call_for(emc=emc.address).terms(), URI, terms.head(), terms.packed_rows()
        )
    with boa.reverts("calls: EMC stays"):
        amend(world, late)
    with boa.reverts("calls: EMC stays"):
        amend(world, late, emc=world.make(world.terms(nonce=1)).address)
    amend(world, late, emc=emc.address, places=2)
    assert world.calls.call_of(late)[5] == 2


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_what_somebody_has_bid_on_does_not_change(
    world: World, is_sealed: bool, is_withdrawn: bool
) -> None:
    call = opened(world, sealed_call() if is_sealed else call_for())
    amend(world, call, reveal=2 * DAY if is_sealed else 0)
    before = world.calls.call_of(call)
    (seal if is_sealed else bid)(world, call)
    if is_withdrawn:
        withdraw(world, call)
    with boa.reverts("calls: somebody has bid"):
        amend(world, call, lower=0)
    assert world.calls.call_of(call) == before


def test_a_call_that_nobody_answered_in_time_is_opened_again(world: World) -> None:
    call = opened(world)
    skip(8 * DAY)
    assert phase(world, call) == Phase.AWARD
    amend(world, call)
    assert phase(world, call) == Phase.OPEN
    close_bidding(world, call)
    amend(world, call)
    assert phase(world, call) == Phase.OPEN
    bid(world, call)


def test_a_call_that_was_given_up_stays_closed(world: World) -> None:
    call = opened(world)
    close(world, call)
    with boa.reverts("calls: closed"):
        amend(world, call)


def test_the_rules_of_a_call_are_the_same(world: World) -> None:
    call = opened(world)
    for reason, changes in (
        ("calls: no role", {"role": ""}),
        ("calls: already over", {"closes_at": boa.env.timestamp}),
        ("calls: lower above upper", {"lower": 400_000}),
    ):
        with boa.reverts(reason):
            amend(world, call, **changes)
