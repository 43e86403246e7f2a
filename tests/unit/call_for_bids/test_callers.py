"""Who is heard about a call: its leader, by the account that it has now."""

from collections.abc import Callable
from typing import Any

import boa
import pytest

from tests.bids import BAKER, LEADER, OVEN_MAKER, Phase, account, call_for, hash_of, in_phase
from tests.kit import World, address
from tests.wallets import move_in, rotate

# each with the phase in which the leader may do it
LEADERS: dict[str, tuple[Phase, Callable[[World, int], tuple[Any, ...]]]] = {
    "amend": (Phase.OPEN, lambda _, call: (call, call_for().terms(), "")),
    "close_bidding": (Phase.OPEN, lambda _, call: (call,)),
    "close": (Phase.AWARD, lambda _, call: (call,)),
    "award": (
        Phase.AWARD,
        lambda world, call: (call, world.nodes[BAKER].me, hash_of(world, call)),
    ),
    "decline": (Phase.AWARD, lambda world, call: (call, world.nodes[BAKER].me)),
}


def as_asked(world: World, name: str) -> tuple[Any, ...]:
    """What the leader may say now."""
    where, arguments = LEADERS[name]
    return arguments(world, in_phase(world, where))


@pytest.mark.parametrize("name", LEADERS)
def test_nobody_else_is_heard(world: World, name: str) -> None:
    arguments = as_asked(world, name)
    for node in (BAKER, OVEN_MAKER):
        with boa.env.prank(account(world, node)), boa.reverts("calls: not the leader"):
            getattr(world.calls, name)(*arguments)
    with boa.env.prank(world.stranger), boa.reverts("calls: not registered"):
        getattr(world.calls, name)(*arguments)


@pytest.mark.parametrize("name", LEADERS)
def test_after_a_rotation_only_the_new_account_is_heard(world: World, name: str) -> None:
    arguments = as_asked(world, name)
    old = account(world, LEADER)
    rotate(world, LEADER, address("new home"))
    with boa.env.prank(old), boa.reverts("calls: not registered"):
        getattr(world.calls, name)(*arguments)
    with boa.env.prank(address("new home")):
        if name == "amend":
            with boa.reverts("calls: somebody has bid"):
                world.calls.amend(*arguments)
        else:
            getattr(world.calls, name)(*arguments)


@pytest.mark.parametrize("name", LEADERS)
def test_of_a_call_that_is_none_nobody_is_the_leader(world: World, name: str) -> None:
    _, arguments = LEADERS[name]
    for number in (0, world.calls.count() + 1):
        for by in (account(world, LEADER), world.stranger):
            with boa.env.prank(by), boa.reverts("calls: no such call"):
                getattr(world.calls, name)(*arguments(world, number))


def test_a_contract_wallet_is_heard(world: World) -> None:
    call = in_phase(world, Phase.AWARD)
    what = hash_of(world, call)
    wallet = move_in(world, LEADER)
    wallet.execute(
        world.calls.address,
        world.calls.award.prepare_calldata(call, world.nodes[BAKER].me, what),
    )
    assert world.calls.tally_of(call) == (1, 1)
