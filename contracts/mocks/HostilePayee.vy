# pragma version 0.4.3
# pragma evm-version cancun
"""
@title HostilePayee
@license AGPL-3.0-only
@notice A payee of native coin that refuses it in one of several ways, until it is told to behave.
"""

# zero takes the coin; revert with a reason, revert with 64 KB, burn all gas
REVERT: constant(uint256) = 1
BOMB: constant(uint256) = 2
BURN: constant(uint256) = 3

way: uint256


@deploy
def __init__(way: uint256):
    self.way = way


@external
@payable
def __default__():
    assert self.way != REVERT, "payee: refused"
    if self.way == BOMB:
        raw_revert(abi_encode(empty(uint256[2048])))
    assert self.way != BURN, UNREACHABLE


@external
def behave(way: uint256):
    """
    @notice Do this from now on.
    """
    self.way = way
