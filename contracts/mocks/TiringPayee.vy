# pragma version 0.4.3
# pragma evm-version cancun
"""
@title TiringPayee
@license AGPL-3.0-only
@notice A payee that, once told, takes one payment for nearly all the gas it gets, and burns all gas after that.
"""

MAX_LOOPS: constant(uint256) = 2**32

# gas to leave of the first payment; zero: behaves
rest: uint256
# written before it matters, so that the payment in question pays for no new slot
state: uint256


@deploy
def __init__():
    self.state = 1


@external
def tire(rest: uint256):
    """
    @notice Waste all but so much gas of the next payment, and all of every later one.
    """
    self.rest = rest


@external
@payable
def __default__():
    rest: uint256 = self.rest
    if rest == 0:
        return
    assert self.state == 1, UNREACHABLE
    self.state = 2
    for i: uint256 in range(MAX_LOOPS):
        if msg.gas < rest:
            break
