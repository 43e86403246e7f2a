# pragma version 0.4.3
"""
@title balances
@license AGPL-3.0-only
@notice Balances and allowances, on which the weird tokens of the tests are built.
"""

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])


@external
def mint(owner: address, amount: uint256):
    self.balanceOf[owner] += amount


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True


@internal
def _spend(owner: address, amount: uint256):
    assert self.allowance[owner][msg.sender] >= amount, "token: allowance too small"
    self.allowance[owner][msg.sender] -= amount


@internal
def _move(owner: address, to: address, amount: uint256):
    assert self.balanceOf[owner] >= amount, "token: balance too small"
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
