# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title creditors
@license AGPL-3.0-only
@notice What could not be paid to a row waits for it. Invariants: `owed` is the sum of all credits; a
        row's bit is set exactly while it has one.
"""

from ..interfaces import IEMC

# the row id under which the backstop's credit is kept
BACKSTOP: constant(uint256) = 128

# bits of live rows
MASK: constant(uint256) = 2**BACKSTOP - 1

credits: HashMap[uint256, uint256]
owed: uint256
# live rows that have a credit, by row id; the backstop is no row
rows: uint256


@internal
def _credit(row: uint256, payee: address, amount: uint256):
    self.credits[row] += amount
    self.owed += amount
    self.rows |= 1 << row & MASK
    log IEMC.Credited(row=row, payee=payee, amount=amount)


@internal
def _take(row: uint256, released: uint256) -> uint256:
    """
    @notice Clear a row's credit.
    @param released What the gate held for it and is owed to it, too.
    @return What it was altogether.
    """
    amount: uint256 = self.credits[row] + released
    assert amount != 0, "creditors: no credit"
    self.credits[row] = 0
    self.owed -= amount
    self.rows &= ~(1 << row & MASK)
    return amount
