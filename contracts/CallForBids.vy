# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title CallForBids
@license AGPL-3.0-only
@notice How an EMC finds its nodes: a leader calls for a role, any registered ME bids, the leader awards places.
@dev Holds no money and binds nobody: what binds are terms that both sign afterwards. Nothing loops over bids.
     The registry of a bar is its leader's choice and may be hostile; asked statically, it spoils its own call only.
@custom:stop Nobody. A leader closes its own call, a bidder withdraws its own bid.
"""

from .interfaces import ICallForBids
from .interfaces import IConsent
from .interfaces import IReputation
from .modules import members
from .modules import packed_row
from .modules import terms as rules

implements: ICallForBids
initializes: members


struct Entry:
    state: ICallForBids.BidState
    # of a sealed bid, what it commits to
    hash: bytes32


MAX_ROWS: constant(uint256) = rules.MAX_ROWS
# an hour, so that a crowded chain does not decide which seals are opened
MIN_REVEAL: constant(uint256) = 3_600
# what the registry of a bar may use
BAR_GAS: constant(uint256) = 200_000
LEADER_SHIFT: constant(uint256) = 128
BIDS_SHIFT: constant(uint256) = 64
AWARDS_SHIFT: constant(uint256) = 1

count: public(uint256)
calls: HashMap[uint256, ICallForBids.Call]
# leader 128 | MEs that have bid 64 | places awarded 63 | is closed 1; zero: no such call; read and written by
# what stands under "the tally of a call"
tallies: HashMap[uint256, uint256]
# by call and bidder
bids: HashMap[uint256, HashMap[uint256, Entry]]


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC contract behind every proxy.
    @param micro_enterprises The registry of its Consent.
    """
    members.__init__(emc, micro_enterprises)
    assert (
        staticcall IConsent(members.AUTHORITY.consent).micro_enterprises() == micro_enterprises
    ), "calls: not our registry"


# leaders

@external
def open(terms: ICallForBids.Call, uri: String[256]) -> uint256:
    """
    @notice As a registered ME, call for bids for an EMC that is yet to be formed.
    @return The call's number, counted from 1.
    @custom:refuses calls: any
    """
    assert terms.emc == empty(address), "calls: EMC is not proven"
    return self._open(self._caller(), terms, uri)


@external
def open_late(
    terms: ICallForBids.Call,
    uri: String[256],
    agreement: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
) -> uint256:
    """
    @notice As the leader of a running EMC, call for bids to join it.
    @param agreement Its terms in force.
    @custom:refuses calls: any; members: no such row; members: not a node; members: not active; members: not the
            controller; members: not the terms in force
    """
    members._check_node(terms.emc, agreement, rows, 0)
    return self._open(packed_row._party(rows[0].party), terms, uri)


@internal
def _open(leader: uint256, terms: ICallForBids.Call, uri: String[256]) -> uint256:
    self._check(terms)
    call: uint256 = self.count + 1
    self.count = call
    self.calls[call] = terms
    self.tallies[call] = leader << LEADER_SHIFT
    log ICallForBids.Called(call=call, leader=leader, emc=terms.emc, terms=terms, uri=uri)
    return call


@external
def amend(call: uint256, terms: ICallForBids.Call, uri: String[256]):
    """
    @notice Replace a call before anybody has bid. The EMC stays.
    @custom:refuses calls: any
    """
    self._check_leader(call)
    self._check_not_closed(call)
    assert self._bids(call) == 0, "calls: somebody has bid"
    assert terms.emc == self.calls[call].emc, "calls: EMC stays"
    self._check(terms)
    self.calls[call] = terms
    log ICallForBids.CallAmended(call=call, terms=terms, uri=uri)


@external
def close_bidding(call: uint256):
    """
    @notice End the time to bid now; sealed bids can still be opened, and bids awarded.
    @custom:refuses calls: bidding is over; calls: no such call; calls: not registered; calls: not the leader
    """
    self._check_leader(call)
    self._check_bidding(call)
    # the last second to bid is over, so that nobody bids behind this transaction
    closes_at: uint256 = block.timestamp - 1
    self.calls[call].closes_at = closes_at
    log ICallForBids.BiddingClosed(call=call, closes_at=closes_at)


@external
def close(call: uint256):
    """
    @notice Give up the places that are left: no bid and no award from now on.
    @custom:refuses calls: closed; calls: no such call; calls: not registered; calls: not the leader
    """
    self._check_leader(call)
    self._check_not_closed(call)
    self._close(call)


