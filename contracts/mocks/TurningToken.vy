# pragma version 0.4.3
# pragma evm-version cancun
"""
@title TurningToken
@license AGPL-3.0-only
@notice A token that is like any other until it turns into one of the kinds of d-xo/weird-erc20.
"""

from . import balances

initializes: balances
exports: (balances.allowance, balances.mint, balances.approve)

HONEST: constant(uint256) = 0
# moves, and answers no
DENIES: constant(uint256) = 1
# moves nothing, and answers no
REFUSES: constant(uint256) = 2
# moves, and answers nothing
SILENT: constant(uint256) = 3
# fails all transfers
PAUSED: constant(uint256) = 4
# keeps a tenth
FEE: constant(uint256) = 5
# fails whatever it is asked
MUTE: constant(uint256) = 6
# moves, answers no, and does not say what anybody has
MUTTERS: constant(uint256) = 7
# moves nothing and answers no, and burns what gas it gets, also when it is asked what anybody has
BURNS: constant(uint256) = 8
# is like any other, but needs much gas to say what anybody has
PONDERS: constant(uint256) = 9
# does so, and answers no to a transfer that it moved
HESITATES: constant(uint256) = 10

kind: uint256
blocked: HashMap[address, bool]


@external
def turn(kind: uint256):
    """
    @notice Be of this kind from now on.
    """
    self.kind = kind


@external
def block(who: address, is_blocked: bool):
    """
    @notice Fail transfers by or to somebody, or no longer, whatever kind it is.
    """
    self.blocked[who] = is_blocked


@external
@view
def balanceOf(owner: address) -> uint256:
    assert self.kind not in [MUTE, MUTTERS], "token: mute"
    if self.kind == BURNS:
        self._burn(6_000)
    if self.kind in [PONDERS, HESITATES]:
        self._burn(msg.gas - 75_000)
    return balances.balanceOf[owner]


@external
@raw_return
def transfer(to: address, amount: uint256) -> Bytes[32]:
    return self._answer(msg.sender, to, amount)


@external
@raw_return
def transferFrom(owner: address, to: address, amount: uint256) -> Bytes[32]:
    if self.kind != REFUSES:
        balances._spend(owner, amount)
    return self._answer(owner, to, amount)


@internal
def _answer(owner: address, to: address, amount: uint256) -> Bytes[32]:
    assert not self.blocked[owner] and not self.blocked[to], "token: blocked"
    assert self.kind not in [PAUSED, MUTE], "token: paused"
    if self.kind == BURNS:
        self._burn(6_000)
    if self.kind in [REFUSES, BURNS]:
        return abi_encode(False)
    balances._move(owner, to, amount)
    if self.kind == FEE:
        balances._move(to, self, amount // 10)
    if self.kind == SILENT:
        return b""
    return abi_encode(self.kind not in [DENIES, MUTTERS, HESITATES])


@internal
@view
def _burn(rest: uint256):
    """
    @param rest Gas to leave.
    """
    for i: uint256 in range(10_000):
        if msg.gas < rest:
            break
