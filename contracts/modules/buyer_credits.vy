# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title buyer_credits
@license AGPL-3.0-only
@notice What could not be sent to a buyer waits for it alone.
"""

from ..interfaces import ICheckout
from . import currency as coins

# by currency and buyer
credits: public(HashMap[address, HashMap[address, uint256]])


@internal
def _send(currency: address, buyer: address, amount: uint256) -> bool:
    """
    @notice Send a buyer its money; nothing it does can prevent that others get theirs.
    @return Whether it was sent; if not, it is credited.
    """
    if coins._push(currency, buyer, amount):
        return True
    self.credits[currency][buyer] += amount
    log ICheckout.Credited(currency=currency, buyer=buyer, amount=amount)
    return False


@internal
def _withdraw(currency: address, buyer: address, to: address):
    assert msg.sender == buyer or to == buyer, "checkout: not the buyer"
    amount: uint256 = self.credits[currency][buyer]
    assert amount != 0, "checkout: no credit"
    self.credits[currency][buyer] = 0
    log ICheckout.Withdrawn(currency=currency, buyer=buyer, to=to, amount=amount)
    coins._pay(currency, to, amount)
