# pragma version 0.4.3
# pragma evm-version cancun
"""
@title HostileRegistry
@license AGPL-3.0-only
@notice A reputation registry that answers in its own interest, or attacks whoever asks it.
"""

from ..interfaces import IReputation

ANSWER_WORDS: constant(uint256) = 2048

LIE: constant(uint256) = 0
REVERT: constant(uint256) = 1
# uses up all its gas
BURN: constant(uint256) = 2
# reverts with 64 KB
BOMB: constant(uint256) = 3
# answers 64 KB that begin with a yes
HUGE: constant(uint256) = 4
# no byte at all
NOTHING: constant(uint256) = 5
# a word that is neither yes nor no
TWO: constant(uint256) = 6
# writes to storage, then says yes
WRITE: constant(uint256) = 7
# calls back, and says yes if that failed without a reason
CALL_BACK: constant(uint256) = 8

mode: uint256
# the one ME that a liar lets in
favourite: uint256
writes: uint256
target: address
data: Bytes[2048]


@external
def set_mode(mode: uint256, favourite: uint256):
    """
    @notice Change what it does.
    """
    self.mode = mode
    self.favourite = favourite


@external
def aim(target: address, data: Bytes[2048]):
    """
    @notice What to call back.
    """
    self.target = target
    self.data = data


@external
@raw_return
def meets(me: uint256, bar: IReputation.Bar) -> Bytes[32 * ANSWER_WORDS]:
    """
    @notice Not a view, so that it can try to write.
    """
    words: uint256[ANSWER_WORDS] = empty(uint256[ANSWER_WORDS])
    words[0] = 1
    mode: uint256 = self.mode
    if mode == LIE:
        return abi_encode(me == self.favourite)
    elif mode == REVERT:
        raise "hostile: no"
    elif mode == BURN:
        raise UNREACHABLE
    elif mode == BOMB:
        raw_revert(abi_encode(words))
    elif mode == HUGE:
        return abi_encode(words)
    elif mode == NOTHING:
        return b""
    elif mode == TWO:
        return abi_encode(convert(2, uint256))
    elif mode == WRITE:
        self.writes += 1
        return abi_encode(True)
    is_ok: bool = False
    answer: Bytes[64] = b""
    is_ok, answer = raw_call(self.target, self.data, max_outsize=64, revert_on_failure=False)
    return abi_encode(not is_ok and len(answer) == 0)
