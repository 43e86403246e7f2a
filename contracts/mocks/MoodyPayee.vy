# pragma version 0.4.3
# pragma evm-version cancun
"""
@title MoodyPayee
@license AGPL-3.0-only
@notice A payee that takes native coin or refuses it, as anybody told it last.
@dev mood 0: accepts, 1: reverts, 2: burns all gas, 3: reverts with 32 KB.
"""

REVERTS: constant(uint256) = 1
BURNS: constant(uint256) = 2
BOMBS: constant(uint256) = 3

mood: public(uint256)


@external
def set_mood(mood: uint256):
    """
    @notice Choose what happens to money from now on.
    """
    self.mood = mood


@external
@payable
def __default__():
    mood: uint256 = self.mood
    if mood == REVERTS:
        raise "moody: not today"
    elif mood == BURNS:
        raise UNREACHABLE
    elif mood == BOMBS:
        raw_revert(abi_encode(empty(uint256[1024])))
