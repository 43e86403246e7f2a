# pragma version 0.4.3
# pragma evm-version cancun
"""
@title HookToken
@license AGPL-3.0-only
@notice A token that, as ERC-777 does, tells a sender before and a receiver after their balance changes.
"""

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.allowance, balances.mint, balances.approve)


interface Holder:
    def tokens_to_send(): nonpayable
    def tokens_received(): nonpayable


is_hooked: HashMap[address, bool]
is_denying: bool


@external
def hook(is_hooked: bool):
    """
    @notice Tell the caller of its transfers from now on, or no longer.
    """
    self.is_hooked[msg.sender] = is_hooked


@external
def deny(is_denying: bool):
    """
    @notice Answer transfers with no, though they moved, or no longer.
    """
    self.is_denying = is_denying


@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return not self.is_denying


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    balances._spend(owner, amount)
    self._move(owner, to, amount)
    return True


@internal
def _move(owner: address, to: address, amount: uint256):
    if self.is_hooked[owner]:
        extcall Holder(owner).tokens_to_send()
    balances._move(owner, to, amount)
    if self.is_hooked[to]:
        extcall Holder(to).tokens_received()
