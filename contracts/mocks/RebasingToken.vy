# pragma version 0.4.3
# pragma evm-version cancun
"""
@title RebasingToken
@license AGPL-3.0-only
@notice A token whose balances all grow or shrink when it says so.
"""

PPM: constant(uint256) = 1_000_000

parts: HashMap[address, uint256]
allowance: public(HashMap[address, HashMap[address, uint256]])
# ppm of a base unit that one part is worth
worth: uint256


@deploy
def __init__():
    self.worth = PPM


@external
def rebase(worth: uint256):
    """
    @param worth Ppm of what every balance was at first.
    """
    self.worth = worth


@external
def mint(owner: address, amount: uint256):
    self.parts[owner] += amount * PPM // self.worth


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True


@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    assert self.allowance[owner][msg.sender] >= amount, "token: allowance too small"
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)
    return True


@external
@view
def balanceOf(owner: address) -> uint256:
    return self.parts[owner] * self.worth // PPM


@internal
def _move(owner: address, to: address, amount: uint256):
    moved: uint256 = amount * PPM // self.worth
    assert self.parts[owner] >= moved, "token: balance too small"
    self.parts[owner] -= moved
    self.parts[to] += moved
