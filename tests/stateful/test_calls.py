"""The life of a call in any order, against a model that is written from the specification."""

from dataclasses import dataclass, field
from typing import Any

import boa
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emc.core.terms import Bar
from tests.bids import (
    DAY,
    LEADER,
    URI,
    BidState,
    Phase,
    acting,
    call_for,
    opened,
    phase,
)
from tests.kit import address, deployer
from tests.profiles import effort
from tests.spec.till import system
from tests.wallets import rotate

MOSTLY = st.sampled_from((True, True, True, False))
SELDOM = st.sampled_from((False, False, False, True))
BIDDERS = st.sampled_from((1, 1, 2, 3))
SHARES = st.sampled_from((49_999, 50_000, 100_000, 200_000, 300_000, 300_001))
DOCUMENTS = st.sampled_from((b"\1" * 32, b"\2" * 32, b"\3" * 32, bytes(32)))


@dataclass
class Entry:
    """What an ME bid, as it knows it."""

    state: BidState = BidState.NONE
    share: int = 0
    document: bytes = bytes(32)
    salt: bytes = bytes(32)
    # what the chain keeps of it
    what: bytes = bytes(32)


@dataclass
class Life:
    """A call as the specification has it."""

    closes_at: int
    reveal: int
    places: int
    given_up: bool = False
    awarded: int = 0
    entries: dict[int, Entry] = field(default_factory=dict)

    def entry(self, node: int) -> Entry:
        return self.entries.get(node, Entry())

    @property
    def phase(self) -> Phase:
        now = boa.env.timestamp
        if self.given_up or self.awarded == self.places:
            return Phase.CLOSED
        if now <= self.closes_at:
            return Phase.OPEN
        return Phase.REVEAL if now <= self.closes_at + self.reveal else Phase.AWARD


