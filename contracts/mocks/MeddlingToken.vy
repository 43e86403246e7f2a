# pragma version 0.4.3
# pragma evm-version cancun
"""
@title MeddlingToken
@license AGPL-3.0-only
@notice A stray token that, while it is rescued, makes the EMC's settlement balance change.
"""

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.mint)


interface Settlement:
    def transfer(to: address, amount: uint256) -> bool: nonpayable


SETTLEMENT: immutable(address)


@deploy
def __init__(settlement: address):
    SETTLEMENT = settlement


@external
def transfer(to: address, amount: uint256) -> bool:
    balances._move(msg.sender, to, amount)
    extcall Settlement(SETTLEMENT).transfer(msg.sender, 1)
    return True
