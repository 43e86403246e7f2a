# pragma version 0.4.3
# pragma evm-version cancun
"""
@title AnsweringToken
@license AGPL-3.0-only
@notice A token that answers a chosen payee's transfers with any bytes, whether or not it moves anything.
"""

from . import balances

initializes: balances
exports: (balances.balanceOf, balances.allowance, balances.mint, balances.approve)

payee: address
answer: Bytes[32]
is_bomb: bool
is_moving: bool


@external
def answer_to(payee: address, answer: Bytes[32], is_moving: bool):
    """
    @notice What a transfer to the payee says, and whether it moves the amount.
    """
    self.payee = payee
    self.answer = answer
    self.is_moving = is_moving


@external
def bomb(payee: address):
    """
    @notice Transfers to the payee move the amount and answer with 64 KB that begin like a true.
    """
    self.payee = payee
    self.is_bomb = True
    self.is_moving = True


@external
@raw_return
def transfer(to: address, amount: uint256) -> Bytes[65_536]:
    if to != self.payee:
        balances._move(msg.sender, to, amount)
        return abi_encode(True)
    if self.is_moving:
        balances._move(msg.sender, to, amount)
    if self.is_bomb:
        words: uint256[2048] = empty(uint256[2048])
        words[0] = 1
        return abi_encode(words)
    return self.answer


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    balances._spend(owner, amount)
    balances._move(owner, to, amount)
    return True
