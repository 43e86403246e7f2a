"""What the tests of calls and bids share: who calls, who bids, and how."""

from dataclasses import astuple, dataclass, field, replace
from enum import IntFlag
from typing import Any

import boa
from eth_utils.crypto import keccak

from emc.core.terms import NATIVE, Bar
from tests.kit import World

# places of the world's nodes
LEADER, BAKER, OVEN_MAKER = 0, 1, 2
DAY = 86_400
WANTED = keccak(text="scenario and what is needed")
OFFERED = keccak(text="solution, resources and what is asked for")
SALT = keccak(text="salt")
URI = "https://example.org/call.json"


class Phase(IntFlag):
    """Where a call is; the numbers are those of the interface."""

    NONE = 0
    OPEN = 1
    REVEAL = 2
    AWARD = 4
    CLOSED = 8


class BidState(IntFlag):
    """What became of a bid; the numbers are those of the interface."""

    NONE = 0
    SEALED = 1
    OPEN = 2
    WITHDRAWN = 4
    AWARDED = 8
    DECLINED = 16


@dataclass(frozen=True)
class Call:
    """What is looked for."""

    closes_at: int
    emc: str = NATIVE
    role: str = "bakes bread"
    document: bytes = WANTED
    lower: int = 50_000
    upper: int = 300_000
    places: int = 1
    reveal: int = 0
    bar: Bar = field(default_factory=Bar)

    def terms(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        return (
            *(self.emc, self.role, self.document, self.lower, self.upper, self.places),
            *(self.closes_at, self.reveal, astuple(self.bar)),
        )


def call_for(**changes: Any) -> Call:
    """A call that can be opened now: open bids for seven days."""
    return replace(Call(boa.env.timestamp + 7 * DAY), **changes)


def sealed_call(**changes: Any) -> Call:
    """The same under seal, with two days to open bids."""
    return call_for(**{"reveal": 2 * DAY, **changes})


def account(world: World, node: int) -> str:
    """The account that an ME has now."""
    return str(world.registry.account_of(world.nodes[node].me))


def acting(world: World, node: int) -> Any:
    """Act as an ME: a context manager."""
    return boa.env.prank(account(world, node))


def opened(world: World, call: Call | None = None, node: int = LEADER) -> int:
    """The number of a new call."""
    with acting(world, node):
        return int(world.calls.open((call or call_for()).terms(), URI))


def bid(
    world: World, call: int, node: int = BAKER, share: int = 100_000, document: bytes = OFFERED
) -> bytes:
    """An ME bids; gives the bid's hash."""
    with acting(world, node):
        world.calls.bid(call, share, document, URI)
    return hash_of(world, call, node)


def commitment(
    world: World,
    call: int,
    node: int = BAKER,
    share: int = 100_000,
    document: bytes = OFFERED,
    salt: bytes = SALT,
) -> bytes:
    """What an ME seals."""
    me = world.nodes[node].me
    return bytes(world.calls.commitment_to(call, me, share, document, salt))


def seal(world: World, call: int, node: int = BAKER, **changes: Any) -> bytes:
    """An ME bids under seal; gives what it committed to."""
    what = commitment(world, call, node, **changes)
    with acting(world, node):
        world.calls.seal(call, what)
    return what


def unseal(
    world: World,
    call: int,
    node: int = BAKER,
    share: int = 100_000,
    document: bytes = OFFERED,
    salt: bytes = SALT,
) -> bytes:
    """An ME opens its bid; gives the bid's hash."""
    with acting(world, node):
        world.calls.unseal(call, share, document, URI, salt)
    return hash_of(world, call, node)


def withdraw(world: World, call: int, node: int = BAKER) -> None:
    """An ME takes its bid back."""
    with acting(world, node):
        world.calls.withdraw(call)


def award(world: World, call: int, node: int = BAKER, what: bytes | None = None) -> None:
    """The leader gives a place to a bid, by default as it stands."""
    what = hash_of(world, call, node) if what is None else what
    with acting(world, LEADER):
        world.calls.award(call, world.nodes[node].me, what)


def decline(world: World, call: int, node: int = BAKER) -> None:
    """The leader says no to a bid."""
    with acting(world, LEADER):
        world.calls.decline(call, world.nodes[node].me)


def close_bidding(world: World, call: int) -> None:
    """The leader ends the time to bid."""
    with acting(world, LEADER):
        world.calls.close_bidding(call)


def close(world: World, call: int) -> None:
    """The leader gives up."""
    with acting(world, LEADER):
        world.calls.close(call)


def phase(world: World, call: int) -> Phase:
    """Where a call is."""
    return Phase(world.calls.phase_of(call))


def state_of(world: World, call: int, node: int = BAKER) -> BidState:
    """What became of an ME's bid."""
    return BidState(world.calls.bid_of(call, world.nodes[node].me)[0])


def hash_of(world: World, call: int, node: int = BAKER) -> bytes:
    """The hash of an ME's bid."""
    return bytes(world.calls.bid_of(call, world.nodes[node].me)[1])


def in_phase(world: World, wanted: Phase) -> int:
    """A sealed call in this phase, with two places and an open or sealed bid of the baker."""
    call = opened(world, sealed_call(places=2))
    if wanted == Phase.NONE:
        return call + 1
    seal(world, call)
    if wanted == Phase.REVEAL or wanted == Phase.AWARD:
        close_bidding(world, call)
        unseal(world, call)
    if wanted == Phase.AWARD:
        boa.env.time_travel(seconds=2 * DAY)
    if wanted == Phase.CLOSED:
        close(world, call)
    assert phase(world, call) == wanted
    return call
