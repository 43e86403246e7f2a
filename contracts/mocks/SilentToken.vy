# pragma version 0.4.3
# pragma evm-version cancun
"""
@title SilentToken
@license AGPL-3.0-only
@notice A token whose transfers return nothing, as mainnet USDT's do.
"""

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.allowance, balances.mint)


@external
def approve(spender: address, amount: uint256):
    # an allowance is set to zero before it is changed
    assert amount == 0 or balances.allowance[msg.sender][spender] == 0, "token: allowance not zero"
    balances.allowance[msg.sender][spender] = amount


@external
def transfer(to: address, amount: uint256):
    balances._move(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256):
    balances._spend(owner, amount)
    balances._move(owner, to, amount)
