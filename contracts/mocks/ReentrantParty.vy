# pragma version 0.4.3
# pragma evm-version cancun
"""
@title ReentrantParty
@license AGPL-3.0-only
@notice A payee or payer that calls back while it is paid or charged, and tells what came of it.
"""

MAX_DATA: constant(uint256) = 8_192


event Tried:
    is_ok: bool
    answer: Bytes[64]


target: address
data: Bytes[MAX_DATA]


@external
@payable
def __default__():
    self._strike()


@external
def tokens_to_send():
    self._strike()


@external
def tokens_received():
    self._strike()


@external
def aim(target: address, data: Bytes[MAX_DATA]):
    """
    @notice What to call when coin or a token comes or goes; no target calls nothing.
    """
    self.target = target
    self.data = data


@external
@payable
def act(target: address, data: Bytes[MAX_DATA]):
    """
    @notice Call something in this contract's name, with the coin sent along.
    """
    raw_call(target, data, value=msg.value)


@internal
def _strike():
    if self.target == empty(address):
        return
    is_ok: bool = False
    answer: Bytes[64] = b""
    is_ok, answer = raw_call(self.target, self.data, max_outsize=64, revert_on_failure=False)
    log Tried(is_ok=is_ok, answer=answer)
