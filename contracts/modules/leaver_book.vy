# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title leaver_book
@license AGPL-3.0-only
@notice Rows that have left: where they are paid, and what the gate holds for them; and when rows came and went.
        Invariants: `held` is the sum of what left rows wait for while the gate is closed, and zero once it is open;
        `rows` are those rows.
"""

from ..interfaces import IEMC
from . import page_layout

# as in the table, with when it left in the bits that are spare there:
# an ME id or a controller 160 | zero 55 | left at 40 | is node 1; zero: has not left
parties: HashMap[uint256, uint256]
payees: HashMap[uint256, address]
held_of: HashMap[uint256, uint256]
held: uint256
# by row id
rows: uint256
# first ids of those that joined together with the ids next to them 128 |
# ids that were ever on a page 128, known from the first change on
used: uint256
# by first id: proceeds when they joined 128 | time 40; zero: in the first terms
joins: HashMap[uint256, uint256]


@internal
def _use(before: uint256, now: uint256, total: uint256):
    """
    @notice No id comes back.
    @param before Ids of the page that closes.
    @param now Ids of the next.
    @param total Proceeds shared out before it.
    """
    used: uint256 = self.used | before
    assert now & ~before & used == 0, "emc: row id used before"
    joining: uint256 = now & ~before
    firsts: uint256 = joining & ~(joining << 1)
    self.used = used | now | firsts << 128
    if firsts != 0:
        for row: uint256 in range(page_layout.MAX_IDS):
            if firsts >> row & 1 == 1:
                self.joins[row] = total << 40 | block.timestamp


@internal
def _leave(row: uint256, party: uint256, payee: address, amount: uint256):
    self.parties[row] = party | block.timestamp << 1
    self.payees[row] = payee
    if amount != 0:
        self.held_of[row] = amount
        self.held += amount
        self.rows |= 1 << row
    log IEMC.Left(row=row, party=party, payee=payee, held=amount)


@internal
@view
def _party(row: uint256) -> uint256:
    """
    @notice The party of a row that has left, as in the table; zero if it has not.
    """
    return self.parties[row] & ~(page_layout.LOW40 << 1)


@internal
@view
def _stay(row: uint256) -> (uint256, uint256):
    """
    @return When a row joined, below the proceeds of then, zero if in the first terms; when it left, zero if it has
            not. Of ids that were never on a page nothing is said.
    """
    # the highest first id up to the row's, by halves; none is id 0, which was there from the start
    above: uint256 = 2 << row
    firsts: uint256 = self.used >> 128 & unsafe_sub(above, 1)
    first: uint256 = 0
    for i: uint256 in range(7):
        if firsts >> (first | 64 >> i) != 0:
            first |= 64 >> i
    return self.joins[first], self.parties[row] >> 1 & page_layout.LOW40


@internal
def _release() -> uint256:
    """
    @notice The gate has opened: what left rows wait for is owed to them.
    """
    amount: uint256 = self.held
    self.held = 0
    self.rows = 0
    return amount


@internal
def _take(row: uint256) -> uint256:
    amount: uint256 = self.held_of[row]
    if amount != 0:
        self.held_of[row] = 0
    return amount
