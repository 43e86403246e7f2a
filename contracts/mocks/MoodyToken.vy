# pragma version 0.4.3
# pragma evm-version cancun
"""
@title MoodyToken
@license AGPL-3.0-only
@notice An ERC-20 with EIP-2612 permit that refuses payments to single payees, as anybody told it last.
@dev mood of a payee 0: accepts, 1: reverts, 2: burns all gas, 3: answers False and moves nothing.
"""

from snekmate.auth import ownable
from snekmate.tokens import erc20

initializes: ownable
initializes: erc20[ownable := ownable]
exports: (
    erc20.balanceOf,
    erc20.totalSupply,
    erc20.allowance,
    erc20.approve,
    erc20.transferFrom,
    erc20.IERC20Permit,
    erc20.IERC5267,
    erc20.name,
    erc20.symbol,
    erc20.decimals,
)

REVERTS: constant(uint256) = 1
BURNS: constant(uint256) = 2
LIES: constant(uint256) = 3

mood: public(HashMap[address, uint256])


@deploy
def __init__(name: String[25], symbol: String[5], decimals_: uint8):
    ownable.__init__()
    erc20.__init__(name, symbol, decimals_, name, "1")


@external
def set_mood(payee: address, mood: uint256):
    """
    @notice Choose what happens to payments to a payee from now on.
    """
    self.mood[payee] = mood


@external
def mint(owner: address, amount: uint256):
    """
    @notice Anybody may mint: this token is worth nothing.
    """
    erc20._mint(owner, amount)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Pay, unless the payee's mood forbids it.
    """
    mood: uint256 = self.mood[to]
    if mood == REVERTS:
        raise "moody: not to them"
    elif mood == BURNS:
        raise UNREACHABLE
    elif mood == LIES:
        return False
    erc20._transfer(msg.sender, to, amount)
    return True
