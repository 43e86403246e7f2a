# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title advances
@license AGPL-3.0-only
@notice Money sent before an EMC is active: its sender's until then. Invariant: `total` is the sum of
        all advances.
"""

from ..interfaces import IEMC
from . import currency

# of the terms that wait for signatures
currency_then: address
backstop_then: address
is_declined: bool
advances: public(HashMap[address, uint256])
total: uint256


@internal
def _open(currency_: address, backstop: address):
    self.currency_then = currency_
    self.backstop_then = backstop


@internal
def _decline():
    self.is_declined = True


@internal
@payable
def _advance(amount: uint256):
    assert not self.is_declined, "advances: not signing"
    received: uint256 = 0
    balance: uint256 = 0
    received, balance = currency._pull(self.currency_then, amount)
    self.advances[msg.sender] += received
    self.total += received
    log IEMC.Advanced(sender=msg.sender, amount=received)


@internal
def _take_back():
    amount: uint256 = self.advances[msg.sender]
    assert amount != 0, "advances: nothing advanced"
    self.advances[msg.sender] = 0
    self.total -= amount
    log IEMC.TakenBack(sender=msg.sender, amount=amount)
    currency._pay(self.currency_then, msg.sender, amount)
