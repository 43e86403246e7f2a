# pragma version 0.4.3
# pragma evm-version cancun
"""
@title RefusingToken
@license AGPL-3.0-only
@notice A token that fails transfers to a chosen payee, or all of them, in one of several ways.
"""

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.allowance, balances.mint, balances.approve)

# what a refused transfer does: revert with a reason, revert with 64 KB, burn all gas
REVERT: constant(uint256) = 1
BOMB: constant(uint256) = 2
BURN: constant(uint256) = 3

way_of: HashMap[address, uint256]
is_paused: bool


@external
def refuse(payee: address, way: uint256):
    """
    @notice Fail transfers to the payee in this way; zero lifts it.
    """
    self.way_of[payee] = way


@external
def pause(is_paused: bool):
    """
    @notice Fail all transfers, or no longer.
    """
    self.is_paused = is_paused


@external
def transfer(to: address, amount: uint256) -> bool:
    self._check(to)
    balances._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._check(to)
    balances._spend(owner, amount)
    balances._move(owner, to, amount)
    return True


@internal
def _check(to: address):
    assert not self.is_paused, "token: paused"
    way: uint256 = self.way_of[to]
    assert way != REVERT, "token: refused"
    if way == BOMB:
        raw_revert(abi_encode(empty(uint256[2048])))
    assert way != BURN, UNREACHABLE
