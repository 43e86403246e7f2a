# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Token
@license AGPL-3.0-only
@notice A plain ERC-20 with EIP-2612 permit and a free mint, for local chains and tests. It is not money.
"""

from snekmate.auth import ownable
from snekmate.tokens import erc20

initializes: ownable
initializes: erc20[ownable := ownable]
exports: (
    erc20.IERC20,
    erc20.IERC20Permit,
    erc20.IERC5267,
    erc20.name,
    erc20.symbol,
    erc20.decimals,
)


@deploy
def __init__(name: String[25], symbol: String[5], decimals_: uint8):
    ownable.__init__()
    erc20.__init__(name, symbol, decimals_, name, "1")


@external
def mint(owner: address, amount: uint256):
    """
    @notice Anybody may mint: this token is worth nothing.
    """
    erc20._mint(owner, amount)