class Calls(RuleBasedStateMachine):
    """One call, three bidders, a registry with a will of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = boa.env.anchor()
        self.anchor.__enter__()
        self.world = system()
        self.world.register(4)
        self.stars = deployer("mocks/StarTable.vy").deploy()
        self.rated = dict.fromkeys((1, 2, 3), 400)
        for node in self.rated:
            self.stars.set_stars(self.world.nodes[node].me, 400)
        self.homes = 0

    def teardown(self) -> None:
        self.world.nodes.clear()
        self.anchor.__exit__(None, None, None)

    @initialize(
        is_sealed=st.booleans(),
        places=st.integers(1, 2),
        barred=st.booleans(),
        bidders=st.sampled_from((3, 2, 2, 1, 0)),
    )
    def begin(self, is_sealed: bool, places: int, barred: bool, bidders: int) -> None:
        self.barred = barred
        self.call = opened(self.world, self.terms(is_sealed, places))
        for node in range(1, bidders + 1):
            self.bid(node, 100_000, b"\1" * 32)

    def terms(self, is_sealed: bool, places: int) -> Any:
        bar = Bar(registry=self.stars.address, stars=400) if self.barred else Bar()
        call = call_for(reveal=DAY if is_sealed else 0, places=places, bar=bar)
        self.life = Life(call.closes_at, call.reveal, places)
        return call

    # bidders

    @rule(node=st.sampled_from((1, 1, 2, 3, LEADER)), share=SHARES, document=DOCUMENTS)
    def bid(self, node: int, share: int, document: bytes) -> None:
        """An ME bids, openly or under seal as the call says."""
        life, entry = self.life, self.life.entry(node)
        reason = None
        if life.phase != Phase.OPEN:
            reason = "calls: bidding is over"
        elif node == LEADER:
            reason = "calls: own call"
        elif entry.state == BidState.DECLINED:
            reason = "calls: declined"
        elif not life.reveal and document == bytes(32):
            reason = "calls: no document"
        elif not life.reveal and not 50_000 <= share <= 300_000:
            reason = "calls: share outside bounds"
        elif self.is_below(node):
            reason = "calls: below the bar"
        made = Entry(BidState.OPEN, share, document)
        if life.reveal:
            made = Entry(BidState.SEALED, share, document, bytes([share % 251]) * 32)
        made.what = self.hash_of(node, made)
        if life.reveal:
            self.send(node, reason, "seal", self.call, made.what)
        else:
            self.send(node, reason, "bid", self.call, share, document, URI)
        if reason is None:
            life.entries[node] = made

    @rule(node=BIDDERS, in_the_wrong_call=SELDOM)
    def answer_otherwise(self, node: int, in_the_wrong_call: bool) -> None:
        """An open bid in a sealed call, or a seal in an open one."""
        if self.life.phase != Phase.OPEN or self.life.entry(node).state == BidState.DECLINED:
            return
        if in_the_wrong_call:
            self.send(node, "calls: no such call", "seal", self.call + 1, b"\1" * 32)
        elif self.life.reveal:
            args = (self.call, 100_000, b"\1" * 32, URI)
            self.send(node, "calls: bids are sealed", "bid", *args)
        else:
            self.send(node, "calls: bids are open", "seal", self.call, b"\1" * 32)

    @rule(node=BIDDERS, lies=st.sampled_from((0, 0, 0, 1)), patient=MOSTLY)
    def unseal(self, node: int, lies: int, patient: bool) -> None:
        """An ME opens its bid, or says that it bid something else."""
        entry = self.life.entry(node)
        if patient and self.life.reveal:
            self.wait("closes_at", 1)
        reason = None
        if self.life.phase != Phase.REVEAL:
            reason = "calls: not the time to open bids"
        elif entry.state != BidState.SEALED:
            reason = "calls: no sealed bid"
        elif lies:
            reason = "calls: not what was sealed"
        elif entry.document == bytes(32):
            reason = "calls: no document"
        elif not 50_000 <= entry.share <= 300_000:
            reason = "calls: share outside bounds"
        elif self.is_below(node):
            reason = "calls: below the bar"
        args = (self.call, entry.share + lies, entry.document, URI, entry.salt)
        self.send(node, reason, "unseal", *args)
        if reason is None:
            entry.state = BidState.OPEN
            entry.what = self.hash_of(node, entry)

    @rule(node=BIDDERS)
    def withdraw(self, node: int) -> None:
        """An ME takes its bid back, if there is one that was not answered."""
        entry = self.life.entry(node)
        can = entry.state in (BidState.SEALED, BidState.OPEN)
        self.send(node, None if can else "calls: nothing to withdraw", "withdraw", self.call)
        if can:
            entry.state = BidState.WITHDRAWN

    # the leader

    @rule(node=BIDDERS, is_stale=st.sampled_from((False, False, True)), patient=MOSTLY)
    def award(self, node: int, is_stale: bool, patient: bool) -> None:
        """The leader awards a bid, or one that it read before it was replaced."""
        entry = self.life.entry(node)
        if patient and entry.state != BidState.SEALED:
            self.wait("reveal", 1)
        reason = None
        if self.life.phase != Phase.AWARD:
            reason = "calls: not the time to award"
        elif entry.state != BidState.OPEN:
            reason = "calls: no open bid"
        elif is_stale:
            reason = "calls: not that bid"
        me = self.world.nodes[node].me
        what = keccak(entry.what) if is_stale else entry.what
        self.send(LEADER, reason, "award", self.call, me, what)
        if reason is None:
            entry.state = BidState.AWARDED
            self.life.awarded += 1

    @rule(node=BIDDERS)
    def decline(self, node: int) -> None:
        """The leader says no."""
        entry = self.life.entry(node)
        reason = None if entry.state == BidState.OPEN else "calls: no open bid"
        self.send(LEADER, reason, "decline", self.call, self.world.nodes[node].me)
        if reason is None:
            entry.state = BidState.DECLINED

    @rule(does=SELDOM)
    def close_bidding(self, does: bool) -> None:
        """The leader ends the time to bid, now and then."""
        if not does:
            return
        reason = None if self.life.phase == Phase.OPEN else "calls: bidding is over"
        self.send(LEADER, reason, "close_bidding", self.call)
        if reason is None:
            self.life.closes_at = boa.env.timestamp - 1

    @rule(does=SELDOM)
    def close(self, does: bool) -> None:
        """The leader gives up, now and then."""
        if does:
            reason = "calls: closed" if self.life.phase == Phase.CLOSED else None
            self.send(LEADER, reason, "close", self.call)
            self.life.given_up = True

    @rule(is_sealed=st.booleans(), places=st.integers(1, 2))
    def amend(self, is_sealed: bool, places: int) -> None:
        """The leader changes the call, which it can until somebody bids."""
        reason = None
        if self.life.phase == Phase.CLOSED:
            reason = "calls: closed"
        elif self.life.entries:
            reason = "calls: somebody has bid"
        before = self.life
        call = self.terms(is_sealed, places)
        if reason:
            self.life = before
        self.send(LEADER, reason, "amend", self.call, call.terms(), URI)

    # the rest of the world

    @rule(node=BIDDERS, name=st.sampled_from(("close", "close_bidding")))
    def act_as_the_leader(self, node: int, name: str) -> None:
        """A bidder tries what only the leader may."""
        self.send(node, "calls: not the leader", name, self.call)

    @rule(node=BIDDERS, stars=st.sampled_from((399, 400)))
    def rate(self, node: int, stars: int) -> None:
        """The registry comes to think otherwise of an ME."""
        self.stars.set_stars(self.world.nodes[node].me, stars)
        self.rated[node] = stars

    @rule(node=st.integers(0, 3))
    def move(self, node: int) -> None:
        """An ME moves to another account."""
        self.homes += 1
        rotate(self.world, node, address(f"home {self.homes}"))

    @rule(to=st.sampled_from(("closes_at", "reveal")), moment=st.sampled_from((0, 1)))
    def wait(self, to: str, moment: int) -> None:
        """Time passes to just where a phase ends, or just beyond."""
        reveal = self.life.reveal if to == "reveal" else 0
        until = self.life.closes_at + reveal + moment
        boa.env.timestamp = max(boa.env.timestamp, until)

    # what always holds

    @invariant()
    def the_call_is_where_the_model_is(self) -> None:
        life = self.life
        assert phase(self.world, self.call) == life.phase
        assert self.world.calls.tally_of(self.call) == (len(life.entries), life.awarded)
        assert life.awarded <= life.places
        assert self.world.calls.call_of(self.call)[6] == life.closes_at

    @invariant()
    def every_bid_is_as_the_model_has_it(self) -> None:
        for node in (1, 2, 3):
            entry = self.life.entry(node)
            me = self.world.nodes[node].me
            assert self.world.calls.bid_of(self.call, me) == (entry.state, entry.what)

    # how

    def hash_of(self, node: int, entry: Entry) -> bytes:
        """A bid's hash, or what a sealed one commits to."""
        kinds = ["uint256", "address", "uint256", "uint256", "uint256", "bytes32"]
        here = boa.env.evm.patch.chain_id, self.world.calls.address
        bound = [*here, self.call, self.world.nodes[node].me, entry.share, entry.document]
        if entry.state == BidState.SEALED:
            return keccak(encode([*kinds, "bytes32"], [*bound, entry.salt]))
        return keccak(encode(kinds, bound))

    def is_below(self, node: int) -> bool:
        return self.barred and self.rated[node] < 400

    def send(self, node: int, reason: str | None, name: str, *args: Any) -> None:
        with acting(self.world, node):
            if reason is None:
                getattr(self.world.calls, name)(*args)
                return
            with boa.reverts(reason):
                getattr(self.world.calls, name)(*args)


TestCalls = Calls.TestCase
TestCalls.settings = settings(max_examples=effort(0.6))