@external
def award(call: uint256, me: uint256, bid: bytes32):
    """
    @notice Give a place to a bid, once the time to bid (and to open bids) is over.
    @param bid The hash of the bid as the leader read it.
    @custom:refuses calls: no open bid; calls: no such call; calls: not registered; calls: not that bid; calls: not
            the leader; calls: not the time to award
    """
    self._check_leader(call)
    assert self._phase(call) == ICallForBids.Phase.AWARD, "calls: not the time to award"
    self._check_open_bid(call, me)
    assert self.bids[call][me].hash == bid, "calls: not that bid"
    self.bids[call][me].state = ICallForBids.BidState.AWARDED
    self.tallies[call] += 1 << AWARDS_SHIFT
    log ICallForBids.Awarded(call=call, me=me, bid=bid)
    if self._awarded(call) == self.calls[call].places:
        self._close(call)


@external
def decline(call: uint256, me: uint256):
    """
    @notice Say no to a bid.
    @custom:refuses calls: no open bid; calls: no such call; calls: not registered; calls: not the leader
    """
    self._check_leader(call)
    self._check_open_bid(call, me)
    self.bids[call][me].state = ICallForBids.BidState.DECLINED
    log ICallForBids.Declined(call=call, me=me)


# bidders

@external
def bid(call: uint256, share: uint256, document: bytes32, uri: String[256]):
    """
    @notice Bid, or replace one's own bid, in an open call.
    @param document Solution, resources and what is asked for.
    @custom:refuses calls: any
    """
    me: uint256 = self._bidder(call)
    assert self.calls[call].reveal == 0, "calls: bids are sealed"
    self._take(call, me, share, document, uri)


@external
def seal(call: uint256, commitment: bytes32):
    """
    @notice Bid under seal, or replace one's own sealed bid.
    @custom:refuses calls: any
    """
    me: uint256 = self._bidder(call)
    assert self.calls[call].reveal != 0, "calls: bids are open"
    assert commitment != empty(bytes32), "calls: no commitment"
    self._check_bar(call, me)
    self.bids[call][me] = Entry(state=ICallForBids.BidState.SEALED, hash=commitment)
    log ICallForBids.Sealed(call=call, me=me, commitment=commitment)


@external
def unseal(call: uint256, share: uint256, document: bytes32, uri: String[256], salt: bytes32):
    """
    @notice Open one's own sealed bid once the time to bid is over.
    @custom:refuses calls: any
    """
    me: uint256 = self._caller()
    assert self._phase(call) == ICallForBids.Phase.REVEAL, "calls: not the time to open bids"
    assert self.bids[call][me].state == ICallForBids.BidState.SEALED, "calls: no sealed bid"
    assert self.bids[call][me].hash == self._commitment_to(
        call, me, share, document, salt
    ), "calls: not what was sealed"
    self._take(call, me, share, document, uri)


@external
def withdraw(call: uint256):
    """
    @notice Take one's own bid back before it is awarded.
    @custom:refuses calls: not registered; calls: nothing to withdraw
    """
    me: uint256 = self._caller()
    state: ICallForBids.BidState = self.bids[call][me].state
    assert (
        state == ICallForBids.BidState.SEALED or state == ICallForBids.BidState.OPEN
    ), "calls: nothing to withdraw"
    self.bids[call][me].state = ICallForBids.BidState.WITHDRAWN
    log ICallForBids.Withdrawn(call=call, me=me)


# views

@external
@view
def call_of(call: uint256) -> ICallForBids.Call:
    """
    @notice The call as it stands.
    """
    return self.calls[call]


@external
@view
def leader_of(call: uint256) -> uint256:
    """
    @notice The ME that called, zero if there is no such call.
    """
    return self._leader(call)


@external
@view
def phase_of(call: uint256) -> ICallForBids.Phase:
    """
    @notice Where a call is.
    """
    return self._phase(call)


@external
@view
def tally_of(call: uint256) -> (uint256, uint256):
    """
    @notice How many bids were made (also those withdrawn since), and how many places are awarded.
    """
    return self._bids(call), self._awarded(call)


@external
@view
def bid_of(call: uint256, me: uint256) -> (ICallForBids.BidState, bytes32):
    """
    @notice An ME's bid in a call: its state, and its hash (of a sealed one, its commitment).
    """
    return self.bids[call][me].state, self.bids[call][me].hash


@external
@view
def bid_hash(call: uint256, me: uint256, share: uint256, document: bytes32) -> bytes32:
    """
    @notice keccak-256 of abi.encode(chain id, this contract, call, me, share, document).
    """
    return self._bid_hash(call, me, share, document)


@external
@view
def commitment_to(
    call: uint256, me: uint256, share: uint256, document: bytes32, salt: bytes32
) -> bytes32:
    """
    @notice What a sealed bid commits to: keccak-256 of abi.encode(chain id, this contract, call, me, share,
            document, salt). Bound to its bidder: copied, it is worthless.
    """
    return self._commitment_to(call, me, share, document, salt)


# internals

@internal
@view
def _caller() -> uint256:
    me: uint256 = staticcall members.MICRO_ENTERPRISES.me_of(msg.sender)
    assert me != 0, "calls: not registered"
    return me


