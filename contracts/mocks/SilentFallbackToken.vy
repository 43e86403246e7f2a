# pragma version 0.4.3
# pragma evm-version cancun
"""
@title SilentFallbackToken
@license AGPL-3.0-only
@notice A token that takes any call it does not know and does nothing, as wrapped coin does.
"""

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.allowance, balances.mint, balances.approve)


@external
def transfer(to: address, amount: uint256) -> bool:
    balances._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    balances._spend(owner, amount)
    balances._move(owner, to, amount)
    return True


@external
@payable
def __default__():
    pass
