# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title leavers
@license AGPL-3.0-only
@notice Rows that have left: where they are paid, and what the gate holds for them. Invariants: `held` is the sum
        of what left rows wait for while the gate is closed, and zero once it is open; `rows` are those rows.
"""

from ..interfaces import IEMC

# an ME id or a controller, as in the table; zero: has not left
parties: HashMap[uint256, uint256]
payees: HashMap[uint256, address]
held_of: HashMap[uint256, uint256]
held: uint256
# by row id
rows: uint256
# ids that were ever on a page, known from the first change on
used: uint256


@internal
def _use(before: uint256, now: uint256):
    """
    @notice No id comes back.
    @param before Ids of the page that closes.
    @param now Ids of the next.
    """
    used: uint256 = self.used | before
    assert now & ~before & used == 0, "emc: row id used before"
    self.used = used | now


@internal
def _leave(row: uint256, party: uint256, payee: address, amount: uint256):
    self.parties[row] = party
    self.payees[row] = payee
    if amount != 0:
        self.held_of[row] = amount
        self.held += amount
        self.rows |= 1 << row
    log IEMC.Left(row=row, party=party, payee=payee, held=amount)


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