@internal
@view
def _phase(call: uint256) -> ICallForBids.Phase:
    tally: uint256 = self.tallies[call]
    if tally == 0:
        return empty(ICallForBids.Phase)
    if tally & 1 == 1:
        return ICallForBids.Phase.CLOSED
    closes_at: uint256 = self.calls[call].closes_at
    if block.timestamp <= closes_at:
        return ICallForBids.Phase.OPEN
    if block.timestamp <= closes_at + self.calls[call].reveal:
        return ICallForBids.Phase.REVEAL
    return ICallForBids.Phase.AWARD


# internals: the tally of a call

@internal
@view
def _leader(call: uint256) -> uint256:
    return self.tallies[call] >> LEADER_SHIFT


@internal
@view
def _bids(call: uint256) -> uint256:
    return self.tallies[call] >> BIDS_SHIFT & (2**64 - 1)


@internal
@view
def _awarded(call: uint256) -> uint256:
    return self.tallies[call] >> AWARDS_SHIFT & (2**63 - 1)


@internal
@view
def _check(terms: ICallForBids.Call):
    """
    @notice Everything in a call but its EMC.
    """
    assert len(terms.role) != 0, "calls: no role"
    assert terms.document != empty(bytes32), "calls: no document"
    assert terms.lower <= terms.upper, "calls: lower above upper"
    assert terms.upper <= rules.PPM, "calls: bound above one"
    assert terms.places != 0, "calls: no places"
    assert terms.places <= MAX_ROWS, "calls: too many places"
    assert block.timestamp < terms.closes_at, "calls: already over"
    assert terms.closes_at <= rules.MAX_TIME, "calls: closes too far"
    assert terms.reveal == 0 or terms.reveal >= MIN_REVEAL, "calls: reveal too short"
    assert terms.reveal <= rules.MAX_SPAN, "calls: reveal too long"
    if terms.bar.registry != empty(address):
        assert terms.bar.registry.is_contract, "calls: registry has no code"
    else:
        assert (
            terms.bar.stars | terms.bar.emcs | terms.bar.proceeds == 0
        ), "calls: bar without registry"


@internal
@view
def _check_leader(call: uint256):
    leader: uint256 = self._leader(call)
    assert leader != 0, "calls: no such call"
    assert self._caller() == leader, "calls: not the leader"


@internal
@view
def _check_not_closed(call: uint256):
    assert self._phase(call) != ICallForBids.Phase.CLOSED, "calls: closed"


@internal
@view
def _check_bidding(call: uint256):
    assert self._phase(call) == ICallForBids.Phase.OPEN, "calls: bidding is over"


@internal
def _close(call: uint256):
    self.tallies[call] |= 1
    log ICallForBids.CallClosed(call=call)


@internal
def _bidder(call: uint256) -> uint256:
    """
    @notice The caller may bid now; from now on it has.
    """
    leader: uint256 = self._leader(call)
    assert leader != 0, "calls: no such call"
    self._check_bidding(call)
    me: uint256 = self._caller()
    assert me != leader, "calls: own call"
    before: ICallForBids.BidState = self.bids[call][me].state
    assert before != ICallForBids.BidState.DECLINED, "calls: declined"
    if before == empty(ICallForBids.BidState):
        self.tallies[call] += 1 << BIDS_SHIFT
    return me


@internal
def _take(call: uint256, me: uint256, share: uint256, document: bytes32, uri: String[256]):
    """
    @notice Keep an open bid that the call admits.
    """
    assert document != empty(bytes32), "calls: no document"
    assert (
        self.calls[call].lower <= share and share <= self.calls[call].upper
    ), "calls: share outside bounds"
    self._check_bar(call, me)
    hash: bytes32 = self._bid_hash(call, me, share, document)
    self.bids[call][me] = Entry(state=ICallForBids.BidState.OPEN, hash=hash)
    log ICallForBids.Bid(call=call, me=me, bid=hash, share=share, document=document, uri=uri)


@internal
@view
def _check_open_bid(call: uint256, me: uint256):
    assert self.bids[call][me].state == ICallForBids.BidState.OPEN, "calls: no open bid"


@internal
@view
def _check_bar(call: uint256, me: uint256):
    if self.calls[call].bar.registry != empty(address):
        bar: IReputation.Bar = self.calls[call].bar
        assert staticcall IReputation(bar.registry).meets(
            me, bar, gas=BAR_GAS
        ), "calls: below the bar"


@internal
@view
def _bid_hash(call: uint256, me: uint256, share: uint256, document: bytes32) -> bytes32:
    return keccak256(abi_encode(chain.id, self, call, me, share, document))


@internal
@view
def _commitment_to(
    call: uint256, me: uint256, share: uint256, document: bytes32, salt: bytes32
) -> bytes32:
    return keccak256(abi_encode(chain.id, self, call, me, share, document, salt))
