# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title ledger
@license AGPL-3.0-only
@notice The books of one EMC: its page, its proceeds, and where everything that came in is.
@dev Reads the page word by word, where gas matters less than a small frame. Invariant: received = paid +
     credited + held + pending + dust.
"""

from ..interfaces import IEMC
from ..interfaces import IPages
from . import creditors
from . import currency
from . import leaver_book
from . import page_layout
from . import waterfall

uses: creditors
uses: leaver_book

# index of the first row's word
FIRST_ROW: constant(uint256) = page_layout.HEAD // 32
MAX_PROCEEDS: constant(uint256) = 2**95 - 1
# a row has a credit, or the dust of earlier pages is still to be counted
CARE: constant(uint256) = 2**95

# writes the pages
PAGES: immutable(address)

# page 160 | care 1 | proceeds since the page's start 95
books: uint256
# of those proceeds, what has been shared out; kept only where the terms set a disburse_at
disbursed: uint256
# what the backstop got of the money a closed gate held
swept: uint256
# proceeds at the end, plus one; zero: has not ended
ended_with: public(uint256)


@deploy
def __init__(pages: address):
    PAGES = pages


# the page

@internal
@view
def _at() -> address:
    return convert(self.books >> 96, address)


@internal
@view
def _word(index: uint256) -> uint256:
    assert self.books != 0, "emc: not active"
    return convert(slice(self._at().code, page_layout.PREFIX + 32 * index, 32), uint256)


@internal
@pure
def _books(page: address, rest: uint256) -> uint256:
    """
    @param rest What follows the page: `CARE`, and proceeds since its start.
    """
    return convert(page, uint256) << 96 | rest


@internal
@view
def _proceeds() -> uint256:
    """
    @notice Proceeds since the page's start.
    """
    return self.books & MAX_PROCEEDS


@internal
def _turn(index: uint256, word: uint256):
    """
    @notice Write the page anew with one other word.
    """
    page: address = extcall IPages(PAGES).rewrite(self._at(), index, word)
    self.books = self._books(page, self.books & page_layout.LOW96)


@internal
@view
def _count() -> uint256:
    """
    @notice How many rows live.
    """
    return page_layout._count(self._word(0))


@internal
@view
def _index(row: uint256) -> uint256:
    """
    @notice Index of a live row's word.
    """
    for index: uint256 in range(FIRST_ROW, FIRST_ROW + self._count(), bound=page_layout.MAX_ROWS):
        if page_layout._id(self._word(index)) == row:
            return index
    raise "emc: no such row"


@internal
@view
def _payee(row: uint256) -> address:
    if row == creditors.BACKSTOP:
        return page_layout._backstop(self._word(4))
    if leaver_book.parties[row] != 0:
        return leaver_book.payees[row]
    return page_layout._payee(self._word(self._index(row)))


@internal
@view
def _epoch() -> uint256:
    return page_layout._epoch(self._word(0))


@internal
@view
def _currency() -> address:
    return page_layout._currency(self._word(1))


@internal
@view
def _ends_at() -> uint256:
    return page_layout._ends_at(self._word(0))


@internal
@view
def _may_end() -> bool:
    """
    @notice Whether the terms let the EMC end before its date, since the target is reached.
    """
    rule: uint256 = page_layout._may_end(self._word(0))
    leading: uint256 = self._word(3)
    net: uint256 = self._proceeds() * page_layout._rest(leading)
    return (
        rule == page_layout.MAY_END
        or rule == page_layout.MAY_END_ON_TARGET
        and net >= page_layout._leading_end(leading)
    )


@internal
@view
def _gate_at() -> uint256:
    return page_layout._gate_at(self._word(3))


@internal
@view
def _is_gate_open() -> bool:
    return self._shared() >= self._gate_at()


@internal
@view
def _dust_before() -> uint256:
    """
    @notice What earlier pages left over and this one has not counted yet.
    """
    if self._proceeds() != 0:
        return 0
    return page_layout._dust(self._word(3))


# amounts

@internal
@view
def _total() -> uint256:
    return page_layout._start(self._word(0)) + self._proceeds() + self._dust_before()


@internal
@view
def _shared() -> uint256:
    """
    @notice Proceeds since the page's start that have been shared out.
    """
    if page_layout._disburse_at(self._word(1)) == 0:
        return self._proceeds()
    return self.disbursed


@internal
@view
def _spans(at: uint256, is_open: bool) -> waterfall.Spans:
    return waterfall._spans(self._word(2), self._word(3), at, is_open)


@internal
@view
def _cost(place: uint256) -> uint256:
    """
    @notice What was open of a row's cost cover when the page began.
    """
    if page_layout._cost_end(self._word(2)) == 0:
        return 0
    pair: uint256 = self._word(FIRST_ROW + self._count() + place // 2)
    if place % 2 == 0:
        return pair >> 128
    return pair & page_layout.LOW128


@internal
@view
def _entitlement(place: uint256, at: uint256, spans: waterfall.Spans) -> uint256:
    """
    @notice What a row is owed of the page's proceeds.
    """
    return waterfall._entitlement(
        self._word(FIRST_ROW + place),
        self._cost(place),
        page_layout._cost_end(self._word(2)),
        at,
        spans,
    )


@internal
@view
def _forward(place: uint256) -> uint256:
    """
    @notice What the gate held for a row when the page began.
    """
    if page_layout._forward(self._word(4)) == 0:
        return 0
    return page_layout._forward_of(self._at(), len(page_layout._read(self._at())), place)


@internal
@view
def _held_here() -> uint256:
    """
    @notice What the gate holds of the page's proceeds, rounded up as one amount.
    """
    at: uint256 = self._shared()
    if at >= self._gate_at():
        return 0
    income: uint256 = at * page_layout._rest(self._word(3)) - self._spans(at, False).cost
    return (income + page_layout.PPM - 1) // page_layout.PPM


@internal
@view
def _held() -> uint256:
    """
    @notice What the gate holds altogether.
    """
    if self._is_gate_open():
        return 0
    return self._held_here() + page_layout._forward(self._word(4))


@internal
@view
def _accounts() -> IEMC.Accounts:
    at: uint256 = self._shared()
    is_open: bool = at >= self._gate_at()
    spans: waterfall.Spans = self._spans(at, is_open)
    # earlier pages' proceeds have been paid, credited or brought forward
    shared_out: uint256 = 0
    for i: uint256 in range(self._count(), bound=page_layout.MAX_ROWS):
        shared_out += self._entitlement(i, at, spans)
    held_here: uint256 = self._held_here()
    forward: uint256 = 0
    if not is_open:
        forward = page_layout._forward(self._word(4))
    return IEMC.Accounts(
        received=self._total(),
        paid=page_layout._start(self._word(0)) + shared_out + self.swept - forward - creditors.owed,
        credited=creditors.owed,
        held=held_here + forward - self.swept,
        pending=self._proceeds() - at,
        dust=at + self._dust_before() - shared_out - held_here,
    )


@internal
@view
def _unbooked() -> uint256:
    """
    @notice What came by plain transfer and is not yet proceeds, as far as proceeds can still grow:
            no gift is so large that it prevents an ending.
    """
    accounts: IEMC.Accounts = self._accounts()
    booked: uint256 = accounts.credited + accounts.held + accounts.pending + accounts.dust
    balance: uint256 = currency._balance(self._currency(), self, 0)
    amount: uint256 = max(balance, booked) - booked
    # the dust of earlier pages is counted with the first proceeds
    return min(amount, MAX_PROCEEDS - self._proceeds() - self._dust_before())
