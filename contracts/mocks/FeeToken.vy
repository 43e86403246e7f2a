# pragma version 0.4.3
# pragma evm-version cancun
"""
@title FeeToken
@license AGPL-3.0-only
@notice A token that keeps a part of every transfer.
"""

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.allowance, balances.mint, balances.approve)

PPM: constant(uint256) = 1_000_000
FEE: immutable(uint256)


@deploy
def __init__(fee: uint256):
    """
    @param fee Ppm of every transfer.
    """
    FEE = fee


@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    balances._spend(owner, amount)
    self._move(owner, to, amount)
    return True


@internal
def _move(owner: address, to: address, amount: uint256):
    balances._move(owner, to, amount)
    balances._move(to, self, amount * FEE // PPM)
