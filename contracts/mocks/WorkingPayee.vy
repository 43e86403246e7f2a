# pragma version 0.4.3
# pragma evm-version cancun
"""
@title WorkingPayee
@license AGPL-3.0-only
@notice An honest payee of native coin and of hooked tokens that does a set amount of work when paid.
"""


interface Token:
    def hook(is_hooked: bool): nonpayable


rounds: public(uint256)
need: public(uint256)


@external
@payable
def __default__():
    self._work()


@external
def tokens_received():
    self._work()


@external
def set_rounds(rounds: uint256):
    """
    @notice How much work: each round costs the same gas.
    """
    self.rounds = rounds


@external
def set_need(need: uint256):
    """
    @notice With less gas than this it fails at once, and leaves the rest to its caller.
    """
    self.need = need


@external
def watch(token: address):
    """
    @notice Have a hooked token tell of what comes in.
    """
    extcall Token(token).hook(True)


@internal
def _work():
    assert msg.gas >= self.need, "payee: too little gas"
    digest: bytes32 = empty(bytes32)
    for i: uint256 in range(self.rounds, bound=2**20):
        digest = keccak256(digest)
